import { beforeAll, describe, expect, it } from 'vitest';
import { testPay } from '../support/pay.js';

describe('a first payment', () => {
  let t: Awaited<ReturnType<typeof testPay>>;
  beforeAll(async () => {
    t = await testPay();
  });

  it('is created, shown, paid and told to the host', async () => {
    const told: string[] = [];
    t.pay.on('payment_intent.*', ({ type, sequence }) => void told.push(`${sequence} ${type}`));
    await t.settle();

    const created = await t.request('POST', '/v1/payment-intents', {
      body: { amount: { currency: 'THB', value: 19900 }, description: 'Two bowls of noodles' },
    });
    const { id } = created.body;
    const paid = await t.request('POST', `/v1/test-helpers/payment-intents/${id}/simulate`, {
      body: { event: 'paid' },
    });
    await t.settle();

    expect(created.status).toBe(201);
    expect(paid.body.status).toBe('succeeded');
    expect(told).toEqual([
      '1 payment_intent.created',
      '2 payment_intent.qr_generated',
      '3 payment_intent.captured',
      '4 payment_intent.succeeded',
    ]);
  });
});
