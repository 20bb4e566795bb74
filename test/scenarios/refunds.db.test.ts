import { promptpay } from '@itpay/channel-promptpay';
import { FAKE_CAPABILITIES } from '@itpay/testkit/fake-rail';
import { beforeAll, describe, expect, it } from 'vitest';
import { testPayWithRail } from '../support/fake-rail.js';
import { testPay } from '../support/pay.js';
import { contents } from './tables.js';

const PATH = '/v1/refunds';
const THB = (value: number) => ({ currency: 'THB', value });

type Rail = Awaited<ReturnType<typeof testPayWithRail>>;

let fresh = 0;
async function paidOn(t: Rail, paidAt?: Date) {
  const intent = (await t.create({ order_reference: `r-${fresh++}` })).body;
  await t.rail.pay(intent.channel_reference, { ...(paidAt && { paidAt }) });
  await t.deliver(({ reference }) => reference === intent.channel_reference);
  return intent as { id: string; channel_reference: string };
}
const post = (t: Pick<Rail, 'request'>, path: string, body?: object, idempotencyKey?: string) =>
  t.request('POST', path, { body, idempotencyKey });

describe('a refund', () => {
  let t: Rail;
  beforeAll(async () => {
    t = await testPayWithRail({ refundWindowMs: 30 * 86_400_000 });
  });

  const paid = () => paidOn(t, t.clock.now());
  const refund = (payment_intent_id: string, more: object = {}, key?: string) =>
    post(t, PATH, { payment_intent_id, ...more }, key);
  const booked = async ({ channel_reference }: { channel_reference: string }) =>
    (await t.rail.entry(channel_reference))!.refunds.map(({ amount, status }) => [Number(amount.value), status]);

  it('gives all of it back', async () => {
    const intent = await paid();

    const answer = await refund(intent.id, { reason: 'fraudulent', description: 'Stolen card', metadata: { a: 'b' } });

    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      object: 'refund',
      status: 'succeeded',
      amount: THB(10_000),
      reason: 'fraudulent',
      decision: 'automatic',
      manual: false,
      channel_refund_id: expect.any(String),
      metadata: { a: 'b' },
      operation: null,
      next_action: { type: 'none' },
      duplicate_of_existing: false,
    });
    expect(await t.intent(intent.id)).toMatchObject({
      status: 'succeeded',
      amount_captured: THB(10_000),
      amount_refunded: THB(10_000),
      refund_status: 'full',
    });
    expect(await booked(intent)).toEqual([[10_000, 'succeeded']]);
    expect((await t.request('GET', `${PATH}/${answer.body.id}`)).body).toEqual(answer.body);
  });

  it('gives it back in parts, never more than was paid', async () => {
    const intent = await paid();

    const parts = [];
    for (const value of [2_000, 3_000, 5_001, 5_000]) parts.push(await refund(intent.id, { amount: THB(value) }));
    const late = await refund(intent.id, { amount: THB(1) });

    expect(parts.map(({ status }) => status)).toEqual([201, 201, 422, 201]);
    expect(parts[2]!.body.error).toMatchObject({
      code: 'REFUND_AMOUNT_EXCEEDED',
      param: 'amount.value',
      details: { maximum: 5_000 },
    });
    expect([late.status, late.body.error.code]).toEqual([409, 'ALREADY_REFUNDED']);
    expect(await t.intent(intent.id)).toMatchObject({ amount_refunded: THB(10_000), refund_status: 'full' });
    expect((await booked(intent)).map(([value]) => value)).toEqual([2_000, 3_000, 5_000]);
  });

  it('takes what is left when no amount is named, and says "partial" until then', async () => {
    const intent = await paid();
    await refund(intent.id, { amount: THB(4_000) });
    const between = await t.intent(intent.id);

    const rest = await refund(intent.id, { reason: 'duplicate' });

    expect(between).toMatchObject({ refund_status: 'partial', amount_refunded: THB(4_000) });
    expect(rest.body.amount).toEqual(THB(6_000));
  });

  it('takes payment_intent as another name', async () => {
    const intent = await paid();

    const answer = await post(t, PATH, { payment_intent: intent.id, amount: THB(1) });

    expect([answer.status, answer.body.payment_intent_id]).toEqual([201, intent.id]);
  });

  it('is the one that was made a moment ago, under another key', async () => {
    const intent = await paid();
    const first = await refund(intent.id, { amount: THB(1_000) });

    const again = await refund(intent.id, { amount: THB(1_000) });
    const meant = await refund(intent.id, { amount: THB(1_000), confirm_duplicate: true });
    const otherReason = await refund(intent.id, { amount: THB(1_000), reason: 'duplicate' });
    t.clock.advance('11m');
    const later = await refund(intent.id, { amount: THB(1_000) });

    expect([again.status, again.body]).toEqual([200, { ...first.body, duplicate_of_existing: true }]);
    expect([meant, otherReason, later].map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(await booked(intent)).toHaveLength(4);
  });

  it('is made once per key, and says so', async () => {
    const intent = await paid();
    const first = await refund(intent.id, { amount: THB(1_000) }, `key-${intent.id}`);
    const before = await contents(t.pay.knex);

    const again = await refund(intent.id, { amount: THB(1_000) }, `key-${intent.id}`);
    const other = await refund(intent.id, { amount: THB(1_001) }, `key-${intent.id}`);

    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect([other.status, other.body.error.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    expect(await contents(t.pay.knex)).toEqual(before);
    expect((await t.rail.entry(intent.channel_reference))!.received.refund).toBe(1);
  });

  it('is declined with 402, is kept as that, and leaves the money refundable', async () => {
    const intent = await paid();
    await t.rail.script({ operation: 'refund', behaviour: 'insufficient_funds' });
    const declined = await refund(intent.id, {}, `key-${intent.id}`);

    const again = await refund(intent.id, {}, `key-${intent.id}`);
    const afresh = await refund(intent.id);

    expect([declined.status, declined.body.error]).toMatchObject([
      402,
      {
        code: 'INSUFFICIENT_FUNDS',
        details: { object: { status: 'failed', failure: { code: 'INSUFFICIENT_FUNDS', class: 'retryable' } } },
      },
    ]);
    expect([again.status, again.body.error.code]).toEqual([402, 'INSUFFICIENT_FUNDS']);
    expect(afresh.status).toBe(201);
    expect(await t.intent(intent.id)).toMatchObject({ refund_status: 'full' });
  });

  it('goes on under its number when the rail did not take it', async () => {
    const intent = await paid();
    await t.rail.script({ operation: 'refund', behaviour: 'not_processed' });
    const notSent = await refund(intent.id, {}, `key-${intent.id}`);

    const again = await refund(intent.id, {}, `key-${intent.id}`);

    expect([notSent.status, notSent.body.error.code]).toEqual([502, 'CHANNEL_ERROR']);
    expect([again.status, again.body.status]).toEqual([201, 'succeeded']);
    expect(again.body.id).toBe(notSent.body.error.details.object.id);
    expect(await booked(intent)).toEqual([[10_000, 'succeeded']]);
  });

  it('is unknown until the rail says, and no other refund goes out meanwhile', async () => {
    const intent = await paid();
    await t.rail.script(
      { operation: 'refund', behaviour: 'reset_after' },
      { operation: 'queryRefund', behaviour: 'timeout_before' },
    );
    const unknown = await refund(intent.id, { amount: THB(1_000) }, `key-${intent.id}`);
    const blocked = await refund(intent.id, { amount: THB(2_000) });

    const real = await refund(intent.id, { amount: THB(1_000) }, `key-${intent.id}`);
    const free = await refund(intent.id, { amount: THB(2_000) });

    expect([unknown.status, unknown.body]).toMatchObject([
      202,
      { status: 'processing', operation: { outcome: 'unknown' }, next_action: { type: 'wait' } },
    ]);
    expect([blocked.status, blocked.body.error.code]).toEqual([409, 'OUTCOME_UNKNOWN']);
    expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(0);
    expect([real.status, real.body.status, real.body.id]).toEqual([201, 'succeeded', unknown.body.id]);
    expect(free.status).toBe(201);
    expect((await t.rail.entry(intent.channel_reference))!.received.refund).toBe(2);
  }, 30_000);

  it.each(['succeeded', 'failed'] as const)('that the rail works on ends when it says: %s', async (status) => {
    const intent = await paid();
    await t.rail.script({ operation: 'refund', behaviour: 'pending' });
    const pending = (await refund(intent.id)).body;
    const second = await refund(intent.id, { reason: 'duplicate' });

    await t.rail.settleRefund(pending.channel_refund_reference, status);
    await t.deliver(({ reference }) => reference === pending.channel_refund_reference);
    const ended = (await t.request('GET', `${PATH}/${pending.id}`)).body;

    expect(pending).toMatchObject({
      status: 'processing',
      operation: { outcome: 'pending' },
      next_action: { type: 'wait' },
    });
    expect([second.status, second.body.error.code]).toEqual([409, 'REFUND_IN_PROGRESS']);
    expect(ended).toMatchObject({ status, next_action: { type: 'none' } });
    expect((await t.intent(intent.id)).refund_status).toBe(status === 'succeeded' ? 'full' : 'none');
  });

  it('that the rail works on is found out by asking, too', async () => {
    const intent = await paid();
    await t.rail.script({ operation: 'refund', behaviour: 'pending' });
    const pending = (await refund(intent.id)).body;
    await t.rail.settleRefund(pending.channel_refund_reference, 'succeeded');

    t.clock.advance('2h');
    await t.settle();

    expect((await t.request('GET', `${PATH}/${pending.id}`)).body.status).toBe('succeeded');
  });

  it.each<[string, () => Promise<string>, object, number, string]>([
    ['an open payment', async () => (await t.create()).body.id, {}, 409, 'PAYMENT_NOT_SUCCEEDED'],
    [
      'another currency',
      async () => (await paid()).id,
      { amount: { currency: 'USD', value: 1 } },
      422,
      'CURRENCY_NOT_SUPPORTED',
    ],
    [
      'a payment of 30 days ago',
      async () => {
        const { id } = await paid();
        t.clock.advance('30d');
        return id;
      },
      {},
      422,
      'REFUND_WINDOW_EXPIRED',
    ],
  ])('is refused for %s, and changes nothing', async (_, make, more, status, code) => {
    const id = await make();
    const before = await contents(t.pay.knex);

    const answer = await refund(id, more);

    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(await contents(t.pay.knex)).toEqual(before);
  });

  describe('that waits for approval', () => {
    const requested = async (more: object = {}) => {
      const intent = await paid();
      return { intent, refund: (await refund(intent.id, { require_approval: true, ...more })).body };
    };

    it('calls the rail when it is approved, and once', async () => {
      const { intent, refund: waiting } = await requested();
      const before = await booked(intent);

      const approved = await post(t, `${PATH}/${waiting.id}/approve`, undefined, `a-${waiting.id}`);
      const again = await post(t, `${PATH}/${waiting.id}/approve`, undefined, `a-${waiting.id}`);
      const afresh = await post(t, `${PATH}/${waiting.id}/approve`);

      expect(waiting).toMatchObject({ status: 'requested', decision: 'manual', operation: null });
      expect(before).toEqual([]);
      expect([approved.status, approved.body.status]).toEqual([200, 'succeeded']);
      expect([again.status, again.body]).toEqual([200, approved.body]);
      expect([afresh.status, afresh.body.error.details]).toMatchObject([409, { current: 'succeeded', allowed: [] }]);
      expect(await booked(intent)).toEqual([[10_000, 'succeeded']]);
    });

    it.each([
      ['rejected', 'reject'],
      ['cancelled', 'cancel'],
    ])('can be %s, and that is the end', async (_, word) => {
      const { intent, refund: waiting } = await requested();

      const ended = await post(t, `${PATH}/${waiting.id}/${word}`);
      const before = await contents(t.pay.knex);
      const then = await Promise.all(
        ['approve', 'reject', 'cancel'].map((next) => post(t, `${PATH}/${waiting.id}/${next}`)),
      );

      expect([ended.status, ended.body.status]).toEqual([200, 'cancelled']);
      expect(then.map(({ status }) => status)).toEqual([409, 409, 409]);
      expect(await contents(t.pay.knex)).toEqual(before);
      expect((await refund(intent.id)).status).toBe(201);
    });

    it('counts into the sum while it waits', async () => {
      const { intent, refund: waiting } = await requested({ amount: THB(7_000) });

      const tooMuch = await refund(intent.id, { amount: THB(3_001) });

      expect([tooMuch.status, tooMuch.body.error.details.maximum]).toEqual([422, 3_000]);
      await post(t, `${PATH}/${waiting.id}/cancel`);
      expect((await refund(intent.id, { amount: THB(10_000) })).status).toBe(201);
    });

    it('cannot be completed by hand on a rail that does it itself', async () => {
      const { refund: waiting } = await requested();

      const answer = await post(t, `${PATH}/${waiting.id}/complete`, { reason: 'x', evidence: 'y' });

      expect([answer.status, answer.body.error.code]).toEqual([409, 'INVALID_STATE_TRANSITION']);
    });
  });

  it('is listed newest first, by payment and by status', async () => {
    const intent = await paid();
    const made: string[] = [];
    for (const value of [1, 2, 3]) made.unshift((await refund(intent.id, { amount: THB(value) })).body.id);

    const first = (await t.request('GET', `${PATH}?payment_intent_id=${intent.id}&limit=2`)).body;
    const second = (
      await t.request('GET', `${PATH}?payment_intent_id=${intent.id}&limit=2&starting_after=${first.next_cursor}`)
    ).body;
    const failed = (await t.request('GET', `${PATH}?payment_intent_id=${intent.id}&status=failed`)).body;

    expect([...first.data, ...second.data].map(({ id }: { id: string }) => id)).toEqual(made);
    expect([first.has_more, second.has_more, failed.data]).toEqual([true, false, []]);
  });
});

describe('a rail that gives back', () => {
  const railThatLacks = async (lacking: string) => {
    const capabilities = FAKE_CAPABILITIES.filter((capability) => capability !== lacking);
    return testPayWithRail({ capabilities });
  };

  it('payments as a whole only', async () => {
    const t = await railThatLacks('partial_refund');
    const { id } = await paidOn(t);

    const part = await post(t, PATH, { payment_intent_id: id, amount: THB(1) });
    const whole = await post(t, PATH, { payment_intent_id: id });

    expect([part.status, part.body.error]).toMatchObject([
      422,
      { code: 'CHANNEL_CAPABILITY_UNSUPPORTED', details: { capability: 'partial_refund' } },
    ]);
    expect(whole.status).toBe(201);
  });

  it('once only', async () => {
    const t = await railThatLacks('multiple_refunds');
    const { id } = await paidOn(t);

    const [first, second] = [
      await post(t, PATH, { payment_intent_id: id, amount: THB(1) }),
      await post(t, PATH, { payment_intent_id: id, amount: THB(2) }),
    ];

    expect(first.status).toBe(201);
    expect(second.body.error).toMatchObject({
      code: 'CHANNEL_CAPABILITY_UNSUPPORTED',
      details: { capability: 'multiple_refunds' },
    });
  });
});

describe('a refund on PromptPay', () => {
  let t: Awaited<ReturnType<typeof testPay>>;
  beforeAll(async () => {
    t = await testPay({ plugins: [promptpay({ target: '0812345678' })] });
  });
  const paid = async () => {
    const { id } = (await t.request('POST', '/v1/payment-intents', { body: { amount: THB(10_000) } })).body;
    await t.request('POST', `/v1/test-helpers/payment-intents/${id}/simulate`, { body: { event: 'paid' } });
    return id as string;
  };
  const statusOf = async (id: string) => (await t.request('GET', `/v1/payment-intents/${id}`)).body.refund_status;

  it('waits for a person who sends the money and shows it', async () => {
    const id = await paid();
    const { status, body: waiting } = await post(t, PATH, { payment_intent_id: id });
    const between = await statusOf(id);
    const complete = () =>
      post(t, `${PATH}/${waiting.id}/complete`, { reason: 'Sent by bank', evidence: 'transfer 77' }, `c-${waiting.id}`);

    const done = await complete();
    const again = await complete();
    const afresh = await post(t, `${PATH}/${waiting.id}/complete`, { reason: 'x', evidence: 'y' });

    expect([status, waiting]).toMatchObject([
      201,
      { status: 'processing', manual: true, operation: null, next_action: { type: 'none' } },
    ]);
    expect([between, await statusOf(id)]).toEqual(['none', 'full']);
    expect([done.status, done.body]).toMatchObject([200, { status: 'succeeded', succeeded_at: expect.any(String) }]);
    expect([again.status, again.body]).toEqual([200, done.body]);
    expect(afresh.status).toBe(409);
  });

  it('waits for approval first where that was asked', async () => {
    const id = await paid();
    const { body: waiting } = await post(t, PATH, { payment_intent_id: id, require_approval: true });

    const early = await post(t, `${PATH}/${waiting.id}/complete`, { reason: 'x', evidence: 'y' });
    const approved = await post(t, `${PATH}/${waiting.id}/approve`);
    const done = await post(t, `${PATH}/${waiting.id}/complete`, { reason: 'x', evidence: 'y' });

    expect([early.status, early.body.error.details.allowed]).toEqual([409, ['approve', 'reject', 'cancel']]);
    expect(approved.body).toMatchObject({ status: 'processing', manual: true });
    expect(done.body.status).toBe('succeeded');
  });

  it('cannot be cancelled any more once it is processing', async () => {
    const { body: waiting } = await post(t, PATH, { payment_intent_id: await paid() });

    const answer = await post(t, `${PATH}/${waiting.id}/cancel`);

    expect([answer.status, answer.body.error.details.allowed]).toEqual([409, ['complete']]);
  });
});
