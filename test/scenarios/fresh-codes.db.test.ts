import { promptpay } from '@itpay/channel-promptpay';
import { beforeAll, describe, expect, it } from 'vitest';
import { testPayWithRail } from '../support/fake-rail.js';
import { testPay } from '../support/pay.js';
import { contents } from './tables.js';

const PATH = '/v1/payment-intents';
const amount = { currency: 'THB', value: 10_000 };
type Instance = Pick<Awaited<ReturnType<typeof testPay>>, 'request'>;

const refresh = (t: Instance, id: string, body: object = {}, more: object = {}) =>
  t.request('POST', `${PATH}/${id}/qr`, { body, ...more });

describe.each([
  ['PromptPay', 'promptpay'],
  ['a rail with a network', 'fake'],
])('a fresh code on %s', (_, channel) => {
  let t: Awaited<ReturnType<typeof testPayWithRail>>;
  let fresh = 0;
  beforeAll(async () => {
    const rail = await testPayWithRail();
    t = channel === 'fake' ? rail : await testPayWithRail({}, { plugins: [promptpay({ target: '0812345678' })] });
  });
  const create = async () =>
    (await t.request('POST', PATH, { body: { amount, channel, order_reference: `q-${fresh++}` } })).body;
  const image = (charge: string) => t.request('GET', `/v1/qr-charges/${charge}/image.svg`);

  it('supersedes the one before: the same order, and the old image is gone', async () => {
    const intent = await create();
    const before = await image(intent.qr.charge_id);

    const answer = await refresh(t, intent.id, { reason: 'manual' });

    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      id: intent.id,
      status: 'qr_generated',
      channel_reference: intent.channel_reference,
    });
    expect(answer.body.qr.charge_id).not.toBe(intent.qr.charge_id);
    expect(answer.body.qr.qr_data).toBe(intent.qr.qr_data);
    expect([
      before.status,
      (await image(intent.qr.charge_id)).status,
      (await image(answer.body.qr.charge_id)).status,
    ]).toEqual([200, 410, 200]);
    expect(
      await t.pay.knex('itpay.qr_charges').where({ payment_intent_id: intent.id, status: 'active' }).count(),
    ).toEqual([{ count: expect.anything() }]);
    if (channel === 'fake') expect((await t.rail.entry(intent.channel_reference))?.received.authorize).toBe(1);
  });

  it('can be paid, once', async () => {
    const intent = await create();
    await refresh(t, intent.id);

    if (channel === 'fake') {
      await t.rail.pay(intent.channel_reference);
      await t.deliver(({ reference }) => reference === intent.channel_reference);
    } else {
      await t.request('POST', `/v1/test-helpers/payment-intents/${intent.id}/simulate`, { body: { event: 'paid' } });
    }

    expect(await t.intent(intent.id)).toMatchObject({ status: 'succeeded', qr: null });
    expect((await t.request('GET', `/v1/inflows?payment_intent_id=${intent.id}`)).body.data).toHaveLength(1);
  });

  it('ends a scan: the payment waits for one again', async () => {
    const intent = await create();
    if (channel === 'fake') {
      await t.rail.scan(intent.channel_reference);
      await t.deliver(({ reference }) => reference === intent.channel_reference);
    } else {
      await t.request('POST', `/v1/test-helpers/payment-intents/${intent.id}/simulate`, { body: { event: 'scanned' } });
    }
    const scanned = await t.intent(intent.id);

    const answer = await refresh(t, intent.id);

    expect([scanned.status, answer.body.status]).toEqual(['scanning', 'qr_generated']);
  });

  it('comes once per key', async () => {
    const intent = await create();
    const first = await refresh(t, intent.id, {}, { idempotencyKey: `q-${intent.id}` });

    const again = await refresh(t, intent.id, {}, { idempotencyKey: `q-${intent.id}` });

    expect([again.status, again.body.qr.charge_id]).toEqual([200, first.body.qr.charge_id]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
  });

  it('is there for the payer with a display token, who sees nothing of the merchant’s', async () => {
    const intent = await create();
    const token = new URL(intent.pay_url).searchParams.get('t');

    const answer = await t.request('POST', `${PATH}/${intent.id}/qr?t=${token}`, { key: null, body: {} });
    const other = await t.request('POST', `${PATH}/${(await create()).id}/qr?t=${token}`, { key: null, body: {} });

    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body).toSorted()).toEqual([
      'expires_at',
      'id',
      'livemode',
      'object',
      'status',
      'version',
    ]);
    expect((await t.intent(intent.id)).qr.charge_id).not.toBe(intent.qr.charge_id);
    expect(other.status).toBe(404);
  });

  it.each([['cancelled'], ['expired']])('is refused once the payment is %s, and nothing changes', async (status) => {
    const intent = await create();
    if (status === 'cancelled') await t.request('POST', `${PATH}/${intent.id}/cancel`, { body: {} });
    else {
      t.clock.advance('20m');
      await t.settle();
    }
    const before = await contents(t.pay.knex);

    const answer = await refresh(t, intent.id);

    expect([answer.status, answer.body.error.details.current]).toEqual([409, status]);
    expect(await contents(t.pay.knex)).toEqual(before);
  });
});

describe('a code that was lost on its way', () => {
  it('cannot be shown again once part of the money proved that its order exists', async () => {
    const t = await testPayWithRail();
    await t.rail.script({ operation: 'authorize', behaviour: 'reset_after' });
    const intent = (await t.request('POST', PATH, { body: { amount, channel: 'fake' } })).body;
    await t.rail.pay(intent.channel_reference, { amount: 6_000n });
    await t.deliver();

    const answer = await refresh(t, intent.id);

    expect(answer.status).toBe(409);
    expect(answer.body.error).toMatchObject({
      code: 'INVALID_STATE_TRANSITION',
      details: { current: 'pending', allowed: expect.arrayContaining(['cancel']) },
    });
  });
});
