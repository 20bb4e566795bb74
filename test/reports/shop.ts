import { promptpay } from '@itpay/channel-promptpay';
import { bankTransfer } from '@itpay/channel-bank-transfer';
import { uuidV7Ids } from '@itpay/kernel';
import type { ItPayOptions } from 'itpay';
import { operatorKey } from '../scenarios/operator.js';
import { testPay } from '../support/pay.js';
import { insertStatementRow, type StatementRowSample } from '../support/statement-row.js';

const ids = uuidV7Ids();

export type Shop = Awaited<ReturnType<typeof shop>>;

/** A shop with two rails, PromptPay in baht and a bank account in euros, and a key of its operator. */
export async function shop(options: Partial<ItPayOptions> = {}) {
  const t = await testPay({
    plugins: [
      promptpay({ target: '0812345678' }),
      bankTransfer({ beneficiary: 'Laden GmbH', account: { kind: 'sepa', iban: 'DE89370400440532013000' } }),
    ],
    ...options,
  });
  const operator = await operatorKey(t);
  const { account } = t.pay;

  async function must(method: string, path: string, body?: object, key = operator): Promise<any> {
    const answer = await t.request(method, path, { body, key });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  /** A payment whose money an operator saw at the bank at a time of the test's choice. */
  async function paid(
    amount: { currency: string; value: number },
    { at = t.clock.now().toISOString(), ...more }: { at?: string; [field: string]: unknown } = {},
  ) {
    const channel = amount.currency === 'EUR' ? 'bank_transfer' : 'promptpay';
    const intent = await must('POST', '/v1/payment-intents', { amount, channel, confirm_duplicate: true, ...more });
    const inflow = await seen(amount, { at, payment_intent_id: intent.id });
    return { ...intent, inflow: inflow.id as string };
  }

  const seen = (
    amount: { currency: string; value: number },
    { at = t.clock.now().toISOString(), ...more }: { at?: string; [field: string]: unknown } = {},
  ) =>
    must('POST', '/v1/inflows', {
      channel: amount.currency === 'EUR' ? 'bank_transfer' : 'promptpay',
      channel_transaction_id: ids.next('req'),
      amount,
      paid_at: at,
      reason: 'Seen on the statement',
      evidence: 'Line 7',
      ...more,
    });

  /** A line of a statement, as the import keeps it. */
  const statementRow = (row: Omit<StatementRowSample, 'account' | 'livemode' | 'channel' | 'at'> & { at?: string }) =>
    insertStatementRow(t.pay.knex, {
      account: account.id,
      livemode: false,
      channel: row.amount.currency === 'EUR' ? 'bank_transfer' : 'promptpay',
      at: t.clock.now(),
      ...row,
    });

  /** The file of a report, once it is written. */
  async function report(body: object, key = t.testKey) {
    const asked = await must('POST', '/v1/reports', body, key);
    await t.pay.settle();
    const done = await must('GET', `/v1/reports/${asked.id}`, undefined, key);
    const file = await t.request('GET', `/v1/reports/${asked.id}/file`, { key });
    return { asked, done, file, rows: () => tableOf(file.text) };
  }

  return { ...t, operator, must, paid, seen, statementRow, report };
}

/** The rows of a table without quoted cells, by the names above it. */
export function tableOf(text: string): Record<string, string>[] {
  const [head, ...lines] = text.trimEnd().split('\r\n');
  const names = head!.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, index) => [names[index]!, cell])));
}

/** The path of a link below the mount. */
export const pathOf = (url: string) => url.replace('https://shop.example/itpay', '');
