import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { freshDirectory } from '../support/database.js';
import { linksContract, read } from '../guides/pages.js';
import { HOSTS, type Served } from './hosts.js';
import { shop, type Shop } from './shop.js';

// The host's own login in place of API keys, with the functions of the guide, through every host.

const GUIDE = 'docs/guides/your-own-login.md';
linksContract(GUIDE);

interface User {
  readonly id: string;
  readonly account: string;
  readonly live: boolean;
  readonly scopes: readonly string[];
}
const sessions = new Map<string, User>();
const SECRET = 'the secret of the app';
const NOW_MS = Date.parse('2026-11-22T00:00:00Z');

/** A token as the app signs it. */
function tokenOf(claims: object, secret = SECRET): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

let bySession: Shop;
let byToken: Shop;
beforeAll(async () => {
  const folder = await freshDirectory();
  const pieces = [...read(GUIDE).matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code);
  const exported = pieces.filter((code) => code.includes('export const'));
  const [session, token] = await Promise.all(
    exported.map(async (code, index) => {
      const file = join(folder, `login-${index}.mjs`);
      await writeFile(file, code);
      return import(/* @vite-ignore */ pathToFileURL(file).href);
    }),
  );
  const publicUrl = 'https://shop.example/itpay';
  bySession = await shop(publicUrl, { authenticate: session.bySession(sessions) });
  byToken = await shop(publicUrl, { authenticate: token.byToken(SECRET, () => NOW_MS) });

  const { id: account } = bySession.pay.account;
  const { id: other } = await bySession.pay.accounts.create('Another Shop');
  const scopes = ['payments:read', 'payments:write', 'audit:read'];
  sessions.set('of-anna', { id: 'user_anna', account, live: false, scopes });
  sessions.set('of-ben', { id: 'user_ben', account, live: false, scopes: ['payments:read'] });
  sessions.set('of-a-stranger', { id: 'user_cai', account: other, live: false, scopes });
  sessions.set('of-anna-live', { id: 'user_anna', account, live: true, scopes });
});

const create = (headers: object, key: string) => ({
  method: 'POST',
  headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': key },
  body: JSON.stringify({ amount: { currency: 'THB', value: 100 }, channel: 'fake', order_reference: key }),
});
const told = async (response: Response) => {
  const body = (await response.json()) as any;
  return [response.status, body.error?.code ?? body.id ?? body.object];
};

describe.each(HOSTS.map((host) => [host.name, host] as const))('In %s', (name, host) => {
  const at = (t: Shop): Promise<Served> => host.serve({ mounts: [{ path: '/itpay', pay: t.pay }] });

  it('a session of the app is a caller with its account, mode and scopes', async () => {
    const { call } = await at(bySession);
    const as = (sid: string) => ({ cookie: `theme=dark; sid=${sid}` });
    const intents = '/itpay/v1/payment-intents';

    const created = await call(intents, create(as('of-anna'), name));
    const { id, pay_url } = (await created.json()) as { id: string; pay_url: string };
    const readAs = async (headers: Record<string, string>) => told(await call(`${intents}/${id}`, { headers }));

    expect(created.status).toBe(201);
    expect(await readAs(as('of-anna'))).toEqual([200, id]);
    expect(await readAs(as('of-ben'))).toEqual([200, id]);
    expect(await told(await call(intents, create(as('of-ben'), `${name} again`)))).toEqual([403, 'PERMISSION_DENIED']);
    expect(await readAs(as('of-a-stranger'))).toEqual([404, 'PAYMENT_INTENT_NOT_FOUND']);
    expect(await readAs(as('of-anna-live'))).toEqual([404, 'PAYMENT_INTENT_NOT_FOUND']);
    expect(await readAs(as('nobody'))).toEqual([401, 'API_KEY_MISSING']);
    expect(await readAs({ authorization: `Bearer ${bySession.testKey}` })).toEqual([401, 'API_KEY_MISSING']);

    const audited = await call(`/itpay/v1/audit-log?object_id=${id}`, { headers: as('of-anna') });
    const { data: entries } = (await audited.json()) as any;
    expect(entries.map(({ actor }: any) => `${actor.kind} ${actor.id}`)).toContain('host_session user_anna');

    // A payer needs no login, and sees this one payment only.
    const token = new URL(pay_url).searchParams.get('t');
    const waited = await call(`${intents}/${id}/wait?timeout=1&t=${token}`);
    expect(Object.keys(((await waited.json()) as any).payment_intent).toSorted()).toEqual(
      ['expires_at', 'id', 'livemode', 'object', 'status', 'version'].toSorted(),
    );
    const another = (await (await call(intents, create(as('of-anna'), `${name} another`))).json()) as { id: string };
    expect((await call(`${intents}/${another.id}/wait?timeout=1&t=${token}`)).status).toBe(404);
    expect((await call(`${intents}/${id}?t=${token}`)).status).toBe(401);
  });

  it('a token of the app is checked', async () => {
    const { call } = await at(byToken);
    const exp = NOW_MS / 1000 + 60;
    const claims = { sub: 'app', exp, account: byToken.pay.account.id, live: false, scopes: ['payments:read'] };
    const list = async (token: string) =>
      told(await call('/itpay/v1/payment-intents', { headers: { authorization: `Bearer ${token}` } }));

    expect(await list(tokenOf(claims))).toEqual([200, 'list']);
    expect(await list(tokenOf(claims, 'another secret'))).toEqual([401, 'API_KEY_INVALID']);
    expect(await list(tokenOf({ ...claims, exp: exp - 61 }))).toEqual([401, 'API_KEY_EXPIRED']);
    expect(await list(tokenOf({ ...claims, exp: undefined }))).toEqual([401, 'API_KEY_EXPIRED']);
    expect(await list(tokenOf({ ...claims, scopes: [] }))).toEqual([403, 'PERMISSION_DENIED']);
    expect(await list('not.a-token')).toEqual([401, 'API_KEY_MISSING']);
  });
});
