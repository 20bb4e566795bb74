const OFFSET_MS = 7 * 3_600_000;

/** As SCB writes times: ISO 8601 with Bangkok's offset. */
export function bangkokTime(at: Date): string {
  return new Date(at.getTime() + OFFSET_MS).toISOString().replace('Z', '+07:00');
}

/** `YYYY-MM-DD` */
export function bangkokDay(at: Date): string {
  return bangkokTime(at).slice(0, 10);
}
