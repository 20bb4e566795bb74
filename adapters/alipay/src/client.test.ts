import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RailError, type OrderRequest } from '@itpay/kernel';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { alipay } from './channel.js';
import { call } from './client.js';
import { configsOf, type AlipayOptions } from './config.js';
import { contentToSign, signRsa2, verifyRsa2 } from './signature.js';

const ours = generateKeyPairSync('rsa', { modulusLength: 2048 });
const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const now = new Date('2026-03-02T02:15:30Z');

/** What the gateway was asked, and what it answers: whole bodies, by method. */
let asked: { readonly type: string | undefined; readonly params: Record<string, string> }[] = [];
let answers: Record<string, string | string[] | { readonly status: number; readonly body: string }> = {};

const gateway = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const params = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString('utf8')));
  asked.push({ type: request.headers['content-type'], params });
  const given = answers[params['method']!];
  // Of several, one after the other.
  const answer = (Array.isArray(given) ? given.shift() : given) ?? notExist(params['method']!);
  const { status, body } = typeof answer === 'string' ? { status: 200, body: answer } : answer;
  response.writeHead(status, { connection: 'close' }).end(body);
});
await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
afterAll(() => gateway.close());
beforeEach(() => {
  asked = [];
  answers = {};
});

const options: AlipayOptions = {
  test: {
    gateway: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/gateway.do`,
    appId: '2021000122671080',
    sellerId: '2088531891668739',
    appPrivateKey: ours.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    alipayPublicKey: theirs.publicKey.export({ type: 'spki', format: 'pem' }) as string,
    holds: { category: 'RENT_CAR' },
  },
  now: () => now,
};
const [channel] = alipay(options).channels;

function signed(method: string, fields: object, key: KeyObject = theirs.privateKey): string {
  const content = JSON.stringify(fields).replaceAll('/', '\\/');
  return `{"${method.replaceAll('.', '_')}_response":${content},"sign":"${signRsa2(content, key)}"}`;
}
const ok = (method: string, fields: object) => signed(method, { code: '10000', msg: 'Success', ...fields });
const refusal = (method: string, subCode: string, code = '40004') => signed(method, { code, sub_code: subCode });
const notExist = (method: string) =>
  refusal(method, method.includes('fund.auth') ? 'AUTH_ORDER_NOT_EXIST' : 'ACQ.TRADE_NOT_EXIST');

const context = { signal: AbortSignal.timeout(60_000) };
const cny = (value: bigint) => ({ currency: 'CNY', value });
const order: OrderRequest = {
  reference: 'ORDER1',
  amount: cny(880n),
  description: 'a/b & 两杯咖啡',
  expiresAt: new Date('2026-03-02T02:30:30.900Z'),
  captureMethod: 'automatic',
  notifyUrl: 'https://shop.example/n?a=1&b=押金',
};
const content = (at = 0): unknown => JSON.parse(asked[at]!.params['biz_content']!);
const methods = () => asked.map(({ params }) => params['method']!.replace('alipay.', ''));

/** The failure of a call that throws. */
async function failureOf(calling: Promise<unknown>) {
  const error = await calling.then(
    (value) =>
      expect.fail(`It did not fail: ${JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? `${one}n` : one))}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RailError)) throw error;
  return error.failure;
}

const PRECREATE = 'alipay.trade.precreate';
const QUERY = 'alipay.trade.query';
const CLOSE = 'alipay.trade.close';
const REFUND = 'alipay.trade.refund';
const REFUND_QUERY = 'alipay.trade.fastpay.refund.query';
const PAY = 'alipay.trade.pay';
const VOUCHER = 'alipay.fund.auth.order.voucher.create';
const HOLD_QUERY = 'alipay.fund.auth.operation.detail.query';
const HOLD_CANCEL = 'alipay.fund.auth.operation.cancel';
const UNFREEZE = 'alipay.fund.auth.order.unfreeze';

describe('a request', () => {
  it('carries what was signed, in the time of China', async () => {
    answers = { [PRECREATE]: ok(PRECREATE, { out_trade_no: 'ORDER1', qr_code: 'https://qr.alipay.com/bax1' }) };

    const outcome = await channel!.authorize!(order, context);

    expect(outcome).toEqual({
      outcome: 'succeeded',
      value: { kind: 'qr', qrStandard: 'proprietary', qrData: 'https://qr.alipay.com/bax1' },
    });
    const [{ type, params }] = asked as [(typeof asked)[number]];
    expect(type).toBe('application/x-www-form-urlencoded;charset=utf-8');
    expect(verifyRsa2(contentToSign(params), params['sign']!, ours.publicKey)).toBe(true);
    expect(params).toMatchObject({
      app_id: '2021000122671080',
      method: PRECREATE,
      format: 'JSON',
      charset: 'utf-8',
      sign_type: 'RSA2',
      version: '1.0',
      timestamp: '2026-03-02 10:15:30',
      notify_url: order.notifyUrl,
    });
    expect(content()).toEqual({
      out_trade_no: 'ORDER1',
      total_amount: '8.80',
      subject: 'a b 两杯咖啡',
      seller_id: '2088531891668739',
      time_expire: '2026-03-02 10:30:30',
    });
  });

  it('for a hold names the payee, the contract and the time that is left', async () => {
    answers = {
      [VOUCHER]: ok(VOUCHER, {
        out_order_no: 'ORDER1',
        out_request_no: 'ORDER1',
        code_value: 'https://qr.alipay.com/fpx1',
      }),
    };

    const outcome = await channel!.authorize!({ ...order, captureMethod: 'manual' }, context);

    expect(outcome).toMatchObject({ outcome: 'succeeded', value: { qrData: 'https://qr.alipay.com/fpx1' } });
    expect(content()).toEqual({
      out_order_no: 'ORDER1',
      out_request_no: 'ORDER1',
      order_title: 'a b 两杯咖啡',
      amount: '8.80',
      payee_user_id: '2088531891668739',
      product_code: 'PRE_AUTH',
      pay_timeout: '16m',
      extra_param: '{"category":"RENT_CAR"}',
    });
  });
});

describe('an answer that proves nothing leaves the outcome open', () => {
  const fields = {
    code: '10000',
    out_trade_no: 'ORDER1',
    trade_no: '1',
    trade_status: 'TRADE_SUCCESS',
    total_amount: '8.80',
    send_pay_date: '2026-03-02 10:15:00',
  };

  it.each<[what: string, answer: string | { status: number; body: string }, failure: object]>([
    [
      'signed by a stranger',
      signed(QUERY, fields, stranger.privateKey),
      { category: 'signature_invalid', rawCode: 'http_200' },
    ],
    [
      'a refusal signed by a stranger',
      signed(QUERY, { code: '40004', sub_code: 'ACQ.TRADE_NOT_EXIST' }, stranger.privateKey),
      { category: 'signature_invalid' },
    ],
    ['not signed', JSON.stringify({ alipay_trade_query_response: fields }), { category: 'signature_invalid' }],
    [
      'a refusal of the gateway',
      '{"error_response":{"code":"40002","sub_code":"isv.invalid-signature"}}',
      { category: 'signature_invalid', rawCode: 'unsigned:isv.invalid-signature' },
    ],
    [
      'a refusal with words for the log',
      '{"error_response":{"code":"40002","sub_code":"<b>\\n"}}',
      { category: 'signature_invalid', rawCode: 'unsigned:none' },
    ],
    [
      'an error of whoever stands before it',
      { status: 502, body: '<html>Bad gateway</html>' },
      { category: 'channel_unavailable', rawCode: 'http_502' },
    ],
    [
      'an unsigned refusal with an error of the server',
      { status: 500, body: '{"error_response":{"code":"20000"}}' },
      { category: 'channel_unavailable', rawCode: 'unsigned:20000' },
    ],
    ['about another order', ok(QUERY, { ...fields, out_trade_no: 'ORDER2' }), { category: 'mismatch' }],
    ['in another currency', ok(QUERY, { ...fields, trans_currency: 'USD' }), { category: 'mismatch' }],
    ['with an amount as a number', ok(QUERY, { ...fields, total_amount: 8.8 }), { category: 'unmapped' }],
    ['without a time of payment', ok(QUERY, { ...fields, send_pay_date: undefined }), { category: 'unmapped' }],
    ['with a status that is new', ok(QUERY, { ...fields, trade_status: 'TRADE_PENDING' }), { category: 'unmapped' }],
    ['of another method', ok(PAY, fields), { category: 'signature_invalid' }],
  ])('%s', async (_what, answer, failure) => {
    answers = { [QUERY]: answer };

    expect(await failureOf(channel!.query!('ORDER1', context))).toMatchObject(failure);
  });

  it.each([
    [{ total_amount: '8.79' }, 'total_amount is another one.'],
    [{ trans_currency: 'USD' }, 'trans_currency is another one.'],
  ])('an order with %o', async (change, message) => {
    answers = {
      [PRECREATE]: ok(PRECREATE, { out_trade_no: 'ORDER1', qr_code: 'https://qr.alipay.com/bax1', ...change }),
    };

    expect(await failureOf(channel!.authorize!(order, context))).toEqual({ category: 'mismatch', message });
  });
});

const trade = { out_trade_no: 'ORDER1', trade_no: 'T1', total_amount: '8.80' };
const credit = { channelTransactionId: 'T1', amount: cny(880n), paidAt: new Date('2026-03-02T02:15:00Z') };
const paid = { ...trade, send_pay_date: '2026-03-02 10:15:00' };
const hold = {
  out_order_no: 'ORDER1',
  out_request_no: 'ORDER1',
  auth_no: 'A1',
  order_title: '押金',
  rest_amount: '8.80',
  total_freeze_amount: '8.80',
  total_pay_amount: '0.00',
};

describe('the state of an order', () => {
  it.each<[what: string, answers: Record<string, string>, status: object]>([
    ['nobody has scanned it', {}, { status: 'pending' }],
    ['scanned', { [QUERY]: ok(QUERY, { ...trade, trade_status: 'WAIT_BUYER_PAY' }) }, { status: 'scanned' }],
    ['paid', { [QUERY]: ok(QUERY, { ...paid, trade_status: 'TRADE_SUCCESS' }) }, { status: 'captured', credit }],
    [
      'paid long ago',
      { [QUERY]: ok(QUERY, { ...paid, trade_status: 'TRADE_FINISHED' }) },
      { status: 'captured', credit },
    ],
    [
      'paid and given back',
      { [QUERY]: ok(QUERY, { ...paid, trade_status: 'TRADE_CLOSED' }) },
      { status: 'captured', credit },
    ],
    ['closed unpaid', { [QUERY]: ok(QUERY, { ...trade, trade_status: 'TRADE_CLOSED' }) }, { status: 'closed' }],
    [
      'a hold that waits',
      { [HOLD_QUERY]: ok(HOLD_QUERY, { ...hold, auth_no: undefined, order_status: 'INIT' }) },
      { status: 'pending' },
    ],
    [
      'held',
      { [HOLD_QUERY]: ok(HOLD_QUERY, { ...hold, order_status: 'AUTHORIZED' }) },
      { status: 'authorized', channelTransactionId: 'A1', amount: cny(880n) },
    ],
    [
      'a hold that was released',
      { [HOLD_QUERY]: ok(HOLD_QUERY, { ...hold, rest_amount: '0.00', order_status: 'FINISH' }) },
      { status: 'closed' },
    ],
    [
      'a hold that ended unused',
      { [HOLD_QUERY]: ok(HOLD_QUERY, { ...hold, rest_amount: '0.00', order_status: 'CLOSED' }) },
      { status: 'closed' },
    ],
  ])('%s', async (_what, given, status) => {
    answers = given;

    expect(await channel!.query!('ORDER1', context)).toEqual(status);
  });

  it('is that of the capture when it came between the two questions', async () => {
    answers = {
      [QUERY]: [notExist(QUERY), ok(QUERY, { ...paid, trade_status: 'TRADE_SUCCESS' })],
      [HOLD_QUERY]: ok(HOLD_QUERY, { ...hold, total_pay_amount: '8.80', order_status: 'FINISH' }),
    };

    expect(await channel!.query!('ORDER1', context)).toEqual({ status: 'captured', credit });
  });

  it('is open when money of a hold went under another number', async () => {
    answers = { [HOLD_QUERY]: ok(HOLD_QUERY, { ...hold, total_pay_amount: '1.00', order_status: 'AUTHORIZED' }) };

    expect(await failureOf(channel!.query!('ORDER1', context))).toMatchObject({ category: 'mismatch' });
  });
});

describe('closing an order', () => {
  const closed = { outcome: 'succeeded', value: { result: 'closed' } };
  const alreadyPaid = { outcome: 'succeeded', value: { result: 'already_paid' } };

  it.each<[what: string, answers: Record<string, string>, outcome: object, asks: string[]]>([
    ['that was scanned', { [CLOSE]: ok(CLOSE, trade) }, closed, ['trade.close']],
    [
      'that nobody scanned is refused, and never said to be done',
      {},
      { outcome: 'declined', failure: { rawCode: 'ACQ.TRADE_NOT_EXIST' } },
      ['trade.close', 'fund.auth.operation.detail.query'],
    ],
    [
      'that was paid leaves the money',
      {
        [CLOSE]: refusal(CLOSE, 'ACQ.TRADE_STATUS_ERROR'),
        [QUERY]: ok(QUERY, { ...paid, trade_status: 'TRADE_SUCCESS' }),
      },
      alreadyPaid,
      ['trade.close', 'trade.query'],
    ],
    [
      'that was closed before',
      {
        [CLOSE]: refusal(CLOSE, 'ACQ.TRADE_STATUS_ERROR'),
        [QUERY]: ok(QUERY, { ...trade, trade_status: 'TRADE_CLOSED' }),
      },
      closed,
      ['trade.close', 'trade.query'],
    ],
    [
      'whose refusal does not fit its state is left open',
      {
        [CLOSE]: refusal(CLOSE, 'ACQ.TRADE_STATUS_ERROR'),
        [QUERY]: ok(QUERY, { ...trade, trade_status: 'WAIT_BUYER_PAY' }),
      },
      { outcome: 'unknown' },
      ['trade.close', 'trade.query'],
    ],
    [
      'that holds money releases all of it',
      {
        [HOLD_QUERY]: ok(HOLD_QUERY, { ...hold, order_status: 'AUTHORIZED' }),
        [UNFREEZE]: ok(UNFREEZE, { auth_no: 'A1', out_request_no: 'ORDER1_release' }),
      },
      closed,
      ['trade.close', 'fund.auth.operation.detail.query', 'fund.auth.order.unfreeze'],
    ],
    [
      'that waits for a hold ends it',
      {
        [HOLD_QUERY]: ok(HOLD_QUERY, { ...hold, order_status: 'INIT' }),
        [HOLD_CANCEL]: ok(HOLD_CANCEL, { ...hold, action: 'close' }),
      },
      closed,
      ['trade.close', 'fund.auth.operation.detail.query', 'fund.auth.operation.cancel'],
    ],
    [
      'whose hold has ended',
      { [HOLD_QUERY]: ok(HOLD_QUERY, { ...hold, order_status: 'CLOSED' }) },
      closed,
      ['trade.close', 'fund.auth.operation.detail.query'],
    ],
    [
      'whose hold was captured',
      { [HOLD_QUERY]: ok(HOLD_QUERY, { ...hold, total_pay_amount: '8.80', order_status: 'FINISH' }) },
      alreadyPaid,
      ['trade.close', 'fund.auth.operation.detail.query'],
    ],
  ])('%s', async (_what, given, outcome, asks) => {
    answers = given;

    expect(await channel!.cancel!('ORDER1', context)).toMatchObject(outcome);
    // What may give money back is never among them: alipay.trade.cancel.
    expect(methods()).toEqual(asks);
  });
});

describe('a capture', () => {
  const request = { reference: 'ORDER1', captureReference: 'CAPTURE1', amount: cny(500n) };
  const held = { [HOLD_QUERY]: ok(HOLD_QUERY, { ...hold, order_status: 'AUTHORIZED' }) };
  const captured = { ...trade, total_amount: '5.00', gmt_payment: '2026-03-02 10:15:00' };

  it('takes a part under our number and lets Alipay release the rest', async () => {
    answers = { ...held, [PAY]: ok(PAY, captured) };

    expect(await channel!.capture!(request, context)).toEqual({
      outcome: 'succeeded',
      value: { ...credit, amount: cny(500n) },
    });
    expect(content(1)).toEqual({
      out_trade_no: 'ORDER1',
      auth_no: 'A1',
      total_amount: '5.00',
      subject: '押金',
      seller_id: '2088531891668739',
      product_code: 'PRE_AUTH',
      auth_confirm_mode: 'COMPLETE',
    });
  });

  const earlier = ok(QUERY, { ...paid, total_amount: '5.00', trade_status: 'TRADE_SUCCESS' });
  it.each<[what: string, answers: Record<string, string>, outcome: object]>([
    [
      'done before',
      { [HOLD_QUERY]: ok(HOLD_QUERY, { ...hold, total_pay_amount: '5.00', order_status: 'FINISH' }), [QUERY]: earlier },
      { outcome: 'succeeded', value: { amount: cny(500n) } },
    ],
    [
      'done by somebody faster',
      { ...held, [PAY]: refusal(PAY, 'ACQ.TRADE_HAS_SUCCESS'), [QUERY]: earlier },
      { outcome: 'succeeded', value: { amount: cny(500n) } },
    ],
    ['still at work', { ...held, [PAY]: signed(PAY, { code: '10003', ...trade }) }, { outcome: 'pending' }],
    [
      'of more than is held',
      { [HOLD_QUERY]: ok(HOLD_QUERY, { ...hold, rest_amount: '4.99', order_status: 'AUTHORIZED' }) },
      { outcome: 'declined', failure: { category: 'limit_exceeded' } },
    ],
    [
      'done before, of a hold that only says that it ended',
      {
        [HOLD_QUERY]: ok(HOLD_QUERY, { ...hold, total_pay_amount: undefined, order_status: 'FINISH' }),
        [QUERY]: earlier,
      },
      { outcome: 'succeeded', value: { amount: cny(500n) } },
    ],
    [
      'of a hold that ended',
      { [HOLD_QUERY]: ok(HOLD_QUERY, { ...hold, order_status: 'CLOSED' }) },
      { outcome: 'declined', failure: { category: 'expired' } },
    ],
    [
      'of a hold that nobody agreed to',
      { [HOLD_QUERY]: ok(HOLD_QUERY, { ...hold, order_status: 'INIT' }) },
      { outcome: 'not_sent' },
    ],
  ])('%s', async (_what, given, outcome) => {
    answers = given;

    expect(await channel!.capture!(request, context)).toMatchObject(outcome);
  });

  it.each<[what: string, answers: Record<string, string>, category: string]>([
    [
      'of another amount done before',
      {
        [HOLD_QUERY]: ok(HOLD_QUERY, { ...hold, total_pay_amount: '8.80', order_status: 'FINISH' }),
        [QUERY]: ok(QUERY, { ...paid, trade_status: 'TRADE_SUCCESS' }),
      },
      'mismatch',
    ],
    [
      'whose answer names another amount',
      { ...held, [PAY]: ok(PAY, { ...captured, total_amount: '8.80' }) },
      'mismatch',
    ],
    ['in another currency', { ...held, [PAY]: ok(PAY, { ...captured, trans_currency: 'USD' }) }, 'mismatch'],
    ['of no hold', {}, 'not_found'],
    [
      'that Alipay cannot tell about',
      { ...held, [PAY]: refusal(PAY, 'isp.unknow-error', '20000') },
      'channel_unavailable',
    ],
  ])('%s is left open', async (_what, given, category) => {
    answers = given;

    expect(await failureOf(channel!.capture!(request, context))).toMatchObject({ category });
  });
});

describe('a refund', () => {
  const request = {
    reference: 'ORDER1',
    channelTransactionId: 'T1',
    refundReference: 'REFUND1',
    amount: cny(300n),
    total: cny(880n),
    reason: 'customer_request',
  };
  const moved = { out_trade_no: 'ORDER1', trade_no: 'T1', fund_change: 'Y', refund_fee: '3.00' };
  const known = { out_trade_no: 'ORDER1', trade_no: 'T1', out_request_no: 'REFUND1', refund_amount: '3.00' };
  const done = ok(REFUND_QUERY, { ...known, refund_status: 'REFUND_SUCCESS' });
  const succeeded = { outcome: 'succeeded', value: { channelRefundId: 'REFUND1' } };

  it.each<[what: string, answers: Record<string, string>, outcome: object, asks: number]>([
    ['that moved money', { [REFUND]: ok(REFUND, moved) }, succeeded, 1],
    [
      'said twice is looked up',
      { [REFUND]: ok(REFUND, { ...moved, fund_change: 'N' }), [REFUND_QUERY]: done },
      succeeded,
      2,
    ],
    [
      'beside an earlier one, whose sum Alipay tells, is looked up',
      { [REFUND]: ok(REFUND, { ...moved, refund_fee: '8.00' }), [REFUND_QUERY]: done },
      succeeded,
      2,
    ],
    [
      'that moved nothing yet',
      {
        [REFUND]: ok(REFUND, { ...moved, fund_change: 'N', refund_fee: '0.00' }),
        [REFUND_QUERY]: ok(REFUND_QUERY, known),
      },
      { outcome: 'pending' },
      2,
    ],
    [
      'that moved nothing, and that nobody knows',
      {
        [REFUND]: ok(REFUND, { ...moved, fund_change: 'N', refund_fee: '0.00' }),
        [REFUND_QUERY]: ok(REFUND_QUERY, {}),
      },
      { outcome: 'pending' },
      2,
    ],
  ])('%s', async (_what, given, outcome, asks) => {
    answers = given;

    expect(await channel!.refund!(request, context)).toEqual(outcome);
    expect(asked).toHaveLength(asks);
    expect(content()).toEqual({
      out_trade_no: 'ORDER1',
      trade_no: 'T1',
      refund_amount: '3.00',
      out_request_no: 'REFUND1',
      refund_reason: 'customer_request',
    });
  });

  it.each<[what: string, answers: Record<string, string>, category: string]>([
    ['of less', { [REFUND]: ok(REFUND, { ...moved, refund_fee: '2.99' }) }, 'mismatch'],
    ['of more than was paid', { [REFUND]: ok(REFUND, { ...moved, refund_fee: '8.81' }) }, 'mismatch'],
    ['of another payment', { [REFUND]: ok(REFUND, { ...moved, trade_no: 'T2' }) }, 'mismatch'],
    ['in another currency', { [REFUND]: ok(REFUND, { ...moved, refund_currency: 'USD' }) }, 'mismatch'],
    [
      'whose look-up names another amount',
      {
        [REFUND]: ok(REFUND, { ...moved, fund_change: 'N' }),
        [REFUND_QUERY]: ok(REFUND_QUERY, { ...known, refund_amount: '2.00', refund_status: 'REFUND_SUCCESS' }),
      },
      'mismatch',
    ],
    [
      'of another amount under the same number',
      { [REFUND]: refusal(REFUND, 'ACQ.DISCORDANT_REPEAT_REQUEST') },
      'duplicate',
    ],
  ])('%s is left open', async (_what, given, category) => {
    answers = given;

    expect(await failureOf(channel!.refund!(request, context))).toMatchObject({ category });
  });

  it.each<[what: string, answer: string, status: string]>([
    ['done', done, 'succeeded'],
    ['at work', ok(REFUND_QUERY, known), 'processing'],
    ['never received', ok(REFUND_QUERY, {}), 'not_found'],
    ['of a trade that does not exist', refusal(REFUND_QUERY, 'ACQ.TRADE_NOT_EXIST'), 'not_found'],
  ])('asked about is %s', async (_what, answer, status) => {
    answers = { [REFUND_QUERY]: answer };

    expect(await channel!.queryRefund!(request, context)).toEqual({ status });
  });
});

it('a certificate of Alipay that is not configured is an alarm, and no answer', async () => {
  const [config] = configsOf(options);
  answers = { [QUERY]: ok(QUERY, { ...paid, trade_status: 'TRADE_SUCCESS' }) };

  const asking = call({ ...config, keysFor: () => null }, QUERY, { out_trade_no: 'ORDER1' }, context);

  expect(await failureOf(asking)).toMatchObject({ category: 'signature_invalid', rawCode: 'unknown_alipay_cert_sn' });
});
