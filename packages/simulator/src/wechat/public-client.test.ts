import { afterEach, describe, expect, it } from 'vitest';
import { Aes, Formatter, Rsa, Wechatpay } from 'wechatpay-axios-plugin';
import { startWechatSimulator, type WechatSimulator, type WechatSimulatorOptions } from './simulator.js';

// A client that others wrote is the witness that this is WeChat's protocol, and not what we take for it.

const closing: WechatSimulator[] = [];
afterEach(async () => {
  for (const simulator of closing.splice(0)) await simulator.close();
});

async function start(options: WechatSimulatorOptions = {}) {
  const simulator = await startWechatSimulator(options);
  closing.push(simulator);
  const { mchid, appid, apiV3Key, merchantSerial, merchantPrivateKey, ...platform } = simulator.credentials;
  const certs: Record<string, string> = {};
  if (platform.platformPublicKeyId !== undefined) certs[platform.platformPublicKeyId] = platform.platformPublicKey!;
  const client = (keys = certs): any =>
    new Wechatpay({
      mchid,
      serial: merchantSerial,
      privateKey: merchantPrivateKey,
      certs: keys,
      baseURL: simulator.url,
      proxy: false,
    } as never);
  const order = (outTradeNo: string) => ({
    mchid,
    appid,
    out_trade_no: outTradeNo,
    description: '两杯咖啡',
    notify_url: 'https://shop.example/notify',
    amount: { total: 1234, currency: 'CNY' },
  });
  return { simulator, client, order, mchid, apiV3Key, certs };
}

describe('a public client of WeChat Pay', () => {
  it('opens, queries, refunds and verifies every answer', async () => {
    const { simulator, client, order, mchid } = await start();
    const wechat = client();

    const opened = await wechat.v3.pay.transactions.native.post(order('COFFEE_01'));
    await simulator.control.act({ action: 'pay', reference: opened.data.code_url });
    const byNumber = await wechat
      .chain('v3/pay/transactions/out-trade-no/{out_trade_no}')
      .get({ params: { mchid }, out_trade_no: 'COFFEE_01' });
    const byId = await wechat
      .chain('v3/pay/transactions/id/{id}')
      .get({ params: { mchid }, id: byNumber.data.transaction_id });
    const refunded = await wechat.v3.refund.domestic.refunds.post({
      out_trade_no: 'COFFEE_01',
      out_refund_no: 'BACK_01',
      reason: '太烫',
      amount: { refund: 234, total: 1234, currency: 'CNY' },
    });
    const asked = await wechat.chain('v3/refund/domestic/refunds/{no}').get({ no: 'BACK_01' });

    expect(opened.data.code_url).toMatch(/^weixin:\/\/wxpay\/bizpayurl\?pr=/);
    expect(byNumber.data).toMatchObject({ trade_state: 'SUCCESS', amount: { total: 1234, currency: 'CNY' } });
    expect(byId.data).toEqual(byNumber.data);
    expect(refunded.data).toMatchObject({ out_refund_no: 'BACK_01', status: 'SUCCESS', amount: { refund: 234 } });
    expect(asked.data).toEqual(refunded.data);
  });

  it('closes an order, and reads the refusals', async () => {
    const { client, order, mchid } = await start();
    const wechat = client();
    const close = wechat.chain('v3/pay/transactions/out-trade-no/{no}/close');
    await wechat.v3.pay.transactions.native.post(order('COFFEE_02'));

    expect(await close.post({ mchid }, { no: 'COFFEE_02' })).toMatchObject({ status: 204 });
    await expect(wechat.v3.pay.transactions.native.post(order('COFFEE_02'))).rejects.toMatchObject({
      response: { status: 400, data: { code: 'ORDER_CLOSED' } },
    });
  });

  it('reads a notification with its own cryptography', async () => {
    const { simulator, client, order, apiV3Key, certs } = await start();
    await client().v3.pay.transactions.native.post(order('COFFEE_03'));
    await simulator.control.act({ action: 'pay', reference: 'COFFEE_03' });

    const [callback] = await simulator.control.callbacks();
    const { headers, body } = callback!;
    const { resource } = JSON.parse(body);
    const message = Formatter.response(headers['wechatpay-timestamp']!, headers['wechatpay-nonce']!, body);
    const plaintext = Aes.AesGcm.decrypt(resource.ciphertext, apiV3Key, resource.nonce, resource.associated_data);

    expect(Rsa.verify(message, headers['wechatpay-signature']!, certs[headers['wechatpay-serial']!]!)).toBe(true);
    expect(JSON.parse(String(plaintext))).toMatchObject({ out_trade_no: 'COFFEE_03', trade_state: 'SUCCESS' });
  });

  it('takes no answer that somebody else signed', async () => {
    const { simulator, client, order } = await start();
    await simulator.control.script({ operation: 'native', behaviour: 'bad_signature' });

    await expect(client().v3.pay.transactions.native.post(order('COFFEE_04'))).rejects.toThrow(/verif|signature/i);
  });

  it('verifies with a certificate that it got from the list', async () => {
    const { client, order, apiV3Key } = await start({ mode: 'certificate' });
    const list = await client({ any: '' }).v3.certificates.get({
      transformResponse: [(text: string) => JSON.parse(text)],
    });
    const [{ serial_no: serial, encrypt_certificate: sealed }] = list.data.data;
    const pem = Aes.AesGcm.decrypt(sealed.ciphertext, apiV3Key, sealed.nonce, sealed.associated_data);

    const opened = await client({ [serial]: String(pem) }).v3.pay.transactions.native.post(order('COFFEE_05'));

    expect(opened.data.code_url).toMatch(/^weixin:/);
  });
});
