import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nextAttempt, parseRetryAfter } from './schedule.js';

const start = new Date('2025-01-01T00:00:00Z');
const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
const HORIZON = 72 * HOUR;
const after = (ms: number, from = start) => new Date(from.getTime() + ms);
const next = (attemptsMade: number, options: { now?: Date; retryAfterSeconds?: number; random01?: number } = {}) =>
  nextAttempt({ eventStartedAt: start, attemptsMade, now: start, random01: 0.5, ...options });

it('sends the first time at once', () => {
  expect(next(0)).toEqual(start);
});

it.each([
  [1, 5 * SECOND],
  [2, 5 * MINUTE],
  [3, 30 * MINUTE],
  [4, 2 * HOUR],
  [5, 5 * HOUR],
  [6, 10 * HOUR],
  [7, 14 * HOUR],
  [8, 20 * HOUR],
  [9, 20 * HOUR],
])('waits after %i failed attempts for %i ms, give or take a tenth', (attemptsMade, ms) => {
  expect(next(attemptsMade)).toEqual(after(ms));
  expect(next(attemptsMade, { random01: 0 })).toEqual(after(0.9 * ms));
  expect(next(attemptsMade, { random01: 1 })).toEqual(after(1.1 * ms));
});

it.each([10, 11, 1_000])('gives up after %i attempts', (attemptsMade) => {
  expect(next(attemptsMade)).toBeNull();
});

it.each([
  // attempts made, hours since the start → hours since the start of the next one
  [8, 51.9, 71.9],
  [8, 52.1, 72],
  [9, 71.9, 72],
  [9, 72, null],
  [2, 72, null],
  [2, 100, null],
  [0, 72, 72],
  [0, 72.1, null],
])('after %i attempts, %f hours after the event, sends next at hour %f', (attemptsMade, hours, expected) => {
  const at = next(attemptsMade, { now: after(hours * HOUR) });

  expect(at).toEqual(expected === null ? null : after(expected * HOUR));
});

it.each([
  [60, 60 * SECOND],
  [1, 5 * SECOND],
  [0, 5 * SECOND],
  [1_000_000_000, HORIZON],
])('is not earlier than the receiver asked, within the horizon: %i s → %i ms', (retryAfterSeconds, ms) => {
  expect(next(1, { retryAfterSeconds })).toEqual(after(ms));
});

it('makes at most ten attempts, in order, none beyond the horizon, whatever receivers ask for', () => {
  const failure = fc.record({
    random01: fc.double({ min: 0, max: 1, noNaN: true }),
    retryAfterSeconds: fc.option(fc.nat(400_000), { nil: undefined }),
    lagMs: fc.nat(60 * MINUTE),
  });
  fc.assert(
    fc.property(fc.array(failure, { minLength: 20, maxLength: 20 }), (failures) => {
      const attempts: Date[] = [];
      let now = start;
      for (const { random01, retryAfterSeconds, lagMs } of failures) {
        const at = nextAttempt({
          eventStartedAt: start,
          attemptsMade: attempts.length,
          now,
          random01,
          retryAfterSeconds,
        });
        if (at === null) break;
        expect(at.getTime()).toBeGreaterThanOrEqual(now.getTime());
        expect(at.getTime()).toBeLessThanOrEqual(start.getTime() + HORIZON);
        attempts.push(at);
        now = after(lagMs, at);
      }
      expect(attempts.length).toBeGreaterThan(0);
      expect(attempts.length).toBeLessThanOrEqual(10);
    }),
  );
});

it('makes all ten attempts when the receiver asks for nothing, the last one at most 72 hours after the event', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 9, maxLength: 9 }), (randoms) => {
      let now = start;
      for (const [index, random01] of randoms.entries()) {
        const at = next(index + 1, { now, random01 });
        expect(at!.getTime()).toBeLessThanOrEqual(start.getTime() + HORIZON);
        now = at!;
      }
      expect(next(10, { now })).toBeNull();
    }),
  );
});

it.each([
  ['120', 120],
  [' 0 ', 0],
  ['Wed, 01 Jan 2025 00:01:30 GMT', 90],
  ['Wednesday, 01-Jan-25 00:01:30 GMT', 90],
  ['Wed Jan  1 00:01:30 2025', 90],
  ['Tue, 31 Dec 2024 23:00:00 GMT', 0],
  [undefined, undefined],
  ['', undefined],
  ['-5', undefined],
  ['1.5', undefined],
  ['1e3', undefined],
  ['99999999999', undefined],
  ['soon', undefined],
  ['2025-01-01', undefined],
  ['Wed, 99 Foo 2025 00:01:30 GMT', undefined],
])('reads Retry-After: %s as %s', (header, seconds) => {
  expect(parseRetryAfter(header, start)).toBe(seconds);
});

it('never throws at a Retry-After and never waits less than nothing', () => {
  fc.assert(
    fc.property(fc.string(), (header) => {
      expect(parseRetryAfter(header, start) ?? 0).toBeGreaterThanOrEqual(0);
    }),
  );
});
