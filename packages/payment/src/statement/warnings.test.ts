import { describe, expect, it } from 'vitest';
import type { ToldStatement } from './statement.js';
import { toldStatement, warningsFor } from './warnings.js';

const eur = (value: number) => ({ currency: 'EUR', value });
const told = (statement_id: string, opening: number | null, closing: number | null, more = {}): ToldStatement => ({
  statement_id,
  account: '****3000',
  currency: 'EUR',
  opening: opening === null ? null : eur(opening),
  closing: closing === null ? null : eur(closing),
  complete: true,
  balances_agree: true,
  rows: 1,
  ...more,
});
const S1 = told('S1', 0, 100);
const S2 = told('S2', 100, 250);

describe('a gap', () => {
  it.each<[what: string, file: ToldStatement[], earlier: ToldStatement[]]>([
    ['that goes on where the one before ended', [S2], [S1]],
    ['that goes on inside its file', [S1, S2], []],
    ['that is the first', [S2], []],
    ['that comes late', [S2], [told('S3', 250, 300), S1]],
    ['that is told again', [S2], [S2, told('S9', 0, 7)]],
    ['without balances', [told('S2', null, null)], [S1]],
    ['of a part of a day', [told('S2', 120, 130, { complete: false })], [S1]],
    ['behind one of another account', [S2], [told('X', 0, 7, { account: '****1111' })]],
    ['behind one of another currency', [S2], [told('X', 0, 7, { closing: { currency: 'CHF', value: 7 } })]],
  ])('is not before a statement %s', (_what, file, earlier) => {
    expect(warningsFor(file, earlier)).toEqual([]);
  });

  it('is before a statement that opens with another balance than any before it closed with', () => {
    expect(warningsFor([told('S4', 300, 400)], [S2, S1])).toEqual([
      { type: 'gap', statement_id: 'S4', expected: eur(250), found: eur(300) },
    ]);
  });

  it('is found inside a file too', () => {
    expect(warningsFor([S1, told('S3', 250, 260)], [])).toEqual([
      { type: 'gap', statement_id: 'S3', expected: eur(100), found: eur(250) },
    ]);
  });
});

it('warns of balances that disagree', () => {
  expect(warningsFor([told('S1', 0, 100, { balances_agree: false })], [])).toEqual([
    { type: 'balances_disagree', statement_id: 'S1' },
  ]);
});

it('keeps four characters of an account, and no balance that JSON cannot carry', () => {
  const facts = {
    statementId: 'S1',
    account: 'DE89370400440532013000',
    opening: { currency: 'EUR', value: 2n ** 53n },
    closing: { currency: 'EUR', value: -5n },
    complete: true,
    balancesAgree: null,
  };

  expect(toldStatement(facts, 3)).toEqual({
    statement_id: 'S1',
    account: '****3000',
    currency: 'EUR',
    opening: null,
    closing: eur(-5),
    complete: true,
    balances_agree: null,
    rows: 3,
  });
  expect(toldStatement({ ...facts, account: '123' }, 0).account).toBe('****');
});
