import type { Route } from '@itpay/kernel';
import { expect, it } from 'vitest';
import { merchant, request, route, testHandle } from '../test/fakes.js';
import { callInProcess, inProcessAuthenticator } from './in-process.js';
import { describeRoutes } from './openapi/document.js';

const headers = { authorization: 'merchant', 'idempotency-key': 'k', 'content-type': 'application/json' };
const url = '/v1/files';

/** Answers with what it got. */
function fileRoute(seen: unknown[] = [], more: Partial<Route> = {}): Route {
  return {
    ...route({ method: 'POST', path: url }),
    file: { maxBytes: 1_000 },
    run: async ({ file, body, idempotencyKey }) => {
      seen.push(idempotencyKey);
      return { status: 200, body: { file: Buffer.from(file!).toString('base64'), body: body ?? null } };
    },
    ...more,
  };
}

const bodyOf = (response: { body: unknown }) => JSON.parse(String(response.body));

it('gives a route the bytes of its file, whatever the content type says', async () => {
  const { handle } = testHandle([fileRoute()]);

  const response = await handle(request({ method: 'POST', url, headers, body: '{not JSON' }));

  expect(bodyOf(response)).toEqual({ file: Buffer.from('{not JSON').toString('base64'), body: null });
});

it('lets nobody bring a file who may not call, or sends no key', async () => {
  const { handle } = testHandle([fileRoute()]);
  const { 'idempotency-key': _, ...withoutKey } = headers;

  expect((await handle(request({ method: 'POST', url, body: 'x' }))).status).toBe(401);
  const refused = await handle(request({ method: 'POST', url, headers: withoutKey, body: 'x' }));
  expect(bodyOf(refused).error.code).toBe('IDEMPOTENCY_KEY_REQUIRED');
});

it('compares the bytes where a key is used again', async () => {
  const keys: any[] = [];
  const { handle } = testHandle([fileRoute(keys)]);

  for (const body of ['one', 'one', 'two']) await handle(request({ method: 'POST', url, headers, body }));

  const [first, same, other] = keys.map(({ requestHash }) => requestHash.toString('hex'));
  expect(same).toBe(first);
  expect(other).not.toBe(first);
  expect(keys[2].scopeHash).toEqual(keys[0].scopeHash);
});

it('refuses a file that announces to be larger than the route takes', async () => {
  const { handle } = testHandle([fileRoute()]);

  const response = await handle(
    request({ method: 'POST', url, headers: { ...headers, 'content-length': '1001' }, body: 'x' }),
  );

  expect(response.status).toBe(413);
  expect(bodyOf(response).error).toMatchObject({ code: 'BODY_TOO_LARGE', details: { limit: 1_000 } });
});

it('gives the whole file to the check of a signature first', async () => {
  const checked: number[] = [];
  const authenticator = {
    authenticate: async () => merchant,
    verifyBody: async (_request: unknown, _principal: unknown, bytes: Uint8Array | null) => {
      checked.push(bytes!.length);
    },
  };
  const { handle } = testHandle([fileRoute([], { file: { maxBytes: 400_000 } })], { authenticator });

  const response = await handle(request({ method: 'POST', url, headers, body: 'x'.repeat(300_000) }));

  expect(response.status).toBe(200);
  expect(checked).toEqual([300_000]);
});

it('takes a file in this process', async () => {
  const { handle } = testHandle([fileRoute()], { authenticator: inProcessAuthenticator });
  const call = callInProcess(handle, ['payments:write']);

  const answer = await call(
    { id: 'host', account: 'm_1', livemode: false },
    { method: 'POST', path: url, file: Buffer.from([0, 255]), idempotencyKey: 'k' },
  );

  expect(answer.body.file).toBe(Buffer.from([0, 255]).toString('base64'));
});

it('is described as bytes', () => {
  const { paths } = describeRoutes([fileRoute()], { publicUrl: 'https://shop.example/itpay' });

  expect(paths![url]!.post!.requestBody).toEqual({
    required: true,
    content: { 'application/octet-stream': { schema: {} } },
  });
});

it.each<[what: string, more: Partial<Route>]>([
  ['public', { access: 'public' }],
  ['a GET', { method: 'GET' }],
  ['raw', { raw: true, access: 'public' }],
])('stops the start when the route is %s', (_what, more) => {
  expect(() => testHandle([fileRoute([], more)])).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
});
