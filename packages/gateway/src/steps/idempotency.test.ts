import { idempotencyKey } from '@itpay/kernel';
import { expect, it } from 'vitest';
import { merchant, route } from '../../test/fakes.js';
import { prepareRoute } from '../prepare-route.js';
import { idempotencyOf } from './idempotency.js';

const create = prepareRoute(route({ method: 'POST', path: '/v1/things' }));
const caller = { principal: merchant, displayIntentId: null };
const sent = { params: {}, query: {}, body: { a: 1 } };

it.each([
  ['GET', '/v1/things', 'payments:read', false],
  ['POST', '/v1/things', 'payments:write', true],
  ['PATCH', '/v1/things/{id}', 'payments:write', true],
  ['DELETE', '/v1/things/{id}', 'payments:write', true],
  ['POST', '/pay/{id}', 'payments:write', false], //     not under /v1
  ['POST', '/v1/callbacks', 'public', false], //         nobody to whom a key could belong
] as const)('%s %s with access %s takes a key: %s', (method, path, access, takes) => {
  expect(prepareRoute(route({ method, path, access })).takesIdempotencyKey).toBe(takes);
});

it.each([
  [undefined, 'IDEMPOTENCY_KEY_REQUIRED'],
  ['', 'IDEMPOTENCY_KEY_INVALID'],
  ['x'.repeat(256), 'IDEMPOTENCY_KEY_INVALID'],
  ['schlüssel', 'IDEMPOTENCY_KEY_INVALID'],
])('refuses the key %j', (key, code) => {
  expect(() => idempotencyOf(create, caller, key, sent)).toThrow(expect.objectContaining({ code }));
});

it('scopes a key by account, mode, lineage and the template of the route', () => {
  const rotated = { ...merchant, id: 'key_new', lineage: 'key_first' };

  const key = idempotencyOf(create, { principal: rotated, displayIntentId: null }, 'k', sent);

  const scope = {
    account: 'm_shop',
    livemode: false,
    caller: 'key_first',
    method: 'POST',
    route: '/v1/things',
    key: 'k',
  };
  expect(key).toEqual(idempotencyKey(scope, sent));
});

it('keeps the keys of two payers apart', () => {
  const ofPayer = (id: string) => idempotencyOf(create, { principal: null, displayIntentId: id }, 'k', sent);

  expect(ofPayer('pi_1')).not.toEqual(ofPayer('pi_2'));
});

it('takes an empty body and no body for different requests', () => {
  const withBody = idempotencyOf(create, caller, 'k', { ...sent, body: {} });
  const without = idempotencyOf(create, caller, 'k', { ...sent, body: undefined });

  expect(withBody!.requestHash).not.toEqual(without!.requestHash);
});

it('refuses a number that has no canonical form', () => {
  expect(() => idempotencyOf(create, caller, 'k', { ...sent, body: { a: JSON.parse('1e999') } })).toThrow(
    expect.objectContaining({ code: 'BODY_INVALID' }),
  );
});
