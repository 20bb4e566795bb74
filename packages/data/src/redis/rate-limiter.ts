import { randomUUID } from 'node:crypto';
import {
  CLOCKS_APART_MS,
  PLACE_LEASE_MS,
  readBucket,
  systemClock,
  type Clock,
  type Logger,
  type Place,
  type RateLimiter,
} from '@itpay/kernel';
import { memoryRateLimiter } from '../memory/rate-limiter.js';
import { RedisAway, type Gate } from './gate.js';

const RENEW_EVERY_MS = PLACE_LEASE_MS / 3;
/** Of places that are given back late; those beyond it end with their lease. */
const MOST_LATE = 10_000;

export interface RedisRateLimiter extends RateLimiter {
  /** Makes the leases of this process's places new, and gives back late what could not be given back. Runs by itself. */
  tidy(): Promise<void>;
}

/**
 * RateLimiter for several processes on one Redis. Each answer is one script, and so one round trip.
 *
 * While Redis is away, each process counts for itself: requests are limited, but by each process anew.
 */
export function redisRateLimiter({
  gate,
  prefix,
  clock,
  logger,
}: {
  gate: Gate;
  prefix: string;
  clock: Clock;
  logger: Logger;
}): RedisRateLimiter {
  const local = memoryRateLimiter({ clock });
  /** The places of this process: id → key. */
  const held = new Map<string, string>();
  /** Places that Redis may still count, though nobody has them. */
  const late = new Map<string, string>();
  const leaving = new Set<Promise<unknown>>();
  let countsLocally = false;
  let closed = false;
  const nowMs = () => clock.now().getTime();
  const bucketOf = (key: string) => `${prefix}:bucket:${key}`;
  const placesOf = (key: string) => `${prefix}:places:${key}`;

  /** What Redis says, or else what this process counts. */
  const ask = async <T>(question: () => Promise<T>, otherwise: () => Promise<T>): Promise<T> => {
    try {
      const answer = await question();
      countsLocally = false;
      return answer;
    } catch (error) {
      if (!(error instanceof RedisAway)) throw error;
      if (!countsLocally && !closed) {
        countsLocally = true;
        logger.warn({ reason: error.message }, 'Rate limits count in this process alone until Redis answers again.');
      }
      return otherwise();
    }
  };

  const giveBack = async (id: string, key: string) => {
    late.set(id, key);
    if (late.size > MOST_LATE) late.delete(late.keys().next().value!);
    await gate.ask((client) => client.zrem(placesOf(key), id));
    late.delete(id);
  };
  const inBackground = (work: Promise<unknown>) => {
    // What it meant is tried again once Redis is back, or ends with its lease.
    const done = work.catch(() => {}).finally(() => leaving.delete(done));
    leaving.add(done);
  };
  const giveBackLate = async () => {
    for (const [id, key] of late) await giveBack(id, key);
  };
  const tidy = async () => {
    const byKey = new Map<string, string[]>();
    for (const [id, key] of held) byKey.set(key, [...(byKey.get(key) ?? []), id]);
    const until = nowMs() + PLACE_LEASE_MS;
    for (const [key, ids] of byKey) await gate.run(RENEW, placesOf(key), [until, KEEP_MS, ...ids]);
    await giveBackLate();
  };
  const timer = setInterval(() => inBackground(tidy()), RENEW_EVERY_MS);
  timer.unref();
  gate.onReady(() => !closed && inBackground(giveBackLate()));

  return {
    tidy,
    take: (key, bucket) =>
      ask(
        async () => {
          const now = clock === systemClock ? '' : nowMs();
          const tokenMs = 1000 / bucket.perSecond;
          // A millionth of a token for what sums of fractions may be off by.
          const burstMs = (bucket.burst + 1e-6) * tokenMs;
          const answer = await gate.run(TAKE, bucketOf(key), [now, tokenMs, burstMs, KEEP_MS]);
          const [allowed, fullAtMs, busySinceMs, atMs] = answer as [number, string, string, string];
          const state = { fullAtMs: Number(fullAtMs), busySinceMs: Number(busySinceMs) };
          return readBucket(state, bucket, Number(atMs), allowed === 1);
        },
        () => local.take(key, bucket),
      ),
    enter: async (key, most) => {
      if (most < 1) return null;
      const id = randomUUID();
      return ask<Place | null>(
        async () => {
          const now = nowMs();
          const args = [id, now, most, now + PLACE_LEASE_MS, KEEP_MS];
          const entered = await gate.run(ENTER, placesOf(key), args).catch((error: unknown) => {
            if (error instanceof RedisAway && error.asked) late.set(id, key); // it may have been entered all the same
            throw error;
          });
          if (entered !== 1) return null;
          held.set(id, key);
          return {
            leave: () => {
              if (held.delete(id)) inBackground(giveBack(id, key));
            },
          };
        },
        () => local.enter(key, most),
      );
    },
    close: async () => {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      for (const [id, key] of held) inBackground(giveBack(id, key));
      held.clear();
      await Promise.all(leaving);
      await local.close();
    },
  };
}

/**
 * How much longer than it says something a row is kept, in milliseconds. Redis measures it by its own clock and the rows go
 * by those of the processes, which may be apart.
 */
const KEEP_MS = 60_000;

// Numbers travel as text with 17 digits, because Redis would cut fractions off, and Lua writes 14 digits by itself.
// Unless it is told the time, it goes by Redis's clock: those of the processes differ by more than short buckets last.
const TAKE = `
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + time[2] / 1000
local token, burst = tonumber(ARGV[2]), tonumber(ARGV[3])
local row = redis.call('HMGET', KEYS[1], 'full_at', 'busy_since')
local full, busy = tonumber(row[1] or '0'), tonumber(row[2] or '0')
if full <= now or full > now + burst + ${CLOCKS_APART_MS} then full, busy = now, now end
local allowed = 0
if full + token - now <= burst then
  allowed, full = 1, full + token
  redis.call('HSET', KEYS[1], 'full_at', string.format('%.17g', full), 'busy_since', string.format('%.17g', busy))
  redis.call('PEXPIRE', KEYS[1], math.ceil(full - now) + tonumber(ARGV[4]))
end
return {allowed, string.format('%.17g', full), string.format('%.17g', busy), string.format('%.17g', now)}
`;

const ENTER = `
local id, now, most, untilMs = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= most then return 0 end
redis.call('ZADD', KEYS[1], untilMs, id)
redis.call('PEXPIRE', KEYS[1], math.ceil(untilMs - now) + ARGV[5])
return 1
`;

const RENEW = `
for i = 3, #ARGV do redis.call('ZADD', KEYS[1], 'XX', ARGV[1], ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2] + ${PLACE_LEASE_MS})
return 1
`;
