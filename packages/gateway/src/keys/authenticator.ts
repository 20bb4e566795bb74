import { timingSafeEqual } from 'node:crypto';
import { ItPayError } from '@itpay/core';
import type { Authenticator, Clock } from '@itpay/kernel';
import type { KeyCache, KnownKey } from './key-cache.js';
import { hashSecret, parseKey } from './key-text.js';

/** Knows callers by the API key in `Authorization: Bearer`. */
export function apiKeyAuthenticator(keys: Pick<KeyCache, 'find'>, clock: Clock): Authenticator {
  return {
    authenticate: async ({ headers }) => {
      const [, credential] = /^bearer +(\S+) *$/i.exec(headers['authorization'] ?? '') ?? [];
      if (credential === undefined) return null;

      const presented = parseKey(credential);
      const known = presented && (await keys.find(presented.keyId));
      // One answer for all of these, so that it does not tell which half of a guess was right.
      if (known === null || presented === null || !isHolder(presented, known)) throw new ItPayError('API_KEY_INVALID');
      if (known.revoked) throw new ItPayError('API_KEY_REVOKED');
      if (known.expiresAtMs <= clock.now().getTime()) throw new ItPayError('API_KEY_EXPIRED');
      return known.principal;
    },
  };
}

function isHolder({ secret, livemode }: { secret: string; livemode: boolean }, known: KnownKey): boolean {
  return timingSafeEqual(hashSecret(secret), known.secretHash) && livemode === known.principal.livemode;
}
