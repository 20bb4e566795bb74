import { exponentOf, type Money } from '@itpay/core';

/** An amount as people read it: `฿1,234.50` with `THB` beside it. The code is empty where the figure carries it. */
export interface ReadableAmount {
  readonly figure: string;
  readonly code: string;
}

/**
 * Formats money for people. Digits come from the integer itself and decimals from ISO 4217: Intl shows IDR without decimals,
 * and what a payer reads must be what the bank books.
 */
export function readableAmount({ currency, value }: Money, language: string): ReadableAmount {
  const exponent = exponentOf(currency);
  const format = new Intl.NumberFormat(language, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol', // the code stands beside it, because $ alone names twenty currencies
    minimumFractionDigits: exponent,
    maximumFractionDigits: exponent,
  });
  const figure = format.format(decimalOf(value, exponent));
  return { figure, code: figure.includes(currency) ? '' : currency };
}

/** The same on one line: `฿1,234.50 THB`. */
export function amountLine(amount: Money, language: string): string {
  const { figure, code } = readableAmount(amount, language);
  return code === '' ? figure : `${figure} ${code}`;
}

// As a decimal string, which Intl formats exactly. A number would lose digits beyond 2^53.
function decimalOf(value: bigint, exponent: number): Intl.StringNumericLiteral {
  const sign = value < 0n ? '-' : '';
  const digits = String(value < 0n ? -value : value).padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  const fraction = digits.slice(digits.length - exponent);
  return `${sign}${whole}${exponent > 0 ? '.' : ''}${fraction}` as Intl.StringNumericLiteral;
}
