import { cacheContract } from '@itpay/testkit';
import { describe, expect, it } from 'vitest';
import { memoryCache } from './cache.js';

describe('memoryCache', () => {
  cacheContract(async () => memoryCache());

  it('forgets what was used longest ago when it is full', async () => {
    const cache = memoryCache({ mostEntries: 2 });
    const value = new Uint8Array(1);
    await cache.set('old', value, 60_000);
    await cache.set('unused', value, 60_000);
    await cache.get('old');

    await cache.set('new', value, 60_000);

    expect(await cache.get('unused')).toBeNull();
    expect([await cache.get('old'), await cache.get('new')]).not.toContain(null);
  });
});
