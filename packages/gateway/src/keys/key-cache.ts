import type { Clock, Principal } from '@itpay/kernel';
import { LRUCache } from 'lru-cache';
import { parseRange, type AddressRange } from './allowlist.js';
import type { ApiKeyRow } from './store.js';

/** What a request with a key is checked against. */
export interface KnownKey {
  readonly principal: Principal;
  readonly secretHash: Buffer;
  readonly revoked: boolean;
  /** Milliseconds since 1970; Infinity for a key without end. */
  readonly expiresAtMs: number;
  /** Empty: it works from everywhere. */
  readonly allowlist: readonly AddressRange[];
  /** Sealed; null: requests with the key are not signed. */
  readonly signingSecret: Buffer | null;
}

/**
 * Keys that were looked up a moment ago, so that a request with a known key does no work in the database.
 *
 * A key id that does not exist is not remembered: a key works as soon as it was made, and strangers who guess cannot push
 * out the keys that are in use.
 */
export class KeyCache {
  readonly #findRow: (keyId: string) => Promise<ApiKeyRow | null>;
  readonly #clock: Clock;
  readonly #known = new LRUCache<string, { readonly key: KnownKey; readonly freshUntilMs: number }>({ max: MAX_KEYS });
  /** Requests that come while a key is looked up wait for the same look-up. */
  readonly #lookUps = new Map<string, Promise<KnownKey | null>>();

  constructor(findRow: (keyId: string) => Promise<ApiKeyRow | null>, clock: Clock) {
    this.#findRow = findRow;
    this.#clock = clock;
  }

  /** @returns null when there is no key with this id */
  async find(keyId: string): Promise<KnownKey | null> {
    const cached = this.#known.get(keyId);
    if (cached !== undefined && this.#clock.now().getTime() < cached.freshUntilMs) return cached.key;
    return this.#lookUps.get(keyId) ?? this.#lookUp(keyId);
  }

  /** Makes the next request look the key up again. Called when a key changed here, or elsewhere as `KEY_TOPIC` says. */
  forget(keyId: string): void {
    this.#known.delete(keyId);
    this.#lookUps.delete(keyId);
  }

  #lookUp(keyId: string): Promise<KnownKey | null> {
    // From before the look-up, because what it reads may have changed by the time that it arrives.
    const freshUntilMs = this.#clock.now().getTime() + KEY_CACHE_MS;
    const lookUp = this.#findRow(keyId)
      .then((row) => {
        const key = row && toKnownKey(row);
        // Not when the key was forgotten meanwhile: the row may be from before the change.
        if (key !== null && this.#lookUps.get(keyId) === lookUp) this.#known.set(keyId, { key, freshUntilMs });
        return key;
      })
      .finally(() => {
        if (this.#lookUps.get(keyId) === lookUp) this.#lookUps.delete(keyId);
      });
    this.#lookUps.set(keyId, lookUp);
    return lookUp;
  }
}

/** Says to other processes that a key changed; the message is its key id. It only shortens what they remember. */
export const KEY_TOPIC = 'api_key';

/** How long a key that was revoked elsewhere may still work, in milliseconds. (Protocol, 11.1) */
export const KEY_CACHE_MS = 10_000;

// About 1 kB each.
const MAX_KEYS = 10_000;

function toKnownKey(row: ApiKeyRow): KnownKey {
  return {
    principal: Object.freeze({
      id: row.id,
      kind: 'api_key',
      account: row.account,
      livemode: row.livemode,
      scopes: Object.freeze([...row.scopes]),
      lineage: row.lineage,
      ...(row.api_version !== null && { apiVersion: row.api_version }),
    }),
    secretHash: row.secret_hash,
    revoked: row.status === 'revoked',
    expiresAtMs: row.expires_at?.getTime() ?? Infinity,
    allowlist: row.ip_allowlist.map(parseRange),
    signingSecret: row.signing_secret,
  };
}
