import { describe, expect, it } from 'vitest';
import { countDays, daysFrom, isTimeZone, startOfDay } from './days.js';

describe('a day begins', () => {
  it.each([
    // day          zone                   at
    ['2026-11-22', 'UTC', '2026-11-22T00:00:00.000Z'],
    ['2026-11-22', 'Asia/Bangkok', '2026-11-21T17:00:00.000Z'],
    ['2026-11-22', 'Asia/Kathmandu', '2026-11-21T18:15:00.000Z'],
    ['2026-11-22', 'Pacific/Kiritimati', '2026-11-21T10:00:00.000Z'],
    ['2026-11-22', 'Pacific/Pago_Pago', '2026-11-22T11:00:00.000Z'],
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'], // the clock goes forward in this night
    ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z'], // there was no midnight: it began at one o'clock
    ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'], // skipped; the next day began then
    ['2024-02-29', 'UTC', '2024-02-29T00:00:00.000Z'],
  ])('%s in %s at %s', (day, zone, at) => {
    expect(startOfDay(day, zone).toISOString()).toBe(at);
  });
});

it('follow one another without a gap, however long each is', () => {
  const days = daysFrom('2026-10-24', '2026-10-26', 'Europe/Berlin');

  expect(days.map(({ day }) => day)).toEqual(['2026-10-24', '2026-10-25', '2026-10-26']);
  expect(days.map(({ starts, ends }) => (ends.getTime() - starts.getTime()) / 3_600_000)).toEqual([24, 25, 24]);
  expect(days[1]!.starts).toEqual(days[0]!.ends);
});

it.each([
  ['2026-02-28', '2026-03-01', 2],
  ['2024-02-28', '2024-03-01', 3],
  ['2026-01-01', '2026-01-01', 1],
  ['2026-01-02', '2026-01-01', 0],
])('from %s to %s are %i days', (from, to, days) => {
  expect(countDays(from, to)).toBe(days);
});

it.each([
  ['Asia/Bangkok', true],
  ['UTC', true],
  ['Bangkok', false],
  ['', false],
  ["'; drop table", false],
])('%j is a time zone: %s', (name, known) => {
  expect(isTimeZone(name)).toBe(known);
});
