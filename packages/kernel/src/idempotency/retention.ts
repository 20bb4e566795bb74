import type { Sweep } from '../jobs/sweeper.js';
import type { Clock } from '../ports/clock.js';
import type { Database } from '../ports/database.js';
import { statement } from '../statement.js';

/** Nobody waits for it, so a look per minute is often enough. */
const LOOK_EVERY_MS = 60_000;
/** Small enough that the rows are not locked for long. */
const BATCH = 500;

/**
 * Deletes keys whose time is over, so that they are free again. A key whose operation has no final answer yet stays: its
 * next use must find the operation, however old it is.
 */
export function keyRetention(database: Database, clock: Clock): Sweep {
  let nextLookMs = -Infinity;
  return {
    name: 'idempotency-retention',
    async run() {
      const now = clock.now();
      if (now.getTime() < nextLookMs) return false;
      nextLookMs = now.getTime() + LOOK_EVERY_MS; // before the first wait: an overlapping run has nothing to do

      let deleted = 0;
      for (let full = true; full;) {
        const { length } = await database.query(DELETE_EXPIRED, { now, limit: BATCH });
        deleted += length;
        full = length === BATCH;
      }
      return deleted > 0;
    },
  };
}

// Another process may delete at the same time; it takes other rows.
const DELETE_EXPIRED = statement<{ now: Date; limit: number }, { deleted: number }>(
  'idempotency_delete_expired',
  `delete from {schema}.idempotency_keys where scope_hash = any(array(
     select scope_hash from {schema}.idempotency_keys
      where recovery_point = 'finished' and expires_at <= :now
      order by expires_at limit :limit::int for update skip locked))
   returning 1 as deleted`,
);
