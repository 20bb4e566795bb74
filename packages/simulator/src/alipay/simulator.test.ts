import { createVerify, sign, X509Certificate } from 'node:crypto';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { startAlipaySimulator, type AlipaySimulator, type AlipaySimulatorOptions } from './simulator.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

// Keys take their time, so tests share one rail and give each order a number of its own.
const shared = await startAlipaySimulator();
afterAll(() => shared.close());
let orders = 0;

async function start(options: AlipaySimulatorOptions) {
  const simulator = await startAlipaySimulator(options);
  closing.push(() => simulator.close());
  return talkTo(simulator);
}

function talkTo({ credentials, control }: AlipaySimulator = shared) {
  const no = `order_${(orders += 1)}`;
  /** Sends what is given, signed; `after` changes it when it is signed already. */
  const send = async (parameters: Record<string, string>, after: Record<string, string> = {}) => {
    const text = Object.entries(parameters)
      .filter(([, value]) => value !== '')
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
    const signature = sign('sha256', Buffer.from(text), credentials.appPrivateKey).toString('base64');
    const body = new URLSearchParams({ ...parameters, sign: signature, ...after });
    const answer = await fetch(credentials.gateway, { method: 'POST', body });
    return answer.text();
  };
  const parametersOf = (method: string, content: object): Record<string, string> => ({
    app_id: credentials.appId,
    method: `alipay.${method}`,
    format: 'JSON',
    charset: 'utf-8',
    sign_type: 'RSA2',
    version: '1.0',
    timestamp: '2026-03-02 10:15:30',
    notify_url: 'https://shop.example/n',
    biz_content: JSON.stringify(content),
  });
  const ask = async (method: string, content: object): Promise<any> => {
    const document = JSON.parse(await send(parametersOf(method, content)));
    return document[`alipay_${method.replaceAll('.', '_')}_response`] ?? document.error_response;
  };
  const precreate = (change: object = {}) =>
    ask('trade.precreate', { out_trade_no: no, total_amount: '10.00', subject: '咖啡', ...change });
  const query = () => ask('trade.query', { out_trade_no: no });
  const refund = (outRequestNo: string, amount: string) =>
    ask('trade.refund', { out_trade_no: no, out_request_no: outRequestNo, refund_amount: amount });
  const refundQuery = (outRequestNo: string) =>
    ask('trade.fastpay.refund.query', { out_trade_no: no, out_request_no: outRequestNo });
  const paid = async () => {
    await precreate();
    await control.act({ action: 'pay', reference: no });
  };
  const hold = (change: object = {}) =>
    ask('fund.auth.order.voucher.create', {
      out_order_no: no,
      out_request_no: no,
      order_title: '押金',
      amount: '100.00',
      payee_logon_id: credentials.payeeLogonId,
      product_code: 'PRE_AUTH',
      ...change,
    });
  const holdQuery = () => ask('fund.auth.operation.detail.query', { out_order_no: no, out_request_no: no });
  const held = async (): Promise<string> => {
    await hold();
    await control.act({ action: 'pay', reference: no });
    return (await holdQuery()).auth_no;
  };
  const capture = (authNo: string, number: string, amount: string, mode = 'NOT_COMPLETE') =>
    ask('trade.pay', {
      auth_no: authNo,
      out_trade_no: `${no}_${number}`,
      total_amount: amount,
      subject: '租车',
      product_code: 'PRE_AUTH',
      auth_confirm_mode: mode,
    });
  const notices = async () =>
    (await control.callbacks())
      .map(({ kind, reference, body }) => ({ kind, reference, ...Object.fromEntries(new URLSearchParams(body)) }))
      .filter((notice: Record<string, string>) => [notice['out_trade_no'], notice['out_order_no']].includes(no));
  const trade = { no, precreate, query, refund, refundQuery, paid };
  return { ...trade, hold, holdQuery, held, capture, notices, send, parametersOf, ask, control, credentials };
}

describe('who may speak to the simulated Alipay', () => {
  it.each<[what: string, change: Record<string, string>, subCode: string]>([
    ['another app', { app_id: '1' }, 'isv.invalid-app-id'],
    ['a method that is not there', { method: 'alipay.trade.steal' }, 'isv.invalid-method'],
    ['no timestamp', { timestamp: '' }, 'isv.missing-timestamp'],
    ['another timestamp', { timestamp: '2026-03-02T10:15:30Z' }, 'isv.invalid-timestamp'],
    ['the old signature', { sign_type: 'RSA' }, 'isv.invalid-signature-type'],
    ['another charset', { charset: 'gbk' }, 'isv.invalid-charset'],
    ['another version', { version: '2.0' }, 'isv.invalid-version'],
    ['content that is not JSON', { biz_content: '{' }, 'isv.invalid-parameter'],
  ])('not with %s, and the refusal is not signed', async (_, change, subCode) => {
    const { send, parametersOf } = talkTo();

    const answer = JSON.parse(await send({ ...parametersOf('trade.query', { out_trade_no: 'x' }), ...change }));

    expect(answer).toEqual({ error_response: expect.objectContaining({ sub_code: subCode }) });
  });

  it.each(['biz_content', 'notify_url', 'timestamp', 'format'])(
    'not when %s changed after it was signed',
    async (name) => {
      const { send, parametersOf } = talkTo();
      const values = {
        biz_content: '{}',
        notify_url: 'https://other.example',
        timestamp: '2026-03-02 10:15:31',
        format: 'json',
      };

      const answer = await send(parametersOf('trade.query', { out_trade_no: 'x' }), {
        [name]: values[name as 'format'],
      });

      expect(answer).toContain('isv.invalid-signature');
    },
  );

  it('signs the very text of its answers, slashes escaped', async () => {
    const { send, parametersOf, credentials, no } = talkTo();
    const content = { out_trade_no: no, total_amount: '10.00', subject: '咖啡' };

    const document = await send(parametersOf('trade.precreate', content));

    const [, text = '', signature = ''] = /^\{"alipay_trade_precreate_response":(.*),"sign":"(.*)"\}$/.exec(document)!;
    expect(text).toContain('https:\\/\\/qr.alipay.com\\/');
    expect(createVerify('sha256').update(text).verify(credentials.alipayPublicKey!, signature, 'base64')).toBe(true);
  });
});

describe('a trade of the simulated Alipay', () => {
  it.each<[what: string, change: object]>([
    ['an amount that is a number', { total_amount: 10 }],
    ['three decimals', { total_amount: '10.001' }],
    ['an exponent', { total_amount: '1e2' }],
    ['nothing to pay', { total_amount: '0.00' }],
    ['more than the largest amount', { total_amount: '100000000.01' }],
    ['no subject', { subject: undefined }],
    ['an address as subject', { subject: 'a/b' }],
    ['257 characters', { subject: '咖'.repeat(257) }],
    ['a number with a dash', { out_trade_no: 'a-b' }],
    ['a time that nobody writes so', { timeout_express: '90' }],
  ])('is not opened with %s', async (_, change) => {
    expect(await talkTo().precreate(change)).toMatchObject({ code: '40004', sub_code: 'ACQ.INVALID_PARAMETER' });
  });

  it('gives its code again, and refuses other content under its number', async () => {
    const { precreate, no, control } = talkTo();
    const first = await precreate();

    expect(await precreate()).toEqual(first);
    expect(await precreate({ total_amount: '10.01' })).toMatchObject({ sub_code: 'ACQ.CONTEXT_INCONSISTENT' });
    await control.act({ action: 'pay', reference: no });
    expect(await precreate()).toMatchObject({ sub_code: 'ACQ.TRADE_HAS_SUCCESS' });
  });

  it('does not exist before it is scanned', async () => {
    const { precreate, query, no, control, notices } = talkTo();
    await precreate();

    expect(await query()).toMatchObject({ code: '40004', sub_code: 'ACQ.TRADE_NOT_EXIST' });
    await control.act({ action: 'scan', reference: no });
    expect(await query()).toMatchObject({ code: '10000', trade_status: 'WAIT_BUYER_PAY' });
    await control.act({ action: 'pay', reference: no, amount: '900' });
    expect(await query()).toMatchObject({
      trade_status: 'TRADE_SUCCESS',
      total_amount: '10.00',
      buyer_pay_amount: '9.00',
    });
    expect(await notices()).toMatchObject([{ trade_status: 'WAIT_BUYER_PAY' }, { trade_status: 'TRADE_SUCCESS' }]);
  });

  it('ends with its time: a scanned one is closed, another one is never found', async () => {
    let time = Date.parse('2026-03-02T02:00:00Z');
    const scanned = await start({ now: () => new Date(time) });
    await scanned.precreate({ timeout_express: '5m' });
    await scanned.control.act({ action: 'scan', reference: scanned.no });
    await scanned.precreate({ out_trade_no: 'never', qr_code_timeout_express: '5m' });
    time += 5 * 60_000;

    const pay = (reference: string, paidAt?: string) =>
      scanned.control.act({ action: 'pay', reference, ...(paidAt && { paidAt }) });

    expect(await scanned.query()).toMatchObject({ trade_status: 'TRADE_CLOSED' });
    await expect(pay(scanned.no)).rejects.toThrow('say "paidAt" before that');
    await expect(pay('never')).rejects.toThrow('ended at');
    await pay(scanned.no, '2026-03-02T02:04:59Z');
    expect(await scanned.query()).toMatchObject({
      trade_status: 'TRADE_SUCCESS',
      send_pay_date: '2026-03-02 10:04:59',
    });
  });

  it('is undone by a cancel, which refunds what was paid', async () => {
    const [unpaid, payed] = [talkTo(), talkTo()];
    await unpaid.precreate();
    await unpaid.control.act({ action: 'scan', reference: unpaid.no });
    await payed.paid();

    const cancel = ({ ask, no }: typeof unpaid) => ask('trade.cancel', { out_trade_no: no });

    expect(await cancel(unpaid)).toMatchObject({ code: '10000', action: 'close', retry_flag: 'N' });
    expect(await cancel(payed)).toMatchObject({ code: '10000', action: 'refund' });
    expect(await cancel(payed)).toMatchObject({ code: '10000', action: 'refund' });
    expect(await payed.query()).toMatchObject({ trade_status: 'TRADE_CLOSED' });
    expect((await payed.notices()).at(-1)).toMatchObject({ kind: 'refund', refund_fee: '10.00' });
  });

  it('has no cancel and no close under a number that was never used', async () => {
    const { ask, no } = talkTo();

    expect(await ask('trade.cancel', { out_trade_no: no })).toMatchObject({ sub_code: 'ACQ.TRADE_NOT_EXIST' });
    expect(await ask('trade.close', { out_trade_no: no })).toMatchObject({ sub_code: 'ACQ.TRADE_NOT_EXIST' });
  });
});

describe('a refund of the simulated Alipay', () => {
  it('moves money once under each number, and tells the sum of all', async () => {
    const { paid, refund, query, notices } = talkTo();
    await paid();

    expect(await refund('a', '4.00')).toMatchObject({ fund_change: 'Y', refund_fee: '4.00' });
    expect(await refund('a', '4.00')).toMatchObject({ fund_change: 'N', refund_fee: '4.00' });
    expect(await refund('a', '4.01')).toMatchObject({ sub_code: 'ACQ.DISCORDANT_REPEAT_REQUEST' });
    expect(await refund('b', '6.01')).toMatchObject({ sub_code: 'ACQ.REASON_TRADE_REFUND_FEE_ERR' });
    expect(await query()).toMatchObject({ trade_status: 'TRADE_SUCCESS' });
    expect(await refund('b', '6.00')).toMatchObject({ fund_change: 'Y', refund_fee: '10.00' });
    expect(await query()).toMatchObject({ trade_status: 'TRADE_CLOSED' });
    expect((await notices()).filter(({ kind }) => kind === 'refund')).toMatchObject([
      { out_biz_no: 'a', refund_fee: '4.00', trade_status: 'TRADE_SUCCESS' },
      { out_biz_no: 'b', refund_fee: '10.00', trade_status: 'TRADE_CLOSED' },
    ]);
  });

  it('is open until the rail settles it', async () => {
    const { paid, refund, refundQuery, control } = talkTo();
    await paid();
    await control.script({ operation: 'refund', behaviour: 'pending' });

    expect(await refund('slow', '4.00')).toMatchObject({ code: '10000', fund_change: 'N' });
    expect(await refundQuery('slow')).not.toHaveProperty('refund_status');
    await control.act({ action: 'settle_refund', reference: 'slow' });
    expect(await refundQuery('slow')).toMatchObject({ refund_status: 'REFUND_SUCCESS', refund_amount: '4.00' });
  });

  it('can be asked for again after it failed', async () => {
    const { paid, refund, refundQuery, control } = talkTo();
    await paid();
    await control.script({ operation: 'refund', behaviour: 'pending' });
    await refund('failing', '10.00');
    await control.act({ action: 'settle_refund', reference: 'failing', status: 'failed' });

    expect(await refundQuery('failing')).toEqual({ code: '10000', msg: 'Success' });
    expect(await refund('failing', '10.00')).toMatchObject({ fund_change: 'Y' });
  });

  it('is not there for what was not paid', async () => {
    const { precreate, refund, no, control } = talkTo();
    await precreate();

    expect(await refund('early', '1.00')).toMatchObject({ sub_code: 'ACQ.TRADE_NOT_EXIST' });
    await control.act({ action: 'scan', reference: no });
    expect(await refund('early', '1.00')).toMatchObject({ sub_code: 'ACQ.TRADE_STATUS_ERROR' });
  });
});

describe('a hold of the simulated Alipay', () => {
  it('is agreed to by the payer, and says so', async () => {
    const { hold, holdQuery, notices, control, no } = talkTo();
    const { code_value: code } = await hold();

    expect(await holdQuery()).toMatchObject({ order_status: 'INIT', status: 'INIT', total_freeze_amount: '0.00' });
    await control.act({ action: 'pay', reference: code });

    const { auth_no: authNo } = await holdQuery();
    expect(await hold()).toMatchObject({ sub_code: 'FREEZE_ALREADY_SUCCESS' });
    expect(await hold({ amount: '101.00' })).toMatchObject({ sub_code: 'UNIQUE_VIOLATION' });
    expect(await notices()).toMatchObject([
      { notify_type: 'fund_auth_freeze', reference: no, auth_no: authNo, amount: '100.00', status: 'SUCCESS' },
    ]);
  });

  it('is captured in parts, each under its number, and never beyond what is left', async () => {
    const { held, capture, holdQuery } = talkTo();
    const authNo = await held();

    expect(await capture(authNo, 'a', '60.00')).toMatchObject({ code: '10000', total_amount: '60.00' });
    expect(await capture(authNo, 'a', '60.00')).toMatchObject({ sub_code: 'ACQ.TRADE_HAS_SUCCESS' });
    expect(await capture(authNo, 'b', '40.01')).toMatchObject({ sub_code: 'ACQ.TOTAL_FEE_EXCEED' });
    expect(await holdQuery()).toMatchObject({ rest_amount: '40.00', total_pay_amount: '60.00' });
    expect(await capture(authNo, 'c', '30.00', 'COMPLETE')).toMatchObject({ code: '10000' });
    expect(await holdQuery()).toMatchObject({ order_status: 'FINISH', rest_amount: '0.00', total_pay_amount: '90.00' });
    expect(await capture(authNo, 'd', '1.00')).toMatchObject({ sub_code: 'ORDER_ALREADY_FINISH' });
  });

  it('is captured later when the rail takes its time', async () => {
    const { held, capture, control, holdQuery, no } = talkTo();
    const authNo = await held();
    await control.script({ operation: 'pay', behaviour: 'pending' });

    expect(await capture(authNo, 'slow', '60.00')).toMatchObject({ code: '10003' });
    expect(await capture(authNo, 'slow', '60.00')).toMatchObject({ code: '10003' });
    expect(await holdQuery()).toMatchObject({ total_pay_amount: '0.00' });
    await control.act({ action: 'pay', reference: `${no}_slow` });
    expect(await holdQuery()).toMatchObject({ total_pay_amount: '60.00' });
  });

  it('is set free once under each number, and then it is over', async () => {
    const { held, ask, holdQuery, notices, no } = talkTo();
    const authNo = await held();
    const unfreeze = (outRequestNo: string, amount: string) =>
      ask('fund.auth.order.unfreeze', { auth_no: authNo, out_request_no: outRequestNo, amount, remark: 'over' });

    expect(await unfreeze(`${no}_a`, '30.00')).toMatchObject({ status: 'SUCCESS', amount: '30.00' });
    expect(await unfreeze(`${no}_a`, '30.00')).toMatchObject({ status: 'SUCCESS' });
    expect(await unfreeze(`${no}_a`, '31.00')).toMatchObject({ sub_code: 'UNIQUE_VIOLATION' });
    expect(await unfreeze(`${no}_b`, '70.01')).toMatchObject({ sub_code: 'INVALID_PARAMETER' });
    expect(await holdQuery()).toMatchObject({ order_status: 'AUTHORIZED', rest_amount: '70.00' });
    await unfreeze(`${no}_b`, '70.00');
    expect(await holdQuery()).toMatchObject({ order_status: 'FINISH', rest_amount: '0.00', total_pay_amount: '0.00' });
    expect((await notices()).map(({ kind }) => kind)).toEqual([
      'fund_auth_freeze',
      'fund_auth_unfreeze',
      'fund_auth_unfreeze',
    ]);
  });

  it('is cancelled before and after the payer agreed, but not once something was captured', async () => {
    const [before, after, captured] = [talkTo(), talkTo(), talkTo()];
    await before.hold();
    await after.held();
    await captured.capture(await captured.held(), 'a', '1.00');
    const cancel = ({ ask, no }: typeof before) =>
      ask('fund.auth.operation.cancel', { out_order_no: no, out_request_no: no, remark: 'over' });

    expect(await cancel(before)).toMatchObject({ action: 'close' });
    expect(await before.holdQuery()).toMatchObject({ order_status: 'CLOSED', status: 'CLOSED' });
    expect(await cancel(after)).toMatchObject({ action: 'unfreeze' });
    expect(await after.holdQuery()).toMatchObject({ order_status: 'CLOSED', rest_amount: '0.00' });
    await expect(after.control.act({ action: 'pay', reference: after.no })).rejects.toThrow('agreed to the hold');
    expect(await cancel(captured)).toMatchObject({ sub_code: 'FREEZE_ALREADY_SUCCESS' });
  });

  it('is not known under another number, nor for another payee', async () => {
    const { holdQuery, hold } = talkTo();

    expect(await holdQuery()).toMatchObject({ sub_code: 'AUTH_ORDER_NOT_EXIST' });
    expect(await hold({ payee_logon_id: 'other@example.com' })).toMatchObject({ sub_code: 'ACCESS_FORBIDDEN' });
  });
});

it('takes nothing but "success" for understood', async () => {
  const { paid, control, no } = talkTo();
  await paid();
  const { createServer } = await import('node:http');
  const answers = ['SUCCESS', '{"code":"success"}', 'success'];
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end(answers.shift()));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  closing.push(() => server.close().closeAllConnections());
  const { port } = server.address() as { port: number };
  const waiting = async () => (await control.callbacks()).filter(({ reference }) => reference === no).length;

  const left: number[] = [];
  for (let n = 0; n < 3; n += 1) {
    await control.deliverCallbacks({ to: `http://127.0.0.1:${port}/`, reference: no });
    left.push(await waiting());
  }

  expect(left).toEqual([1, 1, 0]);
});

it('rewrites a notification, signed by itself or by somebody else', async () => {
  const { paid, control, no, credentials } = talkTo();
  await paid();
  const callback = (await control.callbacks()).find(({ reference }) => reference === no)!;
  const fits = (body: string) => {
    const fields = new URLSearchParams(body);
    const signature = fields.get('sign')!;
    for (const name of ['sign', 'sign_type']) fields.delete(name);
    const text = [...fields].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}=${value}`);
    return createVerify('sha256').update(text.join('&')).verify(credentials.alipayPublicKey!, signature, 'base64');
  };

  const changed = await control.rewriteCallback(callback, { fields: { total_amount: '1.00', subject: undefined } });
  const forged = await control.rewriteCallback(callback, { byStranger: true });

  expect(new URLSearchParams(changed.body).get('total_amount')).toBe('1.00');
  expect(new URLSearchParams(changed.body).has('subject')).toBe(false);
  expect([fits(callback.body), fits(changed.body), fits(forged.body)]).toEqual([true, true, false]);
});

it('lives without keys of its own in certificate mode: a chain up to a root, beside a root of another kind', async () => {
  const { credentials, ask, send, parametersOf } = await start({ mode: 'certificate' });
  const split = (bundle: string) => bundle.match(/-----BEGIN[^]+?-----END CERTIFICATE-----/g)!;
  const [leaf, authority] = split(credentials.alipayCert!).map((pem) => new X509Certificate(pem));
  const [other, root] = split(credentials.alipayRootCert!).map((pem) => new X509Certificate(pem));

  expect(leaf!.verify(authority!.publicKey)).toBe(true);
  expect(authority!.verify(root!.publicKey)).toBe(true);
  expect(root!.verify(root!.publicKey)).toBe(true);
  expect(authority!.issuer).not.toBe(other!.subject);
  expect(credentials).not.toHaveProperty('alipayPublicKey');
  expect(await ask('trade.query', { out_trade_no: 'x' })).toMatchObject({ sub_code: 'isv.invalid-app-cert-sn' });
  const wrongRoot = { ...parametersOf('trade.query', { out_trade_no: 'x' }), alipay_root_cert_sn: '0' };
  expect(await send(wrongRoot)).toContain('isv.invalid-app-cert-sn');
});
