import type { SealedCensus } from '@itpay/kernel';
import { expect, it } from 'vitest';
import { sealedFinding } from './sealed.js';

const keys = (...rows: number[]) => rows.map((count, at) => ({ id: `key-${at}`, rows: count }));

it.each<[what: string, census: Pick<SealedCensus, 'keys' | 'unlisted'>, state: string, says: RegExp]>([
  ['nothing is sealed yet', { keys: keys(0), unlisted: 0 }, 'ok', /all under the listed key$/],
  ['one key opens all', { keys: keys(3), unlisted: 0 }, 'ok', /all under the listed key$/],
  ['several open all', { keys: keys(0, 3), unlisted: 0 }, 'ok', /being replaced/],
  [
    'a key is missing',
    { keys: keys(0, 3), unlisted: 1 },
    'warning',
    /^1 things in safes\.content.*Put the old key back/,
  ],
  ['no key opens anything', { keys: keys(0, 0), unlisted: 2 }, 'broken', /no process starts\. Set ITPAY_SECRET_KEY/],
])('says what it means for the start when %s', (_what, census, state, says) => {
  const finding = sealedFinding({ ...census, unlistedIn: ['safes.content'], complete: true });

  expect(finding).toMatchObject({ check: 'sealed', state, message: expect.stringMatching(says) });
});
