import { exponentOf, isCurrency } from '@itpay/core';
import { defineChannel, FAILURE_CATEGORIES, type Channel } from '@itpay/kernel';
import { expect } from '../vitest.js';

/** One for each instance, whatever it can do. Exported for the test of this suite. */
export const factCases = {
  'says who it is': (channel: Channel) => {
    expect(channel.id).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(channel.displayName.trim()).not.toBe('');
    expect(channel.merchantAccount.trim()).not.toBe('');
    for (const country of channel.countries) expect(country).toMatch(/^[A-Z]{2}$/);
    expect(channel.simulated === true && channel.mode === 'live').toBe(false);
  },

  'lists every currency and capability once': (channel: Channel) => {
    expect(channel.currencies.length).toBeGreaterThan(0);
    expect(channel.currencies.filter((currency) => !isCurrency(currency))).toEqual([]);
    expect(new Set(channel.currencies).size).toBe(channel.currencies.length);
    expect(new Set(channel.capabilities).size).toBe(channel.capabilities.length);
  },

  'has limits and exponents that agree with its currencies': (channel: Channel) => {
    for (const [currency, { min, max }] of Object.entries(channel.limits ?? {})) {
      expect(channel.currencies).toContain(currency);
      if (min !== undefined) expect(min).toBeGreaterThan(0n);
      if (max !== undefined) expect(max).toBeGreaterThanOrEqual(min ?? 1n);
    }
    for (const [currency, exponent] of Object.entries(channel.exponentOverrides ?? {})) {
      expect(channel.currencies).toContain(currency);
      expect(exponent).toBeGreaterThanOrEqual(0);
      expect(exponent).toBeLessThanOrEqual(exponentOf(currency));
    }
  },

  'has references that are long enough to be unique': ({ reference: { alphabet, maxLength } }: Channel) => {
    expect(alphabet).toMatch(/^[\x21-\x7e]+$/);
    expect(new Set(alphabet).size).toBe(alphabet.length);
    expect(Number.isInteger(maxLength)).toBe(true);
    expect(maxLength * Math.log2(alphabet.length)).toBeGreaterThanOrEqual(60);
  },

  'has a life for its codes that is not over at once': (channel: Channel) => {
    expect(channel.qrTtlMs ?? 1).toBeGreaterThan(0);
    expect(channel.defaultExpiryMs ?? 1).toBeGreaterThan(0);
  },

  'has a calendar for the files that it fetches': ({ fetchStatement, statementDays }: Channel) => {
    expect(statementDays === undefined).toBe(fetchStatement === undefined);
    if (statementDays === undefined) return;
    expect(statementDays.utcOffset).toMatch(/^[+-]\d\d:[0-5]\d$/);
    expect(statementDays.readyAt).toMatch(/^(?:[01]\d|2[0-3]):[0-5]\d$/);
  },

  'has the methods of its capabilities, and no others': (channel: Channel) => {
    expect(() => defineChannel(channel)).not.toThrow();
  },

  'never throws while it explains an error, and claims nothing about one that it does not know': (channel: Channel) => {
    for (const error of STRANGE_ERRORS) {
      const failure = channel.mapError?.(error);

      if (failure === undefined) continue;
      expect(Object.keys(FAILURE_CATEGORIES)).toContain(failure.category);
      expect(FAILURE_CATEGORIES[failure.category], 'what nobody can explain may have happened').toBe('unknown');
    }
  },
};

const STRANGE_ERRORS: readonly unknown[] = [
  undefined,
  null,
  '',
  'declined',
  0,
  404,
  Symbol('error'),
  {},
  { code: {}, message: 7, cause: null },
  Object.create(null),
  [],
  () => {},
  new Error('declined'),
  new TypeError('Cannot read properties of undefined'),
  new Error('a circle', { cause: circle() }),
];

function circle(): Error {
  const error = new Error('a circle');
  error.cause = error;
  return error;
}
