import { CURRENCIES_BY_EXPONENT } from './currency-table.js';
import { ItPayError } from './error.js';
import type { Money } from './money.js';

interface Currency {
  readonly numericCode: string;
  readonly exponent: number;
}

const CURRENCIES: ReadonlyMap<string, Currency> = parseTable();
const CODES: readonly string[] = Object.freeze([...CURRENCIES.keys()].toSorted());

/** Whether `code` is an ISO 4217 currency that people pay with. Upper case only, as on the wire. */
export function isCurrency(code: string): boolean {
  return CURRENCIES.has(code);
}

/**
 * The number of decimals by ISO 4217: 0 for JPY, 2 for IDR, 3 for KWD.
 *
 * @throws ItPayError `CURRENCY_INVALID`
 */
export function exponentOf(code: string): number {
  return currencyOf(code).exponent;
}

/**
 * The three-digit ISO 4217 code that EMVCo payloads carry in tag 53, with its leading zeros.
 *
 * @throws ItPayError `CURRENCY_INVALID`
 */
export function numericCodeOf(code: string): string {
  return currencyOf(code).numericCode;
}

/** Every known code, sorted. */
export function currencyCodes(): readonly string[] {
  return CODES;
}

/**
 * The integer a rail expects when it counts in another unit than ISO does: rails in Indonesia take whole rupiah, so
 * IDR 1000000 becomes 10000 with `railExponent` 0. Exact or refused, because a rounded amount is another amount.
 *
 * @param railExponent the rail's number of decimals; left out, the rail follows ISO
 * @throws ItPayError `AMOUNT_PRECISION_UNSUPPORTED` when the rail cannot express the amount
 */
export function toRailUnits(amount: Money, railExponent: number = exponentOf(amount.currency)): bigint {
  const exponent = exponentOf(amount.currency);
  if (railExponent >= exponent) return amount.value * 10n ** BigInt(railExponent - exponent);

  const unit = 10n ** BigInt(exponent - railExponent);
  if (amount.value % unit !== 0n) throw inexpressible(amount.currency, amount.value, railExponent);
  return amount.value / unit;
}

/**
 * Money from the integer a rail reports; the way back from `toRailUnits`.
 *
 * @throws ItPayError `AMOUNT_PRECISION_UNSUPPORTED` when the rail counts finer than ISO and the amount needs it
 */
export function fromRailUnits(currency: string, units: bigint, railExponent: number = exponentOf(currency)): Money {
  const exponent = exponentOf(currency);
  if (railExponent <= exponent) return { currency, value: units * 10n ** BigInt(exponent - railExponent) };

  const unit = 10n ** BigInt(railExponent - exponent);
  if (units % unit !== 0n) throw inexpressible(currency, units, exponent);
  return { currency, value: units / unit };
}

function currencyOf(code: string): Currency {
  const currency = CURRENCIES.get(code);
  if (!currency) throw new ItPayError('CURRENCY_INVALID', { details: { currency: code } });
  return currency;
}

function inexpressible(currency: string, value: bigint, decimals: number): ItPayError {
  return new ItPayError('AMOUNT_PRECISION_UNSUPPORTED', {
    message: `${currency} ${value} cannot be expressed exactly with ${decimals} decimals.`,
    details: { currency, decimals },
  });
}

function parseTable(): Map<string, Currency> {
  const currencies = new Map<string, Currency>();
  for (const [exponent, list] of Object.entries(CURRENCIES_BY_EXPONENT)) {
    for (const [, code, numericCode] of list.matchAll(/([A-Z]{3}) (\d{3})/g)) {
      currencies.set(code!, { numericCode: numericCode!, exponent: Number(exponent) });
    }
  }
  return currencies;
}
