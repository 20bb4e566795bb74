import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bankTransfer } from '@itpay/channel-bank-transfer';
import { createItPay } from 'itpay';
import { beforeAll, describe, expect, it } from 'vitest';
import { itpay } from '../command-line/itpay.js';
import { linksContract, read } from '../guides/pages.js';
import { freshDirectory } from '../support/database.js';
import { insertStatementRow } from '../support/statement-row.js';

const GUIDE = 'docs/guides/reports.md';
const ACCOUNT = { beneficiary: 'Laden GmbH', account: { kind: 'sepa', iban: 'DE89370400440532013000' } } as const;
const SECRET_KEY = 'a-secret-key-for-tests-that-is-long-enough';
const amount = { currency: 'EUR', value: 1_230 };

linksContract(GUIDE);

describe('the commands of the guide, one after the other', () => {
  let cwd: string;
  beforeAll(async () => {
    cwd = await freshDirectory();
    const adapter = JSON.stringify(resolve('adapters/bank-transfer/dist/index.js'));
    await writeFile(
      join(cwd, 'itpay.config.mjs'),
      `import { bankTransfer } from ${adapter};\nexport default { account: 'Test Shop', secretKey: '${SECRET_KEY}', ` +
        `plugins: [bankTransfer(${JSON.stringify(ACCOUNT)})] };\n`,
    );
    await refundThatWaits(join(cwd, '.itpay'));
  }, 120_000);

  const commands = [...read(GUIDE).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block]) =>
    block!.trim().split('\n'),
  );
  const ids = new Map<string, string>();

  it('are there', () => {
    expect(commands.length).toBeGreaterThan(6);
  });

  it.each(commands)('%s', async (command) => {
    const args = command.match(/"[^"]*"|\S+/g)!.map((word) => word.replace(/^"|"$/g, ''));
    const known = args.map((word) => word.replace(/(\w+)_…/, (_, prefix) => ids.get(prefix)!));

    const { code, out, err } = await itpay(known.slice(1), cwd);

    expect({ command, code, err }).toMatchObject({ code: 0 });
    for (const [id, prefix] of `${out}${err}`.matchAll(/\b(rpt|rff)_\w+/g)) ids.set(prefix!, id);
  });

  it('made the files that they name', async () => {
    const [november, first, once] = await Promise.all(
      ['november.json', 'refunds.xml', 'once-more.xml'].map((name) => readFile(join(cwd, name), 'utf8')),
    );

    expect(JSON.parse(november!)).toMatchObject({ type: 'transactions', time_zone: 'UTC' });
    expect(first).toContain('FR1420041010050500013M02606');
    expect(once).toBe(first);
  });
});

/** What the guide begins with: a refund of a payment that a statement told. */
async function refundThatWaits(dataDir: string): Promise<void> {
  const plugins = [bankTransfer(ACCOUNT)];
  const publicUrl = 'http://localhost:3000/itpay';
  const pay = await createItPay({
    publicUrl,
    dataDir,
    plugins,
    account: 'Test Shop',
    secretKey: SECRET_KEY,
    work: false,
  });
  const { id: account } = pay.account;
  const { call } = pay.as({ account, livemode: false });
  const must = async (path: string, body: object): Promise<any> => {
    const answer = await call({ method: 'POST', path, body, idempotencyKey: path });
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
    return answer.body;
  };
  const intent = await must('/v1/payment-intents', { amount, channel: 'bank_transfer' });
  const { id: inflow } = await must('/v1/inflows', {
    channel: 'bank_transfer',
    channel_transaction_id: 'B-1',
    amount,
    paid_at: '2026-11-02T10:00:00Z',
    payment_intent_id: intent.id,
    reason: 'On the statement',
    evidence: 'Line 7',
  });
  const counterparty = { name: 'Zoë Müller', account: 'FR1420041010050500013M02606' };
  await insertStatementRow(pay.knex, {
    account,
    livemode: false,
    channel: 'bank_transfer',
    amount,
    at: new Date(),
    inflow,
    counterparty,
  });
  await must('/v1/refunds', { payment_intent_id: intent.id });
  await pay.stop();
}
