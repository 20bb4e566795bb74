import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { route, testHandle } from '../test/fakes.js';
import { callInProcess, inProcessAuthenticator, type InProcessRequest } from './in-process.js';

const echo = route({
  method: 'GET',
  path: '/v1/things/{id}',
  query: z.strictObject({ q: z.string().optional() }),
  run: async ({ params, query, principal }) => ({ status: 200, body: { params, query, principal } }),
});
const create = route({ method: 'POST', path: '/v1/things', body: z.strictObject({ note: z.string() }) });
const page = route({
  method: 'GET',
  path: '/page',
  access: 'public',
  run: async () => ({ status: 200, content: { type: 'text/html', bytes: '<p>' } }),
});
const gone = route({ method: 'DELETE', path: '/v1/things/{id}', run: async () => ({ status: 204 }) });

const { handle } = testHandle([echo, create, page, gone], { authenticator: inProcessAuthenticator });
const call = callInProcess(handle, ['payments:write']);
const script = { id: 'script', account: 'm_shop', livemode: true };
const get = (request: Partial<InProcessRequest>) => call(script, { method: 'GET', path: '/v1/things/x', ...request });

describe('A call in this process', () => {
  it('runs the route for its caller, with every scope', async () => {
    const { status, body } = await get({ path: '/v1/things/a%2Fb', query: { q: 'c d&e', left: undefined } });

    expect(status).toBe(200);
    expect(body).toEqual({
      params: { id: 'a/b' },
      query: { q: 'c d&e' },
      principal: { ...script, kind: 'host_session', scopes: ['payments:write'] },
    });
  });

  it('keeps callers apart', async () => {
    const [one, two] = await Promise.all([
      call({ ...script, account: 'm_1' }, { method: 'GET', path: '/v1/things/x' }),
      call({ ...script, account: 'm_2' }, { method: 'GET', path: '/v1/things/x' }),
    ]);

    expect([one.body.principal.account, two.body.principal.account]).toEqual(['m_1', 'm_2']);
  });

  it('has no more scopes than its caller wants', async () => {
    const { status, body } = await call({ ...script, scopes: [] }, { method: 'GET', path: '/v1/things/x' });

    expect([status, body.error.code]).toEqual([403, 'PERMISSION_DENIED']);
  });

  it('sends a body and an idempotency key', async () => {
    const body = { note: 'ก ¥' };

    const answer = await call(script, { method: 'POST', path: '/v1/things', body, idempotencyKey: 'k' });
    const without = await call(script, { method: 'POST', path: '/v1/things', body });

    expect([answer.status, answer.body.body]).toEqual([200, body]);
    expect(without.body.error.code).toBe('IDEMPOTENCY_KEY_REQUIRED');
  });

  it('has null for an empty answer', async () => {
    const answer = await call(script, { method: 'DELETE', path: '/v1/things/x', idempotencyKey: 'k' });

    expect(answer).toMatchObject({ status: 204, body: null });
  });

  it('refuses a page, which is not for programs', async () => {
    await expect(get({ path: '/page' })).rejects.toMatchObject({ code: 'PARAMETER_INVALID' });
  });
});

it('cannot be claimed over HTTP', async () => {
  const { handle: open } = testHandle([echo]);
  const claimed = JSON.stringify({ ...script, kind: 'host_session', scopes: ['payments:write'] });

  const { status } = await open({
    method: 'GET',
    url: '/v1/things/x',
    headers: { 'itpay-in-process-caller': claimed },
    remoteAddress: null,
    signal: new AbortController().signal,
    rawBody: async () => new Uint8Array(),
  });

  expect(status).toBe(401);
});
