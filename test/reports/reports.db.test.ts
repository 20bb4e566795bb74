import { hash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { pathOf, shop, type Shop } from './shop.js';

const THB = (value: number) => ({ currency: 'THB', value });
const EUR = (value: number) => ({ currency: 'EUR', value });
const PATH = '/v1/reports';

let s: Shop;
let today: string;
beforeAll(async () => {
  s = await shop();
  today = s.clock.now().toISOString().slice(0, 10);
});
const of = (type: string, more: object = {}) => ({ type, from: today, to: today, ...more });

describe('a report', () => {
  it('is written after the answer, tells when it is there, and keeps its file for those with a key', async () => {
    const asked = await s.must('POST', PATH, of('transactions'), s.testKey);
    expect(asked).toMatchObject({
      object: 'report',
      status: 'pending',
      livemode: false,
      format: 'csv',
      channel: null,
      time_zone: 'UTC',
      rows: null,
      download_url: null,
    });
    expect((await s.request('GET', `${PATH}/${asked.id}/file`)).status).toBe(404);

    await s.pay.settle();

    const done = (await s.request('GET', `${PATH}/${asked.id}`)).body;
    const file = await s.request('GET', `${PATH}/${asked.id}/file`);
    expect(done).toMatchObject({ status: 'ready', size: Buffer.byteLength(file.text), failure: null });
    expect(done.digest).toBe(hash('sha256', file.text));
    expect(file.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(file.headers.get('content-disposition')).toBe(`attachment; filename="transactions-${today}-${today}.csv"`);
    const [event] = await s.pay.knex('itpay.events').where({ type: 'report.ready', object_id: asked.id });
    expect(JSON.stringify(event)).not.toContain('signature');
    expect(JSON.parse(event.data).object).toMatchObject({ id: asked.id, status: 'ready', rows: done.rows });
    const { data } = (await s.request('GET', `${PATH}?type=transactions&status=ready`)).body;
    expect(data.map(({ id }: { id: string }) => id)).toContain(asked.id);
    const audit = await s.pay.knex('itpay.audit_entries').where({ object_id: asked.id }).orderBy('id');
    expect(audit.map(({ action, actor }) => [action, actor.split('_')[0]])).toEqual([
      ['report.create', 'key'],
      ['report.finish', 'reports'],
    ]);
  });

  it('is asked for once with one key', async () => {
    const ask = () => s.request('POST', PATH, { body: of('refunds'), idempotencyKey: 'one-report' });

    const [first, again] = [await ask(), await ask()];

    expect([first.status, again.status, again.body.id]).toEqual([202, 202, first.body.id]);
  });

  it.each([
    [{ from: '2026-02-30' }, 'from'],
    [{ from: '2026-01-02', to: '2026-01-01' }, 'to'],
    [{ from: '2025-01-01', to: '2026-01-02' }, 'to'],
    [{ time_zone: 'Bangkok' }, 'time_zone'],
    [{ type: 'everything' }, 'type'],
    [{ format: 'xlsx' }, 'format'],
    [{ channel: 'prompt_pay' }, 'channel'],
    [{ from: undefined }, 'from'],
  ])('is refused with %j', async (more, param) => {
    const { status, body } = await s.request('POST', PATH, { body: of('transactions', more) });

    expect([status, body.error.param]).toEqual([400, param]);
  });
});

describe('the link to a file', () => {
  let url: string;
  let text: string;
  let id: string;
  beforeAll(async () => {
    const { done, file } = await s.report(of('transactions'));
    ({ download_url: url, id } = done);
    ({ text } = file);
  });
  const open = (path: string) => s.request('GET', path, { key: null });

  it('opens it without a key', async () => {
    expect(url).toMatch(
      /^https:\/\/shop\.example\/itpay\/v1\/reports\/rpt_\w+\/download\?expires=\d+&signature=[\w-]{43}$/,
    );
    expect(await open(pathOf(url))).toMatchObject({ status: 200, text });
  });

  it.each<[string, (url: string) => string]>([
    ['a later end', (link) => link.replace(/expires=(\d+)/, (_, at) => `expires=${Number(at) + 1}`)],
    ['a shorter signature', (link) => link.slice(0, -22)],
    [
      'another signature',
      (link) => link.replace(/signature=./, (all) => (all.endsWith('A') ? 'signature=B' : 'signature=A')),
    ],
    ['another report', (link) => link.replace(/rpt_\w{26}/, 'rpt_06b2m6vk0dtf5d5cq0m3vz8x5g')],
  ])('is refused with %s', async (_what, change) => {
    const { status, body } = await open(change(pathOf(url)));

    expect([status, body.error.code]).toEqual([401, 'SIGNATURE_INVALID']);
  });

  it.each(['', '?expires=9999999999', '?signature=x'])('is refused as %j', async (query) => {
    expect((await open(`${PATH}/${id}/download${query}`)).status).toBe(400);
  });

  it('ends after a quarter of an hour, and each answer has a fresh one', async () => {
    s.clock.advance('15m');
    expect((await open(pathOf(url))).body.error.code).toBe('SIGNATURE_EXPIRED');

    const fresh = (await s.request('GET', `${PATH}/${id}`)).body.download_url;
    expect((await open(pathOf(fresh))).text).toBe(text);
  });
});

describe('transactions', () => {
  it('are the payments that succeeded in these days, in their time zone', async () => {
    const t = await shop();
    t.clock.set(new Date('2026-05-03T16:59:59.999Z'));
    const before = await t.paid(THB(100), { order_reference: '=HYPERLINK("http://evil")' });
    t.clock.set(new Date('2026-05-03T17:00:00.000Z'));
    const first = await t.paid(THB(19_900), { order_reference: 'order-1' });
    await t.must('POST', '/v1/payment-intents', { amount: THB(700) });
    const other = await t.paid(EUR(500));
    await t.must('POST', '/v1/refunds', { payment_intent_id: first.id, amount: THB(900) });
    t.clock.set(new Date('2026-05-04T17:00:00.000Z'));
    const after = await t.paid(THB(300));
    const day = (more: object) =>
      t.report({ type: 'transactions', from: '2026-05-04', to: '2026-05-04', time_zone: 'Asia/Bangkok', ...more });

    const { done, rows } = await day({});
    const bank = await day({ channel: 'bank_transfer' });
    const utc = await day({ time_zone: 'UTC' });
    const json = await day({ format: 'json', channel: 'promptpay' });
    const whole = await t.report({ type: 'transactions', from: '2026-05-03', to: '2026-05-05', byte_order_mark: true });

    expect(done.rows).toBe(2);
    expect(rows()).toMatchObject([
      {
        payment_intent_id: first.id,
        order_reference: 'order-1',
        channel: 'promptpay',
        channel_reference: first.channel_reference,
        status: 'succeeded',
        currency: 'THB',
        amount: '199.00',
        amount_minor: '19900',
        amount_captured_minor: '19900',
        amount_refunded: '0.00',
        late_payment: 'false',
        succeeded_at: '2026-05-03T17:00:00.000Z',
      },
      { payment_intent_id: other.id, currency: 'EUR', amount: '5.00' },
    ]);
    expect(bank.rows().map((row) => row.payment_intent_id)).toEqual([other.id]);
    expect(utc.rows().map((row) => row.payment_intent_id)).toEqual([after.id]);
    expect(json.file.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(json.file.body).toMatchObject({
      object: 'report_document',
      type: 'transactions',
      livemode: false,
      channel: 'promptpay',
      from: '2026-05-04',
      to: '2026-05-04',
      time_zone: 'Asia/Bangkok',
      rows: [{ payment_intent_id: first.id, amount: THB(19_900), amount_refunded: THB(0), late_payment: false }],
    });
    expect(json.file.body).not.toHaveProperty('totals');
    // A spreadsheet shows what a payer wrote, and does not run it.
    expect(whole.file.text).toContain(`${before.id},"'=HYPERLINK(""http://evil"")",promptpay`);
    expect(whole.done.rows).toBe(4);
    const bytes = await t.pay.fetch(new Request(whole.done.download_url));
    expect([...new Uint8Array(await bytes.arrayBuffer()).slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  });

  it('of another account or mode are nobody else’s', async () => {
    const t = await shop();
    await t.paid(THB(100));
    const live = await t.report(of('transactions'), t.liveKey);
    const { id } = await t.pay.accounts.create('Second Shop');
    const { token } = await t.pay.keys.create({ account: id, livemode: false, label: 'x', preset: 'merchant_full' });
    const foreign = await t.report(of('transactions'), token);
    const own = await t.report(of('transactions'));

    expect([live.done.rows, foreign.done.rows, own.done.rows]).toEqual([0, 0, 1]);
    expect((await t.request('GET', `${PATH}/${own.done.id}/file`, { key: token })).status).toBe(404);
    expect((await t.request('GET', `${PATH}/${own.done.id}/file`, { key: t.liveKey })).status).toBe(404);
  });
});

describe('the other reports', () => {
  let t: Shop;
  beforeAll(async () => {
    t = await shop();
    t.clock.set(new Date('2026-05-03T10:00:00.000Z'));
    const baht = await t.paid(THB(20_000), { at: '2026-05-03T09:00:00Z' });
    await t.paid(EUR(1_000), { at: '2026-05-03T09:00:00Z', order_reference: 'in euros' });
    await t.seen(THB(777), { at: '2026-05-03T09:30:00Z' });
    await t.statementRow({ amount: THB(20_000), fee: 150, at: '2026-05-03T20:00:00Z', transaction: 'T1' });
    await t.statementRow({ amount: EUR(30), kind: 'fee', direction: 'out', at: '2026-05-03T20:00:00Z' });
    t.clock.set(new Date('2026-05-04T10:00:00.000Z'));
    await t.paid(THB(5_000), { at: '2026-05-04T09:00:00Z' });
    const refund = await t.must('POST', '/v1/refunds', { payment_intent_id: baht.id, amount: THB(4_000) });
    await t.must('POST', `/v1/refunds/${refund.id}/complete`, { reason: 'Sent', evidence: 'Line 9' });
    await t.must('POST', '/v1/refunds', { payment_intent_id: baht.id, amount: THB(1_000), reason: 'other' });
    // Told twice: beside the payment, and as a line of its own, which is what counts. Pending lines moved nothing.
    await t.statementRow({ amount: THB(5_000), fee: 40, at: '2026-05-04T20:00:00Z', transaction: 'T2' });
    await t.statementRow({ amount: THB(38), kind: 'fee', at: '2026-05-04T20:00:00Z', transaction: 'T2' });
    await t.statementRow({ amount: THB(8), kind: 'fee', direction: 'in', at: '2026-05-04T21:00:00Z' });
    await t.statementRow({ amount: THB(99), kind: 'fee', status: 'pending', at: '2026-05-04T20:00:00Z' });
  });
  const both = (type: string, more: object = {}) => t.report({ type, from: '2026-05-03', to: '2026-05-04', ...more });

  it('add up what moved, per day, channel and currency, and never across currencies', async () => {
    const { rows, done } = await both('settlements');

    expect(done.rows).toBe(3);
    expect(rows().map((row) => [row.day, row.channel, row.currency, row.payments, row.gross_minor])).toEqual([
      ['2026-05-03', 'bank_transfer', 'EUR', '1', '1000'],
      ['2026-05-03', 'promptpay', 'THB', '2', '20777'],
      ['2026-05-04', 'promptpay', 'THB', '1', '5000'],
      ['total', '', 'EUR', '1', '1000'],
      ['total', '', 'THB', '3', '25777'],
    ]);
    expect(rows().map((row) => [row.refunds, row.refunded, row.fee_lines, row.fees, row.net])).toEqual([
      ['0', '0.00', '1', '0.30', '9.70'],
      ['0', '0.00', '1', '1.50', '206.27'],
      ['1', '40.00', '2', '0.30', '9.70'],
      ['0', '0.00', '1', '0.30', '9.70'],
      ['1', '40.00', '3', '1.80', '215.97'],
    ]);
  });

  it('are one JSON document, with totals where there are some', async () => {
    const { file } = await both('settlements', { format: 'json', channel: 'promptpay' });

    expect(file.body.rows).toHaveLength(2);
    expect(file.body.totals).toEqual([
      {
        day: 'total',
        channel: null,
        payments: 3,
        gross: THB(25_777),
        refunds: 1,
        refunded: THB(4_000),
        fee_lines: 3,
        fees: THB(180),
        net: THB(21_597),
      },
    ]);
  });

  it('tell which refunds went out', async () => {
    const { rows } = await both('refunds');

    expect(rows()).toMatchObject([
      { amount: '40.00', amount_minor: '4000', manual: 'true', reason: 'customer_request', channel: 'promptpay' },
    ]);
  });

  it('tell which fees were taken', async () => {
    const { rows } = await both('fees');

    expect(rows().map(({ kind, amount, fee, currency }) => [kind, amount, fee, currency])).toEqual([
      ['credit', '200.00', '1.50', 'THB'],
      ['fee', '', '0.30', 'EUR'],
      ['fee', '', '0.38', 'THB'],
      ['fee', '', '-0.08', 'THB'],
    ]);
  });

  it('tell which money lies aside', async () => {
    const { rows } = await both('unattributed');

    expect(rows()).toMatchObject([{ status: 'needs_match', kind: 'unattributed', amount: '7.77', aside: '7.77' }]);
  });

  it('tell which books differ, and what became of it', async () => {
    const exception = (change: object) => ({
      account: t.pay.account.id,
      livemode: false,
      channel: 'promptpay',
      channel_instance: 'promptpay:test:x',
      merchant_account: 'x',
      class: 'amount_mismatch',
      status: 'open',
      facts: JSON.stringify({
        reference: 'R1',
        channelTransactionId: '+T1',
        channel: { amount: THB(500), status: 'booked' },
        here: null,
        note: 'The amounts differ.',
      }),
      first_reconciliation_id: 'rec_1',
      reconciliation_id: 'rec_1',
      version: 1,
      created_at: '2026-05-03T12:00:00Z',
      updated_at: '2026-05-03T12:00:00Z',
      ...change,
    });
    await t.pay
      .knex('itpay.reconciliation_exceptions')
      .insert([
        exception({ id: 'exc_1', subject: 'one' }),
        exception({ id: 'exc_2', subject: 'two', livemode: true, account: 'm_other' }),
        exception({ id: 'exc_3', subject: 'three', created_at: '2026-05-05T12:00:00Z' }),
      ]);

    const { rows } = await both('reconciliation');

    expect(rows()).toMatchObject([
      {
        exception_id: 'exc_1',
        class: 'amount_mismatch',
        status: 'open',
        channel_transaction_id: "'+T1",
        channel_currency: 'THB',
        channel_amount: '5.00',
        channel_amount_minor: '500',
        here_currency: '',
        here_amount: '',
        note: 'The amounts differ.',
      },
    ]);
  });

  it('begin days where the shop is', async () => {
    const { rows } = await both('settlements', {
      time_zone: 'Pacific/Auckland',
      to: '2026-05-05',
      channel: 'promptpay',
    });

    expect(rows().map(({ day, payments, fees }) => [day, payments, fees])).toEqual([
      ['2026-05-03', '2', '0.00'],
      ['2026-05-04', '1', '1.50'],
      ['2026-05-05', '0', '0.30'],
      ['total', '3', '1.80'],
    ]);
  });

  it('hold sums that no integer of the database holds, and say so where JSON cannot', async () => {
    const huge = await shop();
    await huge.seen(THB(1));
    const [{ id }] = await huge.pay.knex('itpay.inflows').select('id');
    await huge.pay.knex.raw(
      `insert into itpay.inflows select (jsonb_populate_record(i, jsonb_build_object('id', 'inf_' || n,
         'channel_transaction_id', 'big-' || n, 'amount', 9000000000000000000))).* from itpay.inflows i,
         generate_series(1, 3) n where i.id = ?`,
      [id],
    );

    const csv = await huge.report(of('settlements'));
    const json = await huge.report(of('settlements', { format: 'json' }));

    expect(csv.rows().at(-1)).toMatchObject({ day: 'total', gross_minor: '27000000000000000001' });
    expect(json.done).toMatchObject({ status: 'failed', failure: { code: 'AMOUNT_INVALID' }, download_url: null });
  });
});

describe('many rows', () => {
  let t: Shop;
  beforeAll(async () => {
    t = await shop();
    const { id } = await t.paid(THB(100), { order_reference: 'order-0' });
    await t.pay.knex.raw(
      `insert into itpay.payment_intents
       select (jsonb_populate_record(i, jsonb_build_object('id', 'pi_copy' || lpad(n::text, 6, '0'),
         'order_reference', 'order-' || n, 'succeeded_at', i.succeeded_at + (n / 3) * interval '1 microsecond'))).*
         from itpay.payment_intents i, generate_series(1, 2499) n where i.id = ?`,
      [id],
    );
  }, 60_000);

  it('are each told once, also those of the same moment', async () => {
    const { done, rows } = await t.report(of('transactions'));

    expect(done).toMatchObject({ status: 'ready', rows: 2_500 });
    expect(rows()).toHaveLength(2_500);
    expect(new Set(rows().map((row) => row.order_reference)).size).toBe(2_500);
  });
});

describe('a report of the past', () => {
  it('goes after 30 days, with its file', async () => {
    const blobs = new Map<string, Uint8Array>();
    const t = await shop({
      blobStore: {
        put: async (key, bytes) => void blobs.set(key, bytes),
        get: async (key) => blobs.get(key) ?? null,
        delete: async (key) => void blobs.delete(key),
      },
    });
    const { done } = await t.report(of('transactions'));
    expect([...blobs.keys()]).toEqual([`reports/${done.id}`]);

    t.clock.advance('29d');
    await t.pay.settle();
    expect((await t.request('GET', `${PATH}/${done.id}/file`)).status).toBe(200);

    t.clock.advance('1d');
    expect((await t.request('GET', `${PATH}/${done.id}`)).status).toBe(404);
    expect((await t.request('GET', PATH)).body.data).toEqual([]);
    await t.pay.settle();
    expect([...blobs.keys()]).toEqual([]);
    expect(await t.pay.knex('itpay.reports').select('id')).toEqual([]);
  });
});
