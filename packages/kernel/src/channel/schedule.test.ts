import { expect, it } from 'vitest';
import { nextRefundQuery, nextUnknownQuery, nextWaitingQuery } from './schedule.js';

const start = new Date('2025-01-01T00:00:00Z');
const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];
const after = (ms: number) => new Date(start.getTime() + ms);

it.each([
  [0, 5 * SECOND],
  [1, 30 * SECOND],
  [2, 5 * MINUTE],
  [3, HOUR],
  [4, DAY],
  [5, 2 * DAY],
  [6, 3 * DAY],
  [7, 4 * DAY],
  [8, 5 * DAY],
])('asks about an unknown outcome, after %i questions, %i ms after it became unknown', (queries, ms) => {
  expect(nextUnknownQuery(start, queries)).toEqual(after(ms));
});

it.each([9, 10, 100])('leaves an unknown outcome to an operator after %i questions', (queries) => {
  expect(nextUnknownQuery(start, queries)).toBeNull();
});

it.each([
  [0, 10 * SECOND],
  [1, 30 * SECOND],
  [2, MINUTE],
  [3, 2 * MINUTE],
  [4, 5 * MINUTE],
  [1_000, 5 * MINUTE],
])('asks about an order that waits for its payer, after %i questions, again in %i ms', (queries, ms) => {
  expect(nextWaitingQuery(start, queries)).toEqual(after(ms));
});

it.each([
  [0, HOUR],
  [DAY - 1, HOUR],
  [DAY, DAY],
  [30 * DAY, DAY],
])('asks about a refund that is %i ms old again in %i ms', (age, ms) => {
  expect(nextRefundQuery(after(age), start)).toEqual(after(age + ms));
});
