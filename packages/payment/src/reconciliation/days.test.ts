import { describe, expect, it } from 'vitest';
import { dayAfter, dayOf, daysFrom, daysOfMonth, isDay, monthAfter, readyAt, startOf, UTC_DAYS } from './days.js';

const CHINA = { utcOffset: '+08:00', readyAt: '10:00' };
const NEPAL = { utcOffset: '+05:45', readyAt: '00:30' };
const WEST = { utcOffset: '-03:30', readyAt: '06:15' };

describe('a day', () => {
  it.each(['2026-03-02', '2024-02-29', '2026-12-31'])('is %s', (text) => {
    expect(isDay(text)).toBe(true);
  });

  it.each(['', '2026-3-2', '2026-02-30', '2025-02-29', '2026-13-01', '2026-03-02T00:00:00Z', '20260302'])(
    'is not %j',
    (text) => {
      expect(isDay(text)).toBe(false);
    },
  );

  it.each([
    ['2026-03-02', CHINA, '2026-03-01T16:00:00.000Z', '2026-03-03T02:00:00.000Z'],
    ['2026-03-02', NEPAL, '2026-03-01T18:15:00.000Z', '2026-03-02T18:45:00.000Z'],
    ['2026-03-02', WEST, '2026-03-02T03:30:00.000Z', '2026-03-03T09:45:00.000Z'],
    ['2026-12-31', UTC_DAYS, '2026-12-31T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
  ])('%s begins, and its file is ready, by the clock of the rail %o', (day, calendar, begins, ready) => {
    expect(startOf(day, calendar).toISOString()).toBe(begins);
    expect(readyAt(day, calendar).toISOString()).toBe(ready);
  });

  it.each([
    ['2026-03-01T15:59:59.999Z', CHINA, '2026-03-01'],
    ['2026-03-01T16:00:00.000Z', CHINA, '2026-03-02'],
    ['2026-03-02T03:29:59.999Z', WEST, '2026-03-01'],
    ['2026-03-02T03:30:00.000Z', WEST, '2026-03-02'],
  ])('of %s is found by the clock of the rail', (at, calendar, day) => {
    expect(dayOf(new Date(at), calendar)).toBe(day);
  });
});

it('counts over the ends of months and years', () => {
  expect(dayAfter('2024-02-28')).toBe('2024-02-29');
  expect(dayAfter('2026-01-01', -1)).toBe('2025-12-31');
  expect(daysFrom('2026-02-27', '2026-03-02')).toEqual(['2026-02-27', '2026-02-28', '2026-03-01', '2026-03-02']);
  expect(monthAfter('2026-12')).toBe('2027-01');
  expect(daysOfMonth('2024-02')).toEqual({ first: '2024-02-01', last: '2024-02-29' });
  expect(daysOfMonth('2026-12')).toEqual({ first: '2026-12-01', last: '2026-12-31' });
});
