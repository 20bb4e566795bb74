import type { Channel } from '@itpay/kernel';
import { expect, it } from 'vitest';
import { sampleAmounts, sampleReferences } from './channel-samples.js';

const rail = (change: Partial<Channel>) => change as Channel;

it.each<[string, Partial<Channel>, string, object]>([
  ['no limits', {}, 'THB', { smallest: 1n, usual: 12_346n, next: 12_347n }],
  ['a wide range', { limits: { THB: { min: 100n, max: 10n ** 9n } } }, 'THB', { smallest: 100n, largest: 10n ** 9n }],
  ['a narrow range', { limits: { THB: { max: 5n } } }, 'THB', { smallest: 1n, usual: 4n, next: 5n, largest: 5n }],
  ['one amount only', { limits: { THB: { min: 7n, max: 7n } } }, 'THB', { smallest: 7n, usual: 7n, next: 7n }],
  ['whole rupiah', { exponentOverrides: { IDR: 0 } }, 'IDR', { smallest: 100n, usual: 1_234_600n, next: 1_234_700n }],
  [
    'limits between whole rupiah',
    { exponentOverrides: { IDR: 0 }, limits: { IDR: { min: 150n, max: 1_050n } } },
    'IDR',
    { smallest: 200n, usual: 900n, next: 1_000n, largest: 1_000n },
  ],
])('picks amounts that a rail can express, with %s', (_, facts, currency, expected) => {
  expect(sampleAmounts(rail(facts), currency)).toMatchObject(expected);
});

it.each([
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789', 12],
  ['0123456789', 20],
  ['01', 60],
])('makes different references of full length from every character of %s', (alphabet, maxLength) => {
  const references = sampleReferences(rail({ reference: { alphabet, maxLength } }));

  expect(new Set(references.map(({ length }) => length))).toEqual(new Set([maxLength]));
  expect(new Set(references.join(''))).toEqual(new Set(alphabet));
  expect(new Set(references.slice(0, 3)).size).toBe(3);
});
