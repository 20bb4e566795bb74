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
  [new ItPayError('PARAMETER_MISSING', { param: 'amount' }), 400, {}],
])('answers %s with %i and %j', (thrown, status, headers) => {
  expect(errorAnswer(errorForCaller(thrown), 'req_1', '')).toMatchObject({ status, headers });
});
