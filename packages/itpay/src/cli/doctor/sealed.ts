import type { SealedCensus } from '@itpay/kernel';
import { opensNothing, PUT_KEY_BACK } from '../../sealed-check.js';
import { broken, ok, warning, type Finding } from './finding.js';

/** In milliseconds: where millions of rows hold something sealed, the newest ones are looked at. */
export const SEALED_LIMIT_MS = 5_000;

/** What a count of that length says about the listed keys. */
export function sealedFinding(census: SealedCensus): Finding {
  const { keys, unlisted, unlistedIn, complete } = census;
  if (unlisted > 0) {
    const things = `${unlisted} things in ${unlistedIn.join(', ')} are under a key that is not listed`;
    return opensNothing(census)
      ? broken('sealed', `${things}, and nothing opens with those that are: no process starts. ${PUT_KEY_BACK}`)
      : warning('sealed', `${things}. Put the old key back, after the new one, and see: itpay secrets`);
  }
  const part = complete ? '' : `, of those that could be looked at in ${SEALED_LIMIT_MS / 1000} s`;
  if (keys.length === 1) return ok('sealed', `all under the listed key${part}`);
  return ok('sealed', `all under listed keys${part}. A key is being replaced; see: itpay secrets`);
}
