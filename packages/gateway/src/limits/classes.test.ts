import type { Principal } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { merchant as testMerchant } from '../../test/fakes.js';
import { countedAs, DEFAULT_RATE_LIMITS, rateLimitsFrom, type RateLimitOptions } from './classes.js';

const live: Principal = { ...testMerchant, livemode: true };
const caller = (principal: Principal | null, displayIntentId: string | null = null) => ({ principal, displayIntentId });

describe('Who is counted how', () => {
  it.each([
    ['a live key', caller(live), 'merchant'],
    ['a session of the host', caller({ ...live, kind: 'host_session' }), 'merchant'],
    ['a test key', caller(testMerchant), 'test'],
    ['an agent', caller({ ...live, kind: 'agent_token' }), 'agent'],
    ['an agent in test mode', caller({ ...testMerchant, kind: 'agent_token' }), 'agent'],
    ['a payer', caller(null, 'pi_1'), 'payer'],
    ['a stranger', caller(null), 'unauthenticated'],
  ] as const)('%s', (_who, who, expected) => {
    expect(countedAs(who, '203.0.113.7')?.class).toBe(expected);
  });

  it('a stranger without an address is not', () => {
    expect(countedAs(caller(null), null)).toBeNull();
  });

  it('a key that was rotated together with the one before it', () => {
    const rotated = { ...live, id: 'key_2', lineage: 'key_1' };

    expect(countedAs(caller(rotated), null)).toEqual(countedAs(caller({ ...live, id: 'key_1' }), null));
    expect(countedAs(caller(rotated), null)).not.toEqual(countedAs(caller({ ...rotated, livemode: false }), null));
    expect(countedAs(caller(rotated), null)).not.toEqual(countedAs(caller({ ...rotated, account: 'm_2' }), null));
  });
});

describe('The option', () => {
  it('changes single numbers', () => {
    const limits = rateLimitsFrom({ merchant: { perSecond: 500 } });

    expect(limits).toEqual({ ...DEFAULT_RATE_LIMITS, merchant: { ...DEFAULT_RATE_LIMITS.merchant, perSecond: 500 } });
  });

  it.each([
    [{ merchants: {} }, /no class "merchants".*merchant, agent/],
    [{ merchant: { rate: 1 } }, /merchant has no "rate".*perSecond/],
    [{ callback: { concurrent: 1 } }, /callback has no "concurrent"/],
    [{ test: { perSecond: 0 } }, /test\.perSecond must be/],
    [{ test: { perSecond: '5' } }, /test\.perSecond must be/],
    [{ test: { burst: 1.5 } }, /test\.burst must be a whole number/],
    [{ agent: { concurrent: Infinity } }, /agent\.concurrent.*rateLimits: false/],
  ])('%j is refused', (options, message) => {
    expect(() => rateLimitsFrom(options as RateLimitOptions)).toThrow(message);
  });
});
