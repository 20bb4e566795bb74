import type { HealthCheck } from './health.js';
import type { Worker } from './jobs/worker.js';
import { pendingMigrations, type MigrationSet } from './migrate/migrate.js';
import type { BlobStore } from './ports/blob-store.js';
import type { Database } from './ports/database.js';
import type { PubSub } from './ports/pubsub.js';
import { statement } from './statement.js';

/** Longer than one job may take, with the look for the next ones. */
const SILENT_TOO_LONG_MS = 90_000;
const HEALTH_TOPIC = 'health';
/** A key that nobody stores under. */
const NO_BLOB = 'health/none';

/**
 * The checks of what every installation stands on. The database and its schema are required. Without the others a process
 * serves requests: it looks by itself where nobody tells it, draws images anew, and another process does the work.
 */
export function coreChecks(
  sets: readonly MigrationSet[],
  database: Database,
  pubsub: PubSub,
  blobs: BlobStore,
  worker: Worker,
): readonly HealthCheck[] {
  return [
    {
      name: 'database',
      required: true,
      check: async () => {
        await database.query(PING, {});
      },
    },
    {
      name: 'migrations',
      required: true,
      check: async () => {
        const pending = await pendingMigrations(database, sets);
        if (pending.length > 0) throw new Error(`${pending.length} migrations have not run.`);
      },
    },
    {
      name: 'pubsub',
      check: () =>
        new Promise((resolve) => {
          const unsubscribe = pubsub.subscribe(HEALTH_TOPIC, () => {
            unsubscribe();
            resolve();
          });
          pubsub.publish(HEALTH_TOPIC, '');
          setTimeout(unsubscribe, UNHEARD_MS).unref();
        }),
    },
    {
      name: 'blob_store',
      check: async () => {
        await blobs.get(NO_BLOB);
      },
    },
    {
      name: 'worker',
      check: async () => {
        const silentMs = worker.silentForMs();
        if (silentMs === null) return 'off';
        if (silentMs > SILENT_TOO_LONG_MS)
          throw new Error(`The worker has not gone on for ${Math.round(silentMs)} ms.`);
      },
    },
  ];
}

/** By then whoever asked has given up. */
const UNHEARD_MS = 5_000;
const PING = statement<object, { alive: number }>('kernel_ping', `select 1 as alive`);
