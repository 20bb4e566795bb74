import { expect, it } from 'vitest';
import { lessThan, moreThan } from './amounts.js';

const thb = (value: bigint) => ({ currency: 'THB', value });

it.each<[asked: bigint, less: bigint, more: bigint]>([
  [2n, 1n, 3n],
  [3n, 1n, 5n],
  [19_900n, 9_950n, 29_850n],
  [19_901n, 9_950n, 29_852n],
])('of %d, too little is %d and too much is %d', (asked, less, more) => {
  expect([lessThan(thb(asked)), moreThan(thb(asked))]).toEqual([thb(less), thb(more)]);
});

it('cannot pay less than one minor unit', () => {
  expect(() => lessThan(thb(1n))).toThrow(expect.objectContaining({ code: 'AMOUNT_TOO_SMALL' }));
  expect(moreThan(thb(1n))).toEqual(thb(2n));
});
