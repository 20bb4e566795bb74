import { formatDecimal, ItPayError, moneyToWire, parseDecimal, type Money } from '@itpay/core';

/** The smallest and largest payment by QRIS, in minor units of ISO 4217: Rp1 and Rp10,000,000. */
export const MIN_MINOR = 100n;
// Bank Indonesia, PADG 24/1/PADG/2022: at most Rp10,000,000 for each payment; wallets may allow less.
export const MAX_MINOR = 1_000_000_000n;

/** ISO 4217 gives the rupiah two decimals; the rail knows none. */
const SEN = 100n;
const ISO_EXPONENT = 2;
/** Tag 54 holds 13 characters. */
const MAX_TAG_54 = 10n ** 13n;

/**
 * The amount in whole rupiah, as tags 54 and 56 are written: Rp25,000 is `25000`.
 *
 * @throws ItPayError `CURRENCY_NOT_SUPPORTED`, `AMOUNT_TOO_SMALL`, `AMOUNT_EXCEEDED` or `AMOUNT_PRECISION_UNSUPPORTED`
 */
export function rupiahOf(amount: Money): string {
  if (amount.currency !== 'IDR') {
    throw new ItPayError('CURRENCY_NOT_SUPPORTED', {
      message: `QRIS moves Indonesian rupiah, not ${amount.currency}.`,
      details: { allowed: ['IDR'] },
    });
  }
  if (amount.value < MIN_MINOR) {
    throw new ItPayError('AMOUNT_TOO_SMALL', {
      message: 'The minimum of a QRIS code is Rp1.',
      details: { minimum: moneyToWire({ currency: 'IDR', value: MIN_MINOR }) },
    });
  }
  if (amount.value % SEN !== 0n) {
    throw new ItPayError('AMOUNT_PRECISION_UNSUPPORTED', {
      message: 'QRIS moves whole rupiah. Send a multiple of 100 minor units: Rp25,000 is 2500000.',
      details: { decimals: 0 },
    });
  }
  if (amount.value / SEN >= MAX_TAG_54) {
    throw new ItPayError('AMOUNT_EXCEEDED', { message: 'A QRIS code holds at most 13 digits.' });
  }
  return String(amount.value / SEN);
}

/** The amount that tag 54 or 56 states (`1000`, `1000.00` and `1000.` are all seen); null when it is none. */
export function rupiahIn(text: string): Money | null {
  const decimal = text.replace(/\.$/, '');
  if (text.length > 13 || !/^[0-9]+(\.[0-9]{1,2})?$/.test(decimal)) return null;
  const value = parseDecimal(decimal, ISO_EXPONENT);
  return value === 0n ? null : { currency: 'IDR', value };
}

/** An amount as SNAP writes it: always with two decimals. */
export interface SnapAmount {
  readonly value: string;
  readonly currency: string;
}

/** `{ value: '25000.00', currency: 'IDR' }`. @throws ItPayError as `rupiahOf` */
export function amountToSnap(amount: Money): SnapAmount {
  rupiahOf(amount);
  return { value: formatDecimal(amount.value, ISO_EXPONENT), currency: amount.currency };
}

/** The amount of an answer, read from its text and never as a number; null when it is none, or no rupiah. */
export function amountFromSnap(amount: unknown): Money | null {
  const { value, currency } = (amount ?? {}) as { value?: unknown; currency?: unknown };
  if (typeof value !== 'string' || currency !== 'IDR' || !/^[0-9]{1,16}(\.[0-9]{1,2})?$/.test(value)) return null;
  const minor = parseDecimal(value, ISO_EXPONENT);
  return minor === 0n ? null : { currency, value: minor };
}

const JAKARTA_AHEAD_MS = 7 * 3_600_000;

/** `offset`: `2026-03-02T10:15:30+07:00`, the clock in Jakarta. `utc`: the same moment as `2026-03-02T03:15:30Z`. */
export type TimestampStyle = 'offset' | 'utc';

export function timestampOf(at: Date, style: TimestampStyle): string {
  if (style === 'utc') return `${at.toISOString().slice(0, 19)}Z`;
  return `${new Date(at.getTime() + JAKARTA_AHEAD_MS).toISOString().slice(0, 19)}+07:00`;
}

/** A time as SNAP writes it, with an offset and with or without milliseconds; null for anything else. */
export function timeIn(text: unknown): Date | null {
  if (typeof text !== 'string') return null;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$/.test(text)) return null;
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? null : at;
}

const FRESH_MS = 5 * 60_000;

/** Whether a timestamp is at most five minutes from now, in either direction. */
export function isFresh(timestamp: string, now: Date): boolean {
  const at = timeIn(timestamp);
  return at !== null && Math.abs(now.getTime() - at.getTime()) <= FRESH_MS;
}
