import { encodeId } from '@itpay/core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { listAnswer, listQuery, listSchema, pageOf } from './list.js';
import { validate } from './validate.js';

const query = listQuery('ref', { status: z.enum(['succeeded', 'failed']).optional() });
const [older, newer] = [1, 2].map((byte) => encodeId('ref', new Uint8Array(16).fill(byte))) as [string, string];

describe('listQuery', () => {
  it('has 25 items a page, and no filter', () => {
    expect(validate(query, {})).toEqual({ limit: 25 });
  });

  it.each([
    [{ limit: '1' }, { limit: 1 }],
    [
      { limit: '100', status: 'failed' },
      { limit: 100, status: 'failed' },
    ],
    [{ starting_after: older }, { limit: 25, starting_after: older }],
    [{ created_gte: '0001-01-01T00:00:00Z' }, { limit: 25, created_gte: '0001-01-01T00:00:00Z' }],
    [{ created_lte: '2025-01-01T07:00:00.5+07:00' }, { limit: 25, created_lte: '2025-01-01T07:00:00.5+07:00' }],
  ])('takes %j', (sent, read) => {
    expect(validate(query, sent)).toEqual(read);
  });

  it.each([
    [{ limit: '0' }, 'PARAMETER_INVALID', 'limit'],
    [{ limit: '101' }, 'PARAMETER_INVALID', 'limit'],
    [{ limit: '2.5' }, 'PARAMETER_INVALID', 'limit'],
    [{ limit: 'x' }, 'PARAMETER_INVALID', 'limit'],
    [{ starting_after: 'x' }, 'CURSOR_INVALID', 'starting_after'],
    [{ ending_before: older.replace('ref', 'pi') }, 'CURSOR_INVALID', 'ending_before'],
    [{ created_gte: '2025-01-01' }, 'PARAMETER_INVALID', 'created_gte'],
    [{ created_gte: '2025-01-01T00:00:00' }, 'PARAMETER_INVALID', 'created_gte'],
    [{ created_gte: '0000-12-31T00:00:00Z' }, 'PARAMETER_INVALID', 'created_gte'],
    [{ created_lte: '9999-12-31T23:59:59-01:00' }, 'PARAMETER_INVALID', 'created_lte'], // in UTC another year
    [{ status: 'x' }, 'PARAMETER_INVALID', 'status'],
    [{ page: '2' }, 'PARAMETER_UNKNOWN', 'page'],
  ])('refuses %j', (sent, code, param) => {
    expect(() => validate(query, sent)).toThrow(expect.objectContaining({ code, param }));
  });
});

describe('pageOf', () => {
  it('reads what every list is asked for', () => {
    const sent = { limit: '5', ending_before: newer, created_gte: '2025-01-01T07:00:00+07:00' };

    expect(pageOf(validate(query, sent))).toEqual({
      limit: 5,
      startingAfter: undefined,
      endingBefore: newer,
      createdGte: new Date('2025-01-01T00:00:00Z'),
      createdLte: undefined,
    });
  });

  it('refuses two cursors', () => {
    const sent = validate(query, { starting_after: newer, ending_before: older });

    expect(() => pageOf(sent)).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID', param: 'ending_before' }));
  });
});

describe('listAnswer', () => {
  const items = (...ids: string[]) => ids.map((id) => ({ id }));

  // What was read comes from the cursor on, one more than the limit when there is more.
  it.each([
    [items(), undefined, items(), null],
    [items('c', 'b'), undefined, items('c', 'b'), null],
    [items('c', 'b', 'a'), undefined, items('c', 'b'), 'b'],
    [items('a', 'b'), '0', items('b', 'a'), null],
    [items('a', 'b', 'c'), '0', items('b', 'a'), 'b'],
    [items('c', 'b', 'a'), null, items('c', 'b'), 'b'],
  ])('makes a page of %j before %j', (read, endingBefore, data, cursor) => {
    const answer = listAnswer('/v1/refunds', read, { limit: 2, endingBefore });

    expect(answer).toEqual({
      object: 'list',
      data,
      has_more: cursor !== null,
      next_cursor: cursor,
      url: '/v1/refunds',
    });
    expect(listSchema('TestList', z.object({ id: z.string() })).safeParse(answer).success).toBe(true);
  });
});

it.each(['0x10', '1e1', '', ' 5', '+5', '5.0', '05', '-1', '101', '٣'])('refuses the limit %j', (limit) => {
  expect(() => validate(listQuery('ref', {}), { limit })).toThrow(
    expect.objectContaining({ code: 'PARAMETER_INVALID', param: 'limit' }),
  );
});
