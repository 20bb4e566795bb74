/** Thailand has one time zone and no summer time. */
const OFFSET_MS = 7 * 3_600_000;
const DAY_MS = 86_400_000;

/** The day in Bangkok, `YYYY-MM-DD`. */
export function bangkokDay(at: Date): string {
  return new Date(at.getTime() + OFFSET_MS).toISOString().slice(0, 10);
}

/** @param day `YYYY-MM-DD` */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Whether it is a day of the calendar, written `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && addDays(text, 0) === text;
}

const TIME = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$/;

/** A time as a Thai bank writes it; without an offset it is Bangkok's. Null when it is none. */
export function timeOf(text: string): Date | null {
  const [, day, , , offset] = TIME.exec(text) ?? [];
  if (day === undefined || !isDay(day)) return null;
  const at = new Date(offset === undefined ? `${text}+07:00` : text);
  return Number.isNaN(at.getTime()) ? null : at;
}
