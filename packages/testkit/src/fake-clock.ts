import type { Clock } from '@itpay/kernel';

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Moves the time on: milliseconds, or a number with its unit, such as `'90s'`, `'15m'`, `'2h'` or `'1d'`. */
  advance(duration: number | string): void;
  /** Jumps to a moment, also to an earlier one. */
  set(moment: string | Date): void;
}

/**
 * @param start where it stands at first; left out, at the beginning of 2025 in UTC, so that a test reads the same every day
 * @throws TypeError for a date or a duration that is none
 */
export function fakeClock(start: string | Date = '2025-01-01T00:00:00Z'): FakeClock {
  let nowMs = momentMs(start);
  return {
    now: () => new Date(nowMs),
    advance: (duration) => {
      nowMs += durationMs(duration);
    },
    set: (moment) => {
      nowMs = momentMs(moment);
    },
  };
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationMs(duration: number | string): number {
  const [, count, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(String(duration)) ?? [];
  if (count !== undefined) return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  if (typeof duration === 'number' && Number.isSafeInteger(duration) && duration >= 0) return duration;
  throw new TypeError(
    `"${duration}" is no duration. Use whole milliseconds, or text such as '90s', '15m', '2h', '1d'.`,
  );
}

function momentMs(moment: string | Date): number {
  const ms = new Date(moment).getTime();
  if (Number.isNaN(ms))
    throw new TypeError(`"${moment}" is no date. Use a Date or text such as '2025-01-01T00:00:00Z'.`);
  return ms;
}
