import pg from 'pg';
import { fill } from '../growth/fill.mjs';
import { generateLoad, measureLatency } from './load.mjs';
import { createRequests } from './requests.mjs';

// The same server on databases that took no payment so far, a million, ten millions: what do a create and a list cost there?

const PATH = '/itpay/v1/payment-intents';
const CONCURRENCY = 16;
const WARM_UP_SECONDS = 5;
const LISTS = 300;
/** As the retention leaves it: events of 30 days of three years. */
const DAYS = 1_096;
const EVENT_DAYS = 30;
/** Further back than a page that anybody has just read. */
const DEEP = 1_000;

/**
 * @param {object} tools
 * @param {(name: string) => Promise<string>} tools.createDatabase
 * @param {(options: import('./server.mjs').ServerOptions) => Promise<any>} tools.startServer
 * @param {number} tools.rounds
 * @param {number} tools.seconds of creates in each round
 * @param {readonly number[]} tools.sizes
 */
export async function growth({ createDatabase, startServer, rounds, seconds, sizes }) {
  const contenders = [];
  for (const size of [0, ...sizes]) contenders.push(await contender({ createDatabase, startServer, size }));
  for (const each of contenders) await each.warmUp();
  const results = [];
  for (let round = 0; round < rounds; round += 1) {
    const measured = new Map();
    const shuffled = contenders
      .map((each) => /** @type {const} */ ([Math.random(), each]))
      .toSorted(([a], [b]) => a - b);
    for (const [, each] of shuffled) measured.set(each.size, await each.measure(seconds));
    results.push(measured);
    process.stderr.write('.');
  }
  process.stderr.write('\n');
  for (const each of contenders) await each.stop();
  return results;
}

/**
 * @param {object} options
 * @param {(name: string) => Promise<string>} options.createDatabase
 * @param {(options: import('./server.mjs').ServerOptions) => Promise<any>} options.startServer
 * @param {number} options.size payments that were made before
 */
async function contender({ createDatabase, startServer, size }) {
  const database = await createDatabase(`bench_growth_${size}`);
  await (await startServer({ variant: 'itpay', database, still: true })).stop(); // makes the tables
  const client = new pg.Client({ connectionString: database });
  client.on('error', () => {}); // where something fails, its database goes first
  await client.connect();
  const { rows } = await client.query('select id from itpay.accounts');
  const account = rows[0].id;
  if (size > 0) {
    const started = performance.now();
    await fill({
      client,
      account,
      intents: size,
      days: DAYS,
      eventDays: EVENT_DAYS,
      now: new Date(),
      waiting: false,
      progress: (what) => console.error(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${what}`),
    });
    // As it is some time after: or the server would do it beside what is measured.
    await client.query('vacuum');
    await client.query('checkpoint');
    console.error(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  vacuumed`);
  }
  const server = await startServer({ variant: 'itpay', database });
  const next = createRequests(`growth${size}`, server.token);
  const create = (/** @type {{ requests: number } | { ms: number }} */ until) =>
    generateLoad({ port: server.port, path: PATH, concurrency: CONCURRENCY, next, until });
  const list = async (/** @type {string} */ query) => {
    const headers = { authorization: `Bearer ${server.token}` };
    const times = await measureLatency({ port: server.port, path: PATH + query, headers, requests: LISTS });
    return /** @type {number} */ (times[Math.floor(times.length / 2)]);
  };
  let deep = '';

  return {
    size,
    warmUp: async () => {
      await create({ requests: 2 * DEEP });
      await create({ ms: WARM_UP_SECONDS * 1000 });
      await client.query('analyze'); // as the server does by itself, a minute later
      // The newest payment but so many: or, where there were payments before, the one in the middle of those.
      const { rows: found } = await client.query(
        `select id from itpay.payment_intents where account = $1 and livemode = false and id < $2
          order by id collate "POSIX" desc limit 1 offset $3`,
        [
          account,
          size > 0
            ? `pi_00${Math.floor(size / 2)
                .toString(16)
                .padStart(8, '0')}`
            : 'pi_z',
          size > 0 ? 0 : DEEP,
        ],
      );
      deep = found[0].id;
      await list('');
      await list(`?starting_after=${deep}`);
    },
    measure: async (/** @type {number} */ seconds) => {
      const { requests, seconds: took } = await create({ ms: seconds * 1000 });
      await untilRelayed(client);
      return {
        create: (took * 1000) / requests,
        first: await list(''),
        deep: await list(`?starting_after=${deep}`),
        status: await list('?status=qr_generated'),
      };
    },
    stop: async () => {
      await client.end();
      await server.stop();
    },
  };
}

/** @param {pg.Client} client */
async function untilRelayed(client) {
  for (;;) {
    const { rows } = await client.query('select 1 from itpay.events where position is null limit 1');
    if (rows.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
