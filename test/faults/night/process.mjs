// One process of the installation on its worst night: it takes requests, or works, as it is told over IPC. Everything is
// imported before the first message comes, so that a new one takes the place of a dead one at once.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { mount } from '@itpay/express';
import { fakeChannel } from '@itpay/testkit/fake-rail';
import express from 'express';
import { createItPay } from 'itpay';

/**
 * @typedef {object} Setting
 * @property {'api' | 'worker'} role
 * @property {string} name
 * @property {string} log a file for what it warns of
 * @property {number} offsetMs of its clock
 * @property {{ url: string, secret: string }} rail
 * @property {string[]} allowedOrigins receivers on loopback
 * @property {object} options more for `createItPay`: publicUrl, database, redis, s3 …
 */

const clock = { offsetMs: 0, now: () => new Date(Date.now() + clock.offsetMs) };
/** @type {Awaited<ReturnType<typeof createItPay>>} */
let pay;

/** @type {Record<string, (details: any) => Promise<unknown>>} */
const TASKS = {
  /** @param {Setting} setting */
  async open({ role, log, offsetMs, rail, allowedOrigins, options }) {
    clock.offsetMs = offsetMs;
    const write = (/** @type {string} */ level) => (/** @type {any} */ facts, /** @type {string} */ message) => {
      const { err, failure, ...rest } = facts ?? {};
      const line = { at: new Date(), level, message, ...rest, ...(err && { err: err.stack ?? String(err) }) };
      appendFileSync(log, `${JSON.stringify({ ...line, ...(failure && { failure: String(failure) }) })}\n`);
    };
    pay = await createItPay({
      secretKey: 'a-secret-key-for-the-worst-night-that-is-long-enough',
      account: 'The Night',
      mode: 'test',
      plugins: [fakeChannel({ ...rail, mode: 'test', timeoutMs: 2_000 })],
      work: role === 'worker',
      logger: { debug() {}, info() {}, warn: write('warn'), error: write('error') },
      webhooks: { allowedOrigins },
      clock,
      .../** @type {any} */ (options),
    });
    if (role === 'worker') return { port: 0 };
    const app = express();
    app.use('/itpay', mount(pay));
    const server = createServer(app);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
    return { port: /** @type {import('node:net').AddressInfo} */ (server.address()).port };
  },

  /** A merchant of its own, for one scenario. @param {{ name: string }} details */
  async account({ name }) {
    const account = await pay.accounts.create(name);
    const { token } = await pay.keys.create({
      account: account.id,
      livemode: false,
      label: name,
      preset: 'merchant_full',
    });
    return { id: account.id, token };
  },

  /** @param {{ offsetMs: number }} details */
  async clock({ offsetMs }) {
    clock.offsetMs = offsetMs;
  },

  /** Does everything that is due. */
  settle: () => pay.settle(),

  stop: () => pay.stop(),
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
