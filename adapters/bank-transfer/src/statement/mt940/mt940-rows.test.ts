import { isItPayError } from '@itpay/core';
import type { StatementFacts, StatementPart, StatementRow } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { parseMt940, type ParseMt940Options } from './mt940-rows.js';

const CREDIT = [
  ':61:2603030304C120,50NTRFNONREF//M0001',
  'SEPA credit',
  ':86:166?00GUTSCHRIFT?20EREF+payer-1SVWZ+RF18 5390 0754?21 7034 thanks?30COBADEFF?31DE75512108001245126199?32ADA LOVE?33LACE',
];

describe('a line', () => {
  it('becomes a row with its payer, its text and its days', async () => {
    const { rows } = await read(mt940(CREDIT));

    expect(rows).toEqual([
      {
        kind: 'credit',
        direction: 'in',
        dedupeKey: '3704004405320130|ref:M0001|in|EUR12050',
        channelTransactionId: 'M0001',
        reference: null,
        text: 'EREF+payer-1SVWZ+RF18 5390 0754 7034 thanks\nGUTSCHRIFT\nSEPA credit',
        amount: { currency: 'EUR', value: 12_050n },
        bookedAt: new Date('2026-03-04T00:00:00Z'),
        valueDate: '2026-03-03',
        counterparty: { name: 'ADA LOVELACE', account: 'DE75512108001245126199' },
        status: 'booked',
        position: 'line 5',
      },
    ]);
  });

  it.each<[line: string, kind: string, direction: string, status: string]>([
    ['260303C5,NTRFX', 'credit', 'in', 'booked'],
    ['260303D5,NTRFX', 'debit', 'out', 'booked'],
    ['260303RC5,NTRFX', 'reversal', 'out', 'booked'],
    ['260303RD5,NTRFX', 'reversal', 'in', 'booked'],
    ['260303CR5,NTRFX', 'credit', 'in', 'booked'],
    ['260303EC5,NTRFX', 'credit', 'in', 'pending'],
    ['260303ED5,NTRFX', 'debit', 'out', 'pending'],
    ['260303D5,NCHGX', 'fee', 'out', 'booked'],
    ['260303C5,NRTIX', 'return', 'in', 'booked'],
  ])('%s is a %s that goes %s and is %s', async (line, kind, direction, status) => {
    expect((await read(mt940([`:61:${line}`]))).rows).toMatchObject([
      { kind, direction, status, amount: { value: 500n } },
    ]);
  });

  it('that came back has our number and the reason', async () => {
    const german = [':61:260303C5,NTRFNONREF//1', ':86:159?00RETOURE?20EREF+refund-7SVWZ+RETURN?21ED?32ADA'];
    const dutch = [':61:260303C5,NTRFNONREF//2', ':86:/EREF/refund-8/NAME/Ada/RTRN/AC04/REMI/back/'];

    expect((await read(mt940([...german, ...dutch]))).rows).toMatchObject([
      { kind: 'return', reference: 'refund-7', counterparty: { name: 'ADA' } },
      { kind: 'return', reference: 'refund-8', counterparty: { name: 'Ada' }, returnReason: 'AC04' },
    ]);
  });

  it('that we sent has our number', async () => {
    const lines = [':61:260303D5,NTRFrefund-7//1', ':86:020?00X', ':61:260303D5,N060NONREF          SHOP'];

    expect((await read(mt940(lines))).rows.map(({ reference }) => reference)).toEqual(['refund-7', null]);
  });

  it.each<[string, readonly string[], string]>([
    ['a reference is broken across sub-fields', [':86:166?20RF18 5390?2107547034'], 'RF18 539007547034'],
    ['a sub-field is broken across lines', [':86:166?20RF18 5390?', '2107547034'], 'RF18 539007547034'],
    ['sub-fields go on from 60', [':86:166?20RF18?60539007547034'], 'RF18539007547034'],
    ['another sign divides them', [':86:166>20RF18>21539007547034'], 'RF18539007547034'],
    ['there are several fields', [':86:RF18539007547034', ':86:second'], 'RF18539007547034\nsecond'],
    ['the field is of the bank', [':NS:01 x', '02 RF18539007547034'], '01 x\n02 RF18539007547034'],
    ['the text is free', [':86:order', 'RF18539007547034', '', ''], 'order\nRF18539007547034'],
    ['it is below the line', ['RF18539007547034'], 'RF18539007547034'],
  ])('has its text when %s', async (_, lines, text) => {
    expect((await read(mt940([':61:260303C5,NTRFNONREF//1', ...lines]))).rows).toMatchObject([{ text }]);
  });

  it.each<[string, bigint]>([
    ['500,', 50_000n],
    ['500', 50_000n],
    ['0,5', 50n],
    ['00000000000000000012,3', 1_230n],
    ['12,340', 1_234n],
  ])('of %s is exact', async (amount, value) => {
    expect((await read(mt940([`:61:260303C${amount}NTRFX`]))).rows).toMatchObject([{ amount: { value } }]);
  });

  it('of nothing has no row', async () => {
    expect((await read(mt940([':61:260303C0,00NTRFX']))).rows).toEqual([]);
  });

  it.each<[line: string, valueDate: string, bookedOn: string]>([
    ['2512310102C5,NTRFX', '2025-12-31', '2026-01-02'],
    ['2601021231C5,NTRFX', '2026-01-02', '2025-12-31'],
    ['260303C5,NTRFX', '2026-03-03', '2026-03-03'],
    ['2602300302C5,NTRFX', '2026-02-28', '2026-03-02'],
    ['2402300301C5,NTRFX', '2024-02-29', '2024-03-01'],
    ['2502290228C5,NTRFX', '2025-02-28', '2025-02-28'],
    ['2401010229C5,NTRFX', '2024-01-01', '2024-02-29'],
  ])('%s is of %s and was booked on %s', async (line, valueDate, bookedOn) => {
    expect((await read(mt940([`:61:${line}`]))).rows).toMatchObject([
      { valueDate, bookedAt: new Date(`${bookedOn}T00:00:00Z`) },
    ]);
  });

  it.each<[string, Buffer]>([
    ['UTF-8', Buffer.from('Grüße aus Köln: Straße')],
    ['Windows-1252', Buffer.from('Grüße aus Köln: Straße', 'latin1')],
    [
      'code page 850',
      Buffer.from(
        [...'Gr']
          .map(code)
          .concat(0x81, 0xe1, [...'e aus K'].map(code), 0x94, [...'ln: Stra'].map(code), 0xe1, code('e')),
      ),
    ],
  ])('is read in %s', async (_, text) => {
    const [before, after] = mt940([':61:260303C5,NTRFX', ':86:@']).split('@') as [string, string];

    expect((await read(Buffer.concat([Buffer.from(before), text, Buffer.from(after)]))).rows).toMatchObject([
      { text: expect.stringContaining('Grüße aus Köln: Straße') },
    ]);
  });
});

describe('the balances', () => {
  const lines = [
    ':61:260303C120,NTRFA//1',
    ':61:260303D20,NTRFB//2',
    ':61:260303RC10,NTRFC//3',
    ':61:260303RD5,NTRFD//4',
  ];

  it.each<[string, string, string, boolean | null]>([
    ['lead from one to the other', ':60F:C260302EUR10,', ':62F:C260303EUR105,00', true],
    ['may be owed', ':60F:D260302EUR200,', ':62F:D260303EUR105,00', true],
    ['may be those of a page', ':60M:C260302EUR10,', ':62M:C260303EUR105,00', true],
    ['do not fit', ':60F:C260302EUR10,', ':62F:C260303EUR105,01', false],
    ['change sides', ':60F:C260302EUR10,', ':62F:D260303EUR105,00', false],
    ['change the currency', ':60F:C260302EUR10,', ':62F:C260303USD105,00', false],
    ['end with none, so that the file was cut off', ':60F:C260302EUR10,', '', false],
  ])('%s', async (_, opening, closing, agree) => {
    expect((await read(mt940(lines, { opening, closing }))).facts).toMatchObject([{ balancesAgree: agree }]);
  });

  it.each([
    [':60M:C260303EUR105,', [true, true]],
    [':60M:C260303EUR106,', [true, false]],
  ])('of a page go on from the page before: %s', async (opening, agree) => {
    const first = mt940(lines, { opening: ':60F:C260302EUR10,', closing: ':62M:C260303EUR105,' });
    const second = mt940([], { opening, closing: opening.replace('60M', '62F') }).replace('62/1', '62/2');

    expect((await read(first + second)).facts.map(({ balancesAgree }) => balancesAgree)).toEqual(agree);
  });

  it('are told, with what the file says of itself', async () => {
    const { facts } = await read(mt940(lines, { opening: ':60F:D260302EUR200,', closing: ':62F:D260303EUR105,00' }));

    expect(facts).toEqual([
      {
        statementId: '62/1 2026-03-02 SCN2',
        account: '37040044/05320130',
        currency: 'EUR',
        opening: { currency: 'EUR', value: -20_000n },
        closing: { currency: 'EUR', value: -10_500n },
        complete: true,
        balancesAgree: true,
      },
    ]);
  });

  it.each<[string, readonly string[], boolean | null]>([
    ['agree with the sums', [':90C:1EUR120,', ':90D:1EUR20,'], null],
    ['are missing one', [':90C:2EUR120,', ':90D:1EUR20,'], false],
    ['are of another sum', [':90C:1EUR120,', ':90D:1EUR20,01'], false],
    ['have no sums', [], null],
  ])('are not in MT942, where lines %s', async (_, sums, agree) => {
    const file = mt940([...lines.slice(0, 2), ...sums], { opening: ':34F:EUR0,\n:13D:2603041200+0100', closing: '' });

    expect((await read(file)).facts).toEqual([
      {
        statementId: '62/1 2603041200+0100 SCN2',
        account: '37040044/05320130',
        currency: 'EUR',
        complete: false,
        balancesAgree: agree,
      },
    ]);
  });
});

describe('the key of a row', () => {
  const noNumber = [':61:260303C5,NTRFNONREF', ':86:166?20order 7?32ADA'];

  it('is the same in MT942 and MT940', async () => {
    const day = mt940([...CREDIT, ...noNumber], { opening: ':34F:EUR0,', closing: '' });

    expect(keys(await read(day))).toEqual(keys(await read(mt940([...CREDIT, ...noNumber]))));
  });

  it('tells equal lines apart, also on two pages', async () => {
    const first = mt940([...noNumber, ...noNumber], { closing: ':62M:C260303EUR10,' });
    const second = mt940(noNumber, { opening: ':60M:C260303EUR10,' }).replace('62/1', '62/2');

    expect(new Set(keys(await read(first + second))).size).toBe(3);
    expect(new Set(keys(await read(first + second + second))).size).toBe(3);
    expect(new Set(keys(await read(first + first + second))).size).toBe(3);
  });

  it('tells lines apart that share the number of the bank', async () => {
    const told = keys(await read(mt940([':61:260303C5,NTRFX//7', ':61:260303C6,NTRFX//7', ':61:260303RC5,NTRFX//7'])));

    expect(new Set(told).size).toBe(3);
  });

  it('is not made of a word that says that there is no number', async () => {
    expect((await read(mt940([':61:260303C5,NTRFX//NONREF']))).rows).toMatchObject([
      { channelTransactionId: null, dedupeKey: expect.stringContaining('|hash:') },
    ]);
  });
});

describe('a file', () => {
  const valid = mt940(CREDIT);

  it.each<[string, string]>([
    ['text before the first statement', `{1:F01BANKDEFF}{2:I940}{4:\r\n${valid}`],
    ['the end of a frame', valid.replace(/-\n$/, '-}{5:}\n')],
    ['no end', valid.replace(/-\n$/, '')],
    ['no end of its last line', valid.replace(/\n-\n$/, '')],
    ['CRLF', valid.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\ufeff${valid}`],
    [
      'fields of the bank',
      valid.replace(':60F:', ':21:X\n:60F:').replace(/-\n$/, ':64:C260303EUR1,\n:86:about\nall\n-\n'),
    ],
  ])('may have %s', async (_, file) => {
    const position = expect.any(String);

    expect((await read(file)).rows).toEqual((await read(valid)).rows.map((row) => ({ ...row, position })));
  });

  it.each([1, 2, 3, 7, 64])('is read in pieces of %i bytes', async (size) => {
    expect(await read(pieces(Buffer.from(valid.replace('thanks', 'grüße')), size))).toEqual(
      await read(valid.replace('thanks', 'grüße')),
    );
  });

  it.each<[string, string | Buffer, string, number?]>([
    ['has a line that is none', valid.replace('C120,50', 'X120,50'), 'Field 61', 5],
    ['has an amount with a point', valid.replace('C120,50', 'C120.50'), 'Field 61', 5],
    ['has a negative zero', valid.replace('C120,50', 'C-0,00'), 'Field 61', 5],
    ['has 31 June', valid.replace(':61:2603030304', ':61:2606310304'), 'no day', 5],
    ['has 31 February', valid.replace(':61:2603030304', ':61:2602310304'), 'no day', 5],
    ['was booked on 30 February', valid.replace(':61:2603030304', ':61:2603030230'), 'no day', 5],
    ['has a balance of 30 February', valid.replace('C260302', 'C260230'), 'no day', 4],
    ['has an opening balance twice', valid.replace(':60F:', ':60F:C260302EUR1,\n:60F:'), 'opening twice', 5],
    ['has an account twice', valid.replace(':25:', ':25:1\n:25:'), 'account twice', 3],
    ['has a closing balance twice', valid.replace(':62F:', ':62F:C260302EUR1,\n:62F:'), 'second closing'],
    [
      'has an account after its lines',
      valid.replace(':62F:', ':28C:5\n:62F:').replace(':28C:62/1\n', ''),
      'after its lines',
    ],
    ['has no account', valid.replace(/:25:.*\n/, ''), 'field 25'],
    ['has no currency', valid.replace(/:60F:.*\n/, ''), 'currency'],
    ['has a currency of the past', valid.replaceAll('EUR', 'DEM'), 'DEM'],
    ['has an amount beyond all money', valid.replace('C120,50', 'C90071992547409,92'), 'too large', 5],
    ['has a control character', valid.replace('thanks', '\u0002'), 'control character', 7],
    ['has a long line', valid.replace('thanks', 'x'.repeat(70_000)), 'more than 65536 bytes', 7],
    ['has endless text', valid.replace('thanks', 'x\nx'.repeat(40_000)), 'too much text'],
    ['is no statement', 'Dear customer,\nno.\n', 'field 20'],
    ['is empty', Buffer.alloc(0), 'empty'],
  ])('is refused when it %s', async (_, file, message, line) => {
    const error = await read(file).catch((thrown: unknown) => thrown);

    if (!isItPayError(error)) throw new Error('It was read.', { cause: error });
    expect(error).toMatchObject({ code: 'STATEMENT_INVALID', message: expect.stringContaining(message) });
    if (line !== undefined) expect(error.details).toEqual({ line });
  });

  it('is refused rather than rounded', async () => {
    await expect(read(valid.replace('C120,50', 'C120,505'))).rejects.toMatchObject({
      code: 'AMOUNT_PRECISION_UNSUPPORTED',
    });
  });

  it('is refused when its bytes are not what the caller says', async () => {
    const file = Buffer.from(valid.replace('thanks', 'grüße'), 'latin1');

    await expect(read(file, { encoding: 'utf-8' })).rejects.toMatchObject({
      code: 'STATEMENT_INVALID',
      details: { line: 7 },
    });
  });

  it('may leave the currency to the caller', async () => {
    const file = valid.replace(/:60F:.*\n/, '').replace(/:62F:.*\n/, '');

    expect((await read(file, { currency: 'CHF' })).rows).toMatchObject([{ amount: { currency: 'CHF' } }]);
  });
});

function mt940(
  lines: readonly string[],
  { opening = ':60F:C260302EUR0,', closing = ':62F:C260303EUR120,5' }: { opening?: string; closing?: string } = {},
): string {
  const all = [':20:SCN2', ':25:37040044/05320130', ':28C:62/1', opening, ...lines, closing, '-'];
  return `${all.filter((line, index) => line !== '' || index < all.length - 2).join('\n')}\n`;
}

interface Told {
  readonly rows: readonly StatementRow[];
  readonly facts: readonly StatementFacts[];
}

async function read(file: string | Uint8Array | AsyncIterable<Uint8Array>, options?: ParseMt940Options): Promise<Told> {
  const parts: StatementPart[] = [];
  for await (const part of parseMt940(typeof file === 'string' ? Buffer.from(file) : file, options)) parts.push(part);
  return {
    rows: parts.flatMap((part) => (part.part === 'row' ? [part.row] : [])),
    facts: parts.flatMap((part) => (part.part === 'facts' ? [part.facts] : [])),
  };
}

function keys({ rows }: Told): readonly string[] {
  return rows.map(({ dedupeKey }) => dedupeKey);
}

function code(character: string): number {
  return character.charCodeAt(0);
}

async function* pieces(file: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.length; at += size) yield file.subarray(at, at + size);
}
