import { ItPayError } from '@itpay/core';
import { expect, it } from 'vitest';
import { merchant, request, route, testHandle } from '../../test/fakes.js';
import { BODY_LIMIT } from './read-body.js';

let seen: (Uint8Array | null)[] = [];
const handleWith = (refuse = false) => {
  seen = [];
  return testHandle([route({ method: 'POST', path: '/v1/echo' }), route({ method: 'GET', path: '/v1/echo' })], {
    authenticator: {
      authenticate: async ({ headers }) => (headers['authorization'] === undefined ? null : merchant),
      verifyBody: async (_request, principal, body) => {
        expect(principal).toBe(merchant);
        seen.push(body);
        if (refuse) throw new ItPayError('SIGNATURE_INVALID');
      },
    },
  }).handle;
};
const post = (parts: object = {}) =>
  request({
    method: 'POST',
    url: '/v1/echo',
    body: '{ "a": 1}',
    headers: { authorization: 'merchant', 'idempotency-key': 'k', 'content-type': 'application/json' },
    ...parts,
  });

it('shows the bytes as they were sent, and leaves them to the route', async () => {
  let asked = 0;
  const bytes = Buffer.from('{}  ');

  const { status } = await handleWith()(post({ rawBody: async () => ((asked += 1), bytes) }));

  expect([status, seen, asked]).toEqual([200, [bytes], 1]);
});

it('refuses what the authenticator refuses, before the body is looked at', async () => {
  const { status, body } = await handleWith(true)(post({ body: 'no JSON' }));

  expect([status, JSON.parse(String(body)).error.code]).toEqual([401, 'SIGNATURE_INVALID']);
});

it('says that the bytes are gone when a parser of the host took them', async () => {
  await handleWith()(post({ parsedBody: {} }));

  expect(seen).toEqual([null]);
});

it('takes the body of a read for empty', async () => {
  await handleWith()(post({ method: 'GET', rawBody: () => Promise.reject(new Error('must not be read')) }));

  expect(seen).toEqual([new Uint8Array()]);
});

it('reads nothing that is announced as too large', async () => {
  const headers = { authorization: 'merchant', 'content-length': String(BODY_LIMIT + 1) };

  expect((await handleWith()(post({ headers }))).status).toBe(413);
  expect(seen).toEqual([]);
});

it('asks nothing about a caller that is nobody', async () => {
  expect((await handleWith()(post({ headers: {} }))).status).toBe(401);
  expect(seen).toEqual([]);
});
