import { token } from '../token.js';

/**
 * Remembers for a while what is found elsewhere, for all processes that share it. It may forget everything at any moment, and
 * whoever can write to it may have put anything there: what decides over access is sealed before it is stored.
 *
 * Nothing here throws or keeps its caller for more than a second or two: a store that is away is a miss.
 */
export interface Cache {
  /** @returns null when it is not there, is too old, or the store does not say */
  get(key: string): Promise<CacheHit | null>;
  /**
   * @param key at most 200 characters
   * @param value at most `MAX_CACHED_BYTES`; a longer one is not kept
   * @param ttlMs how long it may be found, in milliseconds; 0 or less is not at all
   */
  set(key: string, value: Uint8Array, ttlMs: number): Promise<void>;
  /** Resolves when the key is gone, or when the store does not answer: then it goes with its time. */
  delete(key: string): Promise<void>;
  close(): Promise<void>;
}
export const Cache = token<Cache>('cache');

export interface CacheHit {
  readonly value: Uint8Array;
  /** For how much longer it may be found, in milliseconds. The store counts it, so clocks of processes do not matter. */
  readonly leftMs: number;
}

export const MAX_CACHED_BYTES = 64 * 1024;

/** Where nothing is shared: every look is a miss. */
export const noCache: Cache = {
  get: async () => null,
  set: async () => {},
  delete: async () => {},
  close: async () => {},
};
