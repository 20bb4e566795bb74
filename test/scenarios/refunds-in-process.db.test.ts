import { beforeAll, describe, expect, it } from 'vitest';
import { testPay } from '../support/pay.js';

describe('A refund in the host’s process', () => {
  let t: Awaited<ReturnType<typeof testPay>>;
  beforeAll(async () => {
    t = await testPay();
  });

  let orders = 0;
  async function paid() {
    const amount = { currency: 'THB', value: 10_000 };
    const { id } = await t.pay.payments.createIntent({ amount, orderReference: `order-${orders++}` });
    await t.request('POST', `/v1/test-helpers/payment-intents/${id}/simulate`, { body: { event: 'paid' } });
    return id;
  }
  const thb = (value: number | bigint) => ({ currency: 'THB', value });

  it('gives back what is left, and says whose turn it is where the rail has no refunds', async () => {
    const id = await paid();

    const part = await t.pay.payments.refundIntent(id, { amount: thb(2_500n), description: 'A cup was broken' });
    const rest = await t.pay.payments.refundIntent(id);

    expect(part).toMatchObject({
      paymentIntentId: id,
      inflowId: null,
      amount: thb(2_500n),
      reason: 'customer_request',
      description: 'A cup was broken',
      status: 'processing',
      manual: true,
    });
    expect(rest.amount).toEqual(thb(7_500n));
    expect(await t.pay.payments.listRefunds(id)).toEqual([part, rest]);
  });

  it('is the same one for the same key, and for the same wish a moment later', async () => {
    const id = await paid();
    const refund = (options: object) => t.pay.payments.refundIntent(id, { amount: thb(1_000), ...options });

    const first = await refund({ idempotencyKey: 'form-1' });
    const again = await refund({ idempotencyKey: 'form-1' });
    const wished = await refund({});
    const second = await refund({ idempotencyKey: 'form-2', confirmDuplicate: true });

    expect([again.id, wished.id]).toEqual([first.id, first.id]);
    expect(second.id).not.toBe(first.id);
    await expect(refund({ idempotencyKey: 'form-2', amount: thb(1_001) })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
  });

  it.each([
    [{ amount: thb(10_001) }, 'REFUND_AMOUNT_EXCEEDED'],
    [{ amount: thb(0) }, 'AMOUNT_INVALID'],
    [{ amount: thb(0.5) }, 'AMOUNT_INVALID'],
    [{ amount: thb(10n ** 30n) }, 'AMOUNT_INVALID'],
    [{ amount: { currency: 'EUR', value: 1 } }, 'CURRENCY_NOT_SUPPORTED'],
    [{ reason: 'because' as never }, 'PARAMETER_INVALID'],
    [{ confirm_duplicate: true } as never, 'PARAMETER_UNKNOWN'],
  ])('over %o is refused with %s, and nothing is written', async (input, code) => {
    const id = await paid();

    await expect(t.pay.payments.refundIntent(id, input)).rejects.toMatchObject({ code });

    expect(await t.pay.payments.listRefunds(id)).toEqual([]);
  });

  it('knows no payment of another mode', async () => {
    const id = await paid();
    const live = t.pay.as({ account: t.pay.account.id, livemode: true }).payments;

    await expect(live.refundIntent(id)).rejects.toMatchObject({ code: 'PAYMENT_INTENT_NOT_FOUND' });
    await expect(live.listRefunds(id)).rejects.toMatchObject({ code: 'PAYMENT_INTENT_NOT_FOUND' });
  });
});
