import { generateKeyPairSync } from 'node:crypto';
import type { ChannelNotice } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { alipay } from './channel.js';
import { readForm } from './callback.js';
import { contentToSign, signRsa2 } from './signature.js';

const ours = generateKeyPairSync('rsa', { modulusLength: 2048 });
const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 });
const now = new Date('2026-03-02T02:15:30Z');

const [channel] = alipay({
  test: {
    appId: '2021000122671080',
    sellerId: '2088531891668739',
    payeeLogonId: 'shop@example.com',
    appPrivateKey: ours.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    alipayPublicKey: theirs.publicKey.export({ type: 'spki', format: 'pem' }) as string,
    holds: true,
  },
  now: () => now,
}).channels;

type Form = Record<string, string | undefined>;

const common = {
  notify_id: '2026030200222101530000000000000001',
  notify_time: '2026-03-02 10:15:29',
  charset: 'utf-8',
  version: '1.0',
  app_id: '2021000122671080',
  auth_app_id: '2021000122671080',
};
const trade = {
  ...common,
  notify_type: 'trade_status_sync',
  seller_id: '2088531891668739',
  out_trade_no: 'ORDER1',
  trade_no: '2026030222001400000000000001',
  trade_status: 'TRADE_SUCCESS',
  total_amount: '8.80',
  subject: 'one + one (100% 好)',
  gmt_create: '2026-03-02 10:15:00',
  gmt_payment: '2026-03-02 10:15:28',
  fund_bill_list: '[{"amount":"8.80","fundChannel":"ALIPAYACCOUNT"}]',
};
const hold = {
  ...common,
  notify_type: 'fund_auth_freeze',
  auth_no: '2026030210002001100277160001',
  operation_id: '20260302004160001',
  operation_type: 'FREEZE',
  out_order_no: 'ORDER1',
  out_request_no: 'ORDER1',
  amount: '100.00',
  rest_amount: '100.00',
  status: 'SUCCESS',
  gmt_trans: '2026-03-02 10:15:28',
  payee_user_id: '2088531891668739',
};

const base = { eventId: common.notify_id, merchantAccount: '2088531891668739', reference: 'ORDER1' };
const fen = (value: bigint) => ({ currency: 'CNY', value });
const paidAt = new Date('2026-03-02T02:15:28Z');

function signedBody(form: Form): string {
  const fields = Object.fromEntries(Object.entries(form).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
  const sign = signRsa2(contentToSign(fields, ['sign', 'sign_type']), theirs.privateKey);
  return new URLSearchParams({ ...fields, sign_type: 'RSA2', sign }).toString();
}

function verify(body: string, method = 'POST') {
  return channel!.verifyCallback!({ method, path: '/', headers: {}, rawBody: Buffer.from(body) });
}

async function notices(form: Form): Promise<readonly ChannelNotice[]> {
  return (await verify(signedBody(form))).notices;
}

const expectRefused = (result: Promise<unknown>) =>
  expect(result).rejects.toMatchObject({ code: 'CHANNEL_SIGNATURE_INVALID' });

describe('a notification is told by its kind', () => {
  const refunded = { ...trade, out_biz_no: 'REFUND1', refund_fee: '3.00', gmt_refund: '2026-03-02 10:15:28' };
  const credit = { channelTransactionId: trade.trade_no, amount: fen(880n), paidAt };
  const heldCredit = { channelTransactionId: hold.auth_no, amount: fen(10_000n), paidAt };

  it.each<[what: string, form: Form, expected: object[]]>([
    ['a payment', trade, [{ ...base, kind: 'payment', credit }]],
    [
      'a payment that can no longer be refunded',
      { ...trade, trade_status: 'TRADE_FINISHED' },
      [{ ...base, kind: 'payment', credit }],
    ],
    [
      'a payment with fields that nobody knows yet',
      { ...trade, new_field: 'H&M, 10% off' },
      [{ ...base, kind: 'payment', credit }],
    ],
    ['a scan', { ...trade, trade_status: 'WAIT_BUYER_PAY', gmt_payment: undefined }, [{ ...base, kind: 'scanned' }]],
    ['a closure', { ...trade, trade_status: 'TRADE_CLOSED', gmt_payment: undefined }, [{ ...base, kind: 'closed' }]],
    [
      'a partial refund',
      refunded,
      [
        {
          ...base,
          kind: 'refund',
          reference: 'REFUND1',
          refund: { status: 'succeeded', amount: fen(300n), isSum: true, channelRefundId: 'REFUND1' },
        },
      ],
    ],
    [
      'a full refund',
      { ...refunded, trade_status: 'TRADE_CLOSED', refund_fee: '8.80', gmt_close: '2026-03-02 10:15:28' },
      [
        {
          ...base,
          kind: 'refund',
          reference: 'REFUND1',
          refund: { status: 'succeeded', amount: fen(880n), isSum: true, channelRefundId: 'REFUND1' },
        },
      ],
    ],
    ['a hold', hold, [{ ...base, kind: 'authorized', credit: heldCredit }]],
    [
      'a hold whose payee is a login name',
      { ...hold, payee_user_id: undefined, payee_logon_id: 'shop@example.com' },
      [{ ...base, kind: 'authorized', credit: heldCredit }],
    ],
    [
      'a hold for somebody else',
      { ...hold, payee_user_id: '2088000000000000' },
      [{ ...base, merchantAccount: '2088000000000000', kind: 'authorized', credit: heldCredit }],
    ],
    ['a hold that ended without a payer', { ...hold, status: 'CLOSED' }, [{ ...base, kind: 'closed' }]],
    [
      'a release',
      {
        ...hold,
        notify_type: 'fund_auth_unfreeze',
        operation_type: 'UNFREEZE',
        out_request_no: 'ORDER1_release',
        rest_amount: '0.00',
      },
      [{ ...base, kind: 'closed' }],
    ],
    [
      'a release of a part',
      { ...hold, notify_type: 'fund_auth_unfreeze', operation_type: 'UNFREEZE', rest_amount: '40.00' },
      [],
    ],
    ['a capture, which the trade tells', { ...hold, notify_type: 'fund_auth_pay', operation_type: 'PAY' }, []],
    [
      'the end of a hold that we asked for',
      { ...common, notify_type: 'fund_auth_operation_cancel', out_order_no: 'ORDER1', action: 'close' },
      [],
    ],
  ])('%s', async (_what, form, expected) => {
    expect(await notices(form)).toEqual(expected);
  });
});

describe('a notification that is signed and does not count', () => {
  it.each<[what: string, form: Form]>(
    [
      ['of another app', { ...trade, app_id: '2021000000000000' }],
      ['in another charset', { ...trade, charset: 'GBK' }],
      ['of another version', { ...trade, version: '2.0' }],
      ['about something else', { ...trade, notify_type: 'dut_user_sign' }],
      ['with another status', { ...trade, trade_status: 'TRADE_PENDING' }],
      ['half an hour old', { ...trade, notify_time: '2026-03-02 09:45:29' }],
      ['from the future', { ...trade, notify_time: '2026-03-02 10:45:31' }],
      ['of nothing', { ...trade, total_amount: '0.00' }],
      ['of three decimals', { ...trade, total_amount: '8.800' }],
      ['a payment without its time', { ...trade, gmt_payment: undefined }],
      ['a refund without its number', { ...trade, refund_fee: '1.00', gmt_refund: '2026-03-02 10:15:28' }],
      ['a refund without its amount', { ...trade, out_biz_no: 'REFUND1', gmt_refund: '2026-03-02 10:15:28' }],
      [
        'a refund of a trade that waits for its payer',
        {
          ...trade,
          trade_status: 'WAIT_BUYER_PAY',
          out_biz_no: 'R',
          refund_fee: '1.00',
          gmt_refund: '2026-03-02 10:15:28',
        },
      ],
      ['a hold without payee', { ...hold, payee_user_id: undefined }],
      ['a hold for another login name', { ...hold, payee_user_id: undefined, payee_logon_id: 'else@example.com' }],
      ['a hold under two numbers', { ...hold, out_request_no: 'ORDER2' }],
      ['a hold of nothing', { ...hold, amount: '0.00' }],
      ['a hold that is not decided', { ...hold, status: 'INIT' }],
      ['a hold that is said to be something else', { ...hold, operation_type: 'UNFREEZE' }],
      ...Object.keys(hold).map((name): [string, Form] => [`a hold without ${name}`, { ...hold, [name]: undefined }]),
    ].filter(
      ([what]) => !['auth_app_id', 'operation_id', 'rest_amount'].some((name) => what === `a hold without ${name}`),
    ) as [string, Form][],
  )('%s', async (_what, form) => {
    await expectRefused(verify(signedBody(form)));
  });
});

describe('a notification that somebody touched', () => {
  const body = signedBody(trade);

  it.each<[what: string, touched: string]>([
    ['a field added', `${body}&x=1`],
    ['an empty field said twice', `${body}&subject=`],
    ['a field said twice', `${body}&total_amount=8.80`],
    ['the amount changed', body.replace('8.80', '9.80')],
    ['another algorithm', body.replace('sign_type=RSA2', 'sign_type=RSA')],
    ['no algorithm', body.replace('&sign_type=RSA2', '')],
    ['no signature', body.replace(/&sign=[^&]+/, '')],
    ['an empty signature', body.replace(/&sign=[^&]+/, '&sign=')],
    ['a broken escape', body.replace('%', '%%')],
    ['bytes that are no text', `${body}\uD800`],
  ])('%s', async (_what, touched) => {
    await expectRefused(verify(touched));
  });

  it('cannot move a field into the value of another one', async () => {
    const fields = readForm(Buffer.from(body))!;
    const { trade_no: no, trade_status: status, ...others } = fields;
    // The text that is signed is the same: "…&trade_no=…&trade_status=…&…".
    const merged = new URLSearchParams({ ...others, trade_no: `${no}&trade_status=${status}` });

    await expectRefused(verify(merged.toString()));
  });

  it('cannot move a field out of a description', async () => {
    const described = signedBody({ ...trade, subject: 'x&total_amount=999.00&total_b=' });
    const { subject: _, total_amount: amount, ...others } = readForm(Buffer.from(described))!;
    const split = { ...others, subject: 'x', total_amount: '999.00', total_b: `&total_amount=${amount}` };

    await expectRefused(verify(new URLSearchParams(split).toString()));
    await expectRefused(verify(described));
  });

  it('is no notification when it is fetched', async () => {
    await expectRefused(verify(body, 'GET'));
    expect((await verify(body)).notices).toHaveLength(1);
  });
});

it('is decoded once: a plus stays a plus, and a percent sign a percent sign', () => {
  expect(readForm(Buffer.from(signedBody(trade)))).toMatchObject({ subject: 'one + one (100% 好)' });
  expect(readForm(Buffer.from('a=%252B+%2B&b='))).toEqual({ a: '%2B +', b: '' });
});

it('is answered with seven characters, and refused with others', async () => {
  const { acknowledge } = await verify(signedBody(trade));

  expect(acknowledge).toEqual({ status: 200, headers: { 'content-type': 'text/plain' }, body: 'success' });
  for (const reason of ['signature', 'mismatch', 'failure'] as const) {
    expect(channel!.rejectCallback!(reason)).toMatchObject({ body: 'failure' });
  }
});
