import type { StatementPart, StatementRow } from '@itpay/kernel';
import { expect, it } from 'vitest';
import { orderNumberOf, withOrderNumbers } from './order-number.js';
import { rfReferences } from './rf.js';

const [one, two] = ['AAAABBBBCCCC', '000011112222'] as const;
const [first, second] = [rfReferences.write(one), rfReferences.write(two)];

it.each<[string, string | null, string, string | null]>([
  // what                                       reference            text                            number
  ['a structured reference', first, '', one],
  ['one that a payer typed with spaces', first.replace(/(.{4})/g, '$1 '), '', one],
  ['a structured reference before other text', first, `instead of ${second}`, one],
  ['a reference in the text', null, `Rechnung ${first} danke`, one],
  ['a reference that a bank broke over two lines', null, `${first.slice(0, 9)}\n${first.slice(9)}`, one],
  ['a reference in the text beside a number of the payer', 'NOTPROVIDED', `for ${first}`, one],
  ['the same reference twice', `x ${first}`, first, one],
  ['a refund of ours', one, 'returned', one],
  ['two references', null, `${first} ${second}`, null],
  ['two references in two fields', `x ${first}`, second, null],
  ['an order number without its check digits', null, one, null],
  ['a wrong check digit', null, first.replace('A', 'B'), null],
  ['somebody else’s RF reference', 'RF18539007547034', '', '539007547034'],
  ['an RF reference of another length', 'RF635', '', null],
  ['nothing', null, '', null],
])('from %s', (_, reference, text, number) => {
  expect(orderNumberOf({ reference, text })).toBe(number);
});

it('puts our order numbers into the rows of a statement, and loses nothing that the bank wrote', async () => {
  const row = (reference: string | null, text: string): StatementPart => ({
    part: 'row',
    row: { ...aRow, reference, text },
  });
  const begin: StatementPart = { part: 'statement', statementId: '1', account: 'DE89370400440532013000' };
  async function* statement() {
    yield begin;
    yield row(first, 'Rechnung');
    yield row(null, `Rechnung ${second}`);
    yield row('KUNDE-7', 'Miete');
    yield row('KUNDE-7', 'Miete KUNDE-7');
    yield row('KUNDE-7', '');
  }

  const parts: StatementPart[] = [];
  for await (const part of withOrderNumbers(statement())) parts.push(part);

  expect(parts).toEqual([
    begin,
    row(one, 'Rechnung'),
    row(two, `Rechnung ${second}`),
    row(null, 'KUNDE-7\nMiete'),
    row(null, 'Miete KUNDE-7'),
    row(null, 'KUNDE-7'),
  ]);
});

const aRow: StatementRow = {
  kind: 'credit',
  dedupeKey: 'k',
  channelTransactionId: null,
  reference: null,
  text: '',
  amount: { currency: 'EUR', value: 1n },
  bookedAt: new Date(0),
  status: 'booked',
  position: 'line 1',
};
