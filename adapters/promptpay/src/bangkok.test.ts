import { describe, expect, it } from 'vitest';
import { addDays, bangkokDay, isDay, timeOf } from './bangkok.js';

it.each([
  ['2026-11-22T16:59:59.999Z', '2026-11-22'],
  ['2026-11-22T17:00:00Z', '2026-11-23'],
  ['2026-12-31T17:00:00Z', '2027-01-01'],
])('at %s it is %s in Bangkok', (at, day) => {
  expect(bangkokDay(new Date(at))).toBe(day);
});

it.each([
  ['2026-11-22', 1, '2026-11-23'],
  ['2026-03-01', -1, '2026-02-28'],
  ['2028-03-01', -1, '2028-02-29'],
  ['2026-12-31', 1, '2027-01-01'],
])('%s and %d days is %s', (day, days, then) => {
  expect(addDays(day, days)).toBe(then);
});

it.each([
  ['2026-11-22', true],
  ['2028-02-29', true],
  ['2026-02-29', false],
  ['2026-13-01', false],
  ['2026-1-1', false],
  ['20261122', false],
])('whether %s is a day: %s', (text, expected) => {
  expect(isDay(text)).toBe(expected);
});

describe('a time of a Thai bank', () => {
  it.each([
    ['2019-10-28T11:26:13.000+07:00', '2019-10-28T04:26:13.000Z'],
    ['2019-10-28T11:26:13+07:00', '2019-10-28T04:26:13.000Z'],
    ['2019-10-28T11:26:13', '2019-10-28T04:26:13.000Z'],
    ['2019-10-28T04:26:13.123456Z', '2019-10-28T04:26:13.123Z'],
    ['2026-11-23T00:00:00.000+07:00', '2026-11-22T17:00:00.000Z'],
  ])('%s is %s', (text, at) => {
    expect(timeOf(text)?.toISOString()).toBe(at);
  });

  it.each([
    '',
    'nonsense',
    '2019-10-28',
    '2019-10-28 11:26:13',
    '2019-02-30T11:26:13',
    '2019-10-28T24:00:00',
    '1572233173',
  ])('%j is none', (text) => {
    expect(timeOf(text)).toBeNull();
  });
});
