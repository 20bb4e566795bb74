import type { RawCallback } from '@itpay/kernel';
import { startWechatSimulator } from '@itpay/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rejectCallback, verifyCallback } from './callback.js';
import { call, railOf } from './client.js';
import { merchantOf } from './config.js';
import { PATHS } from './wire.js';

const simulator = await startWechatSimulator({ seed: 'callbacks' });
afterAll(() => simulator.close());
const { control, credentials } = simulator;
const config = merchantOf('test', { baseUrl: simulator.url, ...credentials }, () => new Date());
const rail = railOf(config);
const signal = AbortSignal.timeout(60_000);
const notifyUrl = 'http://127.0.0.1:9/callback';

let payment: RawCallback;
let refund: RawCallback;
beforeAll(async () => {
  const order = {
    appid: config.appid,
    mchid: config.mchid,
    description: 'Tea',
    out_trade_no: 'ORDER1',
    notify_url: notifyUrl,
    amount: { total: 12_345, currency: 'CNY' },
  };
  await call(rail, { call: 'order', method: 'POST', path: PATHS.order, content: order, signal });
  await control.act({ action: 'pay', reference: 'ORDER1' });
  payment = await latest('ORDER1');
  const back = {
    out_trade_no: 'ORDER1',
    out_refund_no: 'REFUND1',
    notify_url: notifyUrl,
    amount: { refund: 2_345, total: 12_345, currency: 'CNY' },
  };
  await call(rail, { call: 'refund', method: 'POST', path: PATHS.refunds, content: back, signal });
  refund = await latest('REFUND1').catch(async () => {
    await control.act({ action: 'settle_refund', reference: 'REFUND1' });
    return latest('REFUND1');
  });
});

describe('a notification of a payment', () => {
  it('is read, whatever the case of its headers', async () => {
    const headers = Object.fromEntries(
      Object.entries(payment.headers).map(([name, value]) => [name.toUpperCase(), value]),
    );

    const { notices, acknowledge } = await verifyCallback(rail, { ...payment, headers });

    expect(notices).toMatchObject([
      { kind: 'payment', merchantAccount: config.mchid, reference: 'ORDER1', credit: { amount: { value: 12_345n } } },
    ]);
    expect(acknowledge).toEqual({ status: 204, body: '' });
  });

  it.each<[string, object]>([
    ['another merchant', { mchid: '1900000109' }],
    ['another app', { appid: 'wx8888888888888888' }],
    ['a payment that has not succeeded', { trade_state: 'NOTPAY' }],
    ['another way to pay', { trade_type: 'JSAPI' }],
    ['another currency', { 'amount.currency': 'HKD' }],
    ['an amount as text', { 'amount.total': '12345' }],
    ['parts of a fen', { 'amount.total': 12_345.5 }],
    ['a refund as its type', { event_type: 'REFUND.SUCCESS' }],
    ['a type that nobody knows', { event_type: 'TRANSACTION.PENDING' }],
    ['a resource of a refund', { 'resource.original_type': 'refund' }],
  ])('is refused about %s, although WeChat signed it', async (_, fields) => {
    await expect(verifyCallback(rail, await rewritten(payment, fields))).rejects.toMatchObject({
      code: 'CHANNEL_SIGNATURE_INVALID',
    });
  });

  it('is refused when it comes as a question', async () => {
    await expect(verifyCallback(rail, { ...payment, method: 'GET' })).rejects.toMatchObject({
      code: 'CHANNEL_SIGNATURE_INVALID',
    });
  });
});

describe('a notification of a refund', () => {
  it('tells the amount that went back', async () => {
    const { notices } = await verifyCallback(rail, refund);

    expect(notices).toMatchObject([
      {
        kind: 'refund',
        reference: 'REFUND1',
        refund: { status: 'succeeded', amount: { currency: 'CNY', value: 2_345n } },
      },
    ]);
    expect(notices[0]).not.toHaveProperty('credit');
  });

  it('tells that a refund was closed, and that the money stayed', async () => {
    const closed = await rewritten(refund, { event_type: 'REFUND.CLOSED', refund_status: 'CLOSED' });

    expect((await verifyCallback(rail, closed)).notices).toMatchObject([{ refund: { status: 'failed' } }]);
  });

  it('claims nothing about an abnormal refund, which may still succeed', async () => {
    const abnormal = await rewritten(refund, { event_type: 'REFUND.ABNORMAL', refund_status: 'ABNORMAL' });

    expect(await verifyCallback(rail, abnormal)).toMatchObject({ notices: [], acknowledge: { status: 204 } });
  });

  it.each<[string, object]>([
    ['a type that its content does not have', { event_type: 'REFUND.CLOSED' }],
    ['content that its type does not have', { refund_status: 'CLOSED' }],
    ['another merchant', { mchid: '1900000109' }],
    ['a payment as its type', { event_type: 'TRANSACTION.SUCCESS', 'resource.original_type': 'transaction' }],
    ['no number of the refund', { out_refund_no: undefined }],
    ['no number of the order', { out_trade_no: undefined }],
    ['no number of the payment', { transaction_id: undefined }],
    ['no number of WeChat’s', { refund_id: undefined }],
    ['nothing that went back', { 'amount.refund': 0 }],
  ])('is refused with %s', async (_, fields) => {
    await expect(verifyCallback(rail, await rewritten(refund, fields))).rejects.toMatchObject({
      code: 'CHANNEL_SIGNATURE_INVALID',
    });
  });
});

it('lets the probes of WeChat fail before it looks for any key', async () => {
  const keys = {
    keyFor: () => {
      throw new Error('No key is needed for a probe.');
    },
  };
  const signature = Object.keys(payment.headers).find((name) => name.toLowerCase() === 'wechatpay-signature')!;
  const headers = { ...payment.headers, [signature]: `WECHATPAY/SIGNTEST/${payment.headers[signature]}` };

  await expect(verifyCallback({ config, keys }, { ...payment, headers })).rejects.toMatchObject({
    code: 'CHANNEL_SIGNATURE_INVALID',
    message: expect.stringContaining('probe'),
  });
});

it('lets WeChat come again when our APIv3 key is wrong, and says so without the key', async () => {
  const apiV3Key = 'abcdefghijklmnopqrstuvwxyz012345';

  const error = await verifyCallback({ ...rail, config: { ...config, apiV3Key } }, payment).catch((e: unknown) => e);

  expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID', param: 'test.apiV3Key', status: 500 });
  expect(String(error)).not.toContain(apiV3Key);
});

it('lets WeChat come again when its certificates cannot be had', async () => {
  const keys = { keyFor: () => Promise.reject(new Error('WeChat is away.')) };

  await expect(verifyCallback({ config, keys }, payment)).rejects.toMatchObject({ code: 'CHANNEL_UNAVAILABLE' });
});

it('refuses in the words of WeChat', () => {
  expect(rejectCallback('signature')).toMatchObject({ status: 401, body: '{"code":"FAIL","message":"signature"}' });
  expect(rejectCallback('mismatch').status).toBe(422);
  expect(rejectCallback('failure').status).toBe(500);
});

async function latest(reference: string): Promise<RawCallback> {
  const found = (await control.callbacks()).findLast((one) => one.reference === reference);
  if (found === undefined) throw new Error(`There is no notification about ${reference}.`);
  return { method: 'POST', path: '/callback', headers: found.headers, rawBody: Buffer.from(found.body) };
}

async function rewritten({ headers, rawBody, ...rest }: RawCallback, fields: object): Promise<RawCallback> {
  const from = { headers: headers as Record<string, string>, body: Buffer.from(rawBody).toString('utf8') };
  const { headers: newHeaders, body } = await control.rewriteCallback(from, { fields: { ...fields } });
  return { ...rest, headers: newHeaders, rawBody: Buffer.from(body) };
}
