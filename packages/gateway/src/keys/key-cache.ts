import type { Clock, Principal } from '@itpay/kernel';
import { LRUCache } from 'lru-cache';
import { parseRange, type AddressRange } from './allowlist.js';
import type { CheckedKeyRow, SharedKeys } from './shared-keys.js';

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
 * Keys that were looked up a moment ago, so that a request with a known key does no work in the database. A key that this
 * process does not know is looked for among those that the others know, and only then in the database. None is used for
 * longer than `KEY_CACHE_MS` after somebody began to read it from there.
 *
 * A key id that does not exist is not remembered: a key works as soon as it was made, and strangers who guess cannot push
 * out the keys that are in use.
 */
export class KeyCache {
  readonly #findRow: (keyId: string) => Promise<CheckedKeyRow | null>;
  readonly #clock: Clock;
  readonly #shared: SharedKeys | null;
  readonly #known = new LRUCache<string, { readonly key: KnownKey; readonly freshUntilMs: number }>({ max: MAX_KEYS });
  /** Requests that come while a key is looked up wait for the same look-up. */
  readonly #lookUps = new Map<string, Promise<KnownKey | null>>();

  constructor(
    findRow: (keyId: string) => Promise<CheckedKeyRow | null>,
    clock: Clock,
    shared: SharedKeys | null = null,
  ) {
    this.#findRow = findRow;
    this.#clock = clock;
    this.#shared = shared;
  }

  /** @returns null when there is no key with this id */
  async find(keyId: string): Promise<KnownKey | null> {
    const cached = this.#known.get(keyId);
    if (cached !== undefined) {
      const leftMs = cached.freshUntilMs - this.#clock.now().getTime();
      // More than there ever is: the clock was set back.
      if (leftMs > 0 && leftMs <= KEY_CACHE_MS) return cached.key;
    }
    return this.#lookUps.get(keyId) ?? this.#lookUp(keyId);
  }

  /**
   * Makes the next request look the key up again, in this process at once. Called when a key changed here, or elsewhere as
   * `KEY_TOPIC` says.
   *
   * @returns when the other processes will not find it with us any more; it never rejects
   */
  async forget(keyId: string): Promise<void> {
    this.#known.delete(keyId);
    this.#lookUps.delete(keyId);
    await this.#shared?.forget(keyId);
  }

  /** Called when news about keys may have been lost. */
  forgetAll(): void {
    this.#known.clear();
    this.#lookUps.clear();
  }

  #lookUp(keyId: string): Promise<KnownKey | null> {
    const lookUp: Promise<KnownKey | null> = this.#read(keyId, () => this.#lookUps.get(keyId) === lookUp).finally(
      () => {
        if (this.#lookUps.get(keyId) === lookUp) this.#lookUps.delete(keyId);
      },
    );
    this.#lookUps.set(keyId, lookUp);
    return lookUp;
  }

  /** @param isCurrent false when the key was forgotten meanwhile: what was read may be from before the change */
  async #read(keyId: string, isCurrent: () => boolean): Promise<KnownKey | null> {
    const shared = this.#shared && (await this.#shared.find(keyId));
    if (shared && isCurrent()) {
      const key = toKnownKey(shared.row);
      this.#known.set(keyId, { key, freshUntilMs: shared.freshUntilMs });
      return key;
    }
    // From before the look-up, because what it reads may have changed by the time that it arrives.
    const readAtMs = this.#clock.now().getTime();
    const row = await this.#findRow(keyId);
    const key = row && toKnownKey(row);
    if (key !== null && isCurrent()) {
      this.#known.set(keyId, { key, freshUntilMs: readAtMs + KEY_CACHE_MS });
      void this.#shared?.keep({ row: row!, readAtMs });
    }
    return key;
  }
}

/** Says to other processes that a key changed; the message is its key id. It only shortens what they remember. */
export const KEY_TOPIC = 'api_key';

/** How long a key that was revoked elsewhere may still work, in milliseconds. (Protocol, 11.1) */
export const KEY_CACHE_MS = 10_000;

// About 1 kB each.
const MAX_KEYS = 10_000;

function toKnownKey(row: CheckedKeyRow): KnownKey {
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
