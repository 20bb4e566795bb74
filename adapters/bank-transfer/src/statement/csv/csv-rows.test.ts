import { isItPayError } from '@itpay/core';
import type { StatementFacts, StatementPart, StatementRow } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import type { CsvProfile } from './csv-profile.js';
import { parseCsv } from './csv-rows.js';

const GERMAN: CsvProfile = {
  delimiter: ';',
  dateFormat: 'DD.MM.YYYY',
  decimal: ',',
  grouping: '.',
  amount: { signed: 'Betrag' },
  currency: { column: 'Währung' },
  columns: {
    bookedOn: 'Buchungstag',
    valueOn: 'Valuta',
    text: ['Verwendungszweck'],
    name: 'Name',
    account: 'IBAN',
    balance: 'Saldo',
  },
};
const HEADER = 'Buchungstag;Valuta;Name;IBAN;Verwendungszweck;Betrag;Währung;Saldo';
const ROWS = [
  '02.03.2026;03.03.2026;Ada;NL56 AGDH 9619 0084 21;"RF18 5390; 0754\n7034 ""thanks""";1.120,50;EUR;1.130,50',
  '03.03.2026;;Bank;;Entgelt;-3,00;EUR;1.127,50',
];
const THAI: CsvProfile = {
  delimiter: ',',
  dateFormat: 'DD/MM/YYYY HH:mm',
  utcOffset: '+07:00',
  decimal: '.',
  grouping: ',',
  amount: { in: 'Deposit', out: 'Withdrawal' },
  currency: { code: 'THB' },
  columns: { bookedOn: 'Date', text: ['Description', 'Note'], bankReference: 'Ref', reference: 'Customer Ref' },
};
const THAI_HEADER = 'Date,Deposit,Withdrawal,Description,Note,Ref,Customer Ref';

describe('a table', () => {
  it('becomes rows as its profile describes it', async () => {
    const { rows, facts } = await read(table(HEADER, ...ROWS));

    expect(rows).toEqual([
      {
        kind: 'credit',
        direction: 'in',
        dedupeKey: expect.stringMatching(/^DE1\|hash:[0-9a-f]{32}\|in\|EUR112050$/),
        channelTransactionId: null,
        reference: null,
        text: 'RF18 5390; 0754\n7034 "thanks"',
        amount: { currency: 'EUR', value: 112_050n },
        bookedAt: new Date('2026-03-02T00:00:00Z'),
        valueDate: '2026-03-03',
        counterparty: { name: 'Ada', account: 'NL56AGDH9619008421' },
        status: 'booked',
        position: 'line 2',
      },
      expect.objectContaining({
        kind: 'debit',
        direction: 'out',
        amount: { currency: 'EUR', value: 300n },
        position: 'line 4',
      }),
    ]);
    expect(facts).toEqual([
      {
        statementId: 'march.csv',
        account: 'DE1',
        currency: 'EUR',
        opening: { currency: 'EUR', value: 1_000n },
        closing: { currency: 'EUR', value: 112_750n },
        complete: false,
        balancesAgree: true,
      },
    ]);
  });

  it('may run downwards', async () => {
    const { facts } = await read(table(HEADER, ...ROWS.toReversed()));

    expect(facts).toMatchObject([{ opening: { value: 1_000n }, closing: { value: 112_750n }, balancesAgree: true }]);
  });

  it('with a row missing does not agree with its balances', async () => {
    const third = '04.03.2026;;Bank;;x;-1,00;EUR;1.120,50';

    expect((await read(table(HEADER, ...ROWS, third))).facts).toMatchObject([{ balancesAgree: false }]);
  });

  it('may have two columns of amounts, a time of its own, and numbers of the bank', async () => {
    const file = table(
      THAI_HEADER,
      '02/03/2026 00:30,"1,000.50",,Transfer,x,B1,RF18539007547034',
      '02/03/2026 09:00,,20.00,Fee,x,B2,',
      '02/03/2026 09:00,0.00,-20.00,Fee,x,B3,',
      '02/03/2026 09:00,0.00,0.00,Nothing,x,B4,',
    );

    const { rows, facts } = await read(file, THAI);

    expect(
      rows.map((row) => [
        row.bookedAt.toISOString(),
        row.direction,
        row.amount.value,
        row.channelTransactionId,
        row.reference,
      ]),
    ).toEqual([
      ['2026-03-01T17:30:00.000Z', 'in', 100_050n, 'B1', 'RF18539007547034'],
      ['2026-03-02T02:00:00.000Z', 'out', 2_000n, 'B2', null],
      ['2026-03-02T02:00:00.000Z', 'out', 2_000n, 'B3', null],
    ]);
    expect(facts).toMatchObject([{ balancesAgree: null }]);
  });

  it('may say the direction and the state with words', async () => {
    const profile: CsvProfile = {
      ...THAI,
      dateFormat: 'YYYYMMDD',
      amount: { unsigned: 'Amount', mark: 'Dr/Cr', in: ['CR'], out: ['DR'] },
      columns: { bookedOn: 'Date', text: [], key: ['Date', 'No'] },
      status: { column: 'State', booked: ['done'], pending: ['waiting'] },
    };
    const file = table(
      'No,Date,Amount,Dr/Cr,State',
      '1,20260302,5,CR,done',
      '2,20260302,5,DR,waiting',
      '3,20260302,5,CR,failed',
    );

    const { rows } = await read(file, profile);

    expect(rows.map(({ kind, status, dedupeKey }) => [kind, status, dedupeKey])).toEqual([
      ['credit', 'booked', 'DE1|ref:20260302/1|in|THB500'],
      ['debit', 'pending', 'DE1|ref:20260302/2|out|THB500'],
      ['credit', 'info', 'DE1|ref:20260302/3|in|THB500'],
    ]);
  });

  it('may have lines before its header, and a sum behind it', async () => {
    const file = table('Konto "Giro";DE1', '', 'von;bis', HEADER, ...ROWS, 'Summe;;;;;1.117,50;EUR;');

    expect((await read(file, { ...GERMAN, footer: 'Summe' })).rows).toHaveLength(2);
  });

  it.each<[string, (text: string) => Buffer]>([
    ['UTF-8', (text) => Buffer.from(text)],
    ['UTF-8 with a mark', (text) => Buffer.from(`\ufeff${text}`)],
    ['Windows-1252', (text) => Buffer.from(text, 'latin1')],
  ])('is read in %s, whole and in pieces', async (_, encode) => {
    const bytes = encode(table(HEADER, ...ROWS));

    expect(await read(bytes)).toEqual(await read(table(HEADER, ...ROWS)));
    expect(await read(pieces(bytes, 3))).toEqual(await read(bytes));
  });

  it('gives the same key to the same row in a longer export', async () => {
    const [first] = (await read(table(HEADER, ROWS[0]!))).rows;
    const later = (await read(table(HEADER, ROWS[1]!, ROWS[0]!, ROWS[0]!))).rows;

    expect(later[1]!.dedupeKey).toBe(first!.dedupeKey);
    expect(new Set(later.map(({ dedupeKey }) => dedupeKey)).size).toBe(3);
  });

  const valid = table(HEADER, ...ROWS);
  it.each<[string, string, string, number?]>([
    ['has another header', valid.replace('Betrag', 'Amount'), 'no header'],
    ['has a column twice', valid.replace('Name', 'Betrag').replace('IBAN', 'Name;IBAN'), 'twice', 1],
    ['has too few values', valid.replace(';-3,00', ''), 'values for 8 columns', 4],
    ['has an open quote', valid.replace('thanks"""', 'thanks'), 'not closed', 2],
    ['has something behind a quote', valid.replace('thanks"""', 'thanks"""x'), 'behind a closing quote', 2],
    ['has 30 February', valid.replace('03.03.2026;;', '30.02.2026;;'), 'not a date', 4],
    ['has another form of date', valid.replace('03.03.2026;;', '2026-03-03;;'), 'not a date', 4],
    ['has another decimal sign', valid.replace('-3,00', '-3.00'), 'not a number', 4],
    ['has thousands that are none', valid.replace('1.120,50', '1.12,50'), 'not a number', 2],
    ['has two signs', valid.replace('-3,00', '-3,00-'), 'not a number', 4],
    ['has a negative zero', valid.replace('-3,00', '-0,00'), 'negative zero', 4],
    ['has no amount', valid.replace('-3,00', ''), 'not a number', 4],
    ['has an amount in powers', valid.replace('-3,00', '3e2'), 'not a number', 4],
    ['has no currency', valid.replace('EUR;1.127', ';1.127'), 'currency', 4],
    ['has a control character', valid.replace('Entgelt', '\u0000'), 'control character', 4],
  ])('is refused when it %s', async (_, file, message, line) => {
    const error = await read(file).catch((thrown: unknown) => thrown);

    if (!isItPayError(error)) throw new Error('It was read.', { cause: error });
    expect(error).toMatchObject({ code: 'STATEMENT_INVALID', message: expect.stringContaining(message) });
    if (line !== undefined) expect(error.details).toEqual({ line });
  });

  it('is refused when money comes and goes in one row', async () => {
    const file = table(THAI_HEADER, '02/03/2026 00:30,5.00,5.00,x,x,B1,');

    await expect(read(file, THAI)).rejects.toMatchObject({ code: 'STATEMENT_INVALID', details: { line: 2 } });
  });

  it('is refused rather than rounded', async () => {
    await expect(read(valid.replace('-3,00', '-3,001'))).rejects.toMatchObject({
      code: 'AMOUNT_PRECISION_UNSUPPORTED',
    });
  });

  it.each<Partial<CsvProfile>>([
    { dateFormat: 'DD.MM' },
    { dateFormat: 'DD.MM.YYYY DD' },
    { grouping: ',' },
    { utcOffset: '7' },
    { currency: { code: 'DEM' } },
  ])('is not read with %j', async (change) => {
    await expect(read(valid, { ...GERMAN, ...change })).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
  });
});

function table(...lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

async function read(
  file: string | Uint8Array | AsyncIterable<Uint8Array>,
  profile = GERMAN,
): Promise<{ readonly rows: readonly StatementRow[]; readonly facts: readonly StatementFacts[] }> {
  const parts: StatementPart[] = [];
  const source = typeof file === 'string' ? Buffer.from(file) : file;
  for await (const part of parseCsv(source, { profile, account: 'DE1', statementId: 'march.csv' })) parts.push(part);
  return {
    rows: parts.flatMap((part) => (part.part === 'row' ? [part.row] : [])),
    facts: parts.flatMap((part) => (part.part === 'facts' ? [part.facts] : [])),
  };
}

async function* pieces(file: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.length; at += size) yield file.subarray(at, at + size);
}
