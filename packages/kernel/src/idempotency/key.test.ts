import { expect, it } from 'vitest';
import { idempotencyKey, type KeyScope } from './key.js';

const scope: KeyScope = {
  account: 'm_1',
  livemode: false,
  caller: 'key_1',
  method: 'POST',
  route: '/v1/payment-intents',
  key: 'order-1',
};
const request = { params: {}, query: {}, body: { amount: { currency: 'THB', value: 100 }, note: 'ü' } };
const same = idempotencyKey(scope, request);

it.each<[Partial<KeyScope>]>([
  [{ account: 'm_2' }],
  [{ livemode: true }],
  [{ caller: 'key_2' }],
  [{ method: 'PATCH' }],
  [{ route: '/v1/payment-intents/{id}' }],
  [{ key: 'order-2' }],
  [{ caller: 'key_1","POST' }], // no part can pretend to be the next one
])('is another key for %o', (other) => {
  expect(idempotencyKey({ ...scope, ...other }, request).scopeHash).not.toEqual(same.scopeHash);
});

it.each<[what: string, other: object, equal: boolean]>([
  [
    'the same in another order',
    { body: { note: 'ü', amount: { value: 100, currency: 'THB' } }, query: {}, params: {} },
    true,
  ],
  ['another body', { ...request, body: {} }, false],
  ['another path parameter', { ...request, params: { id: 'pi_1' } }, false],
  ['another query', { ...request, query: { expand: 'qr' } }, false],
  [
    'text instead of a number',
    { ...request, body: { ...request.body, amount: { currency: 'THB', value: '100' } } },
    false,
  ],
  ['null instead of nothing', { ...request, body: { ...request.body, payer: null } }, false],
])('compares requests: %s', (_what, other, equal) => {
  const { scopeHash, requestHash } = idempotencyKey(scope, other);

  expect(scopeHash).toEqual(same.scopeHash);
  expect(requestHash.equals(same.requestHash)).toBe(equal);
});

it.each([['a'], ['~'.repeat(255)], [' with spaces '], ['{}[]"\\']])('accepts %s', (key) => {
  expect(idempotencyKey({ ...scope, key }, request).scopeHash).toHaveLength(32);
});

it.each([[''], ['a'.repeat(256)], ['tab\t'], ['line\n'], ['ümlaut'], ['\u0000'], ['\u007f']])('refuses %o', (key) => {
  expect(() => idempotencyKey({ ...scope, key }, request)).toThrow(
    expect.objectContaining({ code: 'IDEMPOTENCY_KEY_INVALID' }),
  );
});
