import { beforeAll, describe, expect, it } from 'vitest';
import { testPayWithRail } from '../support/fake-rail.js';

describe('a payment on a rail with a network', () => {
  let t: Awaited<ReturnType<typeof testPayWithRail>>;
  beforeAll(async () => {
    t = await testPayWithRail();
  });

  it('is created, paid, told by callback and refunded', async () => {
    const created = await t.create({ order_reference: 'happy' });
    await t.rail.pay(created.body.channel_reference);
    const [answer] = await t.deliver();
    const paid = await t.intent(created.body.id);
    const refund = await t.request('POST', '/v1/refunds', { body: { payment_intent_id: created.body.id } });

    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ status: 'qr_generated', next_action: { type: 'show_qr' } });
    expect(answer?.status).toBe(200);
    expect(paid.status).toBe('succeeded');
    expect(refund.status).toBe(201);
    expect(refund.body.status).toBe('succeeded');
    expect((await t.intent(created.body.id)).refund_status).toBe('full');
  });

  it('answers 202 when the order may exist, and finds it when it asks', async () => {
    await t.rail.script({ operation: 'authorize', behaviour: 'reset_after' });

    const created = await t.create({ order_reference: 'unknown' });
    t.clock.advance('6s');
    await t.settle();
    const later = await t.intent(created.body.id);

    expect(created.status).toBe(202);
    expect(created.body).toMatchObject({
      status: 'pending',
      operation: { outcome: 'unknown' },
      next_action: { type: 'wait' },
    });
    expect(later).toMatchObject({ status: 'qr_generated', operation: null });
    expect((await t.rail.entry(created.body.channel_reference))?.received.authorize).toBeGreaterThan(0);
  });

  it('fails when the rail declines, and answers 402', async () => {
    await t.rail.script({ operation: 'authorize', behaviour: 'decline' });

    const created = await t.create({ order_reference: 'declined' });

    expect(created.status).toBe(402);
    expect(created.body.error.code).toBe('PAYMENT_DECLINED');
  });

  it('expires: closes the order at the rail, asks once more, then expires', async () => {
    const created = await t.create({ order_reference: 'expire' });
    t.clock.advance('16m');
    await t.settle();

    expect((await t.intent(created.body.id)).status).toBe('expired');
    expect((await t.rail.entry(created.body.channel_reference))?.received.cancel).toBe(1);
  });

  it('holds, captures a part, and releases the rest', async () => {
    const created = await t.create({ order_reference: 'hold', capture_method: 'manual' });
    await t.rail.pay(created.body.channel_reference);
    await t.deliver(({ reference }) => reference === created.body.channel_reference);
    const held = await t.intent(created.body.id);
    const captured = await t.request('POST', `/v1/payment-intents/${created.body.id}/capture`, {
      body: { amount: { currency: 'THB', value: 6_000 } },
    });

    expect(held.status).toBe('authorized');
    expect(captured.status).toBe(200);
    expect(captured.body).toMatchObject({ status: 'succeeded', amount_captured: { value: 6_000 } });
  });

  it('is cancelled at the rail', async () => {
    const created = await t.create({ order_reference: 'cancel' });

    const cancelled = await t.request('POST', `/v1/payment-intents/${created.body.id}/cancel`, { body: {} });

    expect(cancelled.status).toBe(200);
    expect(cancelled.body).toMatchObject({ status: 'cancelled', qr: null });
  });
});
