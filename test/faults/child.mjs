// A shop's process for the crash tests: it waits for one line of JSON at a time on its standard input, does what that says,
// and answers with lines of JSON. Everything is imported before the first line comes, so that a start costs a test little.
import './ports.mjs';
import { createInterface } from 'node:readline';
import { defineChannel } from '@itpay/kernel';
import { fakeChannel } from '@itpay/testkit/fake-rail';
import { createItPay } from 'itpay';
import { arm, countedBlobs, disarm, giveAnswer, portCalls, print, uncountedFetch } from './ports.mjs';

const PUBLIC_URL = 'https://shop.example/itpay';
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/**
 * @typedef {object} Task
 * @property {string} database
 * @property {{ url: string, secret: string }} rail
 * @property {number} [timeoutMs] of the channel
 * @property {string} operation
 * @property {string} run names everything that this run makes
 * @property {string} token
 * @property {import('./ports.mjs').Kill | null} [kill]
 * @property {{ operation: string, behaviour: string }[]} [script]
 * @property {{ id: string, reference: string } | null} [intent]
 * @property {boolean} [clientRetries]
 * @property {'answer' | 'delivery'} [until]
 *
 * @typedef {{ status: number, replayed: boolean, body: any }} Answer
 */

/** A whole ItPay, and what the tests do with it. @param {Task} task */
async function openShop({ database, rail, timeoutMs, token, run }) {
  const clock = { offset: 0, now: () => new Date(Date.now() + clock.offset) };
  /** @type {object[]} */
  const problems = [];
  const log = (/** @type {any} */ facts, /** @type {string} */ message) => {
    problems.push({ message, error: facts?.err?.message, stack: facts?.err?.stack });
  };
  const pay = await createItPay({
    publicUrl: PUBLIC_URL,
    plugins: [fakeChannel({ ...rail, mode: 'test', ...(timeoutMs !== undefined && { timeoutMs }) }), refuses(rail)],
    database,
    secretKey: 'a-secret-key-for-tests-that-is-long-enough',
    account: 'Test Shop',
    mode: 'test',
    work: false,
    blobStore: countedBlobs(),
    logger: { debug() {}, info() {}, warn() {}, error: log },
    clock,
  });
  pay.on('*', (event, { trx }) => trx.raw('insert into seen (event) values (?)', [event.id]));

  /** @param {string} path @param {object} body @param {string} key @returns {Promise<Answer>} */
  const post = async (path, body, key) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'idempotency-key': `${key}-${run}`,
      'content-type': 'application/json',
    };
    return answerOf(new Request(PUBLIC_URL + path, { method: 'POST', headers, body: JSON.stringify(body) }));
  };
  /** @param {Request} request @returns {Promise<Answer>} */
  const answerOf = async (request) => {
    const response = await pay.fetch(request);
    const replayed = response.headers.get('idempotent-replayed') === 'true';
    return { status: response.status, replayed, body: await response.json() };
  };
  /** Delivers what the rail wants to tell about an order; the last answer. @param {string} reference */
  const deliver = async (reference) => {
    const waiting = await (await uncountedFetch(`${rail.url}/control/callbacks`)).json();
    const [told] = waiting.filter((/** @type {any} */ one) => one.reference === reference);
    return answerOf(new Request(told.url, { method: 'POST', headers: told.headers, body: told.body }));
  };
  /** @param {string} reference */
  const payAtRail = (reference) => control(rail.url, 'act', { action: 'pay', reference });
  const createIntent = (/** @type {object} */ more = {}, key = 'create') =>
    post(
      '/v1/payment-intents',
      { amount: { currency: 'THB', value: 10_000 }, channel: 'fake', order_reference: run, description: run, ...more },
      key,
    );
  return { pay, clock, problems, post, deliver, payAtRail, createIntent, run };
}

/** A channel at the same bank that is called and declines every order. @param {Task['rail']} rail */
function refuses(rail) {
  const [channel] = /** @type {[import('@itpay/kernel').Channel]} */ (
    fakeChannel({ ...rail, id: 'refuses', mode: 'test', merchantAccount: 'shop-refused' }).channels
  );
  return defineChannel({
    ...channel,
    authorize: async (_, { signal }) => {
      await fetch(`${rail.url}/refused`, { method: 'POST', signal });
      return { outcome: 'declined', failure: { category: 'declined' } };
    },
  });
}

/** @typedef {Awaited<ReturnType<typeof openShop>>} Shop */

/** @param {string} url @param {string} command @param {object} body */
async function control(url, command, body) {
  const answer = await uncountedFetch(`${url}/control/${command}`, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`The fake rail refuses ${command}: ${await answer.text()}`);
}

/**
 * What comes before the step, and the step itself.
 *
 * @type {Record<string, {
 *   prepare?: (shop: Shop) => Promise<Answer>,
 *   step: (shop: Shop, intent: { id: string, reference: string }) => Promise<Answer>,
 * }>}
 */
const OPERATIONS = {
  create: { step: ({ createIntent }) => createIntent() },
  // The first channel declines, and the second one opens the order.
  'fail-over': {
    step: ({ createIntent }) => createIntent({ channel: undefined, allowed_channels: ['refuses', 'fake'] }),
  },
  capture: {
    prepare: (shop) => paid(shop, { capture_method: 'manual' }),
    step: ({ post }, { id }) =>
      post(`/v1/payment-intents/${id}/capture`, { amount: { currency: 'THB', value: 6_000 } }, 'step'),
  },
  cancel: {
    prepare: ({ createIntent }) => createIntent(),
    step: ({ post }, { id }) => post(`/v1/payment-intents/${id}/cancel`, {}, 'step'),
  },
  refund: {
    prepare: (shop) => paid(shop, {}),
    step: ({ post }, { id }) => post('/v1/refunds', { payment_intent_id: id }, 'step'),
  },
  callback: {
    prepare: async (shop) => {
      const created = await shop.createIntent();
      await shop.payAtRail(created.body.channel_reference);
      return created;
    },
    step: ({ deliver }, { reference }) => deliver(reference),
  },
  // Another key for the same purchase: the intent that exists is the answer.
  duplicate: {
    prepare: ({ createIntent }) => createIntent(),
    step: ({ createIntent }) => createIntent({}, 'again'),
  },
  // The host's own order and the intent commit together; the rail is called afterwards.
  host: {
    step: async ({ pay, run }) => {
      const intent = await pay.knex.transaction(async (trx) => {
        await trx.raw('insert into host_orders (name) values (?) on conflict do nothing', [run]);
        return pay.payments.createIntent(
          { amount: { currency: 'THB', value: 10_000 }, channel: 'fake', orderReference: run, description: run },
          { trx, idempotencyKey: `step-${run}` },
        );
      });
      return { status: 201, replayed: true, body: { id: intent.id } };
    },
  },
};

/** @param {Shop} shop @param {object} more */
async function paid({ createIntent, payAtRail, deliver }, more) {
  const created = await createIntent(more);
  await payAtRail(created.body.channel_reference);
  await deliver(created.body.channel_reference);
  return created;
}

/** @type {Shop | null} */
let recovering = null;

/** @type {Record<string, (task: Task) => Promise<object>>} */
const TASKS = {
  /** Makes the database that all runs start from. */
  async template(task) {
    const { pay } = await openShop(task);
    await pay.knex.raw('create table seen (event text not null)');
    await pay.knex.raw('create table host_orders (name text primary key)');
    const { token } = await pay.keys.create({
      account: pay.account.id,
      livemode: false,
      label: 'test',
      preset: 'merchant_full',
    });
    await pay.settle(); // the subscriber takes its place in the log
    await pay.stop();
    return { token };
  },

  /** Runs the step, and dies on the way when it is told to. */
  async attempt(task) {
    const { prepare, step } = /** @type {(typeof OPERATIONS)[string]} */ (OPERATIONS[task.operation]);
    const shop = await openShop(task);
    let intent = { id: '', reference: '' };
    if (prepare) {
      const { body } = await prepare(shop);
      intent = { id: body.id, reference: body.channel_reference };
      await shop.pay.settle();
      print({ intent });
    }
    if (task.script) await control(task.rail.url, 'script', { rules: task.script });
    await new Promise((resolve) => setTimeout(resolve, 30)); // notices between processes go out with a delay
    arm(task.kill ?? null);
    giveAnswer(await step(shop, intent));
    if (task.until === 'answer') disarm();
    await shop.pay.settle();
    disarm();
    const calls = portCalls();
    await shop.pay.stop();
    return { calls, problems: shop.problems };
  },

  /** What clients, channels and workers do after the crash, in the first minutes. */
  async recover(task) {
    const { step } = /** @type {(typeof OPERATIONS)[string]} */ (OPERATIONS[task.operation]);
    const shop = (recovering = await openShop(task));
    /** @type {Answer[]} */
    const answers = [];
    const intent = task.intent ?? { id: '', reference: '' };
    if (task.clientRetries) {
      answers.push(await step(shop, intent)); // at once, while the leases of the dead still run
      for (let tries = 0; tries < 4 && !isFinal(answers.at(-1)); tries += 1) {
        shop.clock.offset += 70 * SECOND;
        answers.push(await step(shop, intent));
        await shop.pay.settle();
      }
      answers.push(await step(shop, intent));
    }
    while (shop.clock.offset < 290 * SECOND) {
      shop.clock.offset += 73 * SECOND;
      await shop.pay.settle();
    }
    return { answers, problems: shop.problems };
  },

  /** The days afterwards. */
  async later(task) {
    const { step } = /** @type {(typeof OPERATIONS)[string]} */ (OPERATIONS[task.operation]);
    const shop = /** @type {Shop} */ (recovering);
    const answers = [];
    for (const offset of [2 * HOUR, 48 * HOUR]) {
      shop.clock.offset = offset;
      await shop.pay.settle();
    }
    if (task.clientRetries) answers.push(await step(shop, task.intent ?? { id: '', reference: '' }));
    await shop.pay.settle();
    await shop.pay.stop();
    recovering = null;
    return { answers, problems: shop.problems };
  },
};

/** @param {Answer | undefined} answer */
function isFinal(answer) {
  if (answer === undefined || answer.status === 202 || answer.status >= 500) return false;
  return answer.body?.error?.code !== 'IDEMPOTENCY_IN_PROGRESS';
}

print({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const { task, ...rest } = JSON.parse(line);
  try {
    print({ done: await TASKS[task]?.(rest) });
  } catch (error) {
    recovering = null;
    print({ failed: error instanceof Error ? `${error.stack}\n${JSON.stringify(error)}` : String(error) });
  }
}
