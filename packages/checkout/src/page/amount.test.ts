import { currencyCodes, exponentOf } from '@itpay/core';
import { expect, it } from 'vitest';
import { amountLine, readableAmount } from './amount.js';

it.each([
  ['THB', 123450n, '฿1,234.50 THB'],
  ['THB', 5n, '฿0.05 THB'],
  ['THB', 100n, '฿1.00 THB'],
  ['JPY', 1234n, '¥1,234 JPY'],
  ['CNY', 699n, '¥6.99 CNY'],
  ['USD', 100_00n, '$100.00 USD'],
  ['KWD', 1_234_567n, 'KWD\u00a01,234.567'],
  ['IDR', 1_000_000n, 'Rp\u00a010,000.00 IDR'], // Intl alone would leave the decimals out
  ['VND', 10_000n, '₫10,000 VND'],
  ['THB', -50n, '-฿0.50 THB'],
  ['THB', 2n ** 53n - 1n, '฿90,071,992,547,409.91 THB'],
  ['THB', 12_345_678_901_234_567_890n, '฿123,456,789,012,345,678.90 THB'],
])('writes %s %d as %s', (currency, value, line) => {
  expect(amountLine({ currency, value }, 'en')).toBe(line);
});

it('leaves the code out where the figure carries it', () => {
  expect(readableAmount({ currency: 'KWD', value: 1n }, 'en')).toEqual({ figure: 'KWD\u00a00.001', code: '' });
});

it.each(currencyCodes().map((code) => [code, exponentOf(code)] as const))(
  'shows %s with %i decimals',
  (currency, exponent) => {
    const { figure } = readableAmount({ currency, value: 10n ** BigInt(exponent) }, 'en');

    expect(figure).toMatch(exponent === 0 ? /(?<![.\d])1$/ : new RegExp(`(?<!\\d)1\\.0{${exponent}}$`));
  },
);
