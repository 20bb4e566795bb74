import currencyCodesPackage from 'currency-codes';
import { describe, expect, it } from 'vitest';
import { currencyCodes, exponentOf, fromRailUnits, isCurrency, numericCodeOf, toRailUnits } from './currency.js';
import { money } from './money.js';

// Where the package, whose data is of mid-2024, and our table are meant to differ.
const ONLY_IN_PACKAGE: Record<string, string> = {
  ANG: 'replaced by XCG on 2025-03-31, which took over its number 532',
  BGN: 'replaced by EUR on 2026-01-01',
  CUC: 'withdrawn from circulation in 2021',
  ...reasoned('a fund, booked and never paid with', 'BOV CHE CHW CLF COU MXV USN UYI UYW'),
  ...reasoned('a unit of account or of the bond market', 'XBA XBB XBC XBD XDR XSU XUA'),
  ...reasoned('a metal', 'XAG XAU XPD XPT'),
  XTS: 'reserved for testing',
  XXX: 'stands for no currency',
};
const ONLY_IN_OURS: Record<string, string> = {
  XCG: 'the Caribbean guilder, introduced on 2025-03-31',
};

describe('the currency table', () => {
  const shared = currencyCodesPackage.codes().filter((code) => !(code in ONLY_IN_PACKAGE));

  it.each(shared)('agrees with currency-codes on %s', (code) => {
    const theirs = currencyCodesPackage.code(code)!;

    expect(isCurrency(code)).toBe(true);
    expect([numericCodeOf(code), exponentOf(code)]).toEqual([theirs.number, theirs.digits]);
  });

  it('differs from currency-codes only where a reason is given', () => {
    const theirs = currencyCodesPackage.codes();
    const ours = currencyCodes();

    expect(theirs.filter((code) => !isCurrency(code))).toEqual(Object.keys(ONLY_IN_PACKAGE).toSorted());
    expect(ours.filter((code) => !theirs.includes(code))).toEqual(Object.keys(ONLY_IN_OURS));
  });

  it('gives each number to one currency', () => {
    expect(new Set(currencyCodes().map(numericCodeOf)).size).toBe(currencyCodes().length);
  });

  it('cannot be changed by its users', () => {
    expect(() => (currencyCodes() as string[]).push('XTS')).toThrow(TypeError);
  });

  it.each([
    ['XCG', '532', 2],
    ['IDR', '360', 2],
    ['JPY', '392', 0],
    ['VND', '704', 0],
    ['KWD', '414', 3],
    ['ALL', '008', 2],
  ])('knows %s as %s with %i decimals', (code, numericCode, exponent) => {
    expect([numericCodeOf(code), exponentOf(code)]).toEqual([numericCode, exponent]);
  });

  it.each(['cny', 'CN', 'XAU', '', 'constructor'])('does not know %j', (code) => {
    expect(isCurrency(code)).toBe(false);
    expect(() => exponentOf(code)).toThrow(expect.objectContaining({ code: 'CURRENCY_INVALID' }));
    expect(() => numericCodeOf(code)).toThrow(expect.objectContaining({ code: 'CURRENCY_INVALID' }));
  });
});

describe('rail units', () => {
  it.each([
    // currency, value, rail exponent, units
    ['IDR', 1000000n, 0, 10000n],
    ['IDR', -1000000n, 0, -10000n],
    ['IDR', 1000000n, undefined, 1000000n],
    ['CNY', 699n, 2, 699n],
    ['VND', 5000n, 2, 500000n],
    ['KWD', 1230n, 2, 123n],
  ])('expresses %s %s with rail exponent %s as %s, and back', (currency, value, railExponent, units) => {
    expect(toRailUnits(money(currency, value), railExponent)).toBe(units);
    expect(fromRailUnits(currency, units, railExponent)).toEqual({ currency, value });
  });

  it('refuses what the rail cannot express instead of rounding it', () => {
    const refusal = expect.objectContaining({ code: 'AMOUNT_PRECISION_UNSUPPORTED' });

    expect(() => toRailUnits(money('IDR', 1000050n), 0)).toThrow(refusal);
    expect(() => fromRailUnits('VND', 500001n, 2)).toThrow(refusal);
  });
});

function reasoned(reason: string, codes: string): Record<string, string> {
  return Object.fromEntries(codes.split(' ').map((code) => [code, reason]));
}
