import { expect, it } from 'vitest';
import { toValues } from './parameters.js';

const statement = { name: 'save', text: '', order: ['value'] };

it.each<[what: string, value: unknown, sent: unknown]>([
  ['a bigint', 5n, '5'],
  ['null', null, null],
  ['a boolean', true, true],
  ['a number', 1.5, 1.5],
  ['a time', new Date('2026-11-22T07:08:09.123Z'), '2026-11-22T07:08:09.123Z'],
  ['an object', { a: 1 }, '{"a":1}'],
  ['an array', [1n, null, 'a'], ['1', null, 'a']],
  ['bytes', new Uint8Array([1, 2]), Buffer.from([1, 2])],
])('sends %s', (_what, value, sent) => {
  expect(toValues(statement, { value })).toEqual([sent]);
});

it.each<[what: string, value: unknown, reason: string]>([
  ['a function', () => 1, 'it is of type function'],
  ['a bigint within JSON', { amount: 5n }, 'BigInt'],
  ['an invalid time', new Date('never'), 'Invalid time value'],
])('refuses %s and names the parameter', (_what, value, reason) => {
  const send = () => toValues(statement, { value });

  expect(send).toThrow('Statement "save": parameter "value" cannot be sent: ');
  expect(send).toThrow(reason);
});
