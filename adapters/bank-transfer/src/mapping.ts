import { exponentOf, formatDecimal, ItPayError, moneyToWire, parseDecimal, type Money } from '@itpay/core';

/** The smallest and largest payments of a code, in minor units. */
export interface AmountRange {
  readonly currency: string;
  readonly min: bigint;
  readonly max: bigint;
}

/** Line 8 of an EPC code: EUR0.01 to EUR999999999.99. */
export const EPC_AMOUNTS: AmountRange = { currency: 'EUR', min: 1n, max: 99_999_999_999n };
// Tag 54 holds 13 characters (EMVCo), three of which are the point and the decimals where the currency has two. Banks allow
// far less; their limits depend on the payer.
export const VIETQR_AMOUNTS: AmountRange = { currency: 'VND', min: 1n, max: 10n ** 13n - 1n };
export const PAYNOW_AMOUNTS: AmountRange = { currency: 'SGD', min: 1n, max: 10n ** 12n - 1n };
export const DUITNOW_AMOUNTS: AmountRange = { currency: 'MYR', min: 1n, max: 10n ** 12n - 1n };

/**
 * The amount with the decimals of its currency and a point: what codes and refund files state.
 *
 * @throws ItPayError `CURRENCY_NOT_SUPPORTED`, `AMOUNT_TOO_SMALL` or `AMOUNT_EXCEEDED`
 */
export function decimalOf(amount: Money, { currency, min, max }: AmountRange): string {
  if (amount.currency !== currency) {
    throw new ItPayError('CURRENCY_NOT_SUPPORTED', {
      message: `This moves ${currency}, not ${amount.currency}.`,
      details: { allowed: [currency] },
    });
  }
  if (amount.value < min) throw outside('AMOUNT_TOO_SMALL', 'minimum', { currency, value: min });
  if (amount.value > max) throw outside('AMOUNT_EXCEEDED', 'maximum', { currency, value: max });
  return formatDecimal(amount.value, exponentOf(currency));
}

/** The amount that a code states; null when it is none, or finer than the currency. Fewer decimals are filled with zeros. */
export function amountOf(decimal: string, currency: string): Money | null {
  const exponent = exponentOf(currency);
  const match = /^[0-9]+(?:\.([0-9]+))?$/.exec(decimal);
  if (match === null || (match[1]?.length ?? 0) > exponent) return null;
  return { currency, value: parseDecimal(decimal, exponent) };
}

function outside(code: 'AMOUNT_TOO_SMALL' | 'AMOUNT_EXCEEDED', bound: 'minimum' | 'maximum', limit: Money): ItPayError {
  return new ItPayError(code, {
    message: `The ${bound} here is ${formatDecimal(limit.value, exponentOf(limit.currency))} ${limit.currency}.`,
    details: { [bound]: moneyToWire(limit) },
  });
}
