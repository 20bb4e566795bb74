import type { Clock } from './clock.js';
import type { Database } from './database.js';
import type { Logger } from './logger.js';
import { token } from '../token.js';

/** Holds `burst` tokens and gets `perSecond` new ones each second. */
export interface TokenBucket {
  readonly perSecond: number;
  readonly burst: number;
}

/** What a bucket said to one request. Times are in milliseconds. */
export interface Taken {
  readonly allowed: boolean;
  /** Whole tokens that are left. */
  readonly remaining: number;
  /** Until there is a token again; 0 when there is one. */
  readonly nextInMs: number;
  /** Until the bucket is full again. */
  readonly fullInMs: number;
  /** For how long the bucket has not been full: how long the caller has been using it up. */
  readonly busyMs: number;
}

/** One of the places that `enter` gives. */
export interface Place {
  /** Gives the place back, once. It neither throws nor makes the caller wait. */
  leave(): void;
}

/**
 * Counts what callers do. Keys are at most 200 characters. Of requests that come at once, in however many processes share
 * the store, exactly as many pass as there are tokens and places.
 */
export interface RateLimiter {
  /** Takes one token; takes nothing when there is none. */
  take(key: string, bucket: TokenBucket): Promise<Taken>;
  /**
   * Takes one of `most` places. A process that dies gives its places back within `PLACE_LEASE_MS`.
   *
   * @returns null when all are taken
   */
  enter(key: string, most: number): Promise<Place | null>;
  /** Gives back what this process holds. */
  close(): Promise<void>;
}
export const RateLimiter = token<RateLimiter>('rate-limiter');

/** Makes a limiter once its parts are there. */
export type RateLimiterFactory = (parts: { database: Database; clock: Clock; logger: Logger }) => RateLimiter;

/**
 * By how much the clocks of processes that share a store may differ, in milliseconds. A bucket that is empty for longer than
 * that was written before a clock went back, and begins full again.
 */
export const CLOCKS_APART_MS = 30_000;

/** How long a place of a process that died stays taken, in milliseconds. */
export const PLACE_LEASE_MS = 60_000;

/**
 * The bucket as one moment: the one at which it is full again. Taking a token moves it by the time that a token needs.
 * (The generic cell rate algorithm, ITU-T I.371.)
 */
export function readBucket(
  state: { readonly fullAtMs: number; readonly busySinceMs: number },
  { perSecond, burst }: TokenBucket,
  nowMs: number,
  allowed: boolean,
): Taken {
  const tokenMs = 1000 / perSecond;
  const fullInMs = Math.max(0, state.fullAtMs - nowMs);
  const left = burst - fullInMs / tokenMs;
  return {
    allowed,
    remaining: Math.max(0, Math.floor(left + ROUNDING)),
    nextInMs: left + ROUNDING >= 1 ? 0 : (1 - left) * tokenMs,
    fullInMs,
    busyMs: fullInMs === 0 ? 0 : Math.max(0, nowMs - state.busySinceMs),
  };
}

/** Of a token: what sums of a third of a millisecond may be off by. */
const ROUNDING = 1e-6;
