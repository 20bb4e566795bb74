import { describe, expect, it } from 'vitest';
import { isSettled, readRetryAfter, retryDelay, type Failure } from './retry.js';

const connection: Failure = { kind: 'connection' };
const answer = (status: number, code: string | null, retryable: boolean, retryAfterMs?: number): Failure => ({
  kind: 'answer',
  status,
  code,
  retryable,
  retryAfterMs,
});

describe('a request', () => {
  it.each([
    // what came of it                                        is repeated
    [connection, true],
    [answer(429, 'RATE_LIMITED', true), true],
    [answer(429, 'OTP_ATTEMPTS_EXCEEDED', false), false],
    [answer(500, 'INTERNAL_ERROR', true), true],
    [answer(500, 'CONFIGURATION_INVALID', false), false],
    [answer(502, 'CHANNEL_ERROR', true), true],
    [answer(503, 'SERVICE_UNAVAILABLE', true), true],
    [answer(409, 'IDEMPOTENCY_IN_PROGRESS', true), true],
    [answer(409, 'OUTCOME_UNKNOWN', true), false], //         wait; never pay again
    [answer(409, 'VERSION_CONFLICT', true), false],
    [answer(402, 'PAYMENT_REQUIRED', true), false],
    [answer(422, 'FX_UNAVAILABLE', true), false],
    [answer(400, 'VALIDATION_FAILED', false), false],
    [answer(503, null, false), true], //                      a proxy, while the server restarts
    [answer(504, null, false), true],
    [answer(404, null, false), false], //                     not the address of a mount
    [answer(500, null, false), false],
  ])('%o: repeated %s', (failure, repeated) => {
    expect(retryDelay(failure, 0, 3, 0) !== null).toBe(repeated);
  });

  it('is repeated as often as allowed, each time after a longer pause', () => {
    expect([0, 1, 2, 3].map((retries) => retryDelay(connection, retries, 3, 0))).toEqual([250, 500, 1_000, null]);
    expect([0, 1, 2].map((retries) => retryDelay(connection, retries, 3, 0.999))).toEqual([
      expect.closeTo(499.75),
      expect.closeTo(999.5),
      expect.closeTo(1_999),
    ]);
    expect(retryDelay(connection, 0, 0, 0)).toBeNull();
  });

  it('is not repeated earlier than the server asks, and not at all when that is a long time', () => {
    const asked = (ms: number) => retryDelay(answer(429, 'RATE_LIMITED', true, ms), 0, 3, 0.5);

    expect(asked(0)).toBe(375);
    expect(asked(5_000)).toBe(5_125);
    expect(asked(60_000)).toBe(60_125);
    expect(asked(60_001)).toBeNull();
  });
});

it.each([
  // what came of the write                           the first time   after an attempt that may have worked
  [connection, false, false],
  [answer(500, 'INTERNAL_ERROR', true), false, false],
  [answer(429, 'RATE_LIMITED', true), false, false],
  [answer(409, 'IDEMPOTENCY_IN_PROGRESS', true), false, false],
  [answer(404, null, false), false, false],
  [answer(400, 'VALIDATION_FAILED', false), true, true],
  [answer(402, 'PAYMENT_DECLINED', false), true, true],
  [answer(409, 'INVALID_STATE_TRANSITION', false), true, true],
  [answer(401, 'API_KEY_REVOKED', false), true, false],
  [answer(403, 'PERMISSION_DENIED', false), true, false],
  [answer(409, 'OUTCOME_UNKNOWN', true), true, false],
])('%o settles a write: %s, and after an attempt that may have worked: %s', (failure, first, later) => {
  expect([isSettled(failure, false), isSettled(failure, true)]).toEqual([first, later]);
});

it.each([
  ['7', 7_000],
  ['0', 0],
  ['Sun, 22 Nov 2026 10:00:05 GMT', 5_000],
  ['Sun, 22 Nov 2026 09:00:00 GMT', 0],
  ['soon', undefined],
  [null, undefined],
])('reads Retry-After: %s', (header, ms) => {
  expect(readRetryAfter(header, Date.parse('2026-11-22T10:00:00Z'))).toBe(ms);
});
