import { ItPayError } from '@itpay/core';
import { expect, it } from 'vitest';
import { errorAnswer, errorForCaller } from './error-answer.js';

it.each([
  [new Error('connect ECONNREFUSED db.internal:5432')],
  ['a string'],
  [undefined],
  [new ItPayError('CONFIGURATION_INVALID', { message: 'Set secretKey.' })], //  for the operator
])('tells the caller nothing of %s', (thrown) => {
  const { body, status } = errorAnswer(errorForCaller(thrown), 'req_1', 'https://x/errors');

  expect(status).toBe(500);
  expect(body).toEqual({
    error: {
      type: 'server',
      code: 'INTERNAL_ERROR',
      message: 'Something went wrong on our side.',
      retryable: true,
      doc_url: 'https://x/errors/INTERNAL_ERROR',
    },
    request_id: 'req_1',
  });
});

it.each([
  [new ItPayError('API_KEY_MISSING'), 401, { 'www-authenticate': 'Bearer' }],
  [new ItPayError('METHOD_NOT_ALLOWED', { details: { allowed: ['GET', 'HEAD'] } }), 405, { allow: 'GET, HEAD' }],
  [new ItPayError('IDEMPOTENCY_IN_PROGRESS'), 409, { 'retry-after': '1' }],
  [new ItPayError('SERVICE_UNAVAILABLE'), 503, { 'retry-after': '5' }],
  [new ItPayError('OUTCOME_UNKNOWN'), 409, { 'retry-after': '5' }],
  [new ItPayError('OUTCOME_UNKNOWN', { details: { retry_after: 30 } }), 409, { 'retry-after': '30' }],
  [new ItPayError('CHANNEL_ERROR', { details: { retry_after: 0.2 } }), 502, { 'retry-after': '1' }],
  [new ItPayError('ALREADY_REFUNDED', { details: { retry_after: 0 } }), 409, { 'retry-after': '0' }],
])('answers %s with %i and %j', (thrown, status, headers) => {
  expect(errorAnswer(errorForCaller(thrown), 'req_1', '')).toMatchObject({ status, headers });
});

it.each([undefined, '5', -1, NaN, Infinity, null])(
  'says nothing about a repetition for retry_after: %o',
  (retryAfter) => {
    const thrown = new ItPayError('PARAMETER_MISSING', { param: 'amount', details: { retry_after: retryAfter } });

    expect(errorAnswer(thrown, 'req_1', '').headers).toEqual({});
  },
);
