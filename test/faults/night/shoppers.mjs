import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './client.mjs';
import { verdictOn } from './journal.mjs';

/**
 * @typedef {import('./journal.mjs').Journal} Journal
 * @typedef {import('./journal.mjs').Entry} Entry
 * @typedef {import('./journal.mjs').Kind} Kind
 *
 * @typedef {object} Market
 * @property {number} port where ItPay is reached
 * @property {string} token
 * @property {string} name of the scenario; names everything that is bought
 * @property {Journal} journal
 * @property {import('@itpay/testkit/fake-rail').FakeRail} rail
 * @property {import('./random.mjs').Random} random
 * @property {number} deadlineMs of one request
 * @property {() => boolean} busy there are enough operations for now
 * @property {() => boolean} open no new purchase is begun when it is over
 */

/** How often a client repeats a request before it leaves it for later. */
const TRIES = 12;
const PAUSE_MS = /** @type {const} */ ([30, 150]);
const NOTICE_WITHIN_MS = 4_000;

/** Buys one thing after the other. @param {Market} market @param {string} shopper */
export async function shop(market, shopper) {
  for (let n = 0; market.open(); n += 1) {
    while (market.busy() && market.open()) await sleep(20);
    await buy(market, `${shopper}-${n}`);
  }
}

/** One purchase, with all that may become of it. @param {Market} market @param {string} name */
async function buy(market, name) {
  const { random, journal } = market;
  const fate = random.pick(FATES);
  const value = 100 + random.below(50_000);
  const created = await insist(market, name, 'create', '/v1/payment-intents', {
    amount: { currency: 'THB', value },
    channel: 'fake',
    order_reference: name,
    description: `${market.name} ${name}`,
    capture_method: fate === 'capture' || fate === 'release' ? 'manual' : 'automatic',
  });
  if (created?.status !== 201) return;
  const { id, channel_reference: reference, qr } = created.body;
  if (random.chance(0.3)) await look(market, qr?.qr_image_url);
  const pay = () => atRail(market, reference, value, () => market.rail.pay(reference));
  const cancel = () => insist(market, `${name}-cancel`, 'cancel', `/v1/payment-intents/${id}/cancel`, {});

  switch (fate) {
    case 'leave':
      return;
    case 'cancel':
      return void (await cancel());
    case 'race':
      return void (await Promise.all([cancel(), pay()]));
    case 'pay':
      return pay();
    case 'refund': {
      await pay();
      if (!(await becomes(market, id, 'succeeded'))) return;
      const parts = random.chance(0.5) ? [value] : [Math.ceil(value / 3), Math.floor(value / 4)];
      for (const [index, part] of parts.entries()) {
        await insist(market, `${name}-refund-${index}`, 'refund', '/v1/refunds', {
          payment_intent_id: id,
          amount: { currency: 'THB', value: part },
        });
      }
      return;
    }
    case 'capture':
    case 'release': {
      await atRail(market, reference, 0, () => market.rail.authorize(reference));
      if (!(await becomes(market, id, 'authorized'))) return;
      if (fate === 'release') return void (await cancel());
      const part = random.chance(0.5) ? value : Math.ceil(value / 2);
      journal.paid.set(reference, part);
      await insist(market, `${name}-capture`, 'capture', `/v1/payment-intents/${id}/capture`, {
        amount: { currency: 'THB', value: part },
      });
    }
  }
}

/** How often each of them comes. */
const FATES = /** @type {const} */ ([
  'pay',
  'pay',
  'pay',
  'refund',
  'refund',
  'refund',
  'refund',
  'capture',
  'capture',
  'release',
  'cancel',
  'cancel',
  'race',
  'leave',
]);

/**
 * Asks, and repeats under the same key until there is an answer that stays. Some ask once more even then.
 *
 * @param {Market} market @param {string} key @param {Kind} kind @param {string} path @param {object} body
 */
async function insist(market, key, kind, path, body) {
  const { journal, random } = market;
  const entry = journal.begin(`${market.name}-${key}`, kind, path, body);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const answer = await once(market, entry);
    if (answer !== null && verdictOn(answer) !== 'again') break;
    if (!market.open()) return null;
    await sleep(PAUSE_MS[0] + random.below(PAUSE_MS[1]));
  }
  if (entry.final !== null && random.chance(0.15)) await once(market, entry);
  return entry.final;
}

/** Sends a request of the journal once. @param {Market} market @param {Entry} entry */
export async function once({ journal, port, token, deadlineMs }, entry) {
  const { key, path, body } = entry;
  const { answer, ms, late } = await ask({ port, method: 'POST', path: `/itpay${path}`, token, key, body, deadlineMs });
  journal.longestMs = Math.max(journal.longestMs, ms);
  if (late) journal.wrong.push(`POST ${path} (${key}) had no answer within ${deadlineMs} ms`);
  journal.note(entry, answer);
  return answer;
}

/** @param {Market} market @param {string} path */
async function get({ journal, port, token, deadlineMs }, path) {
  const { answer, ms, late } = await ask({ port, method: 'GET', path, token, deadlineMs });
  journal.longestMs = Math.max(journal.longestMs, ms);
  if (late) journal.wrong.push(`GET ${path} had no answer within ${deadlineMs} ms`);
  const { status = 0, body } = answer ?? {};
  if (status === 500 || (status >= 400 && status < 500 && status !== 410)) {
    journal.wrong.push(`GET ${path} was answered ${status} ${body?.error?.code}`);
  }
  return answer;
}

/** Fetches the picture of a code, as a pay page does. @param {Market} market @param {string | undefined} url */
async function look(market, url) {
  if (url === undefined) return;
  const { pathname, search } = new URL(url);
  await get(market, pathname + search);
}

/** Whether an intent comes into a state while a client waits for it. @param {Market} market @param {string} id @param {string} state */
async function becomes(market, id, state) {
  for (const until = Date.now() + NOTICE_WITHIN_MS; Date.now() < until && market.open(); await sleep(60)) {
    const answer = await get(market, `/itpay/v1/payment-intents/${id}`);
    if (answer?.status === 200 && answer.body.status === state) return true;
  }
  return false;
}

/** What the payer does. The rail may say that the order is closed. @param {Market} market @param {string} reference @param {number} value @param {() => Promise<unknown>} act */
async function atRail({ journal }, reference, value, act) {
  try {
    await act();
    if (value > 0) journal.paid.set(reference, value);
  } catch (error) {
    if (!/closed|expired|order/i.test(String(error))) throw error;
  }
}
