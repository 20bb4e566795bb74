const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Further than any zone is from UTC. */
const FURTHEST_MS = 15 * 60 * MINUTE_MS;

/** A day of a calendar, and when it begins and ends on the clock: `ends` is no longer part of it. */
export interface Day {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly starts: Date;
  readonly ends: Date;
}

/** Whether it names a time zone of the IANA database: `Asia/Bangkok`. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** How many days from one to another, both counted; less than one when they are the wrong way round. */
export function countDays(from: string, to: string): number {
  return (utc(to) - utc(from)) / DAY_MS + 1;
}

/** The days from one to another, both among them. Days with a change of the clock have 23 or 25 hours. */
export function daysFrom(from: string, to: string, timeZone: string): Day[] {
  const names = Array.from({ length: countDays(from, to) + 1 }, (_, index) => nameOf(utc(from) + index * DAY_MS));
  const starts = names.map((day) => startOfDay(day, timeZone));
  return names.slice(0, -1).map((day, index) => ({ day, starts: starts[index]!, ends: starts[index + 1]! }));
}

/**
 * The first instant at which the calendar of the zone shows this day, or a later one. Looked for rather than computed: where
 * the clock changes at midnight, a day begins at one o'clock, and there are days that a country has skipped.
 */
export function startOfDay(day: string, timeZone: string): Date {
  const dayAt = calendar(timeZone);
  let [before, after] = [(utc(day) - FURTHEST_MS) / MINUTE_MS, (utc(day) + FURTHEST_MS) / MINUTE_MS];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dayAt(middle * MINUTE_MS) >= day) after = middle;
    else before = middle;
  }
  return new Date(after * MINUTE_MS);
}

const calendars = new Map<string, Intl.DateTimeFormat>();

/** Which day it is in the zone at a time. Making a formatter takes a hundred times as long as using it. */
function calendar(timeZone: string): (atMs: number) => string {
  let format = calendars.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    calendars.set(timeZone, format);
  }
  return (atMs) => {
    const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
    return `${parts['year']!.padStart(4, '0')}-${parts['month']}-${parts['day']}`;
  };
}

const utc = (day: string) => Date.parse(`${day}T00:00:00Z`);
const nameOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
