import { FAILURE_CATEGORIES, type FailureCategory } from '@itpay/kernel';
import { expect, it } from 'vitest';
import { CATEGORY_OF, failureOfRefusal, type WechatCall } from './failure.js';

const rows: [call: WechatCall, status: number, code: string, category: FailureCategory][] = [
  ['order', 400, 'PARAM_ERROR', 'invalid_request'],
  ['order', 400, 'INVALID_REQUEST', 'duplicate'],
  ['refund', 400, 'INVALID_REQUEST', 'invalid_request'],
  ['order', 400, 'APPID_MCHID_NOT_MATCH', 'auth_config'],
  ['order', 400, 'MCH_NOT_EXISTS', 'auth_config'],
  ['order', 400, 'MCHID_NOT_EXIST', 'auth_config'],
  ['order', 401, 'SIGN_ERROR', 'auth_config'],
  ['order', 403, 'NO_AUTH', 'auth_config'],
  ['order', 403, 'RULE_LIMIT', 'limit_exceeded'],
  ['order', 403, 'TRADE_ERROR', 'declined'],
  ['order', 403, 'ACCOUNT_ERROR', 'declined'],
  ['refund', 403, 'USER_ACCOUNT_ABNORMAL', 'declined'],
  ['order', 403, 'OUT_TRADE_NO_USED', 'duplicate'],
  ['close', 400, 'ORDER_CLOSED', 'already_closed'],
  ['close', 400, 'ORDERPAID', 'already_paid'],
  ['close', 400, 'ORDER_PAID', 'already_paid'],
  ['query', 404, 'ORDER_NOT_EXIST', 'not_found'],
  ['refund_query', 404, 'RESOURCE_NOT_EXISTS', 'not_found'],
  ['refund', 403, 'NOT_ENOUGH', 'not_processed'],
  ['order', 429, 'FREQUENCY_LIMITED', 'rate_limited'],
  ['query', 429, 'FREQUENCY_LIMIT_EXCEED', 'rate_limited'],
  ['refund', 429, 'FREQUENCY_LIMITED', 'channel_unavailable'],
  ['refund', 429, 'FREQUENCY_LIMIT_EXCEED', 'channel_unavailable'],
  ['refund', 429, 'RATELIMIT_EXCEEDED', 'rate_limited'],
  ['order', 500, 'SYSTEM_ERROR', 'channel_unavailable'],
  ['order', 503, 'SERVICE_UNAVAILABLE', 'channel_unavailable'],
  ['bill', 400, 'STATEMENT_CREATING', 'not_processed'],
  // What nobody has heard of may mean anything.
  ['order', 400, 'SOMETHING_NEW', 'unmapped'],
  ['order', 500, 'SOMETHING_NEW', 'channel_unavailable'],
  ['order', 400, 'constructor', 'unmapped'],
];

it.each(rows)('%s: %i %s is %s', (call, status, code, category) => {
  expect(failureOfRefusal(call, status, code, undefined)).toMatchObject({ category, rawCode: code });
});

it('has a row above for every code', () => {
  const codes = new Set(rows.map(([, , code]) => code));

  expect(Object.keys(CATEGORY_OF).filter((code) => !codes.has(code))).toEqual([]);
});

it('leaves open what may have happened, and never calls a payment refused because of a number that was used', () => {
  for (const code of ['OUT_TRADE_NO_USED', 'ORDERPAID', 'ORDER_CLOSED', 'ORDER_NOT_EXIST', 'SYSTEM_ERROR', 'NEW']) {
    expect(FAILURE_CATEGORIES[failureOfRefusal('order', 400, code, undefined).category]).toBe('unknown');
  }
});

it('tells when to come again, in milliseconds', () => {
  expect(failureOfRefusal('query', 429, 'FREQUENCY_LIMITED', '3')).toMatchObject({ retryAfterMs: 3_000 });
  expect(failureOfRefusal('refund', 403, 'NOT_ENOUGH', undefined)).toMatchObject({ retryAfterMs: 600_000 });
  expect(failureOfRefusal('query', 429, 'FREQUENCY_LIMITED', 'soon')).not.toHaveProperty('retryAfterMs');
});
