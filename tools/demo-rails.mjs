import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../test/support/free-port.mjs';
import { root } from './workspaces.mjs';

// What `npm run demo:rails` runs: the standalone example with every rail, a payment on each and a refund where the rail has
// refunds. It prints what happened, and ends with 0 only if all of it was as expected.

/** @typedef {{ channel: string, amount: { currency: string, value: number }, what: string }} Purchase */
/** @typedef {{ url: string, key: string, simulators: Map<string, string>, stop(): Promise<void> }} Shop */

const RAILS = 'promptpay_scb,wechat,alipay,qris,bank_transfer';

/** @type {readonly Purchase[]} */
const PURCHASES = [
  { channel: 'promptpay', amount: { currency: 'THB', value: 12_900 }, what: 'Khao soi' },
  { channel: 'wechat', amount: { currency: 'CNY', value: 3_800 }, what: '担担面 🍜' },
  { channel: 'alipay', amount: { currency: 'CNY', value: 4_200 }, what: '兰州拉面' },
  { channel: 'qris', amount: { currency: 'IDR', value: 2_500_000 }, what: 'Mie ayam' },
  { channel: 'bank_transfer', amount: { currency: 'EUR', value: 1_450 }, what: 'Käsespätzle' },
];

/** How long a notification, or a refund, may take. */
const PATIENCE_MS = 20_000;

const dataDir = await mkdtemp(join(tmpdir(), 'itpay-demo-'));
process.once('exit', () => rmSync(dataDir, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

let unexpected = 0;
const started = await startShop();
try {
  const { body: channels } = await call(started, 'GET', '/v1/channels');
  for (const purchase of PURCHASES) {
    const { capabilities, display_name } = channels.data.find((/** @type {any} */ { id }) => id === purchase.channel);
    console.log(`\n${display_name}`);
    await buy(started, purchase, capabilities).then(
      () => console.log('  as expected'),
      (error) => {
        unexpected += 1;
        console.log(`  NOT AS EXPECTED: ${error instanceof Error ? error.message : error}`);
      },
    );
  }
} finally {
  await started.stop();
}
const good = PURCHASES.length - unexpected;
console.log(`\n${good} of ${PURCHASES.length} rails did what they should.`);
process.exitCode = unexpected === 0 ? 0 : 1;

/**
 * One payment, from the code to the refund.
 *
 * @param {Shop} shop
 * @param {Purchase} purchase
 * @param {readonly string[]} capabilities
 */
async function buy(shop, { channel, amount, what }, capabilities) {
  const created = await call(shop, 'POST', '/v1/payment-intents', { amount, channel, description: what });
  const { id, channel_reference: order, qr } = created.body;
  say('payment', `${id}, ${inWords(amount)} for ${what}`);
  expect('the payment shows a code', created.body.status, 'qr_generated');
  say('order', order);
  say('scanned', cut(qr.qr_data));

  const paid = await call(shop, 'POST', `/v1/test-helpers/payment-intents/${id}/simulate`, { event: 'paid' });
  expect('the payer can pay', paid.status, 200);
  expect('the payment has', paid.body.status, 'succeeded');
  expect('the amount that arrived is', paid.body.amount_captured.value, amount.value);

  const { body: inflows } = await call(shop, 'GET', `/v1/inflows?payment_intent_id=${id}`);
  const [inflow] = inflows.data;
  expect('transfers that arrived:', inflows.data.length, 1);
  const simulator = shop.simulators.get(channel);
  const arrived = `${inWords(inflow.amount)} arrived as ${inflow.channel_transaction_id}`;
  if (simulator === undefined) {
    say('rail says', `${arrived}; as a bank statement would show it`);
  } else {
    await acknowledged(simulator, order);
    say('rail says', `${arrived}; its notification was verified and acknowledged`);
  }
  say('state', paid.body.status);

  if (!capabilities.includes('refund')) {
    say('refund', 'this rail gives nothing back by itself; the merchant transfers');
    return;
  }
  const value = capabilities.includes('partial_refund') ? amount.value / 2 : amount.value;
  const asked = await call(shop, 'POST', '/v1/refunds', {
    payment_intent_id: id,
    amount: { currency: amount.currency, value },
    reason: 'customer_request',
  });
  expect('the refund is accepted with', asked.status, 201);
  const refund = await settled(shop, asked.body.id);
  expect('the refund has', refund.status, 'succeeded');
  if (simulator !== undefined) await acknowledged(simulator, refund.channel_refund_reference);
  const after = await call(shop, 'GET', `/v1/payment-intents/${id}`);
  expect('of the payment is given back', after.body.refund_status, value === amount.value ? 'full' : 'partial');
  say('refund', `${inWords(refund.amount)} as ${refund.channel_refund_id}: ${refund.status}`);
}

/**
 * Waits until the simulated rail has nothing more to tell about an order or a refund.
 *
 * @param {string} simulator
 * @param {string} reference
 */
async function acknowledged(simulator, reference) {
  /** @type {any[]} */
  let waiting = [];
  await until(async () => {
    const answer = await fetch(`${simulator}/control/callbacks`);
    waiting = /** @type {any[]} */ (await answer.json()).filter((one) => one.reference === reference);
    return waiting.length === 0;
  });
  expect('notifications that were not acknowledged:', waiting.length, 0);
}

/**
 * @param {Shop} shop
 * @param {string} id
 */
async function settled(shop, id) {
  /** @type {any} */
  let refund;
  await until(async () => {
    refund = (await call(shop, 'GET', `/v1/refunds/${id}`)).body;
    return refund.status === 'succeeded' || refund.status === 'failed';
  });
  return refund;
}

/** @param {() => Promise<boolean>} isSo */
async function until(isSo) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await isSo()) && Date.now() < end) await wait(100);
}

/** @returns {Promise<Shop>} */
async function startShop() {
  const port = await freePort();
  const child = spawn(process.execPath, [join(root, 'examples/standalone/dist/main.js')], {
    cwd: dataDir,
    env: {
      ...process.env,
      DATABASE_URL: '',
      ITPAY_SECRET_KEY: '',
      ITPAY_PUBLIC_URL: '',
      ITPAY_PROMPTPAY_ID: '',
      ITPAY_DATA_DIR: dataDir,
      ITPAY_RAILS: RAILS,
      HOST: '127.0.0.1',
      PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  // Before the directory is removed.
  process.prependOnceListener('exit', () => child.kill('SIGKILL'));
  /** @type {string[]} */
  const lines = [];
  const ready = new Promise((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (line.includes('Stop with Ctrl+C')) resolve(true);
    });
  });
  console.log('Starting a shop with every rail …');
  if (!(await Promise.race([ready, exited.then(() => false)]))) throw new Error('The shop did not start.');
  const text = lines.join('\n');
  const simulators = [...text.matchAll(/(\w+), simulated at (\S+)/g)].map(([, name = '', url = '']) => [name, url]);
  return {
    url: `http://127.0.0.1:${port}/itpay`,
    key: /itpay_test_\S+/.exec(text)?.[0] ?? '',
    simulators: new Map(/** @type {[string, string][]} */ (simulators)),
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/**
 * @param {Shop} shop
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<{ status: number, body: any }>}
 */
async function call({ url, key }, method, path, body) {
  const answer = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...(method === 'POST' && { 'idempotency-key': crypto.randomUUID() }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const said = /** @type {any} */ (await answer.json());
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${said.error?.message}`);
  return { status: answer.status, body: said };
}

/**
 * @param {string} what
 * @param {unknown} found
 * @param {unknown} expected
 */
function expect(what, found, expected) {
  if (found !== expected) throw new Error(`${what} ${String(found)} instead of ${String(expected)}`);
}

/**
 * @param {string} label
 * @param {string} text
 */
function say(label, text) {
  console.log(`  ${label.padEnd(13)} ${text}`);
}

/** @param {{ currency: string, value: number }} amount in minor units; every currency here has two decimals */
function inWords({ currency, value }) {
  return `${(value / 100).toFixed(2)} ${currency}`;
}

/** @param {string} code */
function cut(code) {
  const line = code.replaceAll('\n', ' ⏎ ');
  return line.length > 90 ? `${line.slice(0, 90)}…` : line;
}
