import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startPostgres } from '../support/postgres.mjs';
import { countingProxy } from './counting-proxy.mjs';
import { growth } from './growth.mjs';
import { generateLoad } from './load.mjs';
import { overhead } from './overhead.mjs';
import { createRequests } from './requests.mjs';
import { webhookRace } from './webhooks.mjs';

// `npm run bench`, or `npm run bench -- create webhooks overhead` for some of it; `npm run bench -- growth` takes longer and
// runs only when it is asked for. What is compared, and how to read it: README.md.

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 9);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 4);
const WARM_UP_SECONDS = 4;
const CONCURRENCY = 16;
const AIM = 0.6;
const GOAL = 0.8;
/** A cost on a grown database, compared with the same on an empty one. */
const GROWTH_AIM = 1.3;
const PATH = '/itpay/v1/payment-intents';
const { values: flags, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { rows: { type: 'string', default: '1000000,10000000' } },
});

/** @type {string[]} */
const databases = [];
const postgres = await startPostgres({ durable: true });
if (postgres.url === null) {
  console.log(`The benchmark needs PostgreSQL: ${postgres.missing?.replace('npm test', 'npm run bench')}`);
  process.exit(0);
}
try {
  const runs = (/** @type {string} */ part) => wanted.length === 0 || wanted.includes(part);
  const tools = { createDatabase, startServer, rounds: ROUNDS };
  if (runs('create')) {
    const roundTrips = await countRoundTrips();
    print(roundTrips, await race(), importTimes());
    if (roundTrips.perCreate !== 1) process.exitCode = 1;
  }
  if (runs('webhooks')) printWebhooks(await webhookRace(tools));
  if (runs('overhead')) printOverhead(await overhead(tools));
  if (wanted.includes('growth')) printGrowth(await growth({ ...tools, seconds: SECONDS, sizes: sizesOf(flags.rows) }));
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await dropDatabases();
  await postgres.stop();
}
process.exit(); // servers of a race that failed are still there

/**
 * Round trips of a create, on the pool that requests wait for. Notifications of other processes have a connection of their
 * own, nobody waits for them, and they are counted apart.
 */
async function countRoundTrips() {
  const creates = 200;
  const database = await createDatabase('bench_count');
  const proxy = await countingProxy(database);
  const server = await startServer({ variant: 'itpay', database: proxy.url, still: true });
  const next = createRequests('count', server.token);
  const load = { port: server.port, path: PATH, concurrency: CONCURRENCY, next };
  await generateLoad({ ...load, until: { requests: 50 } });
  await sleep(100);

  proxy.reset();
  await generateLoad({ ...load, until: { requests: creates } });
  await sleep(100);
  const counts = proxy.counts();
  await server.stop();
  await proxy.close();
  return {
    perCreate: (counts.get('itpay') ?? 0) / creates,
    notificationsPerCreate: (counts.get('itpay-listen') ?? 0) / creates,
  };
}

/** Both servers in turns, in an order that changes from round to round. */
async function race() {
  const contenders = {
    itpay: await contender('itpay'),
    // The tables are ItPay's, so ItPay makes them there as well.
    bare: await contender('bare', { withTables: true }),
  };
  const pair = [contenders.itpay, contenders.bare];
  for (const each of pair) await each.run(WARM_UP_SECONDS);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const order = Math.random() < 0.5 ? pair : pair.toReversed();
    const results = new Map();
    for (const each of order) results.set(each, await each.run(SECONDS));
    rounds.push({ itpay: results.get(contenders.itpay), bare: results.get(contenders.bare) });
    process.stderr.write('.');
  }
  process.stderr.write('\n');
  for (const each of pair) await each.stop();
  return rounds;
}

/**
 * @param {'itpay' | 'bare'} variant
 * @param {{ withTables?: boolean }} [options]
 */
async function contender(variant, { withTables = false } = {}) {
  const database = await createDatabase(`bench_${variant}`);
  if (withTables) await (await startServer({ variant: 'itpay', database, still: true })).stop();
  const server = await startServer({ variant, database });
  const next = createRequests(variant, server.token);
  const watch = new pg.Client({ connectionString: database });
  await watch.connect();

  return {
    /** @param {number} seconds */
    run: async (seconds) => {
      const before = await server.cpuMs();
      const result = await generateLoad({
        port: server.port,
        path: PATH,
        concurrency: CONCURRENCY,
        next,
        until: { ms: seconds * 1000 },
      });
      // What the worker still has to do belongs to this turn, and must not run into the other one's.
      const settleMs = variant === 'itpay' ? await untilRelayed(watch) : 0;
      const cpuMs = (await server.cpuMs()) - before;
      return {
        perSecond: result.requests / (result.seconds + settleMs / 1000),
        cpuMsPerCreate: cpuMs / result.requests,
        settleMs,
        bodyBytes: result.bodyBytes,
      };
    },
    stop: async () => {
      await watch.end();
      await server.stop();
    },
  };
}

/** @param {pg.Client} watch */
async function untilRelayed(watch) {
  const started = performance.now();
  for (;;) {
    const { rows } = await watch.query('select 1 from itpay.events where position is null limit 1');
    if (rows.length === 0) return performance.now() - started;
    await sleep(10);
  }
}

/** @param {string} name */
async function createDatabase(name) {
  const url = new URL(String(postgres.url));
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(`drop database if exists ${name} with (force)`);
  await client.query(`create database ${name}`);
  await client.end();
  databases.push(name);
  url.pathname = `/${name}`;
  return url.href;
}

// The server may be one that ITPAY_TEST_POSTGRES_URL names, which goes on without us.
async function dropDatabases() {
  const client = new pg.Client({ connectionString: String(postgres.url) });
  await client.connect();
  for (const name of databases) await client.query(`drop database if exists ${name} with (force)`);
  await client.end();
}

/** @param {import('./server.mjs').ServerOptions} options */
async function startServer(options) {
  const profile = process.env.BENCH_PROFILE;
  const child = fork(join(import.meta.dirname, 'server.mjs'), [JSON.stringify(options)], {
    execArgv: profile && !options.still ? ['--cpu-prof', `--cpu-prof-dir=${profile}/${options.variant}`] : [],
    env: { ...process.env, LOG_LEVEL: 'warn' },
  });
  const exited = once(child, 'exit');
  const [ready] = await Promise.race([once(child, 'message'), exited.then(() => [null])]);
  if (ready === null) throw new Error(`The server ${options.variant} did not start; its output is above.`);
  const { port, token } = /** @type {import('./server.mjs').Ready} */ (ready);
  return {
    port,
    token,
    cpuMs: async () => {
      child.send('cpu');
      const [{ cpuMs }] = await once(child, 'message');
      return /** @type {number} */ (cpuMs);
    },
    stop: async () => {
      child.send('stop');
      await exited;
    },
  };
}

function importTimes() {
  const time = (/** @type {string} */ name) => {
    const script = `const t = performance.now(); await import(${JSON.stringify(name)}); console.log(performance.now() - t)`;
    return Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
  };
  const times = Array.from({ length: 5 }, () => ({ itpay: time('itpay'), express: time('express') }));
  return { itpay: median(times.map(({ itpay }) => itpay)), express: median(times.map(({ express }) => express)) };
}

/**
 * @param {Awaited<ReturnType<typeof countRoundTrips>>} roundTrips
 * @param {Awaited<ReturnType<typeof race>>} rounds
 * @param {ReturnType<typeof importTimes>} imports
 */
function print(roundTrips, rounds, imports) {
  const speed = rounds.map(({ itpay, bare }) => itpay.perSecond / bare.perSecond);
  const cpu = rounds.map(({ itpay, bare }) => itpay.cpuMsPerCreate / bare.cpuMsPerCreate);
  /** @param {(round: typeof rounds[number]) => number} pick @param {number} [digits] */
  const middle = (pick, digits = 0) => median(rounds.map(pick)).toFixed(digits);
  const reached = median(speed) >= GOAL ? 'the goal' : median(speed) >= AIM ? 'the aim' : 'neither';

  table([
    ['Create a payment intent, Express 5', 'ratio', 'range', 'ItPay', 'bare route'],
    [
      'creates per second',
      median(speed).toFixed(2),
      rangeOf(speed),
      middle(({ itpay }) => itpay.perSecond),
      middle(({ bare }) => bare.perSecond),
    ],
    [
      'Node CPU per create, ms',
      median(cpu).toFixed(2),
      rangeOf(cpu),
      middle(({ itpay }) => itpay.cpuMsPerCreate, 3),
      middle(({ bare }) => bare.cpuMsPerCreate, 3),
    ],
    ['round trips per create', '', '', String(roundTrips.perCreate), '1'],
    [
      'cold import, ms',
      (imports.itpay / imports.express).toFixed(2),
      '',
      imports.itpay.toFixed(0),
      `${imports.express.toFixed(0)} (express)`,
    ],
    ['bytes of an answer', '', '', middle(({ itpay }) => itpay.bodyBytes), middle(({ bare }) => bare.bodyBytes)],
  ]);
  console.log(`
Speed: at least ${AIM} is the aim, ${GOAL} the goal; reached: ${reached}.
${ROUNDS} shuffled rounds of ${SECONDS} s each after a warm-up, ${CONCURRENCY} connections, fsync on, worker on.
Per-second figures of ItPay include the time until its events were in the log: ${middle(({ itpay }) => itpay.settleMs)} ms a round.
Notifications to other processes, which no request waits for: ${roundTrips.notificationsPerCreate.toFixed(2)} per create.`);
  if (roundTrips.perCreate !== 1) console.error('\nA create must cost exactly one round trip.');
}

/** @param {Awaited<ReturnType<typeof webhookRace>>} rounds */
function printWebhooks(rounds) {
  const speed = rounds.map(({ itpay, undici }) => itpay.perSecond / undici.perSecond);
  const cpu = rounds.map(({ itpay, undici }) => itpay.cpuMs / undici.cpuMs);
  /** @param {(round: typeof rounds[number]) => number} pick @param {number} [digits] */
  const middle = (pick, digits = 0) => median(rounds.map(pick)).toFixed(digits);
  table([
    ['Deliver events to one receiver', 'ratio', 'range', 'ItPay', 'undici'],
    [
      'per second',
      median(speed).toFixed(2),
      rangeOf(speed),
      middle(({ itpay }) => itpay.perSecond),
      middle(({ undici }) => undici.perSecond),
    ],
    [
      'Node CPU for each, ms',
      median(cpu).toFixed(2),
      rangeOf(cpu),
      middle(({ itpay }) => itpay.cpuMs, 3),
      middle(({ undici }) => undici.cpuMs, 3),
    ],
    ['bytes of a body', '', '', middle(({ itpay }) => itpay.bytes), ''],
  ]);
  console.log('\nSpeed: at least 0.5 is the aim.');
}

/** @param {Awaited<ReturnType<typeof overhead>>} rounds */
function printOverhead(rounds) {
  /** @param {'gateway' | 'limited'} name @param {'p50' | 'p99' | 'cpu'} what */
  const row = (name, what) => {
    const more = rounds.map((round) => round[name][what] - round.bare[what]);
    const whole = (/** @type {number[]} */ values) => median(values).toFixed(0);
    return [
      whole(more),
      `${Math.min(...more).toFixed(0)}–${Math.max(...more).toFixed(0)}`,
      whole(rounds.map((round) => round[name][what])),
      whole(rounds.map((round) => round.bare[what])),
    ];
  };
  table([
    ['A route that does nothing, µs', 'more', 'range', 'ItPay', 'bare host'],
    ['p99, limits off', ...row('gateway', 'p99')],
    ['p99, limits on', ...row('limited', 'p99')],
    ['median, limits off', ...row('gateway', 'p50')],
    ['median, limits on', ...row('limited', 'p50')],
    ['Node CPU, limits off', ...row('gateway', 'cpu')],
    ['Node CPU, limits on', ...row('limited', 'cpu')],
  ]);
  console.log('\np99: at most 300 µs more is the aim.');
}

/** @param {string} rows as in `--rows 1000000,10000000` */
function sizesOf(rows) {
  const sizes = rows.split(',').map(Number);
  if (!sizes.every((size) => Number.isSafeInteger(size) && size >= 1_000)) {
    throw new Error(`--rows takes numbers of payments, such as 1000000,10000000, and not "${rows}".`);
  }
  return sizes;
}

/** @param {Awaited<ReturnType<typeof growth>>} rounds */
function printGrowth(rounds) {
  const sizes = [...(rounds[0]?.keys() ?? [])].toSorted((a, b) => a - b);
  const empty = sizes[0];
  /** @param {'create' | 'first' | 'deep' | 'status'} what @param {string} name */
  const costs = (what, name) => {
    const of = (/** @type {any} */ size) => rounds.map((round) => round.get(size)[what]);
    const grown = sizes.slice(1).map((size) => {
      const ratios = rounds.map((round) => round.get(size)[what] / round.get(empty)[what]);
      return { text: `${median(ratios).toFixed(2)} (${rangeOf(ratios)})`, ratio: median(ratios) };
    });
    return {
      row: [name, median(of(empty)).toFixed(2), ...grown.map(({ text }) => text)],
      ratios: grown.map(({ ratio }) => ratio),
    };
  };
  const all = [
    costs('create', 'create'),
    costs('first', 'list, first page'),
    costs('deep', 'list, deep page'),
    costs('status', 'list, one state'),
  ];
  const inMillions = (/** @type {number} */ size) => `with ${(size / 1e6).toLocaleString('en')} M`;
  table([['What it costs', 'with none, ms', ...sizes.slice(1).map(inMillions)], ...all.map(({ row }) => row)]);
  const reached = all.every(({ ratios }) => ratios.every((ratio) => ratio <= GROWTH_AIM));
  console.log(`
Ratio of the cost to that without earlier payments, and its range in ${rounds.length} shuffled rounds; at most ${GROWTH_AIM} is the aim.
Creates: ${CONCURRENCY} connections, time of each; lists: 25 payments, one after another, median.
${reached ? 'OK' : 'NOT OK'}`);
  if (!reached) process.exitCode = 1;
}

/** @param {string[][]} rows */
function table(rows) {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => String(row[column]).length))) ?? [];
  console.log();
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    console.log(cells.join('   ').trimEnd());
  }
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return /** @type {number} */ (sorted[Math.floor(sorted.length / 2)]);
}

/** @param {number[]} values */
function rangeOf(values) {
  return `${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)}`;
}
