import { bankTransfer } from '@itpay/channel-bank-transfer';
import { promptpay } from '@itpay/channel-promptpay';
import { definePlugin, Routes, token, type AnyPlugin, type Route } from '@itpay/kernel';
import { createFakeRailServer, fakeChannel } from '@itpay/testkit/fake-rail';
import { whenFileEnds } from '../support/cleanup.js';
import { testPay } from '../support/pay.js';
import { receiver } from '../webhooks/receiver.js';

/** One of the four tenants of the house: an account in a mode, with a key that may do everything. */
export interface Tenant {
  readonly name: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly key: string;
}

export interface Sent {
  readonly key?: string | null;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: any;
}

export type House = Awaited<ReturnType<typeof isolationHouse>>;

const PUBLIC_URL = 'https://shop.example/itpay';

/** One installation with two accounts, each in both modes, one rail and one receiver of webhooks for all of them. */
export async function isolationHouse(more: readonly AnyPlugin[] = []) {
  const rail = await createFakeRailServer();
  whenFileEnds(() => rail.stop());
  const shop = await receiver();
  const routes: Route[] = [];
  const { url, secret } = rail;
  const t = await testPay({
    account: 'First Shop',
    plugins: [
      promptpay({ target: '0812345678' }),
      bankTransfer({ beneficiary: 'Laden GmbH', account: { kind: 'sepa', iban: 'DE89370400440532013000' } }),
      fakeChannel({ url, secret, mode: 'test' }, { url, secret, mode: 'live' }),
      routeTable(routes),
      ...more,
    ],
    webhooks: { allowedOrigins: [shop.origin] },
  });
  const { pay } = t;
  const scopes = [...new Set(routes.map(({ access }) => access))].filter((access) => access !== 'public');
  const keyOf = async (account: string, livemode: boolean, granted: readonly string[]) =>
    (await pay.keys.create({ account, livemode, label: 'isolation', scopes: granted })).token;

  const accounts = [pay.account, await pay.accounts.create('Second Shop')];
  const tenants: Tenant[] = [];
  for (const { id, name } of accounts) {
    for (const livemode of [false, true]) {
      const key = await keyOf(id, livemode, scopes);
      tenants.push({ name: `${name}, ${livemode ? 'live' : 'test'}`, account: id, livemode, key });
    }
  }

  /** A request through the whole gateway. Of a stream, the answer has what comes first. */
  async function send(method: string, path: string, sent: Sent = {}): Promise<Answer> {
    const { key = null, query = {}, body, idempotencyKey, headers } = sent;
    const all = new Headers(headers);
    if (key !== null) all.set('authorization', `Bearer ${key}`);
    if (method !== 'GET') all.set('idempotency-key', idempotencyKey ?? `once-${sends++}`);
    if (body !== undefined) all.set('content-type', 'application/json');
    const search = new URLSearchParams(query).toString();
    const response = await pay.fetch(
      new Request(PUBLIC_URL + path + (search && `?${search}`), {
        method,
        headers: all,
        ...(body !== undefined && { body: body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body) }),
      }),
    );
    const streams = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    const text = streams ? await firstPiece(response) : await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  }
  let sends = 0;

  /** The same where it must work: to make the objects that the tests need. */
  async function must(who: Tenant, method: string, path: string, sent: Omit<Sent, 'key'> = {}): Promise<any> {
    const answer = await send(method, path, { ...sent, key: who.key });
    if (answer.status >= 300) throw new Error(`${method} ${path} for ${who.name}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  return { ...t, rail, shop, routes, scopes, tenants, keyOf, send, must };
}

/** The routes of the running kernel, as the gateway gets them: what a plugin adds tomorrow is among them. */
function routeTable(into: Route[]) {
  return definePlugin({
    name: 'route-table',
    version: '1.0.0',
    register: (registry) => {
      registry.own(token<number>('route-table.all'), [Routes], (routes) => into.push(...routes));
    },
  });
}

async function firstPiece(response: Response): Promise<string> {
  const reader = response.body!.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return Buffer.from(value ?? []).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
