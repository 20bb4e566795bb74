import { ItPayError } from '@itpay/core';
import type { TokenBucket } from '@itpay/kernel';
import type { Caller } from '../steps/identify.js';

/** What one caller may do. */
export interface RateLimit extends TokenBucket {
  /** Requests that run at the same time. Long polls and event streams do not count. */
  readonly concurrent: number;
  /** Long polls and event streams that are open at the same time. */
  readonly waiting: number;
}

/** What one address may get wrong. What is right does not count. */
export type FailureLimit = TokenBucket;

/** Who calls decides the class; the limits hold for each caller of it. */
export interface RateLimits {
  /** A key in live mode, or a session of the host. */
  readonly merchant: RateLimit;
  /** A buyer's agent, in both modes. */
  readonly agent: RateLimit;
  /** A key in test mode. */
  readonly test: RateLimit;
  /** All who hold the display token of one payment, together. */
  readonly payer: RateLimit;
  /** Requests of one address that say nothing about their caller. */
  readonly unauthenticated: RateLimit;
  /** Credentials from one address that were refused. */
  readonly credentials: FailureLimit;
  /** Callbacks from one address to one channel that failed their signature. */
  readonly callback: FailureLimit;
}

/** (Protocol, 11.2; what it leaves open follows its pattern: a burst is two seconds' worth.) */
export const DEFAULT_RATE_LIMITS: RateLimits = {
  merchant: { perSecond: 100, burst: 200, concurrent: 25, waiting: 100 },
  agent: { perSecond: 10, burst: 20, concurrent: 25, waiting: 20 },
  test: { perSecond: 25, burst: 50, concurrent: 25, waiting: 100 },
  payer: { perSecond: 5, burst: 10, concurrent: 10, waiting: 20 },
  unauthenticated: { perSecond: 5, burst: 10, concurrent: 10, waiting: 20 },
  credentials: { perSecond: 5, burst: 10 },
  callback: { perSecond: 5, burst: 10 },
};

/** Single numbers in place of the defaults. */
export type RateLimitOptions = { readonly [Class in keyof RateLimits]?: Partial<RateLimits[Class]> };

/** @throws ItPayError `CONFIGURATION_INVALID` for a class, a limit or a number that makes no sense */
export function rateLimitsFrom(options: RateLimitOptions): RateLimits {
  const limits: Record<string, Record<string, number>> = {};
  for (const [name, defaults] of Object.entries(DEFAULT_RATE_LIMITS)) limits[name] = { ...defaults };
  for (const [name, given] of Object.entries(options)) {
    const limit = limits[name];
    if (limit === undefined)
      throw badLimit(`There is no class "${name}". There are: ${Object.keys(limits).join(', ')}.`);
    for (const [part, value] of Object.entries(given ?? {})) {
      if (limit[part] === undefined) {
        throw badLimit(`${name} has no "${part}". It has: ${Object.keys(limit).join(', ')}.`);
      }
      if (value === undefined) continue;
      if (!isUsable(part, value)) {
        throw badLimit(
          part === 'perSecond'
            ? `${name}.perSecond must be a number above 0 and at most 1000000.`
            : `${name}.${part} must be a whole number from 1 to 1000000. To switch limits off: rateLimits: false.`,
        );
      }
      limit[part] = value;
    }
  }
  return limits as unknown as RateLimits;
}

function isUsable(part: string, value: unknown): boolean {
  if (typeof value !== 'number' || !(value > 0 && value <= 1_000_000)) return false;
  return part === 'perSecond' || Number.isInteger(value);
}

const badLimit = (advice: string) =>
  new ItPayError('CONFIGURATION_INVALID', {
    message: `The option rateLimits is not usable. ${advice}`,
    param: 'rateLimits',
  });

/** Whose requests are counted together, and by which limits. */
export interface Counted {
  readonly key: string;
  readonly class: 'merchant' | 'agent' | 'test' | 'payer' | 'unauthenticated';
}

/**
 * By lineage, so that a key that was rotated has no second allowance.
 *
 * @param source the caller's address as `addressGroup` gives it
 * @returns null for a stranger whose address nobody knows: one count for all of them would let each lock out the others
 */
export function countedAs({ principal, displayIntentId }: Caller, source: string | null): Counted | null {
  if (displayIntentId !== null) return { key: `payer:${displayIntentId}`, class: 'payer' };
  if (principal === null) return source === null ? null : { key: `address:${source}`, class: 'unauthenticated' };
  const { account, livemode, lineage, id, kind } = principal;
  const key = `caller:${account}:${livemode ? 'live' : 'test'}:${lineage ?? id}`;
  if (kind === 'agent_token') return { key, class: 'agent' };
  return { key, class: livemode ? 'merchant' : 'test' };
}
