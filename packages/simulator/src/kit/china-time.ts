const CHINA_AHEAD_MS = 8 * 3_600_000;

/** `2026-03-02 10:15:30`: what the clock on the wall in Beijing says; there is no summer time. */
export function chinaTime(at: Date): string {
  return new Date(at.getTime() + CHINA_AHEAD_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** `2026-03-02T10:15:30+08:00` */
export function chinaTimestamp(at: Date): string {
  return `${chinaTime(at).replace(' ', 'T')}+08:00`;
}

/** `2026-03-02` */
export function chinaDay(at: Date): string {
  return chinaTime(at).slice(0, 10);
}
