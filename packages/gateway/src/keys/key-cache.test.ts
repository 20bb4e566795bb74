import { fakeClock } from '@itpay/testkit';
import { expect, it } from 'vitest';
import { KEY_CACHE_MS, KeyCache } from './key-cache.js';
import type { CheckedKeyRow } from './shared-keys.js';

const row: CheckedKeyRow = {
  id: 'key_1',
  account: 'm',
  livemode: true,
  key_id: 'idm_1',
  secret_hash: Buffer.alloc(32),
  lineage: 'key_1',
  scopes: [],
  status: 'active',
  ip_allowlist: [],
  signing_secret: null,
  api_version: null,
  expires_at: null,
};

it.each<[movedMs: number, stillWorks: boolean]>([
  [0, true],
  [KEY_CACHE_MS - 1, true],
  [KEY_CACHE_MS, false],
  [-3_600_000, false], // the clock was set back
])('when the clock moved by %d ms, a key that was revoked elsewhere still works: %s', async (movedMs, stillWorks) => {
  const clock = fakeClock();
  let status: CheckedKeyRow['status'] = 'active';
  const keys = new KeyCache(async () => ({ ...row, status }), clock);
  await keys.find('idm_1');
  status = 'revoked';

  clock.set(new Date(clock.now().getTime() + movedMs));
  const found = await keys.find('idm_1');

  expect(found!.revoked).toBe(!stillWorks);
});
