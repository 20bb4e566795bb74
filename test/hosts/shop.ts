import { testInstance } from '@itpay/testkit';
import { createFakeRailServer, fakeChannel, signed, type FakeRail } from '@itpay/testkit/fake-rail';
import { createItPay, type ItPayOptions } from 'itpay';
import { expect } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDirectory } from '../support/database.js';
import type { Served } from './hosts.js';

/** A whole ItPay with a rail that signs its callbacks. */
export async function shop(publicUrl: string, options: Partial<ItPayOptions> = {}) {
  const rail = await createFakeRailServer();
  whenFileEnds(() => rail.stop());
  const t = await testInstance(createItPay, {
    publicUrl,
    plugins: [fakeChannel({ url: rail.url, secret: rail.secret, mode: 'test' })],
    dataDir: await freshDirectory(),
    secretKey: 'a-secret-key-for-tests-that-is-long-enough',
    ...options,
  });
  whenFileEnds(() => t.stop());
  return { ...t, rail, publicUrl };
}
export type Shop = Awaited<ReturnType<typeof shop>>;

/** The shop's customer: calls `publicUrl` and reaches the app, as name resolution and proxies do outside. */
export function clientOf({ publicUrl, testKey }: Pick<Shop, 'publicUrl' | 'testKey'>, { call }: Served) {
  const mountPath = new URL(publicUrl).pathname.replace(/\/$/, '');
  return async (method: string, path: string, { body, headers }: { body?: object; headers?: object } = {}) =>
    call(mountPath + path, {
      method,
      headers: {
        authorization: `Bearer ${testKey}`,
        ...(method === 'POST' && { 'idempotency-key': `key-${keys++}`, 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
}
let keys = 0;

let orders = 0;
export async function pay(client: ReturnType<typeof clientOf>, rail: FakeRail) {
  const body = {
    amount: { currency: 'THB', value: 10_000 },
    channel: 'fake',
    order_reference: `order ${orders++}`,
    description: 'ก๋วยเตี๋ยว',
  };
  const created = await client('POST', '/v1/payment-intents', { body });
  const intent = (await created.json()) as {
    id: string;
    version: number;
    description: string;
    qr: { qr_data: string };
  };
  expect([created.status, intent.description]).toEqual([201, body.description]);
  await rail.pay(intent.qr.qr_data);
  return intent;
}

/** Delivers the rail's callbacks, spaced and signed so that only the bytes themselves fit: no parser writes JSON like this. */
export async function deliver(rail: FakeRail, { call }: Served): Promise<number[]> {
  const waiting = await rail.callbacks();
  expect(waiting.length).toBeGreaterThan(0);
  return Promise.all(
    waiting.map(async ({ url, headers, body: plain }) => {
      const { pathname, search } = new URL(url);
      const body = plain.replace('{', '{ \r\n');
      const signature = signed(rail.secret, { kind: 'callback', body });
      const response = await call(pathname + search, { method: 'POST', headers: { ...headers, ...signature }, body });
      await response.text();
      return response.status;
    }),
  );
}

export const statusOf = async (client: ReturnType<typeof clientOf>, id: string) =>
  ((await (await client('GET', `/v1/payment-intents/${id}`)).json()) as { status: string }).status;

/** Says so when one status is another. */
export const all = (statuses: number[], status: number) => expect(statuses).toEqual(statuses.map(() => status));
