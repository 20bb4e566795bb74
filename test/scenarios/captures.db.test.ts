import { promptpay } from '@itpay/channel-promptpay';
import { FAKE_CAPABILITIES } from '@itpay/testkit/fake-rail';
import { beforeAll, describe, expect, it } from 'vitest';
import { testPayWithRail } from '../support/fake-rail.js';
import { testPay } from '../support/pay.js';
import { contents } from './tables.js';

const PATH = '/v1/payment-intents';
const THB = (value: number) => ({ currency: 'THB', value });
type Rail = Awaited<ReturnType<typeof testPayWithRail>>;

let fresh = 0;
async function heldOn(t: Rail) {
  const intent = (await t.create({ order_reference: `h-${fresh++}`, capture_method: 'manual' })).body;
  await t.rail.pay(intent.channel_reference);
  await t.deliver(({ reference }) => reference === intent.channel_reference);
  return intent as { id: string; channel_reference: string };
}
const captureOn = (t: Rail, id: string, body: object = {}, idempotencyKey?: string) =>
  t.request('POST', `${PATH}/${id}/capture`, { body, idempotencyKey });

describe('a capture', () => {
  let t: Rail;
  beforeAll(async () => {
    t = await testPayWithRail();
  });
  const held = () => heldOn(t);
  const capture = (id: string, body: object = {}, key?: string) => captureOn(t, id, body, key);
  const captures = async ({ channel_reference }: { channel_reference: string }) =>
    (await t.rail.entry(channel_reference))!.captures.map(({ amount }) => Number(amount.value));

  it('takes all of the hold', async () => {
    const intent = await held();
    const before = await t.intent(intent.id);

    const answer = await capture(intent.id);

    expect(before).toMatchObject({
      status: 'authorized',
      qr: null,
      amount_captured: THB(0),
      authorized_at: expect.any(String),
    });
    expect([answer.status, answer.body]).toMatchObject([
      200,
      { status: 'succeeded', amount_captured: THB(10_000), operation: null },
    ]);
    expect(await captures(intent)).toEqual([10_000]);
  });

  it('takes a part of it, once', async () => {
    const intent = await held();

    const answer = await capture(intent.id, { amount: THB(6_000) });
    const second = await capture(intent.id, { amount: THB(1_000) });

    expect(answer.body).toMatchObject({ status: 'succeeded', amount: THB(10_000), amount_captured: THB(6_000) });
    expect([second.status, second.body.error.details.current]).toEqual([409, 'succeeded']);
    expect(await captures(intent)).toEqual([6_000]);
  });

  it('is booked once, though the rail calls back as well', async () => {
    const intent = await held();
    await capture(intent.id, { amount: THB(6_000) });

    const answers = await t.deliver(({ reference }) => reference === intent.channel_reference);

    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect((await t.request('GET', `/v1/inflows?payment_intent_id=${intent.id}`)).body.data).toMatchObject([
      { kind: 'exact', counted: 6_000 },
    ]);
  });

  it.each<[string, object, number, string, string]>([
    ['more than is held', { amount: THB(10_001) }, 422, 'CAPTURE_AMOUNT_EXCEEDED', 'amount'],
    ['another currency', { amount: { currency: 'USD', value: 1 } }, 422, 'CURRENCY_NOT_SUPPORTED', 'amount.currency'],
    ['nothing', { amount: THB(0) }, 400, 'AMOUNT_INVALID', 'amount.value'],
    ['less than nothing', { amount: THB(-1) }, 400, 'AMOUNT_INVALID', 'amount.value'],
    ['a number', { amount: 100 }, 400, 'AMOUNT_INVALID', 'amount'],
    ['something else', { sum: THB(1) }, 400, 'PARAMETER_UNKNOWN', 'sum'],
  ])('of %s is refused, and changes nothing', async (_, body, status, code, param) => {
    const intent = await held();
    const before = await contents(t.pay.knex);

    const answer = await capture(intent.id, body);

    expect([answer.status, answer.body.error.code, answer.body.error.param]).toEqual([status, code, param]);
    expect(await contents(t.pay.knex)).toEqual(before);
  });

  it('needs a hold', async () => {
    const [open, automatic] = [
      (await t.create({ order_reference: `h-${fresh++}`, capture_method: 'manual' })).body,
      (await t.create({ order_reference: `h-${fresh++}` })).body,
    ];

    const answers = [await capture(open.id), await capture(automatic.id)];

    expect(answers.map(({ status, body }) => [status, body.error.details.current])).toEqual([
      [409, 'qr_generated'],
      [409, 'qr_generated'],
    ]);
  });

  it('that is declined fails the payment, with 402, and stays so', async () => {
    const intent = await held();
    await t.rail.script({ operation: 'capture', behaviour: 'decline' });

    const declined = await capture(intent.id, {}, `c-${intent.id}`);
    const again = await capture(intent.id, {}, `c-${intent.id}`);

    expect([declined.status, declined.body.error]).toMatchObject([
      402,
      { code: 'PAYMENT_DECLINED', details: { object: { status: 'failed', failure: { code: 'PAYMENT_DECLINED' } } } },
    ]);
    expect([again.status, again.body.error.code]).toEqual([402, 'PAYMENT_DECLINED']);
    expect(await t.intent(intent.id)).toMatchObject({ status: 'failed', failure: { category: 'declined' } });
  });

  it('that the rail did not take goes on under its key', async () => {
    const intent = await held();
    await t.rail.script({ operation: 'capture', behaviour: 'not_processed' });

    const notSent = await capture(intent.id, { amount: THB(5_000) }, `c-${intent.id}`);
    const again = await capture(intent.id, { amount: THB(5_000) }, `c-${intent.id}`);

    expect([notSent.status, notSent.body.error.details.object.status]).toEqual([502, 'authorized']);
    expect([again.status, again.body.status]).toEqual([200, 'succeeded']);
    expect(await captures(intent)).toEqual([5_000]);
  });

  it('whose answer was lost is found out, and not sent again', async () => {
    const intent = await held();
    await t.rail.script({ operation: 'capture', behaviour: 'reset_after' });

    const unknown = await capture(intent.id, {}, `c-${intent.id}`);
    const real = await capture(intent.id, {}, `c-${intent.id}`);

    expect([unknown.status, unknown.body]).toMatchObject([
      202,
      { status: 'authorized', operation: { kind: 'capture', outcome: 'unknown' }, next_action: { type: 'wait' } },
    ]);
    expect([real.status, real.body.status]).toEqual([200, 'succeeded']);
    expect((await t.rail.entry(intent.channel_reference))!.received.capture).toBe(1);
  });

  it('of a host in the process', async () => {
    const [whole, part, ended] = [await held(), await held(), await held()];

    const all = await t.pay.payments.captureIntent(whole.id, { idempotencyKey: `h-${whole.id}` });
    const again = await t.pay.payments.captureIntent(whole.id, { idempotencyKey: `h-${whole.id}` });
    const some = await t.pay.payments.captureIntent(part.id, { amount: { currency: 'THB', value: 4_000n } });
    const cancelled = await t.pay.payments.cancelIntent(ended.id, { reason: 'No stock' });

    expect([all.status, all.amountCaptured]).toEqual(['succeeded', 10_000n]);
    expect(again).toEqual(all);
    expect([some.status, some.amountCaptured]).toEqual(['succeeded', 4_000n]);
    expect(cancelled.status).toBe('cancelled');
    await expect(t.pay.payments.captureIntent(ended.id)).rejects.toMatchObject({ code: 'INVALID_STATE_TRANSITION' });
    await expect(t.pay.payments.cancelIntent(whole.id)).rejects.toMatchObject({ code: 'INVALID_STATE_TRANSITION' });
    await expect(t.pay.payments.captureIntent('pi_none')).rejects.toMatchObject({ code: 'PAYMENT_INTENT_NOT_FOUND' });
    await expect(t.pay.payments.cancelIntent('pi_none')).rejects.toMatchObject({ code: 'PAYMENT_INTENT_NOT_FOUND' });
    await expect(t.pay.payments.present('pi_none')).rejects.toMatchObject({ code: 'PAYMENT_INTENT_NOT_FOUND' });
  });

  it.each([
    ['nothing', { currency: 'THB', value: 0n }, 'AMOUNT_INVALID'],
    ['less than nothing', { currency: 'THB', value: -1 }, 'AMOUNT_INVALID'],
    ['a fraction', { currency: 'THB', value: 0.5 }, 'AMOUNT_INVALID'],
    ['more than JSON holds', { currency: 'THB', value: 2n ** 60n }, 'AMOUNT_INVALID'],
    ['no currency', { currency: 'thb', value: 1 }, 'CURRENCY_INVALID'],
    ['more than is held', { currency: 'THB', value: 10_001 }, 'CAPTURE_AMOUNT_EXCEEDED'],
  ])('of a host over %s is refused, and changes nothing', async (_, amount, code) => {
    const intent = await held();
    const before = await contents(t.pay.knex);

    await expect(t.pay.payments.captureIntent(intent.id, { amount })).rejects.toMatchObject({ code });

    expect(await contents(t.pay.knex)).toEqual(before);
  });

  it('of a host says why the rail refused', async () => {
    const intent = await held();
    await t.rail.script({ operation: 'capture', behaviour: 'decline' });

    await expect(t.pay.payments.captureIntent(intent.id)).rejects.toMatchObject({ code: 'PAYMENT_DECLINED' });
  });
});

it('takes all or nothing on a rail without partial captures', async () => {
  const t = await testPayWithRail({ capabilities: FAKE_CAPABILITIES.filter((one) => one !== 'partial_capture') });
  const intent = await heldOn(t);

  const part = await captureOn(t, intent.id, { amount: THB(9_999) });
  const whole = await captureOn(t, intent.id, { amount: THB(10_000) });

  expect([part.status, part.body.error]).toMatchObject([
    422,
    { code: 'CHANNEL_CAPABILITY_UNSUPPORTED', details: { capability: 'partial_capture' } },
  ]);
  expect([whole.status, whole.body.status]).toEqual([200, 'succeeded']);
});

it('has nothing to take on PromptPay, which holds no money', async () => {
  const t = await testPay({ plugins: [promptpay({ target: '0812345678' })] });

  const answer = await t.request('POST', PATH, { body: { amount: THB(100), capture_method: 'manual' } });

  expect([answer.status, answer.body.error.code]).toEqual([422, 'CHANNEL_CAPABILITY_UNSUPPORTED']);
});
