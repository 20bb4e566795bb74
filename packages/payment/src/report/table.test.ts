import { money, type Money } from '@itpay/core';
import { describe, expect, it } from 'vitest';
import { csvHead, csvRow, harmless, jsonRow, type Column } from './table.js';

interface Row {
  readonly note: string | null;
  readonly amount: Money | null;
}
const COLUMNS: readonly Column<Row>[] = [
  { kind: 'text', name: 'note', of: ({ note }) => note },
  { kind: 'plain', name: 'at', of: () => new Date('2026-11-22T10:00:00.000Z') },
  { kind: 'currency', name: 'currency', of: ({ amount }) => amount?.currency ?? '' },
  { kind: 'money', name: 'amount', of: ({ amount }) => amount },
];
const thb = (value: bigint) => money('THB', value);
const csv = (row: Partial<Row>) => csvRow(COLUMNS, { note: null, amount: null, ...row });

describe('a line of a table', () => {
  it('has names above it', () => {
    expect(csvHead(COLUMNS)).toBe('note,at,currency,amount,amount_minor\r\n');
  });

  it.each<[line: string, row: Partial<Row>]>([
    ['order 7,2026-11-22T10:00:00.000Z,THB,199.00,19900\r\n', { note: 'order 7', amount: thb(19_900n) }],
    ['"a ""b"", c",2026-11-22T10:00:00.000Z,,,\r\n', { note: 'a "b", c' }],
    ['"two\r\nlines",2026-11-22T10:00:00.000Z,,,\r\n', { note: 'two\r\nlines' }],
    [',2026-11-22T10:00:00.000Z,JPY,500,500\r\n', { amount: money('JPY', 500n) }],
    [',2026-11-22T10:00:00.000Z,KWD,1.234,1234\r\n', { amount: money('KWD', 1_234n) }],
    // A number of ours may be negative, and has no apostrophe: it is meant to be added up.
    [',2026-11-22T10:00:00.000Z,THB,-5.00,-500\r\n', { amount: thb(-500n) }],
    [`,2026-11-22T10:00:00.000Z,THB,46116860184273879.04,${2n ** 62n}\r\n`, { amount: thb(2n ** 62n) }],
    ["'=1+1,2026-11-22T10:00:00.000Z,,,\r\n", { note: '=1+1' }],
    [`"'=HYPERLINK(""http://x"",""y"")",2026-11-22T10:00:00.000Z,,,\r\n`, { note: '=HYPERLINK("http://x","y")' }],
  ])('writes %j', (line, row) => {
    expect(csv(row)).toBe(line);
  });

  it.each(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])('disarms what begins with %j', (first) => {
    expect(harmless(`${first}cmd|' /C calc'!A0`)).toBe(`'${first}cmd|' /C calc'!A0`);
  });

  it.each(['order-7', "it's = 5", '1+1', ' =1', ''])('leaves %j as it is', (text) => {
    expect(harmless(text)).toBe(text);
  });
});

describe('a row as JSON', () => {
  it('has money with its currency, and text as it is', () => {
    expect(jsonRow(COLUMNS, { note: '=1+1', amount: thb(500n) })).toBe(
      '{"note":"=1+1","at":"2026-11-22T10:00:00.000Z","amount":{"currency":"THB","value":500}}',
    );
    expect(jsonRow(COLUMNS, { note: null, amount: null })).toBe(
      '{"note":null,"at":"2026-11-22T10:00:00.000Z","amount":null}',
    );
  });

  it('refuses a sum that would not arrive as it is', () => {
    expect(() => jsonRow(COLUMNS, { note: null, amount: thb(2n ** 53n) })).toThrow(
      expect.objectContaining({ code: 'AMOUNT_INVALID' }),
    );
  });
});
