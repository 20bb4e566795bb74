import { startAlipaySimulator } from '@itpay/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testPay } from '../../../test/support/pay.js';
import { alipay } from './channel.js';

const PATH = '/v1/payment-intents';
const CNY = (value: number) => ({ currency: 'CNY', value });

interface Intent {
  readonly id: string;
  readonly status: string;
  readonly channel_reference: string;
}

/** Whole payments through the gateway, at a simulated Alipay whose clock is that of the shop. */
describe('a shop with Alipay', () => {
  let t: Awaited<ReturnType<typeof testPay>>;
  let shop: typeof t | undefined;
  let rail: Awaited<ReturnType<typeof startAlipaySimulator>>;

  beforeAll(async () => {
    // The shop's clock is made with the shop, which needs the rail first.
    const now = () => shop?.clock.now() ?? new Date();
    rail = await startAlipaySimulator({ seed: 'payments', now });
    t = await testPay({ plugins: [alipay({ test: { ...rail.credentials, holds: true }, now })] });
    shop = t;
  });
  afterAll(() => rail.close());

  let fresh = 0;
  async function create(change: object = {}): Promise<Intent> {
    const body = { amount: CNY(880), order_reference: `order-${(fresh += 1)}`, ...change };
    const answer = await t.request('POST', PATH, { body });
    expect([answer.status, answer.body]).toMatchObject([201, { status: 'qr_generated' }]);
    return answer.body;
  }
  const intent = async ({ id }: Intent): Promise<any> => (await t.request('GET', `${PATH}/${id}`)).body;
  const pay = ({ channel_reference: reference }: Intent) => rail.control.act({ action: 'pay', reference });
  const scan = ({ channel_reference: reference }: Intent) => rail.control.act({ action: 'scan', reference });

  /** Brings what Alipay wants to tell to where it was told to, without a network. */
  async function deliver(reference: string): Promise<string[]> {
    const waiting = (await rail.control.callbacks()).filter((one) => one.reference === reference);
    const answers: string[] = [];
    for (const { url, headers, body } of waiting) {
      const answer = await t.pay.fetch(new Request(url, { method: 'POST', headers, body }));
      answers.push(`${answer.status} ${await answer.text()}`);
    }
    return answers;
  }

  const later = async (seconds: number) => {
    t.clock.advance(seconds * 1000);
    await t.settle();
  };

  it('is told of a payment, once and again', async () => {
    const order = await create();
    await pay(order);

    expect(await deliver(order.channel_reference)).toEqual(['200 success']);
    expect(await deliver(order.channel_reference)).toEqual(['200 success']);
    expect(await intent(order)).toMatchObject({ status: 'succeeded', amount_captured: CNY(880) });
  });

  it('finds a payment whose notification was lost', async () => {
    const order = await create();
    await pay(order);

    await later(60);

    expect(await intent(order)).toMatchObject({ status: 'succeeded' });
  });

  it('does not take a notification for another order, or with another amount', async () => {
    const order = await create();
    await pay(order);
    const [waiting] = (await rail.control.callbacks()).filter(({ reference }) => reference === order.channel_reference);

    for (const fields of [{ total_amount: '0.01' }, { seller_id: '2088000000000000' }]) {
      const { headers, body } = await rail.control.rewriteCallback(waiting!, { fields });
      const answer = await t.pay.fetch(new Request(waiting!.url, { method: 'POST', headers, body }));
      expect([answer.status, await answer.text()]).toEqual([422, 'failure']);
    }

    expect(await intent(order)).toMatchObject({ status: 'qr_generated' });
  });

  it('expires an order whose code nobody scanned', async () => {
    const order = await create();

    await later(16 * 60);
    await later(2 * 60);

    expect(await intent(order)).toMatchObject({ status: 'expired', qr: null });
    await expect(pay(order)).rejects.toThrow('ended');
  });

  it('expires an order that was scanned and not paid', async () => {
    const order = await create();
    await scan(order);

    await later(16 * 60);
    await later(2 * 60);

    expect(await intent(order)).toMatchObject({ status: 'expired' });
  });

  it('lets a payment win against the end of its time', async () => {
    const order = await create();
    await later(14 * 60);
    await pay(order);

    await later(2 * 60);

    expect(await intent(order)).toMatchObject({ status: 'succeeded' });
  });

  it('cancels an order that was scanned, and leaves one that was not to its time', async () => {
    const [scanned, untouched] = [await create(), await create()];
    await scan(scanned);

    const cancel = ({ id }: Intent) => t.request('POST', `${PATH}/${id}/cancel`, { body: {} });
    const done = await cancel(scanned);
    const refused = await cancel(untouched);

    expect(done.status).toBe(200);
    expect(await intent(scanned)).toMatchObject({ status: 'cancelled' });
    expect(refused.status).toBe(409);
    expect(await intent(untouched)).toMatchObject({ status: 'qr_generated' });
    await pay(untouched);
    await later(60);
    expect(await intent(untouched)).toMatchObject({ status: 'succeeded' });
  });

  it('opens an order under the same number when the answer was lost', async () => {
    await rail.control.script({ operation: 'precreate', behaviour: 'reset_after' });
    const lost = await t.request('POST', PATH, { body: { amount: CNY(880), order_reference: 'lost' } });
    expect(lost.status).toBe(202);

    await later(6);

    const found = await intent(lost.body);
    expect(found).toMatchObject({ status: 'qr_generated', channel_reference: lost.body.channel_reference });
    await pay(found);
    await deliver(found.channel_reference);
    expect(await intent(found)).toMatchObject({ status: 'succeeded' });
  });

  it('opens a hold under the same number when the answer was lost', async () => {
    await rail.control.script({ operation: 'voucher_create', behaviour: 'reset_after' });
    const body = { amount: CNY(880), order_reference: 'lost hold', capture_method: 'manual' };
    const lost = await t.request('POST', PATH, { body });
    expect(lost.status).toBe(202);

    await later(6);

    expect(await intent(lost.body)).toMatchObject({ status: 'qr_generated' });
    await pay(lost.body);
    await deliver(lost.body.channel_reference);
    expect(await intent(lost.body)).toMatchObject({ status: 'authorized' });
  });

  it('holds money, takes a part and gives the rest back', async () => {
    const order = await create({ capture_method: 'manual' });
    await pay(order);
    expect(await deliver(order.channel_reference)).toEqual(['200 success']);
    expect(await intent(order)).toMatchObject({ status: 'authorized', amount_captured: CNY(0) });

    const captured = await t.request('POST', `${PATH}/${order.id}/capture`, { body: { amount: CNY(500) } });

    expect([captured.status, captured.body]).toMatchObject([200, { status: 'succeeded', amount_captured: CNY(500) }]);
    expect(await holdOf(order)).toMatchObject({ state: 'FINISH', rest: '0', paid: '500' });
    const refunded = await refund(order, 500);
    expect([refunded.status, refunded.body]).toMatchObject([201, { status: 'succeeded' }]);
  });

  it('finds a capture whose answer was lost', async () => {
    const order = await create({ capture_method: 'manual' });
    await pay(order);
    await deliver(order.channel_reference);
    await rail.control.script({ operation: 'pay', behaviour: 'reset_after' });

    const lost = await t.request('POST', `${PATH}/${order.id}/capture`, { body: {} });
    expect(lost.status).toBe(202);
    await later(6);

    expect(await intent(order)).toMatchObject({ status: 'succeeded', amount_captured: CNY(880) });
    expect(await holdOf(order)).toMatchObject({ paid: '880' });
  });

  it('releases a hold that is cancelled', async () => {
    const order = await create({ capture_method: 'manual' });
    await pay(order);
    await deliver(order.channel_reference);

    const cancelled = await t.request('POST', `${PATH}/${order.id}/cancel`, { body: {} });

    expect(cancelled.status).toBe(200);
    expect(await intent(order)).toMatchObject({ status: 'cancelled' });
    expect(await holdOf(order)).toMatchObject({ rest: '0', paid: '0' });
  });

  it('ends a hold that nobody agreed to', async () => {
    const order = await create({ capture_method: 'manual' });

    await later(16 * 60);
    await later(2 * 60);

    expect(await intent(order)).toMatchObject({ status: 'expired' });
    expect(await holdOf(order)).toMatchObject({ state: 'CLOSED' });
  });

  it('gives money back in parts', async () => {
    const order = await create();
    await pay(order);
    await deliver(order.channel_reference);

    const [first, second] = [await refund(order, 300), await refund(order, 580)];

    expect([first.status, second.status]).toEqual([201, 201]);
    expect([first.body.status, second.body.status]).toEqual(['succeeded', 'succeeded']);
    // Alipay tells of both, of the second one with the sum.
    for (const { body } of [first, second]) {
      expect(await deliver(body.channel_refund_reference)).toEqual(['200 success']);
    }
    expect(await intent(order)).toMatchObject({ amount_refunded: CNY(880), refund_status: 'full' });
  });

  const refund = ({ id }: Intent, value: number) =>
    t.request('POST', '/v1/refunds', {
      body: { payment_intent_id: id, amount: CNY(value), reason: 'customer_request' },
    });

  async function holdOf({ channel_reference: reference }: Intent) {
    const { holds } = await rail.control.books();
    return holds.find((hold: { out_order_no: string }) => hold.out_order_no === reference);
  }
});
