import { randomUUID } from 'node:crypto';
import {
  CLOCKS_APART_MS,
  maybeOne,
  PLACE_LEASE_MS,
  readBucket,
  statement,
  systemClock,
  type Clock,
  type Database,
  type Logger,
  type RateLimiter,
} from '@itpay/kernel';

const RENEW_EVERY_MS = PLACE_LEASE_MS / 3;
/** Small enough that the rows are not locked for long. */
const PURGED_AT_ONCE = 1_000;

export interface PostgresRateLimiter extends RateLimiter {
  /** Makes the leases of this process's places new, and deletes rows that say nothing any more. Runs by itself. */
  tidy(): Promise<void>;
}

/**
 * RateLimiter for several processes on one database. Each answer is one statement, and so one round trip; a place costs a
 * second one when it is given back, which nobody waits for.
 */
export function postgresRateLimiter({
  database,
  clock,
  logger,
}: {
  database: Database;
  clock: Clock;
  logger: Logger;
}): PostgresRateLimiter {
  /** The places of this process: id → key. */
  const held = new Map<string, string>();
  const leaving = new Set<Promise<unknown>>();
  const nowMs = () => clock.now().getTime();
  const toldMs = () => (clock === systemClock ? null : nowMs());

  const tidy = async () => {
    const now = nowMs();
    if (held.size > 0) {
      const keys = [...new Set(held.values())];
      await database.query(RENEW, { keys, ids: [...held.keys()], until: now + PLACE_LEASE_MS });
    }
    while ((await database.query(PURGE_BUCKETS, { told: toldMs() })).length === PURGED_AT_ONCE);
    while ((await database.query(PURGE_PLACES, { now })).length === PURGED_AT_ONCE);
  };
  const inBackground = (work: Promise<unknown>) => {
    const done = work.catch((error: unknown) => {
      logger.warn({ err: error }, 'The rate limiter could not write; what it meant ends with its lease.');
    });
    leaving.add(done);
    void done.finally(() => leaving.delete(done));
  };
  const timer = setInterval(() => inBackground(tidy()), RENEW_EVERY_MS);
  timer.unref();

  return {
    tidy,
    take: async (key, bucket) => {
      const row = await maybeOne(database, TAKE, {
        key,
        told: toldMs(),
        tokenMs: 1000 / bucket.perSecond,
        // A millionth of a token for what sums of fractions may be off by.
        burstMs: ((bucket.burst + 1e-6) * 1000) / bucket.perSecond,
      });
      // No row: it was made by a request that came at once and took the last token of it.
      const empty = { now: 0, full_at: (bucket.burst * 1000) / bucket.perSecond, busy_since: 0, allowed: false };
      const { now, full_at: fullAtMs, busy_since: busySinceMs, allowed } = row ?? empty;
      return readBucket({ fullAtMs, busySinceMs }, bucket, now, allowed);
    },
    enter: async (key, most) => {
      if (most < 1) return null;
      const id = randomUUID();
      const now = nowMs();
      const [entered] = await database.query(ENTER, { key, id, now, most, until: now + PLACE_LEASE_MS });
      if (entered === undefined) return null;
      held.set(id, key);
      return {
        leave: () => {
          if (held.delete(id)) inBackground(database.query(LEAVE, { key, id }));
        },
      };
    },
    close: async () => {
      clearInterval(timer);
      for (const [id, key] of held) inBackground(database.query(LEAVE, { key, id }));
      held.clear();
      await Promise.all(leaving);
    },
  };
}

// Unless it is told the time, a bucket goes by the database's clock: those of the processes differ by more than short
// buckets last. It does not change within a statement.
const NOW = 'coalesce(:told::float8, extract(epoch from statement_timestamp()) * 1000)';

// A bucket that is full has no past. And none is emptier than empty: a clock went back by more than clocks may be apart, and
// nobody waits for an hour because of that.
const IN_TIME = `b.full_at between ${NOW} and ${NOW} + :burstMs::float8 + ${CLOCKS_APART_MS}`;

// A refused request writes nothing; what it is told is read beside it and may be older by the requests of this moment.
const TAKE = statement<
  { key: string; told: number | null; tokenMs: number; burstMs: number },
  { now: number; full_at: number; busy_since: number; allowed: boolean }
>(
  'rate_take',
  `with taken as (
     insert into {schema}.rate_buckets as b (key, full_at, busy_since)
     select :key, ${NOW} + :tokenMs::float8, ${NOW} where :tokenMs::float8 <= :burstMs::float8
     on conflict (key) do update
        set full_at = case when ${IN_TIME} then b.full_at else ${NOW} end + :tokenMs::float8,
            busy_since = case when ${IN_TIME} then b.busy_since else ${NOW} end
      where case when ${IN_TIME} then b.full_at else ${NOW} end + :tokenMs::float8 - ${NOW} <= :burstMs::float8
     returning full_at, busy_since)
   select ${NOW} as now, full_at, busy_since, true as allowed from taken
   union all
   select ${NOW}, full_at, busy_since, false from {schema}.rate_buckets
    where key = :key and not exists (select from taken)`,
);

const ENTER = statement<{ key: string; id: string; now: number; most: number; until: number }, { entered: number }>(
  'rate_enter',
  `insert into {schema}.rate_places as p (key, ids, untils, free_at)
   values (:key, array[:id::text], array[:until::float8], :until::float8)
   on conflict (key) do update
      set (ids, untils, free_at) = (
            select coalesce(array_agg(id), '{}') || :id::text, coalesce(array_agg(until), '{}') || :until::float8,
                   greatest(max(until), :until::float8)
              from unnest(p.ids, p.untils) as place (id, until) where until > :now::float8)
    where (select count(*) from unnest(p.untils) as until where until > :now::float8) < :most::int
   returning 1 as entered`,
);

const LEAVE = statement<{ key: string; id: string }>(
  'rate_leave',
  `update {schema}.rate_places as p
      set (ids, untils) = (
            select coalesce(array_agg(id), '{}'), coalesce(array_agg(until), '{}')
              from unnest(p.ids, p.untils) as place (id, until) where id <> :id)
    where key = :key`,
);

const RENEW = statement<{ keys: readonly string[]; ids: readonly string[]; until: number }>(
  'rate_renew',
  `update {schema}.rate_places as p
      set (untils, free_at) = (
            select array_agg(case when id = any(:ids::text[]) then :until::float8 else until end order by position),
                   greatest(p.free_at, :until::float8)
              from unnest(p.ids, p.untils) with ordinality as place (id, until, position))
    where key = any(:keys::text[]) and ids && :ids::text[]`,
);

const PURGE_BUCKETS = statement<{ told: number | null }, { purged: number }>(
  'rate_purge_buckets',
  `delete from {schema}.rate_buckets where key = any(array(
     select key from {schema}.rate_buckets where full_at <= ${NOW}
      order by full_at limit ${PURGED_AT_ONCE} for update skip locked))
   returning 1 as purged`,
);

const PURGE_PLACES = statement<{ now: number }, { purged: number }>(
  'rate_purge_places',
  `delete from {schema}.rate_places where key = any(array(
     select key from {schema}.rate_places where free_at <= :now::float8
      order by free_at limit ${PURGED_AT_ONCE} for update skip locked))
   returning 1 as purged`,
);
