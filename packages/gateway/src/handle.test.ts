import { setTimeout as sleep } from 'node:timers/promises';
import { ItPayError } from '@itpay/core';
import { asReplayed, defineRoute, type RawRequest, type Route, type RouteRequest } from '@itpay/kernel';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { merchant, request, route, testHandle } from '../test/fakes.js';
import { Traffic } from './traffic.js';

const authorization = 'merchant';
const headers = { authorization, 'idempotency-key': 'k', 'content-type': 'application/json' };

const create = route({
  method: 'POST',
  path: '/v1/things/{id}',
  params: z.strictObject({ id: z.string() }),
  query: z.strictObject({ limit: z.coerce.number().int().default(25) }),
  body: z.strictObject({ amount: z.int({ error: 'AMOUNT_INVALID' }), note: z.string().default('none') }),
});
const readOnly = route({ method: 'POST', path: '/v1/admin', access: 'keys:write' });
const url = '/v1/things/thing_1';

const bodyOf = (response: { body: unknown }) => JSON.parse(String(response.body));

it('gives the route what its schemas made of the request', async () => {
  const { handle } = testHandle([create]);

  const response = await handle(request({ method: 'POST', url: `${url}?limit=5`, headers, body: { amount: 699 } }));

  expect(response.status).toBe(200);
  expect(bodyOf(response)).toEqual({
    params: { id: 'thing_1' },
    query: { limit: 5 },
    body: { amount: 699, note: 'none' },
  });
});

// The first step that refuses decides: each row repairs what the row before was refused for.
it.each([
  ['GET', '/v1/nothing', {}, '', 404, 'RESOURCE_NOT_FOUND'],
  ['GET', url, {}, '', 405, 'METHOD_NOT_ALLOWED'],
  ['POST', url, {}, '', 401, 'API_KEY_MISSING'],
  ['POST', '/v1/admin', { authorization }, '', 403, 'PERMISSION_DENIED'],
  ['POST', `${url}?limit=1&limit=2`, { authorization }, '', 400, 'PARAMETER_INVALID'],
  ['POST', `${url}?limit=x`, { authorization }, '', 400, 'BODY_INVALID'],
  ['POST', `${url}?limit=x`, headers, '{"amount":"x"}', 400, 'PARAMETER_INVALID'],
  ['POST', `${url}?limits=1`, headers, '{"amount":"x"}', 400, 'PARAMETER_UNKNOWN'],
  ['POST', url, { ...headers, 'idempotency-key': undefined }, '{"amount":"x"}', 400, 'AMOUNT_INVALID'],
  ['POST', url, { ...headers, 'idempotency-key': undefined }, '{}', 400, 'PARAMETER_MISSING'],
  ['POST', url, { ...headers, 'idempotency-key': undefined }, '{"amount":1,"__proto__":{}}', 400, 'PARAMETER_UNKNOWN'],
  ['POST', url, { ...headers, 'idempotency-key': undefined }, '{"amount":1}', 400, 'IDEMPOTENCY_KEY_REQUIRED'],
  ['POST', url, { ...headers, 'idempotency-key': '' }, '{"amount":1}', 400, 'IDEMPOTENCY_KEY_INVALID'],
  ['POST', url, headers, '{"amount":1}', 200, undefined],
])('%s %s with %j and %s is answered with %i %s', async (method, path, sent, body, status, code) => {
  const { handle } = testHandle([create, readOnly]);

  const response = await handle(request({ method, url: path, headers: sent, body }));

  expect(response.status).toBe(status);
  expect(bodyOf(response).error?.code).toBe(code);
  expect(response.headers['itpay-request-id']).toMatch(/^req_/);
  if (code !== undefined) expect(bodyOf(response).request_id).toBe(response.headers['itpay-request-id']);
});

it('does not run a route that it refused, and does not read the body of a stranger', async () => {
  const run = vi.fn();
  const rawBody = vi.fn();
  const { handle } = testHandle([{ ...create, run }]);

  await handle(request({ method: 'POST', url, rawBody }));

  expect(run).not.toHaveBeenCalled();
  expect(rawBody).not.toHaveBeenCalled();
});

describe('A route without a body schema', () => {
  const cancel = route({ method: 'POST', path: '/v1/things/{id}/cancel' });

  it.each([
    [undefined, 200, undefined],
    ['{}', 200, undefined],
    ['{"a":1}', 400, 'PARAMETER_UNKNOWN'],
    ['nonsense', 400, 'BODY_INVALID'],
  ])('answers the body %j with %i', async (body, status, code) => {
    const { handle } = testHandle([cancel]);

    const response = await handle(request({ method: 'POST', url: `${url}/cancel`, headers, body }));

    expect(response.status).toBe(status);
    expect(bodyOf(response).error?.code).toBe(code);
  });
});

it('compares requests as they were sent, before defaults', async () => {
  const keys: unknown[] = [];
  const { handle } = testHandle([
    { ...create, run: async ({ idempotencyKey }) => ({ status: 200, body: { n: keys.push(idempotencyKey) } }) },
  ]);

  for (const body of ['{"amount":1,"note":"none"}', '{ "note": "none", "amount": 1 }', '{"amount":1}']) {
    await handle(request({ method: 'POST', url, headers, body }));
  }

  expect(keys[0]).toEqual(keys[1]);
  expect(keys[2]).not.toEqual(keys[1]);
});

describe('A display token', () => {
  const show = route({
    method: 'GET',
    path: '/v1/things/{id}',
    access: 'payments:read',
    displayToken: true,
    query: z.strictObject({}),
    run: async ({ principal, displayIntentId, query }) => ({
      status: 200,
      body: { principal, displayIntentId, query },
    }),
  });

  it('stands for its intent', async () => {
    const { handle } = testHandle([show]);

    const response = await handle(request({ url: `${url}?t=shown` }));

    expect(bodyOf(response)).toEqual({ principal: null, displayIntentId: 'pi_shown', query: {} });
  });

  it('is refused when it was not issued here', async () => {
    const { handle } = testHandle([show]);

    const response = await handle(request({ url: `${url}?t=guessed` }));

    expect(response).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
  });

  it('never appears in the log', async () => {
    const run = () => Promise.reject(new Error('a bug'));
    const { handle, logger } = testHandle([{ ...show, run }]);

    await handle(request({ url: `${url}?t=shown` }));

    expect(logger.lines).toHaveLength(1);
    expect(JSON.stringify(logger.lines)).not.toContain('shown');
  });
});

it('answers HEAD as GET, without the body', async () => {
  const { handle } = testHandle([route({ method: 'GET', path: '/v1/things', access: 'public' })]);

  const [get, head] = [
    await handle(request({ url: '/v1/things' })),
    await handle(request({ method: 'HEAD', url: '/v1/things' })),
  ];

  expect(head).toMatchObject({ status: 200, body: null, headers: { 'content-length': `${String(get.body).length}` } });
});

it('looks at the query of a page for people only where the page asks for it', async () => {
  const { handle } = testHandle([route({ method: 'GET', path: '/errors', access: 'public', hidden: true })]);

  expect(await handle(request({ url: '/errors?utm_source=x' }))).toMatchObject({ status: 200 });
});

describe('A raw route', () => {
  const seen: RawRequest[] = [];
  const callback = defineRoute({
    method: 'POST',
    path: '/v1/channels/{channel}/callback/{token}',
    summary: 'Take a notification',
    tag: 'Test',
    access: 'public',
    raw: true,
    answers: { 200: { description: 'Understood.' } },
    errors: ['CHANNEL_SIGNATURE_INVALID'],
    run: async ({ params, query, body, idempotencyKey, raw }) => {
      seen.push(raw);
      expect({ params, query, body, idempotencyKey }).toEqual({
        params: { channel: 'sample', token: 'a/b' },
        query: undefined,
        body: undefined,
        idempotencyKey: null,
      });
      const answer = { type: 'text/plain', bytes: 'success' };
      return { status: 202, content: answer, headers: { 'Cache-Control': 'no-cache', 'X-Rail': '1' } };
    },
  });
  const path = '/v1/channels/sample/callback/a%2Fb?sign=%2b+&sign=x&%zz';
  const bytes = Buffer.from([0xff, 0x00, 0x7b, 0x0d, 0x0a]);

  it.each([
    ['https://shop.example/itpay', '/itpay'],
    ['https://shop.example/a%20b/itpay', '/a%20b/itpay'],
    ['https://shop.example', ''],
    ['http://127.0.0.1:8080/', ''],
  ])('gets the request as it was sent to %s', async (publicUrl, prefix) => {
    const { handle } = testHandle([callback], { publicUrl });
    const sent = { 'content-type': 'application/x-www-form-urlencoded; charset=gbk', 'x-signature': 'a, b' };

    const response = await handle(request({ method: 'POST', url: path, headers: sent, body: bytes }));

    expect(seen.at(-1)).toEqual({
      method: 'POST',
      path: prefix + path,
      headers: expect.objectContaining(sent),
      rawBody: bytes,
      remoteAddress: '127.0.0.1',
    });
    expect(response).toMatchObject({
      status: 202,
      headers: { 'content-type': 'text/plain', 'cache-control': 'no-cache', 'x-rail': '1' },
      body: 'success',
    });
  });

  it('takes an empty body, and none', async () => {
    const { handle } = testHandle([callback]);

    await handle(request({ method: 'POST', url: path }));

    expect(seen.at(-1)?.rawBody).toHaveLength(0);
  });

  it.each([
    [{ body: Buffer.alloc(256 * 1024 + 1) }],
    [{ headers: { 'content-length': `${256 * 1024 + 1}` }, rawBody: () => Promise.reject(new Error('was read')) }],
  ])('refuses more than 256 kB', async (parts) => {
    const { handle } = testHandle([callback]);

    const response = await handle(request({ method: 'POST', url: path, ...parts }));

    expect([response.status, bodyOf(response).error.code]).toEqual([413, 'BODY_TOO_LARGE']);
  });

  it('fails with the fix in the log, and is not run, when only a parsed body is left', async () => {
    const { handle, logger } = testHandle([callback]);
    const before = seen.length;
    const gone = () => Promise.reject(new ItPayError('INTERNAL_ERROR', { message: 'Mount ItPay before the parser.' }));

    const response = await handle(request({ method: 'POST', url: path, parsedBody: { a: 1 }, rawBody: gone }));

    expect([response.status, seen.length]).toEqual([500, before]);
    expect(logger.lines).toMatchObject([
      { level: 'error', fields: { err: { message: 'Mount ItPay before the parser.' } } },
    ]);
  });

  it('is null for every other route', async () => {
    const run = async ({ raw }: RouteRequest) => ({ status: 200, body: { raw } });
    const { handle } = testHandle([route({ method: 'GET', path: '/v1/x', access: 'public', run })]);

    expect(bodyOf(await handle(request({ url: '/v1/x' })))).toEqual({ raw: null });
  });

  it.each<[Partial<Route>]>([
    [{ access: 'payments:write' }],
    [{ body: z.strictObject({}) }],
    [{ query: z.strictObject({}) }],
  ])('is refused at the start with %o', (parts) => {
    expect(() => testHandle([{ ...callback, ...parts }])).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringContaining('is raw') }),
    );
  });
});

describe('What a route throws', () => {
  const failing = (thrown: unknown) =>
    route({ method: 'GET', path: '/v1/x', access: 'public', run: () => Promise.reject(thrown) });

  it('reaches the caller when it was made for callers, and is not logged', async () => {
    const { handle, logger } = testHandle([failing(new ItPayError('QR_EXPIRED'))]);

    const response = await handle(request({ url: '/v1/x' }));

    expect(response.status).toBe(410);
    expect(logger.lines).toEqual([]);
  });

  it('reaches the log with the request id when it is a bug, and the caller learns nothing', async () => {
    const bug = new Error('column "secret" does not exist');
    const { handle, logger } = testHandle([failing(bug)]);

    const response = await handle(request({ url: '/v1/x' }));

    expect(response.status).toBe(500);
    expect(String(response.body)).not.toContain('secret');
    expect(logger.lines).toEqual([
      {
        level: 'error',
        message: 'A request failed.',
        fields: {
          requestId: response.headers['itpay-request-id'],
          code: 'INTERNAL_ERROR',
          method: 'GET',
          route: '/v1/x',
          err: bug,
        },
      },
    ]);
  });

  it('is a 500 also when it happens while the answer is written down', async () => {
    const { handle } = testHandle([
      route({ method: 'GET', path: '/v1/x', access: 'public', run: async () => ({ status: 200, body: { a: 1n } }) }),
    ]);

    expect(await handle(request({ url: '/v1/x' }))).toMatchObject({ status: 500 });
  });
});

describe('A stop', () => {
  const poll = route({
    method: 'GET',
    path: '/v1/wait',
    access: 'public',
    run: async ({ signal }) => {
      await sleep(10_000, null, { signal });
      return { status: 200 };
    },
  });

  it('ends long polls with 503, lets nobody in, and is quiet about it', async () => {
    const traffic = new Traffic();
    const { handle, logger } = testHandle([poll], { traffic });
    const waiting = handle(request({ url: '/v1/wait' }));
    await sleep(5);

    await traffic.drain();

    expect(await waiting).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect(logger.lines).toEqual([]);
    expect(await handle(request({ url: '/v1/wait' }))).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  });
});

it.each([
  [z.strictObject({}), 'its schema []'],
  [z.strictObject({ id: z.string(), other: z.string() }), 'its schema [id,other]'],
])('refuses to start when path and schema disagree about the parameters', (params, reason) => {
  expect(() => testHandle([{ ...create, params }])).toThrow(
    expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringContaining(reason) }),
  );
});

it('says of an error that it was stored for the idempotency key', async () => {
  const refuse = (error: ItPayError) =>
    testHandle([route({ method: 'POST', path: '/v1/things', run: async () => Promise.reject(error) })]).handle;
  const post = request({ method: 'POST', url: '/v1/things', headers });

  const first = await refuse(new ItPayError('PAYMENT_DECLINED'))(post);
  const again = await refuse(asReplayed(new ItPayError('PAYMENT_DECLINED')))(post);

  expect([first.status, first.headers['idempotent-replayed']]).toEqual([402, undefined]);
  expect([again.status, again.headers['idempotent-replayed']]).toEqual([402, 'true']);
  expect(bodyOf(again).error).toEqual(bodyOf(first).error);
});

describe('the version of an answer', () => {
  const intent = { object: 'payment_intent', amount_captured: { currency: 'THB', value: 500 } };
  const read = route({
    method: 'GET',
    path: '/v1/intent',
    run: async ({ apiVersion }) => ({ status: 200, body: { ...intent, seen: apiVersion } }),
  });
  const pinnedTo = (apiVersion?: string) => ({
    authenticate: async () => ({ ...merchant, ...(apiVersion !== undefined && { apiVersion }) }),
  });

  it.each([
    // header       pinned          answer
    [undefined, undefined, '2026-11-22', intent.amount_captured],
    ['2026-09-01', undefined, '2026-09-01', 500],
    [undefined, '2026-09-01', '2026-09-01', 500],
    ['2026-11-22', '2026-09-01', '2026-11-22', intent.amount_captured],
  ])('with the header %s and a key pinned to %s is %s', async (named, pinned, version, captured) => {
    const { handle } = testHandle([read], { authenticator: pinnedTo(pinned) });

    const response = await handle(request({ url: '/v1/intent', headers: { 'itpay-version': named } }));

    expect(response.headers['itpay-version']).toBe(version);
    expect(bodyOf(response)).toMatchObject({ amount_captured: captured, seen: version });
  });

  it.each([
    ['2020-01-01', undefined],
    ['newest', undefined],
    ['', undefined],
    [undefined, '2020-01-01'],
  ])('is refused for the header %j and a key pinned to %s, with those that there are', async (named, pinned) => {
    const { handle } = testHandle([read], { authenticator: pinnedTo(pinned) });

    const response = await handle(request({ url: '/v1/intent', headers: { 'itpay-version': named } }));

    expect(response.status).toBe(400);
    expect(bodyOf(response).error).toMatchObject({
      code: 'API_VERSION_UNSUPPORTED',
      details: { supported: ['2026-11-22', '2026-09-01'] },
    });
  });

  it('is echoed on an error', async () => {
    const { handle } = testHandle([read]);

    const response = await handle(request({ url: '/v1/nothing', headers: { 'itpay-version': '2026-09-01' } }));

    expect([response.status, response.headers['itpay-version']]).toEqual([404, '2026-09-01']);
  });

  it('does not concern pages for people', async () => {
    const page = route({ method: 'GET', path: '/page', access: 'public', hidden: true });
    const { handle } = testHandle([page]);

    expect((await handle(request({ url: '/page', headers: { 'itpay-version': 'x' } }))).status).toBe(200);
  });
});
