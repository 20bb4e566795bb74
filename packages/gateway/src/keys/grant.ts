import { ItPayError } from '@itpay/core';
import type { Principal } from '@itpay/kernel';
import { contains, parseRange } from './allowlist.js';
import type { ApiKeyRow } from './store.js';

/** What a caller may hand on. (Protocol, 11.1: a key mints only keys with a subset of its own scopes) */
export interface Grant {
  /** The caller's own key; null for a host's session and the like, which has scopes and no other bounds. */
  readonly keyId: string | null;
  readonly scopes: readonly string[];
  readonly ipAllowlist: readonly string[];
  readonly requireSignature: boolean;
  readonly expiresAt: Date | null;
}

/** How far a key reaches. */
export type Reach = Pick<Grant, 'scopes' | 'ipAllowlist' | 'requireSignature' | 'expiresAt'>;

/**
 * @param row the caller's key as it is now; what the gateway knows of it may be ten seconds old
 * @throws ItPayError `API_KEY_REVOKED` or `API_KEY_EXPIRED` when the key has ended meanwhile
 */
export function grantOf(principal: Principal, row: ApiKeyRow | null, now: Date): Grant {
  if (row === null) {
    return { keyId: null, scopes: principal.scopes, ipAllowlist: [], requireSignature: false, expiresAt: null };
  }
  if (row.status === 'revoked') throw new ItPayError('API_KEY_REVOKED');
  if (row.expires_at !== null && row.expires_at <= now) throw new ItPayError('API_KEY_EXPIRED');
  return {
    keyId: row.id,
    ...reachOf(row),
    scopes: principal.scopes.filter((scope) => row.scopes.includes(scope)),
  };
}

export function reachOf(row: ApiKeyRow): Reach {
  return {
    scopes: row.scopes,
    ipAllowlist: row.ip_allowlist,
    requireSignature: row.signing_secret !== null,
    expiresAt: row.expires_at,
  };
}

/** @throws ItPayError `PERMISSION_DENIED` with the scopes that the caller does not have */
export function requireScopesWithin(grant: Grant, scopes: readonly string[]): void {
  const missing = scopes.filter((scope) => !grant.scopes.includes(scope));
  if (missing.length === 0) return;
  throw new ItPayError('PERMISSION_DENIED', {
    message: `The caller does not have ${missing.join(', ')} and so cannot give, take or change a key that has.`,
    details: { missing },
  });
}

/**
 * Refuses a key that is bound less tightly than the caller's own, of which it would be a copy without the bounds.
 *
 * @param reach only what is being given
 * @throws ItPayError `PERMISSION_DENIED`
 */
export function requireBoundsWithin(grant: Grant, reach: Partial<Omit<Reach, 'scopes'>>): void {
  const { ipAllowlist, requireSignature, expiresAt } = reach;
  if (ipAllowlist !== undefined && grant.ipAllowlist.length > 0 && !isWithin(grant.ipAllowlist, ipAllowlist)) {
    throw tooWide('is bound to addresses; ip_allowlist must lie within them', 'ip_allowlist');
  }
  if (requireSignature === false && grant.requireSignature) {
    throw tooWide('signs its requests; require_signature must be true', 'require_signature');
  }
  if (expiresAt !== undefined && grant.expiresAt !== null && (expiresAt === null || expiresAt > grant.expiresAt)) {
    throw tooWide(`ends at ${grant.expiresAt.toISOString()}; expires_at must not be later`, 'expires_at');
  }
}

function isWithin(outer: readonly string[], inner: readonly string[]): boolean {
  const ranges = outer.map(parseRange);
  return inner.length > 0 && inner.every((text) => ranges.some((range) => contains(range, parseRange(text))));
}

const tooWide = (what: string, param: string) =>
  new ItPayError('PERMISSION_DENIED', { message: `The caller's own key ${what}.`, param });
