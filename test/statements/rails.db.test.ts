import { parseCsv, type CsvProfile } from '@itpay/channel-bank-transfer';
import { promptpay } from '@itpay/channel-promptpay';
import { qris } from '@itpay/channel-qris';
import { defineChannel, type StatementPart, type StatementRow } from '@itpay/kernel';
import { createFakeRailServer, fakeChannel } from '@itpay/testkit/fake-rail';
import { describe, expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { testPay } from '../support/pay.js';
import { shopOf } from './shop.js';

const profile: CsvProfile = {
  delimiter: ',',
  utcOffset: '+07:00',
  dateFormat: 'YYYY-MM-DD HH:mm',
  decimal: '.',
  amount: { signed: 'Amount' },
  currency: { column: 'Currency' },
  columns: { bookedOn: 'Time', text: ['Details'], bankReference: 'No' },
};
const table = (...lines: string[]) => Buffer.from(['Time,Amount,Currency,No,Details', ...lines, ''].join('\n'));
/** How a host tells an adapter to read its bank's table. */
const statement = (file: AsyncIterable<Uint8Array>, { name }: { readonly name: string | null }) =>
  parseCsv(file, { profile, account: 'the account', statementId: name ?? 'table' });

const opened = async (t: Awaited<ReturnType<typeof testPay>>, channel: string, amount: object) =>
  (await t.request('POST', '/v1/payment-intents', { body: { amount, channel } })).body;

describe('a rail without an answer of its own', () => {
  it('is paid by the table of the bank where its code carries a reference', async () => {
    const biller = { id: '099400016550100' };
    const shop = await shopOf(await testPay({ plugins: [promptpay({ biller, statement })] }));
    const intent = await opened(shop, 'promptpay', { currency: 'THB', value: 19_900 });
    const file = table(`2025-01-02 14:30,199.00,THB,N1,Bill payment Ref1 ${intent.channel_reference} Ref2 -`);

    const { body } = await shop.bring(file, { channel: 'promptpay', name: 'january.csv' });

    expect(body).toMatchObject({ counts: { booked: 1 }, statements: [{ statement_id: 'january.csv' }] });
    expect(await shop.intent(intent.id)).toMatchObject({ status: 'succeeded' });
    expect((await shop.inflows(intent.id))[0].paid_at).toBe('2025-01-02T07:30:00.000Z');
  });

  it.each([
    ['promptpay', () => promptpay({ target: '0812345678', statement }), 'THB', '199.00', 19_900],
    [
      'qris',
      () =>
        qris({
          static:
            '00020101021126650013ID.CO.BCA.WWW011893600014000128766702150008850012876670303UKE51440014ID.CO.QRIS.WWW0215ID10210818616060303UKE5204074253033605802ID5909GREEN PAW6007TANGSEL61051532362070703A0163046D3F',
          statement,
        }),
      'IDR',
      '25000.00',
      2_500_000,
    ],
  ])('only suggests where its code carries none: %s', async (channel, plugin, currency, decimal, value) => {
    const shop = await shopOf(await testPay({ plugins: [plugin()] }));
    const intent = await opened(shop, channel, { currency, value });

    const { body } = await shop.bring(table(`2025-01-02 14:30,${decimal},${currency},N1,Transfer from A`), { channel });

    expect(body.counts).toMatchObject({ needs_match: 1, booked: 0 });
    expect((await shop.intent(intent.id)).status).toBe('qr_generated');
    expect((await shop.rows(body.id))[0].suggested_payment_intent_ids).toEqual([intent.id]);
  });
});

describe('a rail that answers questions', () => {
  /** Rows as JSON, so that a test says what it wants. */
  async function* asRows(file: AsyncIterable<Uint8Array>): AsyncGenerator<StatementPart> {
    const chunks = [];
    for await (const chunk of file) chunks.push(chunk);
    yield { part: 'statement', statementId: 'S', account: 'shop-test' };
    for (const { value, at, ...row } of JSON.parse(Buffer.concat(chunks).toString())) {
      const amount = { currency: 'THB', value: BigInt(value) };
      yield { part: 'row', row: { ...(row as StatementRow), amount, bookedAt: new Date(at) } };
    }
    const facts = { statementId: 'S', account: 'shop-test', complete: true, balancesAgree: null };
    yield { part: 'facts', facts };
  }
  const row = (more: object) => ({
    kind: 'credit',
    dedupeKey: JSON.stringify(more),
    channelTransactionId: null,
    reference: null,
    text: '',
    status: 'booked',
    position: 'line 1',
    value: 10_000,
    at: '2025-01-02T00:00:00Z',
    ...more,
  });

  it('is compared with its file, which changes nothing, not even when it says that somebody paid', async () => {
    const rail = await createFakeRailServer();
    whenFileEnds(() => rail.stop());
    const { url, secret } = rail;
    const [fake] = fakeChannel({ url, secret, mode: 'test' }).channels;
    const capabilities = [...fake!.capabilities.filter((one) => one !== 'statement'), 'statement'] as const;
    const channel = { ...fake!, capabilities, parseStatement: asRows };
    const shop = await shopOf(await testPay({ plugins: [defineChannel(channel)] }));
    const amount = { currency: 'THB', value: 10_000 };
    const [paid, open] = [await opened(shop, 'fake', amount), await opened(shop, 'fake', amount)];
    await rail.pay(paid.channel_reference);
    for (const { url: to, headers, body } of await rail.callbacks()) {
      await shop.pay.fetch(new Request(to, { method: 'POST', headers, body }));
    }
    const [inflow] = await shop.inflows(paid.id);
    const file = Buffer.from(
      JSON.stringify([
        row({ channelTransactionId: inflow.channel_transaction_id, reference: paid.channel_reference }),
        row({ channelTransactionId: inflow.channel_transaction_id, value: 10_001, dedupeKey: 'differs' }),
        row({ channelTransactionId: 'FORGED', reference: open.channel_reference }),
        row({ channelTransactionId: 'STRANGE', reference: 'NOBODY' }),
        row({ kind: 'refund', channelTransactionId: 'R', reference: 'NOBODY' }),
        row({ kind: 'reversal', direction: 'out', channelTransactionId: inflow.channel_transaction_id }),
      ]),
    );

    const { body } = await shop.bring(file, { channel: 'fake' });

    expect(body.counts).toMatchObject({ rows: 6, matched: 1, noted: 5 });
    expect(await shop.rows(body.id)).toMatchObject([
      { outcome: 'matched', payment_intent_id: paid.id, inflow_id: inflow.id },
      { outcome: 'noted', payment_intent_id: paid.id, inflow_id: inflow.id },
      { outcome: 'noted', payment_intent_id: open.id, inflow_id: null },
      { outcome: 'noted', payment_intent_id: null },
      { outcome: 'noted', refund_id: null },
      { outcome: 'noted', inflow_id: null },
    ]);
    expect((await shop.intent(open.id)).status).toBe('qr_generated');
    expect(await shop.allInflows()).toHaveLength(1);
  });

  it('is not read when its reader says what is none', async () => {
    const rail = await createFakeRailServer();
    whenFileEnds(() => rail.stop());
    const { url, secret } = rail;
    const [fake] = fakeChannel({ url, secret, mode: 'test' }).channels;
    const capabilities = [...fake!.capabilities.filter((one) => one !== 'statement'), 'statement'] as const;
    const shop = await shopOf(
      await testPay({ plugins: [defineChannel({ ...fake!, capabilities, parseStatement: asRows })] }),
    );

    const { status, body } = await shop.bring(Buffer.from(JSON.stringify([row({}), row({ value: -1 })])), {
      channel: 'fake',
    });

    expect(status).toBe(400);
    expect(body.error.code).toBe('STATEMENT_INVALID');
    expect(await shop.table('statements')).toEqual([]);
  });
});
