import { describe, expect, it } from 'vitest';
import { addMoney, compareMoney, MAX_WIRE_AMOUNT, money, moneyFromWire, moneyToWire, subtractMoney } from './money.js';

describe('money', () => {
  it('refuses a currency that ISO 4217 does not know', () => {
    expect(() => money('CNX', 1n)).toThrow(expect.objectContaining({ code: 'CURRENCY_INVALID' }));
  });

  it('adds, subtracts and compares within one currency', () => {
    const more = money('CNY', 700n);
    const less = money('CNY', 699n);

    expect(addMoney(more, less)).toEqual({ currency: 'CNY', value: 1399n });
    expect(subtractMoney(less, more)).toEqual({ currency: 'CNY', value: -1n });
    expect(compareMoney(more, less)).toBe(1);
    expect(compareMoney(less, more)).toBe(-1);
    expect(compareMoney(less, less)).toBe(0);
  });

  it.each([addMoney, subtractMoney, compareMoney])('never lets two currencies meet: %o', (operation) => {
    expect(() => operation(money('CNY', 1n), money('THB', 1n))).toThrow(TypeError);
  });
});

describe('money on the wire', () => {
  it.each([0n, -1n, 699n, MAX_WIRE_AMOUNT, -MAX_WIRE_AMOUNT])('carries %s there and back', (value) => {
    const wire = JSON.parse(JSON.stringify(moneyToWire(money('CNY', value))));

    expect(moneyFromWire(wire)).toEqual({ currency: 'CNY', value });
  });

  it.each([MAX_WIRE_AMOUNT + 1n, -MAX_WIRE_AMOUNT - 1n])('refuses %s, which a double cannot hold', (value) => {
    expect(() => moneyToWire(money('CNY', value))).toThrow(expect.objectContaining({ code: 'AMOUNT_INVALID' }));
  });

  it.each([
    // currency, value    → code
    ['CNY', 6.99, 'AMOUNT_INVALID'],
    ['CNY', 2 ** 53, 'AMOUNT_INVALID'],
    ['CNY', NaN, 'AMOUNT_INVALID'],
    ['CNY', '699' as never, 'AMOUNT_INVALID'],
    ['cny', 699, 'CURRENCY_INVALID'],
  ])('refuses %s %s from the wire with %s', (currency, value, code) => {
    expect(() => moneyFromWire({ currency, value })).toThrow(expect.objectContaining({ code }));
  });
});
