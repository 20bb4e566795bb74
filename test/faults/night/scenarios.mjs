import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { duringOf } from './during.mjs';

/**
 * @typedef {import('./during.mjs').During} During
 *
 * @typedef {object} Scenario
 * @property {string} name
 * @property {(during: During) => Promise<void>} faults what goes wrong; returns when `during.over()`. The house heals it
 *   afterwards
 * @property {number} [settledWithinMs] by the clocks of the installation, after the last fault; default: five minutes
 * @property {number} [deadlineMs] of one request; default: longer than one may wait for a connection to the database
 * @property {number} [leftWithinMs] after which the server has ended what a lost connection left open, by its own clock
 * @property {boolean} [redis] needs one
 * @property {boolean} [sendsTwice] a number may be sent to the rail twice: clocks that are an hour apart agree about no lease
 * @property {boolean} [long] too slow for every run of the tests
 */

const TURN_MS = 1_200;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** What a process made while it was an hour ahead has its times: a payment that nobody pays expires a quarter later. */
const JUMPED_MS = HOUR + 20 * MINUTE;

/** @type {(during: During) => Promise<void>} */
const nothing = ({ wait }) => wait(Infinity);

/** @param {import('./processes.mjs').Role} role @returns {(during: During) => Promise<void>} */
const killed =
  (role) =>
  ({ house: { processes }, random, every }) =>
    every([150, 450], async () => {
      processes.prepare();
      await processes.replace(random.pick(processes.of(role)));
    });

/** @param {readonly import('./postgres.mjs').Ending[]} endings @returns {(during: During) => Promise<void>} */
const postgresEnds =
  (endings) =>
  ({ house: { postgres }, random, every }) =>
    every([500, 900], async () => {
      await postgres.end(random.pick(endings));
      await sleep(random.below(300));
      await postgres.start();
    });

/** Behaves as one receiver after the other does, and sometimes well. @param {During} during */
async function receiversMisbehave({ house: { receivers }, random, every, over }) {
  const manners = /** @type {const} */ ([204, 204, 'slow', 500, 503, 'die', 'redirect', 'hang', 'dribble']);
  for (const receiver of Object.values(receivers)) receiver.behave(() => (over() ? 204 : random.pick(manners)));
  await every([500, 500], () => {});
}

/** @param {During} during */
async function clocksJump({ house: { processes, time }, random, every }) {
  const jumps = [HOUR, -MINUTE, 0];
  await every([200, 500], async () => {
    const post = random.pick(processes.posts);
    await processes.setClock(time.offsetMs + random.pick(jumps), [post]).catch(() => {}); // it was killed
  });
}

/** The rail does what it was asked, and its answer is lost. @param {During} during */
async function railLosesAnswers({ house: { rail }, random, every }) {
  const money = /** @type {const} */ (['capture', 'refund', 'refund']);
  const operations = /** @type {const} */ (['authorize', ...money, ...money, 'cancel', 'query', 'queryRefund']);
  const behaviours = /** @type {const} */ ([
    'timeout_after',
    'reset_after',
    '500_after',
    'garbage',
    'bad_signature',
    'slow:400',
  ]);
  await every([60, 160], () => rail.script({ operation: random.pick(operations), behaviour: random.pick(behaviours) }));
  await rail.clearScript();
}

/** @param {'database' | 'courier' | 'front'} where @returns {Record<'latency' | 'resets' | 'cuts' | 'blackHole' | 'refusals', (during: During) => Promise<void>>} */
const network = (where) => ({
  latency: ({ house, random, every }) => every([200, 400], () => house[where].latency(random.pick([0, 5, 30, 80]))),
  resets: ({ house, every }) => every([60, 250], () => house[where].reset(0.3)),
  cuts: ({ house, every }) => every([30, 120], () => house[where].cut(0.3)),
  blackHole: ({ house, wait, every }) =>
    every([400, 800], async () => {
      house[where].blackHole();
      await wait(900);
      house[where].heal();
    }),
  refusals: ({ house, every, wait }) =>
    every([300, 600], async () => {
      house[where].refuse();
      house[where].reset(0.5);
      await wait(300);
      house[where].heal();
    }),
});

/** All that it knew is gone. @param {During} during */
const redisFlushed = ({ house: { redis }, every }) =>
  every([100, 300], async () => {
    const socket = connect(redis.port, '127.0.0.1', () => socket.write('FLUSHALL\r\n'));
    await new Promise((resolve, reject) => socket.once('data', resolve).once('error', reject));
    socket.destroy();
  });

/** @param {During} during */
const redisKilled = ({ house: { redis }, every, wait }) =>
  every([300, 700], async () => {
    await redis.kill();
    await wait(600);
    await redis.restart();
  });

/** It stays, and says nothing. @param {During} during */
const redisSilent = ({ house: { redis }, every, wait }) =>
  every([200, 500], async () => {
    redis.pause();
    await wait(800);
    redis.resume();
  });

/** @param {During} during */
const filesAway = ({ house: { files }, random, every, wait }) =>
  every([50, 150], async () => {
    const fault = random.pick(['refuse', 'hang', 'cut']);
    const set = async (/** @type {boolean} */ on) => {
      if (fault === 'refuse') await files.refuse(on);
      else if (fault === 'hang') files.hang(on);
      else files.cut(on);
    };
    await set(true);
    await wait(700);
    await set(false);
  });

/** One after the other, each for a while. @param {((during: During) => Promise<void>)[]} faults @returns {(during: During) => Promise<void>} */
const inTurns =
  (...faults) =>
  async (during) => {
    while (!during.over()) {
      const until = performance.now() + TURN_MS;
      await during.random.pick(faults)(duringOf({ ...during, over: () => during.over() || performance.now() > until }));
    }
  };

/** Most of a firewall's state is lost at once; the rest of the night is quiet. @param {During} during */
async function forgotten({ house: { database }, wait }) {
  await wait(1_000);
  database.forget(0.7);
  await wait(Infinity);
}

/** @param {During} during */
async function everything(during) {
  const anybody = inTurns(killed('api'), killed('worker'), clocksJump);
  const stores = inTurns(postgresEnds(['fast', 'immediate', 'kill']), redisKilled, redisFlushed, filesAway);
  const networks = inTurns(
    ...[network('database'), network('courier'), network('front')].flatMap(({ latency, resets, cuts }) => [
      latency,
      resets,
      cuts,
    ]),
  );
  await Promise.all([anybody, stores, networks, railLosesAnswers, receiversMisbehave].map((faults) => faults(during)));
}

/**
 * What may go wrong. Each is one run under load, after which everything has to be as if nothing had happened.
 *
 * @type {readonly Scenario[]}
 */
export const SCENARIOS = [
  { name: 'a quiet night', faults: nothing },
  { name: 'API processes killed', faults: killed('api') },
  { name: 'workers killed', faults: killed('worker') },
  { name: 'PostgreSQL restarted', faults: postgresEnds(['fast']) },
  { name: 'PostgreSQL crashed', faults: postgresEnds(['immediate', 'kill']) },
  { name: 'PostgreSQL late', faults: network('database').latency },
  { name: 'PostgreSQL connections reset', faults: network('database').resets },
  { name: 'PostgreSQL answers cut off', faults: network('database').cuts },
  { name: 'PostgreSQL in a black hole', faults: network('database').blackHole },
  {
    name: 'PostgreSQL connections forgotten',
    faults: forgotten,
    deadlineMs: 60_000,
    leftWithinMs: 75_000,
    long: true,
  },
  { name: 'Redis flushed', faults: redisFlushed, redis: true },
  { name: 'Redis killed', faults: redisKilled, redis: true },
  { name: 'Redis silent', faults: redisSilent, redis: true },
  {
    name: 'Redis behind a bad network',
    faults: inTurns(...Object.values(network('courier'))),
    redis: true,
  },
  { name: 'S3 unreachable', faults: filesAway },
  { name: 'answers to clients cut off', faults: network('front').cuts },
  { name: 'receivers misbehave', faults: receiversMisbehave },
  { name: 'clocks jump', faults: clocksJump, settledWithinMs: JUMPED_MS, sendsTwice: true },
  { name: 'the rail loses answers', faults: railLosesAnswers },
  {
    name: 'everything at once',
    faults: everything,
    settledWithinMs: JUMPED_MS,
    sendsTwice: true,
    redis: true,
  },
];
