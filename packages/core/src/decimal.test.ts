import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDecimal, parseDecimal } from './decimal.js';

describe('decimal text', () => {
  it.each([
    // value, exponent, text
    [12345n, 2, '123.45'],
    [5n, 2, '0.05'],
    [-5n, 2, '-0.05'],
    [0n, 3, '0.000'],
    [699n, 0, '699'],
    [-699n, 0, '-699'],
  ])('writes %s with exponent %i as %s and reads it back', (value, exponent, text) => {
    expect(formatDecimal(value, exponent)).toBe(text);
    expect(parseDecimal(text, exponent)).toBe(value);
  });

  it.each([
    // text, exponent, value
    ['1', 2, 100n],
    ['1.5', 2, 150n],
    ['007.50', 2, 750n],
    ['-0', 2, 0n],
  ])('reads %s with exponent %i as %s', (text, exponent, value) => {
    expect(parseDecimal(text, exponent)).toBe(value);
  });

  it.each([
    ['1.234', 2, 'AMOUNT_PRECISION_UNSUPPORTED'],
    ['1.000', 2, 'AMOUNT_PRECISION_UNSUPPORTED'],
    ['1.0', 0, 'AMOUNT_PRECISION_UNSUPPORTED'],
    ['', 2, 'AMOUNT_INVALID'],
    ['-', 2, 'AMOUNT_INVALID'],
    ['.5', 2, 'AMOUNT_INVALID'],
    ['1.', 2, 'AMOUNT_INVALID'],
    ['+1', 2, 'AMOUNT_INVALID'],
    ['1,50', 2, 'AMOUNT_INVALID'],
    ['1e2', 2, 'AMOUNT_INVALID'],
    [' 1', 2, 'AMOUNT_INVALID'],
    ['1\n', 2, 'AMOUNT_INVALID'],
    ['0x10', 2, 'AMOUNT_INVALID'],
    ['١', 2, 'AMOUNT_INVALID'],
  ])('refuses %j with exponent %i as %s', (text, exponent, code) => {
    expect(() => parseDecimal(text, exponent)).toThrow(expect.objectContaining({ code }));
  });

  it('survives the way there and back for every value and exponent', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.nat(8), (value, exponent) => {
        expect(parseDecimal(formatDecimal(value, exponent), exponent)).toBe(value);
      }),
    );
  });
});
