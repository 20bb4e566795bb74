import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { mount } from '@itpay/express';
import { createItPay, type ItPayOptions } from 'itpay';
import { fakeClock } from '@itpay/testkit';
import express from 'express';
import { expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDirectory } from '../support/database.js';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A whole ItPay behind Express on the loopback interface. */
async function shop(options: Partial<ItPayOptions>) {
  const clock = fakeClock();
  const dataDir = await freshDirectory();
  const pay = await createItPay({
    publicUrl: 'https://shop.example/itpay',
    plugins: [],
    account: 'Noodle Shop',
    mode: 'test',
    work: false,
    logger: quiet,
    clock,
    dataDir,
    ...options,
  });
  whenFileEnds(() => pay.stop());
  const { token } = await pay.keys.create({
    account: pay.account.id,
    livemode: false,
    label: 'test',
    preset: 'merchant_full',
  });
  const server = express().use('/itpay', mount(pay)).listen(0, '127.0.0.1');
  whenFileEnds(() => void server.close().closeAllConnections());
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/itpay`;
  const ask = (path: string, headers: Record<string, string> = {}) => fetch(base + path, { headers });
  return { clock, ask, authorization: `Bearer ${token}` };
}

it('tells each caller behind Express its limits, and when to come again', async () => {
  const { ask, clock, authorization } = await shop({ rateLimits: { test: { perSecond: 0.5, burst: 2 } } });
  const statuses: number[] = [];
  const told: (string | null)[][] = [];
  const askOnce = async () => {
    const { status, headers } = await ask('/v1/channels', { authorization });
    statuses.push(status);
    told.push(
      ['itpay-ratelimit-limit', 'itpay-ratelimit-remaining', 'itpay-ratelimit-reset', 'retry-after'].map((name) =>
        headers.get(name),
      ),
    );
  };

  for (let i = 0; i < 3; i += 1) await askOnce();
  clock.advance('2s');
  await askOnce();

  expect(statuses).toEqual([200, 200, 429, 200]);
  expect(told).toEqual([
    ['2', '1', '2', null],
    ['2', '0', '4', null],
    ['2', '0', '4', '2'],
    ['2', '0', '4', null],
  ]);
});

it('believes what a request says about its client only behind a proxy', async () => {
  const rateLimits = { unauthenticated: { burst: 1 } };
  const direct = await shop({ rateLimits });
  const proxied = await shop({ rateLimits, trustProxy: 1 });
  const from = async ({ ask }: typeof direct, client: string) =>
    (await ask('/v1/openapi.json', { 'x-forwarded-for': client })).status;

  expect([await from(direct, '203.0.113.1'), await from(direct, '203.0.113.2')]).toEqual([200, 429]);
  expect([await from(proxied, '203.0.113.1'), await from(proxied, '203.0.113.2')]).toEqual([200, 200]);
  expect(await from(proxied, '198.51.100.9, 203.0.113.1')).toBe(429);
});
