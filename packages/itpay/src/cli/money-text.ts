import { exponentOf, formatDecimal, isCurrency, parseDecimal, type WireMoney } from '@itpay/core';
import { UsageError } from './errors.js';

/** An amount of the API for people: `199.00 THB`. */
export function moneyText(amount: WireMoney | null): string {
  if (amount === null) return '-';
  return `${formatDecimal(BigInt(amount.value), exponentOf(amount.currency))} ${amount.currency}`;
}

/**
 * The other way round.
 *
 * @throws UsageError; ItPayError `AMOUNT_PRECISION_UNSUPPORTED` for more decimals than the currency has
 */
export function parseMoney(option: string, text: string): WireMoney {
  const [, decimal, currency] = /^([\d.]+) ?([A-Z]{3})$/.exec(text) ?? [];
  if (decimal === undefined || currency === undefined || !isCurrency(currency)) {
    throw new UsageError(`${option}: "${text}" is not an amount. Write it as on the statement: "199.00 THB".`);
  }
  return { currency, value: Number(parseDecimal(decimal, exponentOf(currency))) };
}
