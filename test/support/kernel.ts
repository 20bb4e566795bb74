import { knexDatabase, memoryPubSub, openPglite, openPostgres } from '@itpay/data';
import {
  migrate,
  migrationSets,
  uuidV7Ids,
  type AnyPlugin,
  type Database,
  type Job,
  type JobQueue,
  type LogReader,
  type PubSub,
} from '@itpay/kernel';
import { capturedLogger, fakeClock } from '@itpay/testkit';
import { Jobs } from '../../packages/kernel/src/jobs/jobs.js';
import type { Lanes } from '../../packages/kernel/src/jobs/lanes.js';
import { Outbox } from '../../packages/kernel/src/events/outbox.js';
import { Subscriptions } from '../../packages/kernel/src/events/subscriptions.js';
import { Worker } from '../../packages/kernel/src/jobs/worker.js';
import { whenFileEnds } from './cleanup.js';
import { backend, freshDatabase } from './database.js';

let opened: Promise<{ first: Database; second: () => Promise<Database> }> | undefined;
let schemas = 0;

/**
 * A schema of its own, still empty, on this run's back end. All schemas of a file share one database.
 *
 * @returns it twice: as the first and as a second process sees it. The embedded database has one pool for both.
 */
export async function emptySchema(): Promise<{ database: Database; elsewhere: Database }> {
  const { first, second } = await (opened ??= open());
  const schema = `h"${++schemas}`; // quoted everywhere, or it shows
  const preparedStatements = backend() === 'postgres';
  const on = ({ knex }: Database) => knexDatabase({ knex, schema, preparedStatements });
  return { database: on(first), elsewhere: on(await second()) };
}

/** The same with the tables of the kernel and of the plugins. */
export async function migratedSchema(plugins: readonly AnyPlugin[] = []) {
  const schema = await emptySchema();
  await migrate(schema.database, migrationSets(plugins));
  return schema;
}

async function open() {
  if (backend() === 'pglite') {
    const database = await openPglite({ directory: 'memory', schema: 'unused', maxWaitMs: 2_000 });
    whenFileEnds(() => database.close());
    return { first: database, second: async () => database };
  }
  const { url } = await freshDatabase();
  const pool = async () => {
    const database = await openPostgres({ url, schema: 'unused', poolSize: 4 });
    whenFileEnds(() => database.close());
    return database;
  };
  const first = await pool();
  let second: Promise<Database> | undefined;
  return { first, second: () => (second ??= pool()) };
}

/** What two processes of one installation are made of: their own workers and subscribers, one clock, one database. */
export async function house() {
  const { database, elsewhere } = await migratedSchema();
  const clock = fakeClock();
  const logger = capturedLogger();
  const ids = uuidV7Ids();
  const pubsub = memoryPubSub();
  const jobs = new Jobs(clock, ids, pubsub);
  const outbox = new Outbox(clock, ids, pubsub);

  /** A process that knows these jobs, and the subscribers that the test adds. */
  const processWith = (
    handlers: readonly Job[] = [],
    options: {
      on?: Database;
      pubsub?: PubSub;
      queue?: JobQueue;
      lanes?: Lanes;
      limitMs?: number;
      readers?: readonly LogReader[];
    } = {},
  ) => {
    const ownJobs = options.queue === undefined ? jobs : new Jobs(clock, ids, pubsub, options.queue);
    const subscriptions = new Subscriptions(options.on ?? database, clock, ownJobs, options.readers ?? []);
    const worker = new Worker({
      database: options.on ?? database,
      clock,
      ids,
      logger,
      pubsub: options.pubsub ?? pubsub,
      ...(options.queue && { queue: options.queue }),
      ...(options.lanes && { lanes: options.lanes }),
      jobs: () => [...handlers, ...subscriptions.jobs()],
      relay: () => subscriptions.relay(),
      ...(options.limitMs !== undefined && { jobLimitMs: options.limitMs }),
    });
    whenFileEnds(() => worker.stop());
    return { worker, subscriptions, jobs: ownJobs };
  };

  const rows = async (table: string) =>
    (await database.knex.raw('select * from ??.?? order by id', [database.schema, table])).rows as Record<
      string,
      any
    >[];
  return { database, elsewhere, clock, logger, ids, pubsub, jobs, outbox, processWith, rows };
}

export { memoryRateLimiter, openPostgres } from '@itpay/data';

export const actor = { account: 'm_shop', livemode: false, id: 'host', requestId: null };

/** A promise and the way to keep it, for tests that decide when something goes on. */
export function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((r) => (resolve = r));
  return { promise, resolve };
}
