import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AlipaySdk } from 'alipay-sdk';
import { afterEach, describe, expect, it } from 'vitest';
import { startAlipaySimulator, type AlipayCredentials, type AlipaySimulatorOptions } from './simulator.js';

// A client that Alipay itself publishes is the witness that this is its protocol, and not what we take for it.

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(options: AlipaySimulatorOptions = {}) {
  const simulator = await startAlipaySimulator(options);
  closing.push(() => simulator.close());
  const { credentials, control } = simulator;
  const sdk = new AlipaySdk({
    appId: credentials.appId,
    privateKey: credentials.appPrivateKey,
    keyType: 'PKCS8',
    gateway: credentials.gateway,
    camelcase: false,
    ...(options.mode === 'certificate'
      ? certificateFiles(credentials)
      : { alipayPublicKey: credentials.alipayPublicKey! }),
  });
  const ask = (method: string, bizContent: object): Promise<any> =>
    sdk.exec(`alipay.${method}`, { notify_url: 'https://shop.example/notify', bizContent }, { validateSign: true });
  return { sdk, ask, control, credentials };
}

function certificateFiles({ appCert, alipayCert, alipayRootCert }: AlipayCredentials) {
  const folder = mkdtempSync(join(tmpdir(), 'itpay-alipay-'));
  closing.push(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  return {
    appCertPath: file('app.crt', appCert!),
    alipayPublicCertPath: file('alipay.crt', alipayCert!),
    alipayRootCertPath: file('root.crt', alipayRootCert!),
  };
}

const coffee = { out_trade_no: 'coffee_01', total_amount: '12.34', subject: '两杯咖啡 + cake' };

describe.each(['key', 'certificate'] as const)('the public client of Alipay, with its %s', (mode) => {
  it('opens, queries and refunds a trade, and verifies every answer', async () => {
    const { ask, control } = await start({ mode });
    const which = { out_trade_no: 'coffee_01' };

    const opened = await ask('trade.precreate', coffee);
    const before = await ask('trade.query', which);
    await control.act({ action: 'pay', reference: opened.qr_code });
    const paid = await ask('trade.query', which);
    const back = { ...which, refund_amount: '2.34', out_request_no: 'back_01' };
    const refunded = await ask('trade.refund', back);
    const again = await ask('trade.refund', back);
    const asked = await ask('trade.fastpay.refund.query', { ...which, out_request_no: 'back_01' });

    expect(opened).toMatchObject({ code: '10000', qr_code: expect.stringContaining('https://qr.alipay.com/') });
    expect(before).toMatchObject({ code: '40004', sub_code: 'ACQ.TRADE_NOT_EXIST' });
    expect(paid).toMatchObject({ trade_status: 'TRADE_SUCCESS', total_amount: '12.34', out_trade_no: 'coffee_01' });
    expect([refunded, again]).toMatchObject([{ fund_change: 'Y', refund_fee: '2.34' }, { fund_change: 'N' }]);
    expect(asked).toMatchObject({ refund_status: 'REFUND_SUCCESS', refund_amount: '2.34' });
  });

  it('takes no answer that somebody else signed', async () => {
    const { ask, control } = await start({ mode });
    await control.script({ operation: 'precreate', behaviour: 'bad_signature' });

    await expect(ask('trade.precreate', coffee)).rejects.toThrow('验签失败');
  });
});

describe('the public client of Alipay', () => {
  it('holds money, captures a part, and sets the rest free', async () => {
    const { ask, control, credentials } = await start();
    const hold = { out_order_no: 'hold_01', out_request_no: 'hold_01' };

    const opened = await ask('fund.auth.order.voucher.create', {
      ...hold,
      order_title: '押金',
      amount: '100.00',
      payee_logon_id: credentials.payeeLogonId,
      product_code: 'PRE_AUTH',
    });
    await control.act({ action: 'pay', reference: opened.code_value });
    const held = await ask('fund.auth.operation.detail.query', hold);
    const captured = await ask('trade.pay', {
      auth_no: held.auth_no,
      out_trade_no: 'capture_01',
      total_amount: '60.00',
      subject: '租车',
      product_code: 'PRE_AUTH',
      auth_confirm_mode: 'NOT_COMPLETE',
    });
    const between = await ask('fund.auth.operation.detail.query', hold);
    const free = { auth_no: held.auth_no, out_request_no: 'free_01', amount: '40.00', remark: 'the rest' };
    const unfrozen = await ask('fund.auth.order.unfreeze', free);

    expect(held).toMatchObject({ order_status: 'AUTHORIZED', rest_amount: '100.00', total_pay_amount: '0.00' });
    expect(captured).toMatchObject({ code: '10000', out_trade_no: 'capture_01', total_amount: '60.00' });
    expect(between).toMatchObject({ order_status: 'AUTHORIZED', rest_amount: '40.00', total_pay_amount: '60.00' });
    expect(unfrozen).toMatchObject({ code: '10000', status: 'SUCCESS', amount: '40.00' });
    expect(await ask('fund.auth.operation.detail.query', hold)).toMatchObject({ order_status: 'FINISH' });
  });

  it('closes a trade that was scanned, and not before', async () => {
    const { ask, control } = await start();
    await ask('trade.precreate', coffee);

    const early = await ask('trade.close', { out_trade_no: 'coffee_01' });
    await control.act({ action: 'scan', reference: 'coffee_01' });
    const closed = await ask('trade.close', { out_trade_no: 'coffee_01' });
    const late = await ask('trade.close', { out_trade_no: 'coffee_01' });

    expect(early).toMatchObject({ sub_code: 'ACQ.TRADE_NOT_EXIST' });
    expect(closed).toMatchObject({ code: '10000' });
    expect(late).toMatchObject({ sub_code: 'ACQ.TRADE_STATUS_ERROR' });
  });

  it('verifies the notifications', async () => {
    const { sdk, ask, control } = await start();
    await ask('trade.precreate', coffee);
    await control.act({ action: 'pay', reference: 'coffee_01' });

    const [callback] = await control.callbacks();
    const fields = Object.fromEntries(new URLSearchParams(callback!.body));

    expect(fields).toMatchObject({ trade_status: 'TRADE_SUCCESS', subject: coffee.subject, total_amount: '12.34' });
    expect(sdk.checkNotifySignV2(fields)).toBe(true);
    expect(sdk.checkNotifySignV2({ ...fields, total_amount: '12.35' })).toBe(false);
  });

  it('reads the refusal of the gateway for another key', async () => {
    const { credentials } = await start();
    const other = await startAlipaySimulator();
    closing.push(() => other.close());
    const { appId, gateway, alipayPublicKey } = credentials;
    const privateKey = other.credentials.appPrivateKey;
    const sdk = new AlipaySdk({ appId, gateway, alipayPublicKey: alipayPublicKey!, privateKey, keyType: 'PKCS8' });

    const answer = await sdk.exec('alipay.trade.query', { bizContent: { out_trade_no: 'x' } }).catch(String);

    expect(JSON.stringify(answer)).toContain('isv.invalid-signature');
  });
});
