import { RailError, type OrderRequest, type RefundRequest } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import type { MerchantConfig } from './config.js';
import {
  orderToWire,
  plainText,
  readBody,
  readCredit,
  readTime,
  refundStatusOf,
  refundToWire,
  statusOf,
  timeToRail,
} from './mapping.js';

const config = { mode: 'live', mchid: '1900000109', appid: 'wx8888888888888888' } as MerchantConfig;

const order: OrderRequest = {
  reference: 'AB12CD34EF56GH78',
  amount: { currency: 'CNY', value: 12_345n },
  description: '两杯咖啡',
  expiresAt: new Date('2026-03-02T02:30:00.987Z'),
  captureMethod: 'automatic',
  notifyUrl: 'https://shop.example/v1/channels/wechat/callback/t1',
};

const refund: RefundRequest = {
  reference: 'AB12CD34EF56GH78',
  channelTransactionId: '4200002345202603021234567890',
  refundReference: 'RF12CD34EF56GH78',
  amount: { currency: 'CNY', value: 2_345n },
  total: { currency: 'CNY', value: 12_345n },
  reason: 'customer_request',
  notifyUrl: 'https://shop.example/v1/channels/wechat/callback/t1',
};

describe('an order', () => {
  it('is written in fen, with the time of China', () => {
    expect(orderToWire(config, order)).toEqual({
      appid: 'wx8888888888888888',
      mchid: '1900000109',
      description: '两杯咖啡',
      out_trade_no: 'AB12CD34EF56GH78',
      time_expire: '2026-03-02T10:30:00+08:00',
      notify_url: 'https://shop.example/v1/channels/wechat/callback/t1',
      amount: { total: 12_345, currency: 'CNY' },
    });
  });

  it.each([null, '', '🍜', ' \n'])('is described by its number when the description is %j', (description) => {
    expect(orderToWire(config, { ...order, description }).description).toBe(order.reference);
  });

  it.each<[why: string, change: Partial<OrderRequest>]>([
    ['another currency', { amount: { currency: 'USD', value: 1n } }],
    ['nothing to pay', { amount: { currency: 'CNY', value: 0n } }],
    ['an address without https', { notifyUrl: 'http://shop.example/callback' }],
    ['an address with a query', { notifyUrl: 'https://shop.example/callback?token=1' }],
    ['an address with a login', { notifyUrl: 'https://me@shop.example/callback' }],
    ['an address that is too long', { notifyUrl: `https://shop.example/${'a'.repeat(240)}` }],
  ])('is not sent with %s', (_, change) => {
    expect(() => orderToWire(config, { ...order, ...change })).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ category: 'invalid_request' }) }),
    );
  });
});

it('writes a refund in fen, with what was paid', () => {
  expect(refundToWire(config, refund)).toEqual({
    transaction_id: '4200002345202603021234567890',
    out_refund_no: 'RF12CD34EF56GH78',
    reason: 'customer_request',
    notify_url: 'https://shop.example/v1/channels/wechat/callback/t1',
    amount: { refund: 2_345, total: 12_345, currency: 'CNY' },
  });
  const { notifyUrl: _, ...quiet } = { ...refund, reason: '🍜' };
  expect(Object.keys(refundToWire(config, quiet))).toEqual(['transaction_id', 'out_refund_no', 'amount']);
});

describe('plainText', () => {
  it.each([
    ['a'.repeat(128), 'a'.repeat(127)],
    ['咖'.repeat(43), '咖'.repeat(42)], // 129 bytes; 127 would end within a character
    [`${'a'.repeat(126)}é`, 'a'.repeat(126)],
    [`${'a'.repeat(125)}é`, `${'a'.repeat(125)}é`],
    [`${'a'.repeat(126)} b`, 'a'.repeat(126)],
    ['noodles 🍜 to go', 'noodles  to go'],
    ['👩‍👩‍👧 family ❤️', 'family ❤'],
    ['half \uD83C of one', 'half  of one'],
    ['two\r\nlines\u0000', 'two lines'],
  ])('makes %j into %j', (text, plain) => {
    expect(plainText(text, 127)).toBe(plain);
  });
});

describe('times', () => {
  it.each([
    ['2026-12-31T16:00:00Z', '2027-01-01T00:00:00+08:00'],
    ['2026-12-31T15:59:59.999Z', '2026-12-31T23:59:59+08:00'],
  ])('%s is %s in China', (time, written) => {
    expect(timeToRail(new Date(time))).toBe(written);
  });

  it.each([
    ['2026-03-02T10:15:29+08:00', '2026-03-02T02:15:29.000Z'],
    ['2026-03-02T02:15:29.5Z', '2026-03-02T02:15:29.500Z'],
  ])('reads %s', (text, time) => {
    expect(readTime({ at: text }, 'at').toISOString()).toBe(time);
  });

  it.each([
    '2026-03-02T10:15:29',
    '2026-03-02 10:15:29+08:00',
    '20260302101529',
    '2026-13-02T10:15:29+08:00',
    '',
    null,
  ])('does not read %j', (text) => {
    expect(() => readTime({ at: text }, 'at')).toThrow(RailError);
  });
});

describe('an answer', () => {
  it('keeps the digits of a number', () => {
    const { amount, note } = readBody(Buffer.from('{"amount":9007199254740993,"note":"7 \\"8\\" 9"}'));

    expect(amount).toEqual({ digits: '9007199254740993' });
    expect(note).toBe('7 "8" 9');
  });

  it.each(['', '[]', 'null', '7', '"text"', '{"a":01}', '{', '\uFEFF{}', '<html></html>'])('is not %j', (text) => {
    expect(() => readBody(Buffer.from(text))).toThrow(RailError);
  });

  it('is UTF-8', () => {
    expect(() => readBody(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toThrow(RailError);
  });
});

describe('a payment', () => {
  const paid = (total: string, currency = '"CNY"') =>
    readBody(
      Buffer.from(
        '{"transaction_id":"42","success_time":"2026-03-02T10:15:29+08:00",' +
          `"amount":{"total":${total},"payer_total":1,"currency":${currency}}}`,
      ),
    );

  it('counts with what the order asked for, whatever a coupon took off', () => {
    expect(readCredit(paid('12345'))).toEqual({
      channelTransactionId: '42',
      amount: { currency: 'CNY', value: 12_345n },
      paidAt: new Date('2026-03-02T02:15:29Z'),
    });
  });

  it.each(['0', '-1', '1.0', '1e2', '12345.000000000000001', '"12345"', 'null', '{"digits":"1"}', '99999999999999999'])(
    'is not believed with the total %s',
    (total) => {
      expect(() => readCredit(paid(total))).toThrow(RailError);
    },
  );

  it.each(['"USD"', '""', 'null'])('is not believed in the currency %s', (currency) => {
    expect(() => readCredit(paid('1', currency))).toThrow(RailError);
  });
});

it.each([
  ['NOTPAY', 'pending'],
  ['USERPAYING', 'pending'],
  ['ACCEPT', 'pending'],
  ['SUCCESS', 'captured'],
  ['REFUND', 'captured'],
  ['CLOSED', 'closed'],
  ['REVOKED', 'closed'],
  ['PAYERROR', 'closed'],
])('an order in the state %s is %s', (state, status) => {
  const text =
    `{"trade_state":"${state}","transaction_id":"42","success_time":"2026-03-02T10:15:29+08:00",` +
    '"amount":{"total":1,"currency":"CNY"}}';

  expect(statusOf(readBody(Buffer.from(text)))).toMatchObject({ status });
});

it('does not guess about a state that it does not know', () => {
  expect(() => statusOf({ trade_state: 'SOMETHING' })).toThrow(RailError);
  expect(() => refundStatusOf('SOMETHING')).toThrow(RailError);
});

it.each([
  ['PROCESSING', { status: 'processing' }],
  ['SUCCESS', { status: 'succeeded' }],
  ['CLOSED', { status: 'failed', failure: { category: 'declined' } }],
  ['ABNORMAL', { status: 'unknown', failure: { rawCode: 'REFUND_ABNORMAL' } }],
])('a refund in the state %s is %o', (state, status) => {
  expect(refundStatusOf(state)).toMatchObject(status);
});
