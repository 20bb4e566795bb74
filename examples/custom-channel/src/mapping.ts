import { formatDecimal, ItPayError, type Money } from '@itpay/core';

/** In centavos. */
export const MIN_CENTAVOS = 1n;
// The field for the amount holds 13 characters, three of which are the point and the decimals: 9,999,999,999.99 reais.
export const MAX_CENTAVOS = 10n ** 12n - 1n;

/**
 * The amount in reais with two decimals, as the code wants it.
 *
 * @throws ItPayError `CURRENCY_NOT_SUPPORTED` for anything but reais
 */
export function reaisOf({ currency, value }: Money): string {
  if (currency !== 'BRL') {
    throw new ItPayError('CURRENCY_NOT_SUPPORTED', {
      message: `Pix moves Brazilian reais, not ${currency}.`,
      details: { allowed: ['BRL'] },
    });
  }
  return formatDecimal(value, 2);
}
