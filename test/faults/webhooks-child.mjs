// One process of an installation that is paid and sends webhooks, for webhooks.test.ts. It is told what to do over IPC, and
// says when it is done. Everything is imported before the first message comes, so that a start costs the test little.
import { setTimeout as sleep } from 'node:timers/promises';
import { promptpay } from '@itpay/channel-promptpay';
import { createItPay } from 'itpay';

const PUBLIC_URL = 'https://shop.example/itpay';
/** Between two payments, so that the books of the test stay short. */
const PAUSE_MS = 300;

const clock = { offset: 0, now: () => new Date(Date.now() + clock.offset) };
/** @type {Awaited<ReturnType<typeof createItPay>>} */
let pay;
/** @type {(path: string, key: string, body: object) => Promise<any>} */
let post;
const state = { resting: false };
/** @type {Promise<void>} */
let trading = Promise.resolve();

/** @type {Record<string, (task: any) => Promise<void>>} */
const TASKS = {
  /** Comes up, and sends what is due from now on. */
  async open({ database, secretKey, token, allowedOrigins, offset }) {
    clock.offset = offset;
    const error = (/** @type {any} */ facts, /** @type {string} */ message) =>
      process.send?.({ problem: `${message} ${facts?.reason ?? facts?.err?.stack ?? ''}` });
    pay = await createItPay({
      publicUrl: PUBLIC_URL,
      plugins: [promptpay({ target: '0812345678' })],
      database,
      secretKey,
      account: 'Test Shop',
      mode: 'test',
      rateLimits: false,
      logger: { debug() {}, info() {}, warn() {}, error },
      webhooks: { allowedOrigins },
      clock,
    });
    post = async (path, key, body) => {
      const headers = {
        authorization: `Bearer ${token}`,
        'idempotency-key': key,
        'content-type': 'application/json',
      };
      const request = new Request(PUBLIC_URL + path, { method: 'POST', headers, body: JSON.stringify(body) });
      const answer = await pay.fetch(request);
      if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
      return answer.json();
    };
  },

  /** Makes payments, and has most of them paid, until it rests or dies. The answer comes at once. */
  async trade({ name }) {
    const amount = { currency: 'THB', value: 10_000 };
    const one = async (/** @type {string} */ key) => {
      const { id } = await post('/v1/payment-intents', `create-${key}`, { amount, order_reference: key });
      const simulate = `/v1/test-helpers/payment-intents/${id}/simulate`;
      if (!key.endsWith('3')) await post(simulate, `pay-${key}`, { event: 'paid' });
    };
    trading = (async () => {
      for (let n = 0; !state.resting; n += 1) {
        await one(`${name}-${n}`);
        await sleep(PAUSE_MS);
      }
    })();
  },

  async rest() {
    state.resting = true;
    await trading;
  },

  /** Lets time pass, and does what is due then. */
  async goOn({ offset }) {
    clock.offset = offset;
    await pay.settle();
  },

  stop: () => pay.stop(),
};

process.on('disconnect', () => process.exit());
process.on('message', async (/** @type {{ task: string }} */ { task, ...details }) => {
  try {
    await TASKS[task]?.(details);
    process.send?.({ done: task });
  } catch (error) {
    process.send?.({ failed: error instanceof Error ? error.stack : String(error) });
  }
});
process.send?.({ done: 'start' });
