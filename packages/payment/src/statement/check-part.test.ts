import type { StatementPart, StatementRow } from '@itpay/kernel';
import { expect, it } from 'vitest';
import { checkPart } from './check-part.js';

const row: StatementRow = {
  kind: 'credit',
  dedupeKey: 'K',
  channelTransactionId: null,
  reference: null,
  text: 'a text',
  amount: { currency: 'EUR', value: 1n },
  bookedAt: new Date('2025-01-02T00:00:00Z'),
  status: 'booked',
  position: 'line 7',
};
const facts = { statementId: 'S', account: '1', complete: true, balancesAgree: null };

it.each<StatementPart>([
  { part: 'statement', statementId: 'S', account: '1' },
  { part: 'row', row },
  { part: 'row', row: { ...row, fee: { currency: 'EUR', value: 0n }, direction: 'in', valueDate: '2025-01-02' } },
  { part: 'facts', facts },
  { part: 'facts', facts: { ...facts, opening: { currency: 'EUR', value: -1n } } },
])('lets a part through that is right', (part) => {
  expect(checkPart(part)).toBe(part);
});

it.each<[what: string, part: unknown]>([
  ['nothing', undefined],
  ['a part that is none', { part: 'page' }],
  ['a statement without a number', { part: 'statement', account: '1' }],
  ['no row', { part: 'row' }],
  ['another kind', { part: 'row', row: { ...row, kind: 'gift' } }],
  ['another status', { part: 'row', row: { ...row, status: 'BOOK' } }],
  ['another direction', { part: 'row', row: { ...row, direction: 'up' } }],
  ['no key', { part: 'row', row: { ...row, dedupeKey: '' } }],
  ['a key without an end', { part: 'row', row: { ...row, dedupeKey: 'x'.repeat(1_001) } }],
  ['no amount', { part: 'row', row: { ...row, amount: undefined } }],
  ['an amount of nothing', { part: 'row', row: { ...row, amount: { currency: 'EUR', value: 0n } } }],
  ['an amount below nothing', { part: 'row', row: { ...row, amount: { currency: 'EUR', value: -1n } } }],
  ['a floating amount', { part: 'row', row: { ...row, amount: { currency: 'EUR', value: 1 } } }],
  ['an amount that JSON cannot carry', { part: 'row', row: { ...row, amount: { currency: 'EUR', value: 2n ** 53n } } }],
  ['no currency', { part: 'row', row: { ...row, amount: { currency: 'EURO', value: 1n } } }],
  ['a fee in another currency', { part: 'row', row: { ...row, fee: { currency: 'CHF', value: 1n } } }],
  ['no time', { part: 'row', row: { ...row, bookedAt: new Date('never') } }],
  ['a time that is text', { part: 'row', row: { ...row, bookedAt: '2025-01-02' } }],
  ['a year that nobody writes', { part: 'row', row: { ...row, bookedAt: new Date('+010000-01-01T00:00:00Z') } }],
  ['a character that cannot be stored', { part: 'row', row: { ...row, reference: 'A\0B' } }],
  ['half a character', { part: 'row', row: { ...row, text: 'A\ud800' } }],
  ['facts of nothing', { part: 'facts' }],
  ['a balance that is none', { part: 'facts', facts: { ...facts, closing: { currency: 'EUR', value: 1 } } }],
])('refuses %s', (_what, part) => {
  expect(() => checkPart(part as StatementPart)).toThrow(expect.objectContaining({ code: 'STATEMENT_INVALID' }));
});

it('names the place', () => {
  expect(() => checkPart({ part: 'row', row: { ...row, dedupeKey: '' } })).toThrow(/line 7/);
});
