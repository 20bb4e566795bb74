import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './client.mjs';
import { duringOf } from './during.mjs';
import { leftBehind, look, nextDelivery, toBeSent, underWay } from './facts.mjs';
import { RECEIVERS } from './house.mjs';
import { Journal, verdictOn } from './journal.mjs';
import { once, shop } from './shoppers.mjs';
import {
  acknowledgedButMissing,
  changedAnswers,
  unanswered,
  unbalanced,
  wrongDeliveries,
  wrongEvents,
  wrongInTheBooks,
} from './violations.mjs';

/**
 * @typedef {import('./house.mjs').House} House
 * @typedef {import('./scenarios.mjs').Scenario} Scenario
 * @typedef {import('./violations.mjs').Endpoint} Endpoint
 * @typedef {import('./shoppers.mjs').Market} Market
 *
 * @typedef {object} Load
 * @property {number} seconds at least
 * @property {number} operations at least
 * @property {number} [most] no more than that, spread over the seconds
 * @property {number} [shoppers] at once
 *
 * @typedef {object} Result
 * @property {string} name
 * @property {number} operations requests with a key of their own
 * @property {number} acknowledged with an answer that stays
 * @property {number} repeated requests under a key that was used before
 * @property {number} lost requests without an answer
 * @property {number} unknown answers that said that the outcome is not known
 * @property {number} killed processes of ours
 * @property {number} events
 * @property {number} delivered webhooks that came by themselves
 * @property {number} failed deliveries that ended as failed
 * @property {number} replayed of those, and of what was missed while disabled
 * @property {number} longestMs of all requests
 * @property {number} healthMs of all questions whether a process lives
 * @property {number} settledMs by the clocks of the installation, after the last fault
 * @property {number} seconds that all of it took
 * @property {readonly string[]} violations
 */

const SHOPPERS = 10;
/** Longer than a request may wait for a connection to the database. */
const DEADLINE_MS = 30_000;
const HEALTH_DEADLINE_MS = 10_000;
const HEALTH_EVERY_MS = 150;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const SETTLED_WITHIN_MS = 5 * MINUTE;
const STEPS_MS = [0, 2 * SECOND, 4 * SECOND, 15 * SECOND, 15 * SECOND, 30 * SECOND, MINUTE, MINUTE, MINUTE, MINUTE];
const LEFT_WITHIN_MS = 5 * SECOND;
const LATER_MS = 20 * MINUTE;
const MOST_WAVES = 30;
const MOST_TOLD = 12;

/**
 * One scenario: clients trade while it breaks things; then all is mended, and looked at from outside.
 *
 * @param {House} house
 * @param {Scenario} scenario
 * @param {{ load: Load, random: import('./random.mjs').Random }} options
 * @returns {Promise<Result>}
 */
export async function runScenario(house, scenario, { load, random }) {
  const started = performance.now();
  const { processes } = house;
  const { name } = scenario;
  const before = { killed: processes.killed, ownEnds: processes.ownEnds.length };
  const account = await processes.posts[0]?.child.run('account', { name: `${name} ${Date.now()}` });
  const journal = new Journal();
  const trade = { open: true };
  const { most = Infinity } = load;
  const mostBy = (/** @type {number} */ seconds) => most * Math.min(1, (seconds + 0.5) / load.seconds);
  let loadStarted = performance.now();
  /** @type {Market} */
  const market = {
    port: house.front.port,
    token: account.token,
    name,
    journal,
    rail: house.rail,
    random,
    deadlineMs: scenario.deadlineMs ?? DEADLINE_MS,
    busy: () => journal.entries.length >= mostBy((performance.now() - loadStarted) / SECOND),
    open: () => trade.open,
  };
  const endpoints = await addEndpoints(house, market);
  await house.pass(2 * MINUTE); // a clock that goes back a minute must not be before they were enabled
  const health = watchHealth(house);

  loadStarted = performance.now();
  const isEnough = () =>
    performance.now() - loadStarted >= load.seconds * SECOND && journal.entries.length >= load.operations;
  const shopping = Array.from({ length: load.shoppers ?? SHOPPERS }, (_, n) => shop(market, `${n}`));
  const faults = scenario.faults(duringOf({ house, random, over: () => !trade.open }));
  const closing = (async () => {
    while (!isEnough()) await sleep(20);
    trade.open = false;
  })();
  await Promise.all([closing, faults, ...shopping]);

  await mend(house);
  /** @type {string[]} */
  const stuck = [];
  const settledMs = await settleOperations(house, scenario.settledWithinMs ?? SETTLED_WITHIN_MS, stuck);
  await askAgain(house, market);
  // Rails repeat what was not acknowledged. What was lost for good until here is known by questions.
  await house.pass(MINUTE);
  await house.rail.deliverCallbacks({ concurrent: true });
  await house.pass(LATER_MS); // what nobody paid expires
  await settleAll(house, stuck);
  const counts = await replayFailures(house, market, endpoints);
  await settleAll(house, stuck);
  const left = await untilNothingIsLeft(house, scenario.leftWithinMs ?? LEFT_WITHIN_MS);
  const healthMs = await health.stop();
  const facts = await look(house.client, house.rail, { account: account.id, name });

  const { entries } = journal;
  const sum = (/** @type {(entry: import('./journal.mjs').Entry) => number} */ of) =>
    entries.reduce((total, entry) => total + of(entry), 0);
  return {
    name,
    operations: entries.length,
    acknowledged: entries.filter(({ final }) => final !== null).length,
    repeated: sum(({ asked }) => Math.max(0, asked - 1)),
    lost: sum(({ lost }) => lost),
    unknown: sum(({ unknown }) => unknown),
    killed: processes.killed - before.killed,
    events: facts.events.length,
    ...counts,
    longestMs: Math.round(journal.longestMs),
    healthMs,
    settledMs,
    seconds: (performance.now() - started) / SECOND,
    violations: shortened([
      ['not in the database', acknowledgedButMissing(journal, facts)],
      ['answer changed', changedAnswers(journal)],
      ['not answered', unanswered(journal)],
      ['event', wrongEvents(facts)],
      ["the rail's books", wrongInTheBooks(facts, journal, { sendsTwice: scenario.sendsTwice ?? false })],
      ['ledger', unbalanced(facts)],
      ['webhook', endpoints.flatMap((endpoint) => wrongDeliveries(endpoint, facts, { failedMay: false }))],
      ['stuck', [...stuck, ...left]],
      ['health', health.wrong],
      ['process', processes.ownEnds.slice(before.ownEnds)],
    ]),
  };
}

/** Everything works again, and all clocks agree. @param {House} house */
async function mend(house) {
  const { postgres, database, redis, courier, files, front, rail, processes, receivers, time } = house;
  for (const proxy of [database, courier, front]) proxy.heal();
  redis.resume();
  files.hang(false);
  files.cut(false);
  await rail.clearScript();
  await postgres.start();
  await processes.fill();
  await processes.setClock(time.offsetMs);
  for (const [name, receiver] of Object.entries(receivers)) {
    if (name !== 'broken' && name !== 'leaving') receiver.mend();
  }
  await house.connect();
}

/**
 * Lets time pass in small steps until nothing is under way.
 *
 * @param {House} house @param {number} withinMs @param {string[]} stuck
 */
async function settleOperations(house, withinMs, stuck) {
  let passed = 0;
  const steps = [...STEPS_MS];
  for (;;) {
    const step = steps.shift() ?? Math.max(MINUTE, withinMs / 10);
    passed += step;
    await house.pass(step);
    await house.processes.settle();
    const open = await underWay(house.client, house.now());
    if (open.length === 0) return passed;
    if (passed >= withinMs) {
      stuck.push(...open.map((text) => `${text} is still under way after ${passed / SECOND} s`));
      return passed;
    }
  }
}

/** @param {House} house @param {number} withinMs of real time */
async function untilNothingIsLeft(house, withinMs) {
  for (const until = performance.now() + withinMs; ; await sleep(200)) {
    const left = await leftBehind(house.client, house.now());
    if (left.length === 0 || performance.now() > until) return left;
  }
}

/** Every request of the night once more, under its key, until it has an answer that stays. @param {House} house @param {Market} market */
async function askAgain(house, market) {
  let left = market.journal.entries;
  for (let rounds = 0; rounds < 5 && left.length > 0; rounds += 1) {
    if (rounds > 0) {
      await house.pass(70 * SECOND);
      await house.processes.settle();
    }
    /** @type {typeof left} */
    const again = [];
    const queue = [...left];
    const one = async () => {
      for (let entry = queue.pop(); entry; entry = queue.pop()) {
        const answer = await once(market, entry);
        if (answer === null || verdictOn(answer) === 'again') again.push(entry);
      }
    };
    await Promise.all(Array.from({ length: 16 }, one));
    left = again;
  }
}

/** Until no operation is under way and no webhook is to be sent. @param {House} house @param {string[]} stuck */
async function settleAll(house, stuck) {
  for (let waves = 0; ; waves += 1) {
    await house.processes.settle();
    const open = [...(await underWay(house.client, house.now())), ...(await toBeSent(house.client, house.now()))];
    if (open.length === 0) return;
    if (waves === MOST_WAVES) return void stuck.push(...open.map((text) => `${text} has no end`));
    const next = await nextDelivery(house.client);
    await house.pass(Math.max(SECOND, next === null ? MINUTE : next.getTime() - house.now().getTime() + 10));
  }
}

/** @param {House} house @param {Market} market */
async function addEndpoints(house, market) {
  /** @type {Endpoint[]} */
  const endpoints = [];
  for (const [name, { events, manner }] of Object.entries(RECEIVERS)) {
    const receiver = /** @type {import('./receivers.mjs').Receiver} */ (house.receivers[name]);
    receiver.arrivals.length = 0;
    receiver.behave(manner);
    const url = `${receiver.origin}/${encodeURIComponent(market.name)}`;
    const { id, secret, created_at } = await manage(market, '/v1/webhook-endpoints', { url, enabled_events: events });
    endpoints.push({ name, id, secret, events, receiver, createdAt: new Date(created_at) });
  }
  return endpoints;
}

/** All receivers work, and are sent what they did not take. @param {House} house @param {Market} market @param {readonly Endpoint[]} endpoints */
async function replayFailures(house, market, endpoints) {
  const { rows } = await house.client.query(
    `select d.endpoint_id as id, w.status, d.state, count(*)::int as n
       from itpay.webhook_deliveries d join itpay.webhook_endpoints w on w.id = d.endpoint_id
      where d.endpoint_id = any($1) group by 1, 2, 3`,
    [endpoints.map(({ id }) => id)],
  );
  const count = (/** @type {string} */ state) =>
    rows.reduce((total, row) => total + (row.state === state ? row.n : 0), 0);
  let replayed = 0;
  for (const { id, receiver, createdAt } of endpoints) {
    receiver.mend();
    const own = rows.filter((row) => row.id === id);
    const disabled = own.some(({ status }) => status === 'disabled');
    if (disabled) await manage(market, `/v1/webhook-endpoints/${id}/reactivate`, {});
    if (!disabled && !own.some(({ state }) => state === 'failed_delivery')) continue;
    const body = { from: createdAt, to: house.now(), only_failed: !disabled };
    replayed += (await manage(market, `/v1/webhook-endpoints/${id}/replay`, body)).count;
  }
  return { delivered: count('delivered'), failed: count('failed_delivery'), replayed };
}

/** A request while nothing is broken. @param {Market} market @param {string} path @param {object} body */
async function manage({ port, token }, path, body) {
  const key = `manage-${Math.random()}`;
  const { answer } = await ask({
    port,
    method: 'POST',
    path: `/itpay${path}`,
    token,
    key,
    body,
    deadlineMs: DEADLINE_MS,
  });
  if (answer === null || answer.status >= 300) {
    throw new Error(`POST ${path} was answered ${answer?.status}: ${JSON.stringify(answer?.body)}`);
  }
  return answer.body;
}

/** Asks every process that takes requests again and again whether it lives. @param {House} house */
function watchHealth({ processes }) {
  const ended = new AbortController();
  let longest = 0;
  /** @type {string[]} */
  const wrong = [];
  const rounds = processes.of('api').map(async (post) => {
    while (!ended.signal.aborted) {
      const { child } = post;
      if (child.opened && child.alive) {
        const path = '/itpay/v1/health';
        const { answer, ms } = await ask({ port: child.port, method: 'GET', path, deadlineMs: HEALTH_DEADLINE_MS });
        if (child.stays && post.child === child) {
          longest = Math.max(longest, ms);
          if (answer?.status !== 200)
            wrong.push(`${post.name} answered ${answer?.status ?? 'nothing'} after ${Math.round(ms)} ms`);
        }
      }
      await sleep(HEALTH_EVERY_MS);
    }
  });
  return {
    wrong,
    async stop() {
      ended.abort();
      await Promise.all(rounds);
      return Math.round(longest);
    },
  };
}

/** @param {readonly (readonly [string, readonly string[]])[]} kinds */
function shortened(kinds) {
  return kinds.flatMap(([kind, texts]) => {
    const more = texts.length - MOST_TOLD;
    return [...texts.slice(0, MOST_TOLD), ...(more > 0 ? [`and ${more} more`] : [])].map((text) => `${kind}: ${text}`);
  });
}
