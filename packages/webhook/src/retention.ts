import { statement, type Clock, type Database, type Sweep } from '@itpay/kernel';

/** How long events and attempts are kept after the last attempt, in days, unless the host says otherwise. */
export const RETENTION_DAYS = 30;
const DAY_MS = 86_400_000;
/** Nobody waits for it, so a look per minute is often enough. */
const LOOK_EVERY_MS = 60_000;
/** Small enough that the rows are not locked for long. */
const BATCH = 200;

/**
 * Deletes events with their deliveries and attempts when nobody has needed them for long. An event stays while it is still
 * to be sent, while a reader of the log or a subscriber has it before it, and while it is the newest of its object, from
 * which the next one takes its number. A subscriber that no process has had for as long keeps nothing back: its code is gone.
 */
export function eventRetention(database: Database, clock: Clock, days: number): Sweep {
  let nextLookMs = -Infinity;
  return {
    name: 'webhook.retention',
    async run() {
      const now = clock.now();
      if (now.getTime() < nextLookMs) return false;
      nextLookMs = now.getTime() + LOOK_EVERY_MS; // before the first wait: an overlapping run has nothing to do

      const cutoff = new Date(now.getTime() - days * DAY_MS);
      let any = false;
      for (let full = true; full;) {
        const looked = await forget(database, cutoff, now);
        any ||= looked > 0;
        full = looked === BATCH;
      }
      return any;
    },
  };
}

/** One batch. @returns how many events were looked at: each is deleted, or its turn comes later, or it is the newest */
async function forget(database: Database, cutoff: Date, now: Date): Promise<number> {
  return database.transaction(async (tx) => {
    const due = await tx.query(DUE, { cutoff, limit: BATCH });
    if (due.length === 0) return 0;
    const ids = due.map(({ id }) => id);
    await tx.query(KEEP_NEEDED, { ids, cutoff, now });
    const free = (await tx.query(FREE, { ids, cutoff })).map(({ id }) => id);
    await tx.query(DELETE_JOBS, { ids: free });
    await tx.query(DELETE_ATTEMPTS, { ids: free });
    await tx.query(DELETE_DELIVERIES, { ids: free });
    // What was the newest and is no longer gets its turn again.
    await tx.query(RELEASE_OLDER, { ids });
    await tx.query(KEEP_NEWEST, { ids: free });
    await tx.query(DELETE_EVENTS, { ids: free });
    return due.length;
  });
}

const DUE = statement<{ cutoff: Date; limit: number }, { id: string }>(
  'event_retention_due',
  `select id from {schema}.events
    where coalesce(needed_at, at) <= :cutoff
      and position <= (select coalesce(min(s.position), 0) from {schema}.event_subscribers s where s.seen_at > :cutoff)
    order by coalesce(needed_at, at) limit :limit for update skip locked`,
);
// A delivery that is pending, or a subscriber that still fails, puts it off as if it had been tried now.
const NEEDED = `(case
  when exists (select from {schema}.webhook_deliveries d where d.event_id = e.id and d.state = 'pending')
    or exists (select from wanted where wanted.key = e.id) then :now::timestamptz
  else (select max(a.at) from {schema}.webhook_attempts a where a.event_id = e.id) end)`;
const KEEP_NEEDED = statement<{ ids: string[]; cutoff: Date; now: Date }, object>(
  'event_retention_keep_needed',
  `with wanted as materialized (
     select j.key from unnest(:ids::text[]) as event (id) cross join {schema}.event_subscribers s
       join {schema}.jobs j on j.name = 'event.deliver:' || s.name and j.key = event.id
      where s.seen_at > :cutoff)
   update {schema}.events e set needed_at = ${NEEDED} where e.id = any(:ids::text[]) and ${NEEDED} > :cutoff`,
);
const FREE = statement<{ ids: string[]; cutoff: Date }, { id: string }>(
  'event_retention_free',
  `select id from {schema}.events where id = any(:ids::text[]) and coalesce(needed_at, at) <= :cutoff`,
);
// Of subscribers that are gone; nothing that is here has one.
const DELETE_JOBS = statement<{ ids: string[] }, object>(
  'event_retention_delete_jobs',
  `delete from {schema}.jobs j using {schema}.event_subscribers s
    where j.name = 'event.deliver:' || s.name and j.key = any(:ids::text[])`,
);
const DELETE_ATTEMPTS = statement<{ ids: string[] }, object>(
  'event_retention_delete_attempts',
  `delete from {schema}.webhook_attempts where event_id = any(:ids::text[])`,
);
const DELETE_DELIVERIES = statement<{ ids: string[] }, object>(
  'event_retention_delete_deliveries',
  `delete from {schema}.webhook_deliveries where event_id = any(:ids::text[])`,
);
const RELEASE_OLDER = statement<{ ids: string[] }, object>(
  'event_retention_release_older',
  `update {schema}.events older set needed_at = null
     from {schema}.events e
    where e.id = any(:ids::text[]) and older.object_id = e.object_id and older.sequence < e.sequence
      and older.needed_at = 'infinity'`,
);
const KEEP_NEWEST = statement<{ ids: string[] }, object>(
  'event_retention_keep_newest',
  `update {schema}.events e set needed_at = 'infinity'
    where e.id = any(:ids::text[])
      and not exists (select from {schema}.events later where later.object_id = e.object_id and later.sequence > e.sequence)`,
);
const DELETE_EVENTS = statement<{ ids: string[] }, object>(
  'event_retention_delete',
  `delete from {schema}.events where id = any(:ids::text[]) and needed_at is distinct from 'infinity'`,
);
