import { expect, it } from 'vitest';
import { possibleReferences } from './references.js';

const form = { maxLength: 12, alphabet: '0123456789ABCDEFGHJKMNPQRSTVWXYZ' };
const number = 'A1B2C3D4E5F6';

it.each([
  ['alone', number],
  ['in small letters', number.toLowerCase()],
  ['torn by a bank', 'a1b2-c3d4\ne5 f6'],
  ['between words', `for order ${number}, many thanks`],
  ['behind a letter that numbers do not have', `NO${number}`],
])('finds a number %s', (_what, text) => {
  expect(possibleReferences({ reference: null, text }, form)).toContain(number);
});

it('looks at every part of a text that may be one, once', () => {
  const text = `${number}${number}`;

  const found = possibleReferences({ reference: null, text }, form);

  expect(found).toHaveLength(12);
  expect(new Set(found).size).toBe(12);
  expect(found.every((one) => one.length === 12 && text.includes(one))).toBe(true);
});

it('takes nothing that has another character in it', () => {
  expect(possibleReferences({ reference: null, text: 'A1B2C3UD4E5F6 short' }, form)).toEqual([]);
});

it('takes the reference of the row alone, where it has one', () => {
  expect(possibleReferences({ reference: 'R-1', text: number }, form)).toEqual(['R-1']);
});

it('does not search for numbers of a rail that tells small letters apart', () => {
  const small = { maxLength: 12, alphabet: 'abcdefghijklmnopqrstuvwxyz0123456789' };

  expect(possibleReferences({ reference: null, text: 'a1b2c3d4e5f6' }, small)).toEqual([]);
});

it('bears a text of any length', () => {
  const found = possibleReferences({ reference: null, text: 'ABCDEFGH'.repeat(100_000) }, form);

  expect(found.length).toBeLessThanOrEqual(1_000);
});
