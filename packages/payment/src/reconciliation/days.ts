import type { Channel } from '@itpay/kernel';

/** The calendar of a rail; see `Channel.statementDays`. */
export type RailCalendar = NonNullable<Channel['statementDays']>;

const DAY_MS = 86_400_000;

/** A channel that fetches no files has no calendar of its own: its days are those of UTC. */
export const UTC_DAYS: RailCalendar = { utcOffset: '+00:00', readyAt: '00:00' };

/** Whether a text is a day that exists, such as `2026-03-02`. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  // Date reads 30 February as 2 March.
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** The day of a rail in which a moment lies. */
export function dayOf(at: Date, { utcOffset }: RailCalendar): string {
  return new Date(at.getTime() + offsetMs(utcOffset)).toISOString().slice(0, 10);
}

/** When a day of a rail begins. */
export function startOf(day: string, { utcOffset }: RailCalendar): Date {
  return new Date(Date.parse(`${day}T00:00:00Z`) - offsetMs(utcOffset));
}

/** When the file of a day is there. */
export function readyAt(day: string, calendar: RailCalendar): Date {
  const [hours = '', minutes = ''] = calendar.readyAt.split(':');
  const afterMidnightMs = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return new Date(startOf(dayAfter(day), calendar).getTime() + afterMidnightMs);
}

export function dayAfter(day: string, days = 1): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Every day from the first to the last, both included. */
export function daysFrom(first: string, last: string): string[] {
  const days: string[] = [];
  for (let day = first; day <= last; day = dayAfter(day)) days.push(day);
  return days;
}

/** The first and the last day of a month, `2026-03`. */
export function daysOfMonth(month: string): { readonly first: string; readonly last: string } {
  return { first: `${month}-01`, last: dayAfter(`${monthAfter(month)}-01`, -1) };
}

export function monthAfter(month: string): string {
  return dayAfter(`${month}-01`, 31).slice(0, 7);
}

function offsetMs(utcOffset: string): number {
  const [hours = '', minutes = ''] = utcOffset.slice(1).split(':');
  const ms = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return utcOffset.startsWith('-') ? -ms : ms;
}
