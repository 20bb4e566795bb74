import { migrate, PLACE_LEASE_MS, type Clock } from '@itpay/kernel';
import { capturedLogger, fakeClock, rateLimiterContract } from '@itpay/testkit';
import { describe, expect, it } from 'vitest';
import { rateLimitTables } from '../../packages/gateway/src/migrations/0003-rate-limits.js';
import { whenFileEnds } from '../support/cleanup.js';
import { emptySchema } from '../support/kernel.js';
import { postgresRateLimiter } from '../../packages/data/src/postgres/rate-limiter.js';

const bucket = { perSecond: 10, burst: 20 };

async function limiters(clock: Clock) {
  const { database, elsewhere: other } = await emptySchema();
  await migrate(database, [{ plugin: 'gateway', migrations: [rateLimitTables] }]);
  const logger = capturedLogger();
  const limiter = postgresRateLimiter({ database, clock, logger });
  const elsewhere = postgresRateLimiter({ database: other, clock, logger });
  whenFileEnds(() => limiter.close());
  whenFileEnds(() => elsewhere.close());
  const rows = async (table: string) =>
    (await database.knex.raw('select key from ??.?? order by key', [database.schema, table])).rows as { key: string }[];
  return { limiter, elsewhere, rows };
}

describe('postgresRateLimiter', () => {
  rateLimiterContract(limiters);

  it('shares a bucket with another process', async () => {
    const { limiter, elsewhere } = await limiters(fakeClock());
    await limiter.take('a', bucket);

    expect((await elsewhere.take('a', bucket)).remaining).toBe(18);
  });

  it('gives nobody tokens for a clock that is behind', async () => {
    const clock = fakeClock();
    const { limiter } = await limiters(clock);
    for (let i = 0; i < 20; i += 1) await limiter.take('a', bucket);

    clock.set('2024-12-31T23:59:59Z');

    expect((await limiter.take('a', bucket)).allowed).toBe(false);
  });

  it('keeps the places of a request that lasts longer than a lease', async () => {
    const clock = fakeClock();
    const { limiter, elsewhere } = await limiters(clock);
    await limiter.enter('a', 1);

    for (let i = 0; i < 4; i += 1) {
      clock.advance(PLACE_LEASE_MS / 2);
      await limiter.tidy();
    }

    expect(await elsewhere.enter('a', 1)).toBeNull();
  });

  it('deletes rows that say nothing any more', async () => {
    const clock = fakeClock();
    const { limiter, rows } = await limiters(clock);
    await limiter.take('full again', bucket);
    const held = await limiter.enter('given back', 5);
    held!.leave();
    clock.advance(PLACE_LEASE_MS);
    await limiter.take('in use', bucket);
    await limiter.enter('held', 5);

    await limiter.tidy();

    expect([await rows('rate_buckets'), await rows('rate_places')]).toEqual([[{ key: 'in use' }], [{ key: 'held' }]]);
  });
});
