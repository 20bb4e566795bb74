import { fakeClock, rateLimiterContract } from '@itpay/testkit';
import { describe, expect, it } from 'vitest';
import { memoryRateLimiter } from './rate-limiter.js';

describe('memoryRateLimiter', () => {
  rateLimiterContract(async (clock) => ({ limiter: memoryRateLimiter({ clock }) }));

  it('forgets the bucket that was used longest ago when it holds too many', async () => {
    const limiter = memoryRateLimiter({ clock: fakeClock(), mostBuckets: 2 });
    const bucket = { perSecond: 1, burst: 5 };
    await limiter.take('old', bucket);
    await limiter.take('used', bucket);
    await limiter.take('old', bucket);

    await limiter.take('new', bucket); // pushes out "used"

    expect((await limiter.take('old', bucket)).remaining).toBe(2);
    expect((await limiter.take('used', bucket)).remaining).toBe(4);
  });
});
