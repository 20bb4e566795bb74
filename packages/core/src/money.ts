import { isCurrency } from './currency.js';
import { ItPayError } from './error.js';

/** An amount in integer minor units of its currency: CNY 6.99 is `{ currency: 'CNY', value: 699n }`. */
export interface Money {
  readonly currency: string;
  readonly value: bigint;
}

/** Money in JSON, where the integer has to survive a double. */
export interface WireMoney {
  currency: string;
  value: number;
}

/** The largest magnitude that JSON carries exactly: the largest integer every JSON reader agrees on. (RFC 8259, 6) */
export const MAX_WIRE_AMOUNT = 2n ** 53n - 1n;

/**
 * Money in minor units. Negative values are allowed; whether an amount may be negative is for its owner to say.
 *
 * @throws ItPayError `CURRENCY_INVALID` when ISO 4217 does not know the currency
 */
export function money(currency: string, value: bigint): Money {
  if (!isCurrency(currency)) throw new ItPayError('CURRENCY_INVALID', { details: { currency } });
  return { currency, value };
}

/** The sum. @throws TypeError on different currencies, which only a bug can cause */
export function addMoney(a: Money, b: Money): Money {
  requireSameCurrency(a, b);
  return { currency: a.currency, value: a.value + b.value };
}

/** `a` less `b`, possibly negative. @throws TypeError on different currencies, which only a bug can cause */
export function subtractMoney(a: Money, b: Money): Money {
  requireSameCurrency(a, b);
  return { currency: a.currency, value: a.value - b.value };
}

/** Fit for `sort`. @throws TypeError on different currencies, which only a bug can cause */
export function compareMoney(a: Money, b: Money): -1 | 0 | 1 {
  requireSameCurrency(a, b);
  if (a.value === b.value) return 0;
  return a.value < b.value ? -1 : 1;
}

/**
 * Money as JSON carries it.
 *
 * @throws ItPayError `AMOUNT_INVALID` beyond ±`MAX_WIRE_AMOUNT`
 */
export function moneyToWire(amount: Money): WireMoney {
  if (amount.value > MAX_WIRE_AMOUNT || amount.value < -MAX_WIRE_AMOUNT) {
    throw new ItPayError('AMOUNT_INVALID', {
      message: `The amount is beyond ±${MAX_WIRE_AMOUNT} minor units, the most that JSON carries exactly.`,
    });
  }
  return { currency: amount.currency, value: Number(amount.value) };
}

/**
 * Money from JSON.
 *
 * @throws ItPayError `AMOUNT_INVALID` when the value is not a safe integer, `CURRENCY_INVALID` for the currency
 */
export function moneyFromWire(wire: WireMoney): Money {
  if (!Number.isSafeInteger(wire.value)) throw new ItPayError('AMOUNT_INVALID');
  return money(wire.currency, BigInt(wire.value));
}

function requireSameCurrency(a: Money, b: Money): void {
  if (a.currency === b.currency) return;
  throw new TypeError(`${a.currency} and ${b.currency} never meet in one sum; convert through an FX quote first.`);
}

// One import for everything about amounts; rounding and decimal text have files of their own.
export { allocate, divideHalfEven, divideHalfUp } from './rounding.js';
export { formatDecimal, parseDecimal } from './decimal.js';
