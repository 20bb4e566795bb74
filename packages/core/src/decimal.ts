import { ItPayError } from './error.js';

/**
 * Minor units as the decimal text that rails and people read: 12345 with exponent 2 is "123.45"; with 0, no point.
 */
export function formatDecimal(value: bigint, exponent: number): string {
  const sign = value < 0n ? '-' : '';
  const digits = (value < 0n ? -value : value).toString().padStart(exponent + 1, '0');
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/**
 * Decimal text as minor units. Strict, because text from outside becomes money here: digits, at most one point with
 * digits on both sides, an optional leading minus; no plus, space, comma or exponent.
 *
 * @param exponent the decimals of the result; fewer in the text are filled with zeros
 * @throws ItPayError `AMOUNT_PRECISION_UNSUPPORTED` for more decimals than that, zeros included; `AMOUNT_INVALID` for
 *   anything that is no number
 */
export function parseDecimal(text: string, exponent: number): bigint {
  const [, sign, whole, fraction = ''] = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(text) ?? [];
  if (whole === undefined) {
    throw new ItPayError('AMOUNT_INVALID', { message: 'The amount is not a decimal number such as 123.45.' });
  }
  if (fraction.length > exponent) {
    throw new ItPayError('AMOUNT_PRECISION_UNSUPPORTED', {
      message: `The amount has ${fraction.length} decimals; ${exponent} are allowed.`,
      details: { decimals: exponent },
    });
  }
  const magnitude = BigInt(whole + fraction.padEnd(exponent, '0'));
  return sign ? -magnitude : magnitude;
}
