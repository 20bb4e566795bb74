// One of several equal processes on one database: it takes requests and works, and is told the rest over IPC. Everything is
// imported before the first message comes, so that a start costs a test little.
import { createServer } from 'node:http';
import { mount } from '@itpay/express';
import { definePlugin, JobHandlers, Sweeps, token } from '@itpay/kernel';
import { FAKE_CAPABILITIES, fakeChannel } from '@itpay/testkit/fake-rail';
import express from 'express';
import { createItPay, stopOnSignal } from 'itpay';

/**
 * @typedef {object} Setting
 * @property {{ url: string, secret: string }} rail
 * @property {object} options more for `createItPay`: publicUrl, database, redis …
 */

/** Ahead of the machine's by so much, or at one time: `atMs`. @type {{ offsetMs: number, atMs: number | null, now(): Date }} */
const clock = {
  offsetMs: 0,
  atMs: null,
  now: () => new Date(clock.atMs ?? Date.now() + clock.offsetMs),
};
/** @type {Awaited<ReturnType<typeof createItPay>>} */
let pay;
let close = async () => {};

/** @type {import('@itpay/kernel').Token<{ sweeps: string[], jobs: string[] }>} */
const Background = token('background');

/** Sees what works in the background, by name. */
const looker = definePlugin({
  name: 'looker',
  version: '1',
  api: Background,
  register(registry) {
    registry.own(Background, [Sweeps, JobHandlers], (sweeps, jobs) => ({
      sweeps: sweeps.map(({ name }) => name),
      jobs: jobs.map(({ name }) => name),
    }));
  },
});

/** @type {Record<string, (details: any) => Promise<unknown>>} */
const TASKS = {
  /** @param {Setting} setting */
  async open({ rail, options }) {
    const tell = (/** @type {string} */ level) => (/** @type {any} */ facts, /** @type {string} */ message) =>
      process.send?.({ call: -1, result: { level, message, ...facts, err: facts?.err?.stack } });
    pay = await createItPay({
      secretKey: 'a-secret-key-for-tests-that-is-long-enough',
      account: 'Test Shop',
      mode: 'test',
      plugins: [fakeChannel({ ...rail, mode: 'test', capabilities: [...FAKE_CAPABILITIES, 'statement'] }), looker],
      logger: { debug() {}, info() {}, warn: tell('warn'), error: tell('error') },
      clock,
      .../** @type {any} */ (options),
    });
    const app = express();
    app.use('/itpay', mount(pay));
    const server = createServer(app);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
    close = async () => {
      server.close();
      server.closeAllConnections();
      await pay.stop();
    };
    process.removeAllListeners('SIGTERM');
    stopOnSignal(server, pay);
    return { port: /** @type {import('node:net').AddressInfo} */ (server.address()).port };
  },

  /** What subscribers of the host do, once for each event: a row, in the table that the test made. */
  async subscribe() {
    pay.on('*', (event, { trx }) => trx.raw('insert into seen (event) values (?)', [event.id]), { name: 'seen' });
  },

  /** @param {{ livemode: boolean, scopes: string[], expiresAtMs?: number }} details */
  async key({ livemode, scopes, expiresAtMs }) {
    const expiresAt = expiresAtMs === undefined ? null : new Date(expiresAtMs);
    const { key, token: text } = await pay.keys.create({
      account: pay.account.id,
      livemode,
      label: 'test',
      scopes,
      expiresAt,
    });
    return { id: key.id, token: text };
  },

  /** @param {{ offsetMs?: number, atMs?: number | null }} details */
  async clock({ offsetMs = clock.offsetMs, atMs = null }) {
    Object.assign(clock, { offsetMs, atMs });
  },

  background: async () => /** @type {any} */ (pay.plugins)['looker'],

  /** Does everything that is due. */
  settle: () => pay.settle(),

  stop: () => close(),
};

process.on('disconnect', () => process.exit());
process.on('message', async (/** @type {{ call: number, task: string }} */ { call, task, ...details }) => {
  try {
    process.send?.({ call, result: (await TASKS[task]?.(details)) ?? null });
  } catch (error) {
    process.send?.({ call, failed: error instanceof Error ? `${error.stack}` : String(error) });
  }
});
process.send?.({ call: 0, result: null });
