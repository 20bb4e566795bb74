import { API_VERSION } from '@itpay/core';
import { fileBlobStore, memoryPubSub, openPglite, openPostgres } from '@itpay/data';
import { gateway, SCOPE_PRESETS, toFetch, type GatewayApi } from '@itpay/gateway';
import {
  Accounts,
  createKernel,
  definePlugin,
  defineRoute,
  Routes,
  secretsFrom,
  statement,
  type Database,
  type Kernel,
} from '@itpay/kernel';
import { capturedLogger, fakeClock } from '@itpay/testkit';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { backend, freshDatabase, freshDirectory } from '../support/database.js';

const clock = fakeClock('2026-01-01T00:00:00Z');
let statements: string[] = [];
let database: Database;
let kernel: Kernel;
let api: GatewayApi;
let account: string;

beforeAll(async () => {
  database = recorded(
    backend() === 'pglite'
      ? await openPglite({ directory: await freshDirectory(), schema: 'itpay' })
      : await openPostgres({ url: (await freshDatabase()).url, schema: 'itpay' }),
  );
  kernel = await start(database, gateway());
  api = kernel.plugins['gateway'] as GatewayApi;
  account = (await kernel.get(Accounts.token).create('Shop')).id;
});

beforeEach(() => {
  statements = [];
});

async function start(on: Database, plugin: ReturnType<typeof gateway>): Promise<Kernel> {
  const started = await createKernel({
    settings: { publicUrl: 'https://shop.example' },
    database: on,
    blobStore: fileBlobStore(await freshDirectory()),
    pubsub: memoryPubSub(),
    secrets: secretsFrom(['a-secret-key-for-tests-that-is-long-enough']),
    logger: capturedLogger(),
    clock,
    plugins: [plugin, echo],
    migrate: 'auto',
  });
  whenFileEnds(() => started.close());
  return started;
}

const echo = definePlugin({
  name: 'echo',
  version: '1',
  register: (registry) =>
    registry.contribute(Routes, [], () =>
      defineRoute({
        method: 'POST',
        path: '/v1/echo',
        summary: 'Say who calls',
        tag: 'Test',
        access: 'payments:write',
        answers: {},
        errors: [],
        run: async ({ principal }) => ({ status: 200, body: { principal } }),
      }),
    ),
});

const newKey = (more: object = {}) =>
  api.keys.create({ account, livemode: false, label: 'Backend', preset: 'merchant_full', ...more });

const call = (token: string) =>
  toFetch(api.handle)(
    new Request('https://shop.example/v1/echo', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'idempotency-key': 'k' },
    }),
  );
const outcome = async (token: string) => {
  const response = await call(token);
  const { error } = (await response.json()) as { error?: { code: string } };
  return error?.code ?? response.status;
};

it('makes a key that works at once, for its account, mode and scopes', async () => {
  const { key, token } = await newKey();

  const response = await call(token);

  expect(await response.json()).toEqual({
    principal: {
      id: key.id,
      kind: 'api_key',
      account,
      livemode: false,
      scopes: [...SCOPE_PRESETS.merchant_full],
      lineage: key.id,
      apiVersion: API_VERSION,
    },
  });
});

it('shows a key without its secret, newest first', async () => {
  const { key: first, token } = await newKey({ label: 'First' });
  const { key: second } = await newKey({
    label: 'Second',
    livemode: true,
    scopes: ['payments:read'],
    preset: undefined,
  });

  const [newest, before] = await api.keys.list(account);

  expect([newest, before]).toEqual([second, first]);
  expect(second).toMatchObject({ livemode: true, scopes: ['payments:read'], status: 'active', lineage: second.id });
  expect(first.masked).toBe(`${token.slice(0, 24)}…${token.slice(-4)}`);
  expect(JSON.stringify(await api.keys.list(account))).not.toContain(token.slice(24));
});

it('stores nothing from which the key could be made again', async () => {
  const { token } = await newKey();

  const rows = await database.query(ALL, {});

  expect(rows.map((row) => row.text).join()).not.toContain(token.slice(24, -4));
});

it('does no work in the database for a request with a key that it knows', async () => {
  const { token } = await newKey();
  await call(token);
  statements = [];

  expect(await outcome(token)).toBe(200);

  expect(statements).toEqual([]);
});

describe('Revoking', () => {
  it('ends a key at once in this process', async () => {
    const { key, token } = await newKey();
    expect(await outcome(token)).toBe(200);

    const revoked = await api.keys.revoke(key.id);

    expect(revoked).toMatchObject({ status: 'revoked', revokedAt: clock.now() });
    expect(await outcome(token)).toBe('API_KEY_REVOKED');
  });

  it('ends a key within ten seconds in other processes', async () => {
    const { key, token } = await newKey();
    expect(await outcome(token)).toBe(200);

    await database.query(REVOKE_ELSEWHERE, { id: key.id });
    clock.advance('10s');

    expect(await outcome(token)).toBe('API_KEY_REVOKED');
  });

  it('a second time changes nothing', async () => {
    const { key } = await newKey();

    const first = await api.keys.revoke(key.id);
    clock.advance('1h');

    expect(await api.keys.revoke(key.id)).toEqual(first);
    expect(await auditOf(key.id)).toHaveLength(2);
  });

  it('says so when there is no such key', async () => {
    await expect(api.keys.revoke('key_nobody')).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
  });
});

it('ends a key when its time has come', async () => {
  const { token } = await newKey({ expiresAt: new Date(clock.now().getTime() + 60_000) });
  expect(await outcome(token)).toBe(200);

  clock.advance('1m');

  expect(await outcome(token)).toBe('API_KEY_EXPIRED');
  expect((await api.keys.list(account))[0]).toMatchObject({ status: 'expired' });
});

it('writes down who made and revoked a key', async () => {
  const { key } = await newKey();
  await api.keys.revoke(key.id);

  expect(await auditOf(key.id)).toEqual([
    { actor: 'host', action: 'api_key.created', from_state: null, to_state: 'active' },
    { actor: 'host', action: 'api_key.revoked', from_state: 'active', to_state: 'revoked' },
  ]);
});

it.each([
  ['account', { account: 'm_nobody' }, 'RESOURCE_NOT_FOUND'],
  ['label', { label: '' }, 'PARAMETER_INVALID'],
  ['scope', { preset: undefined, scopes: ['payments:admin'] }, 'PARAMETER_INVALID'],
  ['expiry', { expiresAt: new Date('2020-01-01') }, 'PARAMETER_INVALID'],
])('makes no key with a wrong %s', async (_what, more, code) => {
  const before = await api.keys.list(account);

  await expect(newKey(more)).rejects.toMatchObject({ code });

  expect(await api.keys.list(account)).toEqual(before);
});

it('asks the host who calls, where the host wants to say so itself', async () => {
  const principal = {
    id: 'user_1',
    kind: 'host_session',
    account,
    livemode: false,
    scopes: ['payments:write'],
  } as const;
  const kept = new Proxy(database, {
    get: (target, name) => (name === 'close' ? async () => {} : Reflect.get(target, name)),
  });
  const other = await start(
    kept,
    gateway({ authenticate: ({ headers }) => (headers['cookie'] === 'session=1' ? principal : (undefined as never)) }),
  );
  const { handle } = other.plugins['gateway'] as GatewayApi;
  const callWith = (headers: Record<string, string>) =>
    toFetch(handle)(
      new Request('https://shop.example/v1/echo', { method: 'POST', headers: { ...headers, 'idempotency-key': 'k' } }),
    );

  expect(await (await callWith({ cookie: 'session=1' })).json()).toEqual({ principal });
  expect((await callWith({ authorization: `Bearer ${(await newKey()).token}` })).status).toBe(401);
});

it('answers what every installation answers', async () => {
  const get = async (path: string) => {
    const response = await toFetch(api.handle)(new Request(`https://shop.example${path}`));
    return [response.status, response.headers.get('content-type'), await response.text()] as const;
  };

  expect(await get('/v1/health')).toEqual([200, expect.stringContaining('json'), expect.stringContaining('"ok"')]);
  expect(await get('/v1/ready')).toEqual([200, expect.anything(), expect.stringContaining('"database":{"state":"ok"')]);
  expect(await get('/v1/openapi.json')).toEqual([200, expect.anything(), expect.stringContaining('"/v1/echo"')]);
  expect(await get('/errors/QR_EXPIRED')).toEqual([
    200,
    'text/html; charset=utf-8',
    expect.stringContaining('QR_EXPIRED'),
  ]);
});

const auditOf = (objectId: string) => database.query(AUDIT, { objectId });

const AUDIT = statement<{ objectId: string }, object>(
  'test_audit',
  `select actor, action, from_state, to_state from {schema}.audit_entries where object_id = :objectId order by id`,
);
const ALL = statement<object, { text: string }>('test_all_keys', `select k::text as text from {schema}.api_keys k`);
const REVOKE_ELSEWHERE = statement<{ id: string }, object>(
  'test_revoke',
  `update {schema}.api_keys set status = 'revoked', revoked_at = now() where id = :id`,
);

/** The database, with a list of the statements that ran outside of transactions. */
function recorded(real: Database): Database {
  return new Proxy(real, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (name === 'query') statements.push((args[0] as { name: string }).name);
        if (name === 'transaction') statements.push('a transaction');
        return (value as (...all: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}
