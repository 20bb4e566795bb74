import type { Cache, Clock, Secrets } from '@itpay/kernel';
import { z } from 'zod';
import type { ApiKeyRow } from './store.js';

/** The columns that a request is checked against. */
export type CheckedKeyRow = Pick<
  ApiKeyRow,
  | 'id'
  | 'account'
  | 'livemode'
  | 'key_id'
  | 'secret_hash'
  | 'lineage'
  | 'scopes'
  | 'status'
  | 'ip_allowlist'
  | 'signing_secret'
  | 'api_version'
  | 'expires_at'
>;

/** A row of a key, and when it was read. */
export interface SharedKey {
  readonly row: CheckedKeyRow;
  /** Milliseconds since 1970, by our clock: from then on it is too old. */
  readonly freshUntilMs: number;
}

/** The number changes with the shape of an entry: those of another release are not read. */
const PURPOSE = 'api-key-cache:1';

/**
 * Keys that some process of the installation read from the database a moment ago.
 *
 * Whoever can write to the cache must not become somebody by it, so entries are sealed under the installation's secret key
 * and say for which key they are and when they were read. What does not open, belongs to another key, or is older than
 * `maxAgeMs` is not there.
 */
export class SharedKeys {
  readonly #cache: Cache;
  readonly #secrets: Pick<Secrets, 'seal' | 'open'>;
  readonly #clock: Clock;
  readonly #maxAgeMs: number;

  constructor(cache: Cache, secrets: Pick<Secrets, 'seal' | 'open'>, clock: Clock, maxAgeMs: number) {
    this.#cache = cache;
    this.#secrets = secrets;
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
  }

  async find(keyId: string): Promise<SharedKey | null> {
    const askedAtMs = this.#now();
    const hit = await this.#cache.get(cacheKey(keyId));
    const entry = hit && this.#read(hit.value);
    if (entry === null || entry.row.key_id !== keyId) return null;
    // The store counts the time that is left, whatever the clock of the writer said. The time of reading is sealed, whatever
    // was done to the store.
    const freshUntilMs = Math.min(askedAtMs + hit!.leftMs, entry.readAtMs + this.#maxAgeMs);
    return freshUntilMs > this.#now() ? { row: entry.row, freshUntilMs } : null;
  }

  /** @param readAtMs from before the row was read, by our clock */
  async keep({ row, readAtMs }: { readonly row: CheckedKeyRow; readonly readAtMs: number }): Promise<void> {
    const entry = JSON.stringify({
      ...row,
      secret_hash: row.secret_hash.toString('base64'),
      signing_secret: row.signing_secret?.toString('base64') ?? null,
      readAtMs,
    });
    const leftMs = readAtMs + this.#maxAgeMs - this.#now();
    await this.#cache.set(cacheKey(row.key_id), this.#secrets.seal(PURPOSE, entry), leftMs);
  }

  async forget(keyId: string): Promise<void> {
    await this.#cache.delete(cacheKey(keyId));
  }

  #now(): number {
    return this.#clock.now().getTime();
  }

  #read(sealed: Uint8Array): { readonly row: CheckedKeyRow; readonly readAtMs: number } | null {
    try {
      const { readAtMs, ...row } = entrySchema.parse(JSON.parse(this.#secrets.open(PURPOSE, sealed).toString()));
      return { row, readAtMs };
    } catch {
      return null; // forged, altered, or sealed under a key that is not in the list
    }
  }
}

const cacheKey = (keyId: string) => `api_key:${keyId}`;

const bytes = z.base64().transform((text) => Buffer.from(text, 'base64'));

const entrySchema = z.object({
  id: z.string(),
  account: z.string(),
  livemode: z.boolean(),
  key_id: z.string(),
  secret_hash: bytes,
  lineage: z.string(),
  scopes: z.array(z.string()),
  status: z.enum(['active', 'rotating', 'revoked']),
  ip_allowlist: z.array(z.string()),
  signing_secret: bytes.nullable(),
  api_version: z.string().nullable(),
  expires_at: z.iso
    .datetime()
    .transform((text) => new Date(text))
    .nullable(),
  readAtMs: z.number(),
});
