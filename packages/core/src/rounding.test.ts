import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocate, divideHalfEven, divideHalfUp } from './rounding.js';

describe('named rounding', () => {
  it.each([
    // numerator, denominator, half-even, half-up
    [5n, 2n, 2n, 3n],
    [7n, 2n, 4n, 4n],
    [-5n, 2n, -2n, -3n],
    [-7n, 2n, -4n, -4n],
    [5n, -2n, -2n, -3n],
    [-5n, -2n, 2n, 3n],
    [1n, 2n, 0n, 1n],
    [-1n, 2n, 0n, -1n],
    [1n, 3n, 0n, 0n],
    [2n, 3n, 1n, 1n],
    [-2n, 3n, -1n, -1n],
    [0n, 7n, 0n, 0n],
    [10n ** 40n + 5n * 10n ** 19n, 10n ** 20n, 10n ** 20n, 10n ** 20n + 1n],
  ])('rounds %s/%s half-even to %s and half-up to %s', (numerator, denominator, halfEven, halfUp) => {
    expect(divideHalfEven(numerator, denominator)).toBe(halfEven);
    expect(divideHalfUp(numerator, denominator)).toBe(halfUp);
  });

  it('refuses to divide by zero', () => {
    expect(() => divideHalfEven(1n, 0n)).toThrow(RangeError);
    expect(() => divideHalfUp(1n, 0n)).toThrow(RangeError);
  });

  it.each([divideHalfEven, divideHalfUp])('is never more than half a unit away: %o', (divide) => {
    const nonZero = fc.bigInt(-(10n ** 20n), 10n ** 20n).filter((value) => value !== 0n);
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 40n), 10n ** 40n), nonZero, (numerator, denominator) => {
        const twiceError = 2n * (divide(numerator, denominator) * denominator - numerator);

        expect(magnitude(twiceError) <= magnitude(denominator)).toBe(true);
      }),
    );
  });

  it('goes to the even neighbour on every tie', () => {
    fc.assert(fc.property(fc.bigInt(), (whole) => divideHalfEven(2n * whole + 1n, 2n) % 2n === 0n));
  });
});

describe('allocate', () => {
  it.each([
    // total, weights, parts
    [100n, [1n, 1n, 1n], [33n, 34n, 33n]],
    [1n, [1n, 1n], [0n, 1n]],
    [-100n, [1n, 1n, 1n], [-33n, -34n, -33n]],
    [10n, [0n, 1n, 0n], [0n, 10n, 0n]],
    [0n, [3n, 4n], [0n, 0n]],
  ])('splits %s by %s into %s', (total, weights, parts) => {
    expect(allocate(total, weights)).toEqual(parts);
  });

  it('makes parts that sum to the whole and stay within one unit of their exact share', () => {
    const weights = fc.array(fc.bigInt(0n, 10n ** 12n), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.bigInt(), weights, (total, list) => {
        const weightSum = sum(list);
        fc.pre(weightSum > 0n);

        const parts = allocate(total, list);

        expect(sum(parts)).toBe(total);
        parts.forEach((part, index) => {
          expect(magnitude(part * weightSum - total * list[index]!) <= weightSum).toBe(true);
        });
      }),
    );
  });

  it.each([[[]], [[0n, 0n]], [[2n, -1n]]])('refuses the weights %o', (weights) => {
    expect(() => allocate(1n, weights)).toThrow(RangeError);
  });
});

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}
