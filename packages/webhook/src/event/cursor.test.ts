import { expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from './cursor.js';

it.each([0n, 1n, 2n ** 53n, 999_999_999_999_999_999n])('leads back to position %s', (position) => {
  expect(decodeCursor(encodeCursor(position))).toBe(position);
});

it.each(['', 'x', 'evt_1', encodeCursor(1n) + '=', encodeCursor(-1n), encodeCursor(10n ** 19n), 'bG9nOjAx'])(
  'refuses %j',
  (cursor) => {
    expect(() => decodeCursor(cursor)).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
  },
);
