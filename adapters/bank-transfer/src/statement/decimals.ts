import { exponentOf, isCurrency, ItPayError, parseDecimal, type Money } from '@itpay/core';
import { invalidStatement } from './invalid.js';

/** Files tell at most five decimals (ISO 20022, ActiveOrHistoricCurrencyAndAmount), and no currency has more. */
const SCALE = 5;

/**
 * A plain decimal such as `8.850` as a number of 0.00001: amounts of currencies that we do not know can be summed too.
 *
 * @throws ItPayError `STATEMENT_INVALID`
 */
export function scaled(decimal: string, line?: number): bigint {
  if (!/^[0-9]{1,30}(?:\.[0-9]+)?$/.test(decimal)) throw invalidStatement('An amount is not a number.', line);
  const short = withoutTrailingZeros(decimal);
  if ((short.split('.')[1]?.length ?? 0) > SCALE) throw tooFine(SCALE, line);
  return parseDecimal(short, SCALE);
}

/**
 * Money from the text of a file. Zeros behind the decimals of the currency are none: EUR 8.850 is 885 cents.
 *
 * @throws ItPayError `AMOUNT_PRECISION_UNSUPPORTED` for parts of the smallest unit, which are never rounded;
 *   `STATEMENT_INVALID` for what is no number, too large, or of a currency that nobody pays with
 */
export function moneyOf(decimal: string, currency: string, line?: number): Money {
  if (!isCurrency(currency)) throw invalidStatement(`The currency ${shown(currency)} is not expected.`, line);
  const value = scaled(decimal, line);
  const unit = 10n ** BigInt(SCALE - exponentOf(currency));
  if (value % unit !== 0n) throw tooFine(exponentOf(currency), line);
  if (value / unit > BigInt(Number.MAX_SAFE_INTEGER)) throw invalidStatement('An amount is too large.', line);
  return { currency, value: value / unit };
}

/** As `moneyOf`, and null where it cannot be told: for balances, which nobody books. */
export function moneyOrNull(signedScaled: bigint, currency: string): Money | null {
  if (!isCurrency(currency)) return null;
  const unit = 10n ** BigInt(SCALE - exponentOf(currency));
  return signedScaled % unit === 0n ? { currency, value: signedScaled / unit } : null;
}

function withoutTrailingZeros(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}

function tooFine(decimals: number, line?: number): ItPayError {
  return new ItPayError('AMOUNT_PRECISION_UNSUPPORTED', {
    message: `An amount of the statement${line === undefined ? '' : ` (line ${line})`} has more than ${decimals} decimals.`,
    param: 'file',
    details: { decimals, ...(line !== undefined && { line }) },
  });
}

/** Text of a file for a message: short, and on one line. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
