import { promptpay } from '@itpay/channel-promptpay';
import { FAKE_CAPABILITIES } from '@itpay/testkit/fake-rail';
import { beforeAll, describe, expect, it } from 'vitest';
import { testPayWithRail } from '../support/fake-rail.js';
import { testPay } from '../support/pay.js';
import { contents } from './tables.js';

const PATH = '/v1/voids';
const intents = '/v1/payment-intents';
type Rail = Awaited<ReturnType<typeof testPayWithRail>>;

const voidOf = (t: Pick<Rail, 'request'>, target_id: string, more: object = {}, idempotencyKey?: string) =>
  t.request('POST', PATH, { body: { target_type: 'payment_intent', target_id, ...more }, idempotencyKey });
const cancelOf = (t: Pick<Rail, 'request'>, id: string, body: object = {}, idempotencyKey?: string) =>
  t.request('POST', `${intents}/${id}/cancel`, { body, idempotencyKey });

describe('a void', () => {
  let t: Rail;
  let fresh = 0;
  beforeAll(async () => {
    t = await testPayWithRail();
  });
  const open = async (more: object = {}) => (await t.create({ order_reference: `v-${fresh++}`, ...more })).body;
  const pay = async (intent: { channel_reference: string }) => {
    await t.rail.pay(intent.channel_reference);
    await t.deliver(({ reference }) => reference === intent.channel_reference);
  };
  const received = async ({ channel_reference }: { channel_reference: string }) =>
    (await t.rail.entry(channel_reference))!;

  it('closes the order at the rail before money moves, and is told', async () => {
    const told: string[] = [];
    t.pay.on('void.*', ({ type }) => void told.push(type), { name: 'voids' });
    await t.settle();
    const intent = await open();

    const answer = await voidOf(t, intent.id, { reason: 'Out of stock' });
    await t.settle();

    expect([answer.status, answer.body]).toMatchObject([
      201,
      { object: 'void', status: 'voided', target_id: intent.id, reason: 'Out of stock', refund_id: null },
    ]);
    expect((await t.request('GET', `${PATH}/${answer.body.id}`)).body).toEqual(answer.body);
    expect(await t.intent(intent.id)).toMatchObject({ status: 'cancelled', qr: null, next_action: { type: 'none' } });
    expect((await received(intent)).order?.status).toBe('closed');
    expect(told).toEqual(['void.succeeded']);
  });

  it('releases a hold', async () => {
    const intent = await open({ capture_method: 'manual' });
    await pay(intent);
    const held = await t.intent(intent.id);

    const answer = await cancelOf(t, intent.id);

    expect([held.status, answer.status, answer.body.status]).toEqual(['authorized', 200, 'cancelled']);
    expect(await received(intent)).toMatchObject({ hold: null, payments: [] });
  });

  it('becomes a refund once money has moved', async () => {
    const intent = await open();
    await pay(intent);

    const answer = await voidOf(t, intent.id, {}, `v-${intent.id}`);
    const again = await voidOf(t, intent.id, {}, `v-${intent.id}`);
    const afresh = await voidOf(t, intent.id);

    expect([answer.status, answer.body]).toMatchObject([
      201,
      { status: 'voided', refund_id: expect.stringMatching(/^ref_/) },
    ]);
    expect((await t.request('GET', `/v1/refunds/${answer.body.refund_id}`)).body).toMatchObject({
      reason: 'void',
      status: 'succeeded',
    });
    expect(await t.intent(intent.id)).toMatchObject({ status: 'succeeded', refund_status: 'full' });
    expect([again.status, again.body]).toEqual([201, answer.body]);
    expect([afresh.status, afresh.body.error.code]).toEqual([409, 'ALREADY_REFUNDED']);
    expect((await received(intent)).refunds).toHaveLength(1);
  });

  it('fails with its refund', async () => {
    const intent = await open();
    await pay(intent);
    await t.rail.script({ operation: 'refund', behaviour: 'decline' });

    const answer = await voidOf(t, intent.id);
    const rows = await t.pay.knex('itpay.voids').where({ target_id: intent.id }).select('status');

    expect([answer.status, answer.body.error.code]).toEqual([402, 'PAYMENT_DECLINED']);
    expect(rows).toEqual([{ status: 'failed' }]);
  });

  it('loses against a payment that nobody has reported yet: paid wins', async () => {
    const intent = await open();
    await t.rail.pay(intent.channel_reference);

    const answer = await cancelOf(t, intent.id, {}, `c-${intent.id}`);
    const again = await cancelOf(t, intent.id, {}, `c-${intent.id}`);

    expect([answer.status, answer.body.error]).toMatchObject([
      409,
      { code: 'INVALID_STATE_TRANSITION', details: { current: 'succeeded', intent: { status: 'succeeded' } } },
    ]);
    expect([again.status, again.body.error.code]).toEqual([409, 'INVALID_STATE_TRANSITION']);
    expect((await t.intent(intent.id)).status).toBe('succeeded');
    expect(await t.pay.knex('itpay.voids').where({ target_id: intent.id }).select('status')).toEqual([
      { status: 'failed' },
    ]);
  });

  it('of the pay API says 409 for what is paid, and leaves the money', async () => {
    const intent = await open();
    await pay(intent);

    const answer = await cancelOf(t, intent.id);

    expect([answer.status, answer.body.error.details.current]).toEqual([409, 'succeeded']);
    expect((await t.intent(intent.id)).refund_status).toBe('none');
  });

  it.each<[string, (id: string) => Promise<unknown>, string]>([
    ['cancelled', (id) => cancelOf(t, id), 'cancelled'],
    [
      'expired',
      async () => {
        t.clock.advance('16m');
        await t.settle();
      },
      'expired',
    ],
  ])('of a payment that is %s changes nothing', async (_, close, current) => {
    const intent = await open();
    await close(intent.id);
    const before = await contents(t.pay.knex);

    const answers = [await voidOf(t, intent.id), await cancelOf(t, intent.id)];

    expect(answers.map(({ status, body }) => [status, body.error.code, body.error.details.current])).toEqual([
      [409, 'INVALID_STATE_TRANSITION', current],
      [409, 'INVALID_STATE_TRANSITION', current],
    ]);
    expect(await contents(t.pay.knex)).toEqual(before);
  });

  it('is done once per key', async () => {
    const intent = await open();
    const first = await cancelOf(t, intent.id, { reason: 'x' }, `c-${intent.id}`);

    const again = await cancelOf(t, intent.id, { reason: 'x' }, `c-${intent.id}`);

    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await received(intent)).received.cancel).toBe(1);
  });

  it('is unknown when the rail did not answer, and known when it does', async () => {
    const intent = await open();
    await t.rail.script({ operation: 'cancel', behaviour: 'reset_after' });

    const unknown = await cancelOf(t, intent.id, {}, `c-${intent.id}`);
    const between = await t.intent(intent.id);
    const real = await cancelOf(t, intent.id, {}, `c-${intent.id}`);

    expect([unknown.status, unknown.body]).toMatchObject([202, { operation: { kind: 'cancel', outcome: 'unknown' } }]);
    expect(between.status).toBe('qr_generated');
    expect([real.status, real.body.status]).toEqual([200, 'cancelled']);
    expect((await received(intent)).received.cancel).toBe(1);
  });

  it('goes on under its key when the rail would not close the order', async () => {
    const intent = await open();
    await t.rail.script({ operation: 'cancel', behaviour: 'not_processed' });

    const notSent = await cancelOf(t, intent.id, {}, `c-${intent.id}`);
    const again = await cancelOf(t, intent.id, {}, `c-${intent.id}`);

    expect([notSent.status, notSent.body.error.code]).toEqual([502, 'CHANNEL_ERROR']);
    expect([again.status, again.body.status]).toEqual([200, 'cancelled']);
  });

  it('does not open an order again that was never opened', async () => {
    await t.rail.script({ operation: 'authorize', behaviour: 'not_processed' });
    const body = { amount: { currency: 'THB', value: 10_000 }, channel: 'fake', order_reference: `v-${fresh++}` };
    const failed = await t.request('POST', intents, { body, idempotencyKey: body.order_reference });
    const { id, channel_reference } = failed.body.error.details.object;

    const cancelled = await cancelOf(t, id);
    const again = await t.request('POST', intents, { body, idempotencyKey: body.order_reference });
    const refreshed = await t.request('POST', `${intents}/${id}/qr`, { body: {} });
    const presented = await t.pay.payments.present(id);
    await t.settle();

    expect([failed.status, cancelled.status, cancelled.body.status]).toEqual([502, 200, 'cancelled']);
    expect(again.status).toBeGreaterThanOrEqual(400);
    expect(refreshed.status).toBe(409);
    expect(presented.status).toBe('cancelled');
    expect((await received({ channel_reference })).order).toBeNull();
    expect((await t.intent(id)).status).toBe('cancelled');
  });
});

describe('a void on a rail that cannot close an order', () => {
  it('cancels here after a last question, and paid wins', async () => {
    const t = await testPayWithRail({ capabilities: FAKE_CAPABILITIES.filter((one) => one !== 'close_order') });
    const [open, paid] = [
      (await t.create({ order_reference: 'a' })).body,
      (await t.create({ order_reference: 'b' })).body,
    ];
    await t.rail.pay(paid.channel_reference);

    const answers = [await cancelOf(t, open.id), await cancelOf(t, paid.id)];

    expect(answers.map(({ status }) => status)).toEqual([200, 409]);
    expect((await t.intent(paid.id)).status).toBe('succeeded');
    expect((await t.rail.entry(open.channel_reference))?.received).toMatchObject({ cancel: 0, query: 1 });
  });

  it('of PromptPay has nobody to ask; money that still comes is late', async () => {
    const t = await testPay({ plugins: [promptpay({ target: '0812345678' })] });
    const { id, qr } = (await t.request('POST', intents, { body: { amount: { currency: 'THB', value: 10_000 } } }))
      .body;

    const voided = await voidOf(t, id);
    const image = await t.request('GET', `/v1/qr-charges/${qr.charge_id}/image.svg`);
    const late = await t.request('POST', `/v1/test-helpers/payment-intents/${id}/simulate`, {
      body: { event: 'paid_late' },
    });
    const [inflow] = (await t.request('GET', `/v1/inflows?payment_intent_id=${id}`)).body.data;

    expect([voided.status, voided.body.status, image.status]).toEqual([201, 'voided', 410]);
    expect(late.body.status).toBe('cancelled');
    expect(inflow).toMatchObject({ kind: 'late', status: 'parked' });
  });

  it('of PromptPay becomes a manual refund once it is paid, and ends with it', async () => {
    const t = await testPay({ plugins: [promptpay({ target: '0812345678' })] });
    const { id } = (await t.request('POST', intents, { body: { amount: { currency: 'THB', value: 10_000 } } })).body;
    await t.request('POST', `/v1/test-helpers/payment-intents/${id}/simulate`, { body: { event: 'paid' } });

    const voided = (await voidOf(t, id)).body;
    await t.request('POST', `/v1/refunds/${voided.refund_id}/complete`, { body: { reason: 'x', evidence: 'y' } });

    expect(voided.status).toBe('requested');
    expect((await t.request('GET', `${PATH}/${voided.id}`)).body.status).toBe('voided');
  });
});
