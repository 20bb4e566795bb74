import { expect, it } from 'vitest';
import { adviceOn, reportOn, type KeyReport } from './secrets-advice.js';

const now = new Date('2026-03-10T12:00:00Z');
const ago = (days: number, minutes = 0) => new Date(now.getTime() - days * 86_400_000 - minutes * 60_000);
const key = (id: string, rows: number, lastFirstAt: Date | null): KeyReport => ({ id, rows, lastFirstAt });
const advise = (...keys: KeyReport[]) => adviceOn({ keys, unlisted: 0, unlistedIn: [] }, now);

it.each<[string, KeyReport[], number | null, RegExp]>([
  ['one key', [key('a', 5, ago(0))], null, /list a new one after it/],
  ['a new one behind', [key('a', 5, ago(0)), key('b', 0, null)], 1, /^b is new.*make it the first one/],
  ['a new one first that nobody has', [key('b', 0, null), key('a', 5, ago(0))], 2, /No process uses b yet/],
  [
    'a process that uses the old one',
    [key('b', 2, ago(0)), key('a', 5, ago(0, 2))],
    2,
    /used a first at 2026-03-10T11:58/,
  ],
  ['rows of the old one', [key('b', 2, ago(0)), key('a', 5, ago(0, 4))], 2, /What a sealed is sealed again/],
  ['old links', [key('b', 7, ago(0)), key('a', 0, ago(2))], 3, /^Take a out after 2026-03-16T12:00:00.000Z/],
  ['nothing of the old one', [key('b', 7, ago(0)), key('a', 0, ago(8))], 3, /^Take a out of the list.*by hand/],
  ['two old ones', [key('c', 7, ago(0)), key('b', 0, ago(9)), key('a', 0, ago(30))], 3, /^Take b, a out of the list/],
  ['rows of one of two', [key('c', 7, ago(0)), key('b', 0, ago(9)), key('a', 1, ago(30))], 2, /What a sealed/],
])('says what comes next with %s', (_state, keys, step, todo) => {
  const advice = advise(...keys);

  expect(advice.step).toBe(step);
  expect(advice.todo).toMatch(todo);
});

it('names the moment from which on a key may go', () => {
  expect(advise(key('b', 7, ago(0)), key('a', 0, ago(2))).removable).toEqual([{ id: 'a', from: ago(-6) }]);
});

it('puts counts and notes together', () => {
  const census = { keys: [{ id: 'b', rows: 1 }, { id: 'a', rows: 0 }], unlisted: 0, unlistedIn: [], complete: true }; // prettier-ignore

  expect(reportOn(census, [{ id: 'a', lastFirstAt: now }]).keys).toEqual([key('b', 1, null), key('a', 0, now)]);
});
