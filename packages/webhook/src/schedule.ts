const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The waits before the second to the tenth attempt, each counted from the attempt before it. */
const WAITS_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  20 * HOUR,
] as const;
const SPREAD = 0.1;
const HORIZON_MS = 72 * HOUR;

export interface AttemptHistory {
  /** The event's time, or the time of the replay that started this schedule. */
  eventStartedAt: Date;
  /** Attempts of this schedule, the one that has just failed included. */
  attemptsMade: number;
  now: Date;
  /** What the receiver asked for; see `parseRetryAfter`. */
  retryAfterSeconds?: number | undefined;
  /** From 0 to 1. It spreads retries by ±10 %, so that a receiver that comes back is not met by all of them at once. */
  random01: number;
}

/**
 * When to send next: ten attempts within 72 hours. A time beyond the horizon is pulled back to it, so that the last
 * attempt comes as late as it may; an attempt made there has no successor.
 *
 * @returns null when the schedule is used up
 */
export function nextAttempt(history: AttemptHistory): Date | null {
  const { eventStartedAt, attemptsMade, now, retryAfterSeconds, random01 } = history;
  const horizon = eventStartedAt.getTime() + HORIZON_MS;
  if (attemptsMade === 0) return now.getTime() <= horizon ? now : null;

  const wait = WAITS_MS[attemptsMade - 1];
  if (wait === undefined || now.getTime() >= horizon) return null;
  const spread = wait * (1 - SPREAD + 2 * SPREAD * random01);
  const at = now.getTime() + Math.max(Math.round(spread), (retryAfterSeconds ?? 0) * SECOND);
  return new Date(Math.min(at, horizon));
}

const DELAY_SECONDS = /^\d{1,10}$/;
// The three forms of an HTTP date; a receiver of one must know them all. (RFC 9110, section 5.6.7)
const HTTP_DATE =
  /^(?:[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} [\d:]{8} GMT|[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} [\d:]{8} GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4})$/;

/**
 * Reads a `Retry-After` header: seconds, or a date.
 *
 * @returns seconds from `now`, 0 for a date that has passed; undefined when there is none or it makes no sense
 */
export function parseRetryAfter(header: string | undefined, now: Date): number | undefined {
  const text = header?.trim() ?? '';
  if (DELAY_SECONDS.test(text)) return Number(text);
  if (!HTTP_DATE.test(text)) return undefined;
  // The oldest form names no zone, and means GMT like the others.
  const at = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now.getTime()) / SECOND));
}
