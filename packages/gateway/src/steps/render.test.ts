import { API_VERSION } from '@itpay/core';
import { expect, it } from 'vitest';
import { render } from './render.js';

const get = { method: 'GET', requestId: 'req_1', apiVersion: API_VERSION };
const common = { 'itpay-request-id': 'req_1', 'itpay-version': API_VERSION, 'x-content-type-options': 'nosniff' };
const api = { ...common, 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' };

it.each([
  // answer                                     headers                                              body
  [{ status: 200, body: { a: 1 } }, api, '{"a":1}'],
  [{ status: 201, body: '{"a": 1}' }, api, '{"a": 1}'], //                                           JSON already
  [{ status: 200, body: '{}', replayed: true }, { ...api, 'idempotent-replayed': 'true' }, '{}'],
  [{ status: 204 }, { ...common, 'cache-control': 'no-store' }, null],
  [
    { status: 200, content: { type: 'image/png', bytes: 'x' }, headers: { 'Cache-Control': 'private' } },
    { ...common, 'cache-control': 'private', 'content-type': 'image/png' },
    'x',
  ],
])('renders %j', (answer, headers, body) => {
  expect(render(answer, get)).toEqual({ status: answer.status, headers, body });
});

it('forbids to compress what comes in pieces, so that nobody holds them back', () => {
  const chunks = (async function* () {})();

  const { headers } = render({ status: 200, stream: { type: 'text/event-stream', chunks } }, get);

  expect(headers['cache-control']).toBe('no-store, no-transform');
});

it('answers HEAD with the headers of GET, the length in bytes, and no body', () => {
  expect(render({ status: 200, body: { a: 'é' } }, { ...get, method: 'HEAD' })).toEqual({
    status: 200,
    headers: { ...api, 'content-length': '10' },
    body: null,
  });
});
