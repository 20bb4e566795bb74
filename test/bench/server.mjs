import { once } from 'node:events';
import { createServer } from 'node:http';
import { promptpay } from '@itpay/channel-promptpay';
import { mount } from '@itpay/express';
import { definePlugin, defineRoute, Routes } from '@itpay/kernel';
import express from 'express';
import { createItPay } from 'itpay';
import { bareServer } from './bare.mjs';

// One server under test, in a process of its own: `fork('server.mjs', [JSON.stringify(options)])`. It says when it is up,
// and its CPU time when asked.

/**
 * @typedef {object} ServerOptions
 * @property {'itpay' | 'bare'} variant
 * @property {string} database
 * @property {boolean} [still] no worker, and a clock that stands still, so that nothing but a request asks the database
 * @property {boolean} [limits] with rate limits, high enough that none is reached
 * @property {string} [webhookOrigin] a receiver that webhooks may go to
 *
 * @typedef {{ port: number, token: string }} Ready
 * @typedef {{ cpuMs: number }} Cpu
 */

const POOL_SIZE = 10; // ItPay's default
const publicUrl = 'http://127.0.0.1/itpay';

/** A route for callers with a key that does nothing: what remains is the gateway. */
const nothing = definePlugin({
  name: 'nothing',
  version: '1',
  register: (registry) =>
    registry.contribute(Routes, [], () =>
      defineRoute({
        method: 'GET',
        path: '/v1/nothing',
        summary: 'Nothing',
        tag: 'Bench',
        access: 'payments:read',
        answers: {},
        errors: [],
        run: async () => ({ status: 200, body: { ok: true } }),
      }),
    ),
});

/** @param {ServerOptions} options */
async function itpayServer({ database, still, limits, webhookOrigin }) {
  const now = new Date();
  const pay = await createItPay({
    publicUrl,
    database,
    mode: 'test',
    account: 'Noodle Shop',
    secretKey: 'a-secret-key-for-measuring-that-is-long-enough',
    plugins: [promptpay({ target: '0812345678' }), nothing],
    // What is measured is how fast it can be.
    rateLimits: limits ? { test: { perSecond: 1_000_000, burst: 1_000_000 } } : false,
    ...(webhookOrigin && { webhooks: { allowedOrigins: [webhookOrigin] } }),
    ...(still && { work: false, clock: { now: () => new Date(now) } }),
  });
  const { token } = await pay.keys.create({
    account: pay.account.id,
    livemode: false,
    label: 'bench',
    preset: 'merchant_full',
  });
  const app = express();
  app.use('/itpay', mount(pay));
  return { app, token, stop: () => pay.stop() };
}

const options = /** @type {ServerOptions} */ (JSON.parse(String(process.argv[2])));
const { app, token, stop } =
  options.variant === 'itpay'
    ? await itpayServer(options)
    : {
        token: 'itpay_test_000000000000_' + 'x'.repeat(43),
        ...bareServer({ ...options, poolSize: POOL_SIZE, publicUrl }),
      };
const server = createServer(app).listen(0, '127.0.0.1');
await once(server, 'listening');

process.on('disconnect', () => process.exit());
process.on('message', async (message) => {
  if (message === 'cpu') {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMs: (user + system) / 1000 });
    return;
  }
  server.close();
  server.closeAllConnections();
  await stop();
  process.disconnect();
});
process.send?.({ port: /** @type {import('node:net').AddressInfo} */ (server.address()).port, token });
