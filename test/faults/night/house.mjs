import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFakeRail } from '@itpay/testkit/fake-rail';
import pg from 'pg';
import { startFaultProxy } from '../../support/fault-proxy.mjs';
import { startRedis } from '../../support/redis.mjs';
import { startS3Double } from '../../support/s3-double.mjs';
import { startRestartablePostgres } from './postgres.mjs';
import { Processes } from './processes.mjs';
import { startReceiver } from './receivers.mjs';

/**
 * Which receivers there are, what they ask for, and what they do until the night is over.
 *
 * @type {Readonly<Record<string, { events: readonly string[], manner: (arrived: number) => import('./receivers.mjs').Manner }>>}
 */
export const RECEIVERS = {
  steady: { events: ['*'], manner: (arrived) => (arrived % 7 === 0 ? 'slow' : 204) },
  failing: { events: ['payment_intent.succeeded', 'payment_intent.cancelled'], manner: () => 500 },
  hanging: { events: ['refund.created'], manner: () => 'hang' },
  redirecting: { events: ['payment_intent.authorized', 'refund.succeeded'], manner: () => 'redirect' },
  dribbling: { events: ['qr_charge.*'], manner: () => 'dribble' },
  dying: { events: ['payment_intent.created'], manner: () => 'die' },
  /** Does not work before everything is over: what it was to hear ends as failed, and is replayed. */
  broken: { events: ['payment_intent.cancelled'], manner: () => 500 },
  /** Says 410 after a while, which disables it: what it missed is replayed. */
  leaving: { events: ['refund.*'], manner: (arrived) => (arrived < 5 ? 204 : 410) },
};

/** Requests are counted, as in production, and never too many. */
const WIDE = { perSecond: 100_000, burst: 100_000, concurrent: 10_000 };
const ROLES = /** @type {const} */ (['api', 'worker', 'api', 'worker']);

/**
 * @typedef {object} HouseOptions
 * @property {import('./random.mjs').Random} random
 *
 * @typedef {object} House everything that one night needs, and what can be broken in it
 * @property {import('./postgres.mjs').RestartablePostgres} postgres
 * @property {import('../../support/fault-proxy.mjs').FaultProxy} database the network between processes and PostgreSQL
 * @property {import('../../support/fault-proxy.mjs').FaultProxy} front the network between clients and processes
 * @property {import('../../support/redis.mjs').RedisServer} redis
 * @property {import('../../support/fault-proxy.mjs').FaultProxy} courier the network between processes and Redis
 * @property {import('../../support/s3-double.mjs').S3Double} files
 * @property {import('@itpay/testkit/fake-rail').FakeRail} rail
 * @property {Readonly<Record<string, import('./receivers.mjs').Receiver>>} receivers
 * @property {Processes} processes
 * @property {pg.Client} client looks at the rows; connected between two nights
 * @property {string} logs the folder of what the processes complained of
 * @property {{ offsetMs: number }} time how far the clocks of the processes are ahead of ours
 * @property {() => Date} now what they say
 * @property {(ms: number) => Promise<void>} pass lets so much time pass for all of them
 * @property {() => Promise<void>} connect
 * @property {(keepLogs: boolean) => Promise<void>} close
 */

/**
 * An installation of four processes, two that take requests and two that work, with everything around it.
 *
 * @param {HouseOptions} options
 * @returns {Promise<House>}
 */
export async function openHouse({ random }) {
  /** @type {(() => unknown)[]} */
  const ends = [];
  const closeAll = async () => {
    for (let end = ends.pop(); end; end = ends.pop()) await end();
  };
  try {
    return await open();
  } catch (error) {
    await closeAll();
    throw error;
  }

  async function open() {
    const logs = mkdtempSync(join(tmpdir(), 'itpay-night-'));
    mkdirSync(join(logs, 'data'));
    const postgres = await startRestartablePostgres();
    ends.push(() => postgres.stop());
    const database = await startFaultProxy({ targets: () => [{ port: postgres.port }], random: random.next });
    ends.push(() => database.close());
    const redis = await startRedis();
    ends.push(() => redis.stop());
    const courier = await startFaultProxy({ targets: () => [{ port: redis.port }], random: random.next });
    ends.push(() => courier.close());
    const credentials = { accessKeyId: 'night', secretAccessKey: 'of-the-worst-kind' };
    const files = await startS3Double({ ...credentials, bucket: 'night' });
    ends.push(() => files.stop());
    const rail = await startFakeRail({ callbacks: 'auto', journal: join(logs, 'rail.jsonl') });
    ends.push(() => rail.stop());
    /** @type {Record<string, import('./receivers.mjs').Receiver>} */
    const receivers = {};
    for (const name of Object.keys(RECEIVERS)) {
      const receiver = await startReceiver();
      ends.push(() => receiver.close());
      receivers[name] = receiver;
    }

    /** @type {Processes} */
    let processes;
    const front = await startFaultProxy({ targets: () => processes.targets(), random: random.next });
    ends.push(() => front.close());
    const url = new URL(postgres.url);
    url.port = String(database.port);
    const time = { offsetMs: 0 };
    processes = new Processes((role, name, offsetMs) => ({
      role,
      name,
      log: join(logs, `${name}.jsonl`),
      offsetMs,
      rail: { url: rail.url, secret: rail.secret },
      allowedOrigins: Object.values(receivers).map(({ origin }) => origin),
      options: {
        publicUrl: `http://127.0.0.1:${front.port}/itpay`,
        database: url.href,
        dataDir: join(logs, 'data'),
        // Without a Redis on this machine, what needs one is skipped.
        ...(redis.missing === null && { redis: `redis://127.0.0.1:${courier.port}` }),
        s3: { bucket: 'night', region: 'us-east-1', endpoint: files.endpoint, credentials },
        rateLimits: { test: WIDE, payer: WIDE, unauthenticated: WIDE },
      },
    }));
    ends.push(() => processes.kill());
    await processes.open(ROLES);

    /** @type {House} */
    const house = {
      postgres,
      database,
      redis,
      courier,
      files,
      front,
      rail,
      receivers,
      processes,
      client: new pg.Client({ connectionString: postgres.url }),
      logs,
      time,
      now: () => new Date(Date.now() + time.offsetMs),
      async pass(ms) {
        time.offsetMs += ms;
        await processes.setClock(time.offsetMs);
      },
      async connect() {
        await house.client.end().catch(() => {});
        house.client = new pg.Client({ connectionString: postgres.url });
        house.client.on('error', () => {}); // it is killed with its server
        await house.client.connect();
      },
      async close(keepLogs) {
        await house.client.end().catch(() => {});
        await Promise.race([processes.stop(), sleep(10_000)]);
        await closeAll();
        if (!keepLogs) rmSync(logs, { recursive: true, force: true });
      },
    };
    await house.connect();
    return house;
  }
}
