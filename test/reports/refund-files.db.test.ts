import { tablesWith } from '../scenarios/tables.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { backend } from '../support/database.js';
import { pathOf, shop, type Shop } from './shop.js';

const EUR = (value: number) => ({ currency: 'EUR', value });
const PATH = '/v1/refund-files';
const ZOE = { name: 'Zoë Müller', account: 'FR1420041010050500013M02606' };
const JAN = { name: 'Jan Jansen', account: 'NL91ABNA0417164300' };

/** A refund that waits for an operator, of a payment that a statement told. */
async function waiting(
  s: Shop,
  { value = 1_230, payer = ZOE, ...more }: { value?: number; payer?: object | null; require_approval?: boolean } = {},
): Promise<string> {
  const intent = await s.paid(EUR(value), { order_reference: 'order-7' });
  if (payer !== null) await s.statementRow({ amount: EUR(value), inflow: intent.inflow, counterparty: payer });
  const refund = await s.must('POST', '/v1/refunds', { payment_intent_id: intent.id, ...more });
  return refund.id;
}

const create = (s: Shop, refund_ids?: readonly string[], idempotencyKey?: string) =>
  s.request('POST', PATH, { body: { channel: 'bank_transfer', refund_ids }, idempotencyKey });
const complete = (s: Shop, id: string) =>
  s.must('POST', `/v1/refunds/${id}/complete`, { reason: 'Seen', evidence: 'Line 9' });
const cancel = (s: Shop, id: string) =>
  s.request('POST', `${PATH}/${id}/cancel`, { body: { reason: 'Made by mistake' } });

describe('a refund file', () => {
  it('has the refunds that wait, and says which ones it leaves out and why', async () => {
    const s = await shop();
    const first = await waiting(s);
    const second = await waiting(s, { value: 500, payer: JAN });
    const unknown = await waiting(s, { payer: null });
    const asked = await waiting(s, { require_approval: true });
    const sent = await waiting(s);
    await complete(s, sent);

    const { status, body } = await create(s);

    expect(status).toBe(201);
    expect(body).toMatchObject({
      object: 'refund_file',
      livemode: false,
      channel: 'bank_transfer',
      merchant_account: 'DE36000000000000000000',
      status: 'ready',
      refund_count: 2,
      refund_ids: [first, second],
      totals: [EUR(1_730)],
      left_out: [{ refund_id: unknown, reason: 'payer_unknown', field: null }],
      cancelled_at: null,
    });
    expect(JSON.stringify(body)).not.toContain(asked);
    const file = await s.request('GET', `${PATH}/${body.id}/file`);
    const { channel_refund_reference: reference } = await s.must('GET', `/v1/refunds/${first}`);
    expect(file.headers.get('content-type')).toBe('application/xml');
    expect(file.headers.get('content-disposition')).toBe(`attachment; filename="${body.id}-refunds.xml"`);
    expect(file.text).toContain('<CtrlSum>17.30</CtrlSum>');
    expect(file.text).toContain(`<EndToEndId>${reference}</EndToEndId>`);
    expect(file.text).toContain('<Nm>Zoe Mueller</Nm>');
    expect(file.text).toContain(`<IBAN>${JAN.account}</IBAN>`);
    expect((await s.must('GET', PATH)).data).toHaveLength(1);
    expect((await s.must('GET', `${PATH}/${body.id}`)).refund_ids).toEqual([first, second]);
  });

  it('has the ones that were named, and a reason for each other', async () => {
    const s = await shop();
    const [good, other, asked, done] = [
      await waiting(s),
      await waiting(s),
      await waiting(s, { require_approval: true }),
      await waiting(s),
    ];
    await complete(s, done);
    const abroad = await waiting(s, { payer: { name: 'Ana', account: 'BR1500000000000010932840814P2' } });
    const baht = await s.paid({ currency: 'THB', value: 100 });
    const { id: promptpay } = await s.must('POST', '/v1/refunds', { payment_intent_id: baht.id });

    const { body } = await create(s, [good, asked, done, abroad, promptpay, good]);

    expect(body.refund_ids).toEqual([good]);
    expect(body.left_out).toEqual([
      { refund_id: asked, reason: 'not_processing', field: null },
      { refund_id: done, reason: 'not_processing', field: null },
      { refund_id: abroad, reason: 'not_expressible', field: 'account' },
      { refund_id: promptpay, reason: 'other_channel', field: null },
    ]);
    expect((await create(s)).body.refund_ids).toEqual([other]);
  });

  it('sends back where the money came from only when that is one account, and still there', async () => {
    const s = await shop();
    const parts = await s.must('POST', '/v1/payment-intents', { amount: EUR(1_000), channel: 'bank_transfer' });
    for (const [value, counterparty] of [
      [400, JAN],
      [600, ZOE],
    ] as const) {
      const { id: inflow } = await s.seen(EUR(value), { payment_intent_id: parts.id });
      await s.statementRow({ amount: EUR(value), inflow, counterparty });
    }
    const { id: several } = await s.must('POST', '/v1/refunds', { payment_intent_id: parts.id });
    const half = await s.must('POST', '/v1/payment-intents', { amount: EUR(1_001), channel: 'bank_transfer' });
    const { id: told } = await s.seen(EUR(400), { payment_intent_id: half.id });
    await s.seen(EUR(601), { payment_intent_id: half.id });
    await s.statementRow({ amount: EUR(400), inflow: told, counterparty: JAN });
    const { id: untold } = await s.must('POST', '/v1/refunds', { payment_intent_id: half.id });
    const gone = await s.paid(EUR(1_230));
    await s.statementRow({ amount: EUR(1_230), inflow: gone.inflow, counterparty: ZOE });
    await s.statementRow({ amount: EUR(1_230), kind: 'return', inflow: gone.inflow, outcome: 'held' });
    const { id: returned } = await s.must('POST', '/v1/refunds', { payment_intent_id: gone.id });

    const { error } = (await create(s)).body;

    expect(error.details.left_out).toEqual([
      { refund_id: several, reason: 'several_payers', field: null },
      { refund_id: untold, reason: 'payer_unknown', field: null },
      { refund_id: returned, reason: 'payment_returned', field: null },
    ]);
  });

  it('sends money that was never counted back to the one who sent it', async () => {
    const s = await shop({ paymentPolicy: { late: 'park', over: 'park', under: 'park' } });
    const intent = await s.paid(EUR(1_000));
    await s.statementRow({ amount: EUR(1_000), inflow: intent.inflow, counterparty: ZOE });
    const { id: inflow } = await s.seen(EUR(1_000), { payment_intent_id: intent.id });
    await s.statementRow({ amount: EUR(1_000), inflow, counterparty: JAN });
    const { id } = await s.must('POST', '/v1/refunds', { payment_intent_id: intent.id });
    await s.pay.knex('itpay.refunds').where({ id }).update({ inflow_id: inflow });

    const { body } = await create(s);

    expect(body).toMatchObject({ refund_count: 1, totals: [EUR(1_000)] });
    const { text } = await s.request('GET', `${PATH}/${body.id}/file`);
    expect(text).toContain(JAN.account);
    expect(text).not.toContain(ZOE.account);
  });
});

describe('a file that was made', () => {
  let s: Shop;
  beforeAll(async () => {
    s = await shop();
  });

  it('is the same bytes for ever, by key and by link', async () => {
    await waiting(s);
    const { body } = await create(s);
    const first = await s.request('GET', `${PATH}/${body.id}/file`);
    s.clock.advance('3d');

    const later = await s.request('GET', `${PATH}/${body.id}/file`);
    const old = await s.request('GET', pathOf(body.download_url), { key: null });
    const fresh = (await s.must('GET', `${PATH}/${body.id}`)).download_url;
    const linked = await s.request('GET', pathOf(fresh), { key: null });

    expect([later.text, linked.text]).toEqual([first.text, first.text]);
    expect([old.status, old.body.error.code]).toEqual([401, 'SIGNATURE_EXPIRED']);
    expect((await s.request('GET', pathOf(fresh).replace('refund-files', 'reports'), { key: null })).status).toBe(401);
  });

  it('is made once with one key', async () => {
    await waiting(s);

    const count = async () => (await s.must('GET', PATH)).data.length;
    const before = await count();

    const [first, again] = [await create(s, undefined, 'one-file'), await create(s, undefined, 'one-file')];

    expect([first.status, again.status, again.body.id]).toEqual([201, 201, first.body.id]);
    expect(await count()).toBe(before + 1);
  });

  it('gives a repeated request a link that opens, and stores none', async () => {
    await waiting(s);
    const first = await create(s, undefined, 'twice');
    s.clock.advance('1h');

    const again = await create(s, undefined, 'twice');

    expect([first.body.id, again.headers.get('idempotent-replayed')]).toEqual([again.body.id, 'true']);
    expect((await s.request('GET', pathOf(again.body.download_url), { key: null })).status).toBe(200);
    const signature = new URL(first.body.download_url).searchParams.get('signature')!;
    expect(await tablesWith(s.pay.knex, signature)).toEqual([]);
  });

  it('names nobody in the database, the log or the audit', async () => {
    await waiting(s);
    await create(s);

    const rows = await Promise.all(
      ['refund_files', 'refund_file_items', 'events', 'audit_entries'].map((table) => s.pay.knex(`itpay.${table}`)),
    );

    for (const text of [JSON.stringify(rows), JSON.stringify(s.logger.lines)]) {
      expect(text).not.toMatch(/FR14|Zo[eë]/);
      expect(text).not.toContain(Buffer.from('FR14').toString('hex'));
    }
  });
});

describe('a refund is in one file only', () => {
  let s: Shop;
  beforeAll(async () => {
    s = await shop();
  });

  it('as long as that file stands', async () => {
    const refund = await waiting(s);
    const { body: file } = await create(s);

    const again = await create(s);
    const named = await create(s, [refund]);

    expect([again.status, again.body.error.code]).toEqual([422, 'REFUND_FILE_EMPTY']);
    expect(again.body.error.details.left_out).toEqual([]);
    expect(named.body.error).toMatchObject({
      code: 'REFUND_FILE_EMPTY',
      details: { left_out: [{ refund_id: refund, reason: 'in_another_file' }] },
    });
    expect((await cancel(s, file.id)).body).toMatchObject({ status: 'cancelled', download_url: null });
    expect((await create(s, [refund])).body.refund_ids).toEqual([refund]);
  });

  it('whoever asks at the same time', async () => {
    const refunds = [await waiting(s), await waiting(s), await waiting(s)];

    const answers = await Promise.all([
      create(s, refunds),
      create(s, refunds.toReversed()),
      create(s),
      create(s, refunds.slice(0, 1)),
    ]);

    const made = answers.filter(({ status }) => status === 201);
    expect(made.flatMap(({ body }) => body.refund_ids).toSorted()).toEqual(refunds.toSorted());
    expect(answers.filter(({ status }) => status !== 201).map(({ body }) => body.error.code)).toEqual(
      answers.slice(made.length).map(() => 'REFUND_FILE_EMPTY'),
    );
  });

  it('even if a program forgot to look', async () => {
    const refund = await waiting(s);
    const { body } = await create(s, [refund]);

    const twice = s.pay.knex('itpay.refund_file_items').insert({ refund_file_id: 'rff_other', refund_id: refund });

    await expect(twice).rejects.toThrow('refund_in_one_file');
    expect(body.refund_ids).toEqual([refund]);
  });

  if (backend() === 'postgres') {
    it('and is not in one when it is completed in this moment', async () => {
      const refund = await waiting(s);
      const { knex } = s.pay;
      const trx = await knex.transaction();
      await trx('itpay.refunds').where({ id: refund }).forUpdate();

      const done = new AbortController();
      const asking = create(s, [refund]).finally(() => done.abort());
      const waits = async () => {
        const { rows } = await knex.raw(
          `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        );
        return rows.length > 0;
      };
      while (!done.signal.aborted && !(await waits()));
      await trx('itpay.refunds').where({ id: refund }).update({ status: 'succeeded' });
      await trx.commit();

      expect((await asking).body.error.details.left_out).toMatchObject([{ reason: 'not_processing' }]);
    });
  }
});

describe('a file that was cancelled', () => {
  let s: Shop;
  beforeAll(async () => {
    s = await shop();
  });

  it('is not handed out any more, and not cancelled again', async () => {
    await waiting(s);
    const { body } = await create(s);
    await cancel(s, body.id);

    expect((await s.request('GET', `${PATH}/${body.id}/file`)).status).toBe(404);
    expect((await s.request('GET', pathOf(body.download_url), { key: null })).status).toBe(404);
    expect((await cancel(s, body.id)).body.error.code).toBe('INVALID_STATE_TRANSITION');
    const audit = await s.pay.knex('itpay.audit_entries').where({ object_id: body.id }).orderBy('id');
    expect(audit.map(({ action, to_state }) => [action, to_state])).toEqual([
      ['refund_file.create', 'ready'],
      ['refund_file.cancel', 'cancelled'],
    ]);
  });

  it('cannot be one that the bank had', async () => {
    const refund = await waiting(s);
    await waiting(s);
    const { body } = await create(s);
    await complete(s, refund);

    const { status, body: answer } = await cancel(s, body.id);

    expect([status, answer.error.code]).toEqual([409, 'INVALID_STATE_TRANSITION']);
    expect(answer.error.message).toContain(refund);
    expect((await s.request('GET', `${PATH}/${body.id}/file`)).status).toBe(200);
  });
});

describe('a refund file is refused', () => {
  let s: Shop;
  beforeAll(async () => {
    s = await shop();
  });

  it.each([
    [{ channel: 'promptpay' }, 422, 'CHANNEL_CAPABILITY_UNSUPPORTED'],
    [{ channel: 'giro' }, 400, 'CHANNEL_NOT_SUPPORTED'],
    [{ channel: 'bank_transfer' }, 422, 'REFUND_FILE_EMPTY'],
    [{ channel: 'bank_transfer', refund_ids: ['ref_06b2m6vk0dtf5d5cq0m3vz8x50'] }, 404, 'REFUND_NOT_FOUND'],
    [{ channel: 'bank_transfer', refund_ids: [] }, 400, 'PARAMETER_INVALID'],
  ])('for %j', async (body, status, code) => {
    const answer = await s.request('POST', PATH, { body });

    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(await s.pay.knex('itpay.refund_file_items')).toEqual([]);
  });
});
