const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** After an outcome became unknown: soon, then patiently, then every day for five days. Then an operator looks. */
const UNKNOWN_AFTER_MS = [5 * SECOND, 30 * SECOND, 5 * MINUTE, HOUR, DAY, 2 * DAY, 3 * DAY, 4 * DAY, 5 * DAY];
/** While an order waits for its payer: the gaps between two questions. */
const WAITING_GAPS_MS = [10 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE];
const WAITING_GAP_LATER_MS = 5 * MINUTE;

/**
 * When to ask about an unknown outcome next.
 *
 * @param queries how often was asked since it became unknown
 * @returns null when an operator has to settle it
 */
export function nextUnknownQuery(unknownSince: Date, queries: number): Date | null {
  const after = UNKNOWN_AFTER_MS[queries];
  return after === undefined ? null : new Date(unknownSince.getTime() + after);
}

/** When to ask next about an order that waits for its payer. */
export function nextWaitingQuery(now: Date, queries: number): Date {
  return new Date(now.getTime() + (WAITING_GAPS_MS[queries] ?? WAITING_GAP_LATER_MS));
}

/**
 * When to ask next about a refund that the rail works on: hourly for a day, then daily. By its age, not by the number of
 * questions: somebody who asks before the time uses up none of the schedule.
 */
export function nextRefundQuery(now: Date, createdAt: Date): Date {
  return new Date(now.getTime() + (now.getTime() - createdAt.getTime() < DAY ? HOUR : DAY));
}
