import { timingSafeEqual } from 'node:crypto';
import { ItPayError } from '@itpay/core';
import type { Authenticator, Clock, Principal, Secrets } from '@itpay/kernel';
import { isAllowed } from './allowlist.js';
import { SIGNING_PURPOSE } from './changes.js';
import type { KeyCache, KnownKey } from './key-cache.js';
import { hashSecret, parseKey } from './key-text.js';
import type { SignatureNonces } from './nonces.js';
import { checkSignature, invalidSignature } from './signature.js';

export interface AuthenticatorDeps {
  readonly keys: Pick<KeyCache, 'find'>;
  readonly clock: Clock;
  readonly secrets: Pick<Secrets, 'open'>;
  readonly nonces: Pick<SignatureNonces, 'use'>;
  /** See `Settings`: callers sign its path too, which a proxy or a mount has taken off. */
  readonly publicUrl: string;
}

/** Knows callers by the API key in `Authorization: Bearer`, and by their signature where the key requires one. */
export function apiKeyAuthenticator({ keys, clock, secrets, nonces, publicUrl }: AuthenticatorDeps): Authenticator {
  const prefix = new URL(publicUrl).pathname.replace(/\/$/, '');
  /** By the principals that keys gave: most keys require no signature, and their requests are not looked at twice. */
  const signing = new WeakMap<Principal, Buffer>();
  return {
    authenticate: async ({ headers, remoteAddress }) => {
      const [, credential] = /^bearer +(\S+) *$/i.exec(headers['authorization'] ?? '') ?? [];
      if (credential === undefined) return null;

      const presented = parseKey(credential);
      const known = presented && (await keys.find(presented.keyId));
      // One answer for all of these, so that it does not tell which half of a guess was right.
      if (known === null || presented === null || !isHolder(presented, known)) throw new ItPayError('API_KEY_INVALID');
      if (known.revoked) throw new ItPayError('API_KEY_REVOKED');
      if (known.expiresAtMs <= clock.now().getTime()) throw new ItPayError('API_KEY_EXPIRED');
      if (known.allowlist.length > 0) requireAddress(remoteAddress, known);
      if (known.signingSecret !== null) signing.set(known.principal, known.signingSecret);
      return known.principal;
    },

    verifyBody: async ({ method, url, headers }, principal, body) => {
      const sealed = signing.get(principal);
      if (sealed === undefined) return;
      if (body === null) throw bytesGone();
      const request = { method, path: prefix + url, idempotencyKey: headers['idempotency-key'] ?? '', body };
      const secret = secrets.open(SIGNING_PURPOSE, sealed);
      const { signature, usableUntil } = checkSignature(secret, headers['itpay-signature'], request, clock.now());
      if (await nonces.use(principal.id, signature, usableUntil)) return;
      throw invalidSignature(
        'This signature was used before. Sign again with a fresh t; add a fraction to send several in one second.',
      );
    },
  };
}

function isHolder({ secret, livemode }: { secret: string; livemode: boolean }, known: KnownKey): boolean {
  return timingSafeEqual(hashSecret(secret), known.secretHash) && livemode === known.principal.livemode;
}

function requireAddress(address: string | null, { allowlist }: KnownKey): void {
  if (address === null) {
    throw new ItPayError('IP_NOT_ALLOWED', {
      message:
        'This key works from certain addresses only, and the server cannot see the address of the caller. ' +
        'Use a key without ip_allowlist, or have the server mounted in a way that tells the address.',
    });
  }
  if (isAllowed(address, allowlist)) return;
  throw new ItPayError('IP_NOT_ALLOWED', {
    message: `This key does not work from ${address}. Call from an address of its ip_allowlist, or add this one.`,
    details: { address },
  });
}

function bytesGone(): ItPayError {
  return new ItPayError('INTERNAL_ERROR', {
    message:
      'A signature cannot be checked: a body parser took the bytes of this request. Mount ItPay before the body parser, or ' +
      'have it keep the bytes; docs/mounting.md has the line for each framework.',
  });
}
