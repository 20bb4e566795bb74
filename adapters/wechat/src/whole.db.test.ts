import { railControl, startWechatSimulator } from '@itpay/simulator';
import { beforeAll, describe, expect, it } from 'vitest';
import { whenFileEnds } from '../../../test/support/cleanup.js';
import { testPay } from '../../../test/support/pay.js';
import { wechat } from './channel.js';

// The whole of it: gateway, payments and this adapter, at a WeChat on this machine.

describe('payments with WeChat', () => {
  let t: Awaited<ReturnType<typeof testPay>>;
  let weixin: ReturnType<typeof railControl>;
  beforeAll(async () => {
    const now = () => t?.clock.now() ?? new Date();
    const { url, credentials, control, close } = await startWechatSimulator({ seed: 'whole', now });
    whenFileEnds(close);
    weixin = control;
    t = await testPay({ plugins: [wechat({ test: { baseUrl: url, ...credentials }, now })] });
  });

  it('are shown, paid, told by a notification, and given back in two parts', async () => {
    const intent = await create({ order_reference: 'happy', description: '两杯咖啡 ☕🍜' });
    expect(intent).toMatchObject({ status: 'qr_generated', next_action: { type: 'show_qr' } });
    expect(intent.qr.qr_data).toMatch(/^weixin:\/\/wxpay\/bizpayurl\?pr=/);

    await weixin.act({ action: 'pay', reference: intent.channel_reference });
    expect(await deliver(intent.channel_reference)).toEqual([204]);
    expect(await read(intent.id)).toMatchObject({ status: 'succeeded', amount_captured: { value: 12_345 } });

    await weixin.script({ operation: 'refund', behaviour: 'pending', times: 2 });
    const part = await refund(intent.id, 2_345);
    expect(part).toMatchObject({ status: 'processing' });
    await weixin.act({ action: 'settle_refund', reference: part.channel_refund_reference });
    expect(await deliver(part.channel_refund_reference)).toEqual([204]);
    expect(await read(intent.id)).toMatchObject({ refund_status: 'partial' });
    expect((await t.request('GET', `/v1/refunds/${part.id}`)).body).toMatchObject({
      status: 'succeeded',
      channel_refund_id: expect.stringMatching(/^5\d+$/),
    });

    // WeChat takes one refund of an order a minute.
    t.clock.advance('2m');
    const rest = await refund(intent.id, 10_000);
    await weixin.act({ action: 'settle_refund', reference: rest.channel_refund_reference });
    // This time the notification gets lost, and the next question finds out.
    t.clock.advance('2h');
    await t.settle();
    expect(await read(intent.id)).toMatchObject({ refund_status: 'full' });
  });

  it('go on being given back while the payer’s card does not take the money, until another way is found', async () => {
    const intent = await create({ order_reference: 'abnormal' });
    await weixin.act({ action: 'pay', reference: intent.channel_reference });
    await deliver(intent.channel_reference);
    await weixin.script({ operation: 'refund', behaviour: 'pending' });
    const { id, channel_refund_reference: reference } = await refund(intent.id, 12_345);

    await weixin.act({ action: 'settle_refund', reference, status: 'abnormal' });
    expect(await deliver(reference)).toEqual([204]);
    t.clock.advance('2h');
    await t.settle();

    expect((await t.request('GET', `/v1/refunds/${id}`)).body).toMatchObject({ status: 'processing' });
    expect(t.logger.lines.map(({ fields }) => fields['rawCode'])).toContain('REFUND_ABNORMAL');
  });

  it('are found when their notification gets lost', async () => {
    const intent = await create({ order_reference: 'lost' });
    await weixin.act({ action: 'pay', reference: intent.channel_reference });

    t.clock.advance('11s');
    await t.settle();

    expect(await read(intent.id)).toMatchObject({ status: 'succeeded' });
    expect(await deliver(intent.channel_reference)).toEqual([204]);
    expect((await inflows(intent.id)).length).toBe(1);
  });

  it('are counted once, however often WeChat tells of them', async () => {
    const intent = await create({ order_reference: 'often' });
    await weixin.act({ action: 'pay', reference: intent.channel_reference });
    const [notification] = await about(intent.channel_reference);

    const statuses = await Promise.all([1, 2, 3].map(() => tell(notification!)));

    expect(statuses).toContain(204);
    expect((await inflows(intent.id)).length).toBe(1);
  });

  it('are not made by a forged notification', async () => {
    const intent = await create({ order_reference: 'forged' });
    const paid = await create({ order_reference: 'forger' });
    await weixin.act({ action: 'pay', reference: paid.channel_reference });
    const [real] = await about(paid.channel_reference);
    const forged = await weixin.rewriteCallback(real!, {
      fields: { out_trade_no: intent.channel_reference },
      byStranger: true,
    });

    expect(await tell({ ...forged, url: real!.url })).toBe(401);
    expect(await read(intent.id)).toMatchObject({ status: 'qr_generated' });
  });

  it('show the code of an order whose answer was lost', async () => {
    await weixin.script({ operation: 'native', behaviour: 'reset_after' });

    const intent = await create({ order_reference: 'unknown' });
    expect(intent).toMatchObject({ operation: { outcome: 'unknown' }, next_action: { type: 'wait' } });
    t.clock.advance('6s');
    await t.settle();

    expect(await read(intent.id)).toMatchObject({ status: 'qr_generated', next_action: { type: 'show_qr' } });
    expect(await ordersOf(intent.channel_reference)).toHaveLength(1);
  });

  it('are closed at WeChat before they are cancelled, and a payment that came first wins', async () => {
    const [unpaid, paid] = [await create({ order_reference: 'void-1' }), await create({ order_reference: 'void-2' })];
    await weixin.act({ action: 'pay', reference: paid.channel_reference });

    const cancelled = await post(`/v1/payment-intents/${unpaid.id}/cancel`, {});
    const refused = await post(`/v1/payment-intents/${paid.id}/cancel`, {});

    expect(cancelled.body).toMatchObject({ status: 'cancelled' });
    expect(await ordersOf(unpaid.channel_reference)).toMatchObject([{ trade_state: 'CLOSED' }]);
    expect(refused.status).toBe(409);
    expect(await read(paid.id)).toMatchObject({ status: 'succeeded' });
  });

  it('do not leave a secret in the log', () => {
    expect(JSON.stringify(t.logger.lines)).not.toMatch(/PRIVATE KEY|WECHATPAY2-SHA256/);
  });

  const post = (path: string, body: object) => t.request('POST', path, { body });
  const create = async (more: object) =>
    (await post('/v1/payment-intents', { amount: { currency: 'CNY', value: 12_345 }, channel: 'wechat', ...more }))
      .body;
  const read = async (id: string) => (await t.request('GET', `/v1/payment-intents/${id}`)).body;
  const refund = async (id: string, value: number) =>
    (await post('/v1/refunds', { payment_intent_id: id, amount: { currency: 'CNY', value } })).body;
  const inflows = async (id: string) => (await t.request('GET', `/v1/inflows?payment_intent_id=${id}`)).body.data;
  const about = async (reference: string) =>
    (await weixin.callbacks()).filter((callback) => callback.reference === reference);
  const ordersOf = async (reference: string) =>
    (await weixin.books()).orders.filter((order: { out_trade_no: string }) => order.out_trade_no === reference);

  async function tell({
    url,
    headers,
    body,
  }: {
    url: string;
    headers: Readonly<Record<string, string>>;
    body: string;
  }) {
    return (await t.pay.fetch(new Request(url, { method: 'POST', headers, body }))).status;
  }

  async function deliver(reference: string) {
    const statuses: number[] = [];
    for (const callback of await about(reference)) statuses.push(await tell(callback));
    return statuses;
  }
});
