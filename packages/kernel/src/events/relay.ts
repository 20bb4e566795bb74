import type { Database } from '../ports/database.js';
import { statement } from '../statement.js';

const BATCH = 500;

/**
 * Gives committed events their place in the log.
 *
 * Positions are given after the commit, by one process at a time, so a reader that follows them never skips an event
 * whose transaction took longer than that of its neighbour.
 *
 * @returns how many events got a position
 */
export async function assignPositions(database: Database): Promise<number> {
  return database.transaction(async (tx) => {
    // Two statements on purpose: the second takes its snapshot after the lock is ours.
    await tx.query(LOCK_LOG, {});
    const [row] = await tx.query(ASSIGN, { limit: BATCH });
    return Number(row?.assigned ?? 0n);
  });
}

const LOCK_LOG = statement<object, object>('event_log_lock', `select last_position from {schema}.event_log for update`);

const ASSIGN = statement<{ limit: number }, { assigned: bigint }>(
  'event_log_assign',
  `with fresh as (
     select id, row_number() over (order by id) as n
       from (select id from {schema}.events where position is null order by id limit :limit::int) unplaced),
   placed as (
     update {schema}.events e set position = l.last_position + fresh.n
       from fresh, {schema}.event_log l where e.id = fresh.id
     returning 1),
   counted as (select count(*) as assigned from placed)
   update {schema}.event_log set last_position = last_position + (select assigned from counted)
   returning (select assigned from counted) as assigned`,
);
