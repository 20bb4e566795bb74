import { isItPayError } from '@itpay/core';
import type { StatementFacts, StatementPart, StatementRow } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { parseCamt } from './camt-rows.js';

const ACCOUNT = 'DE89370400440532013000';
const CREDIT = entry({
  parts: [
    `<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
     <RltdPties><Dbtr><Nm>Ada</Nm></Dbtr><DbtrAcct><Id><IBAN>NL56AGDH9619008421</IBAN></Id></DbtrAcct></RltdPties>
     <RmtInf><Ustrd>order RF18 5390</Ustrd><Ustrd>0754 7034</Ustrd></RmtInf>`,
  ],
});

describe('an entry', () => {
  it('becomes a row with its payer, its text and its day', async () => {
    const { rows } = await read(camt([CREDIT]));

    expect(rows).toEqual([
      {
        kind: 'credit',
        direction: 'in',
        dedupeKey: `${ACCOUNT}|ref:BANK-1|in|EUR12000`,
        channelTransactionId: 'BANK-1',
        reference: null,
        text: 'order RF18 5390\n0754 7034',
        amount: { currency: 'EUR', value: 12_000n },
        bookedAt: new Date('2026-03-02T00:00:00Z'),
        valueDate: '2026-03-03',
        counterparty: { name: 'Ada', account: 'NL56AGDH9619008421' },
        status: 'booked',
        position: 'line 5',
      },
    ]);
  });

  it.each([
    ['<Sts>BOOK</Sts>', 'booked'],
    ['<Sts><Cd>BOOK</Cd></Sts>', 'booked'],
    ['<Sts>PDNG</Sts>', 'pending'],
    ['<Sts><Cd>FUTR</Cd></Sts>', 'pending'],
    ['<Sts>INFO</Sts>', 'info'],
    ['<Sts><Prtry>SOON</Prtry></Sts>', 'info'],
  ])('with %s is %s', async (status, expected) => {
    const { rows } = await read(camt([entry({ status })]));

    expect(rows).toMatchObject([{ status: expected }]);
  });

  it.each<[mark: string, reversal: string, part: string, kind: string, direction: string]>([
    ['CRDT', '', '', 'credit', 'in'],
    ['DBIT', '', '', 'debit', 'out'],
    ['DBIT', '<RvslInd>true</RvslInd>', '', 'reversal', 'out'],
    ['CRDT', '<RvslInd>1</RvslInd>', '', 'reversal', 'in'],
    ['CRDT', '<RvslInd>false</RvslInd>', '', 'credit', 'in'],
    ['CRDT', '', '<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>', 'return', 'in'],
    ['DBIT', '', '<RtrInf><Rsn><Cd>MD06</Cd></Rsn></RtrInf>', 'return', 'out'],
  ])('%s %s %s is a %s that goes %s', async (mark, reversal, part, kind, direction) => {
    const { rows } = await read(camt([entry({ mark, more: reversal, parts: [part] })]));

    expect(rows).toMatchObject([{ kind, direction }]);
  });

  it('is a fee when its code says so', async () => {
    const code = '<BkTxCd><Domn><Cd>ACMT</Cd><Fmly><Cd>MDOP</Cd><SubFmlyCd>CHRG</SubFmlyCd></Fmly></Domn></BkTxCd>';

    expect((await read(camt([entry({ mark: 'DBIT', tail: code })]))).rows).toMatchObject([{ kind: 'fee' }]);
  });

  it('that came back has our number and the reason', async () => {
    const part = `<Refs><EndToEndId>refund-7</EndToEndId></Refs><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>
      <RltdPties><Dbtr><Nm>We</Nm></Dbtr><DbtrAcct><Id><IBAN>${ACCOUNT}</IBAN></Id></DbtrAcct>
      <Cdtr><Pty><Nm>Ada</Nm></Pty></Cdtr></RltdPties>`;

    expect((await read(camt([entry({ parts: [part] })]))).rows).toMatchObject([
      { kind: 'return', reference: 'refund-7', returnReason: 'AC04', counterparty: { name: 'Ada' } },
    ]);
  });

  it("has the structured reference, and never the payer's own number as ours", async () => {
    const part = `<Refs><EndToEndId>payer-1</EndToEndId></Refs>
      <RmtInf><Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf>`;
    const { rows } = await read(camt([entry({ parts: [part] }), entry({ parts: [part.split('<RmtInf>')[0]!] })]));

    expect(rows.map(({ reference }) => reference)).toEqual(['RF18539007547034', null]);
    expect(rows[1]!.text).toBe('payer-1');
  });

  it('of nothing has no row', async () => {
    expect((await read(camt([entry({ amount: '0.00' })]))).rows).toEqual([]);
  });

  it('is exact, with as many decimals as the file likes', async () => {
    const amounts = ['8.850', '90071992547409.91', '.5', '7', '3.00000'];
    const { rows } = await read(camt(amounts.map((amount) => entry({ amount }))));

    expect(rows.map(({ amount }) => amount.value)).toEqual([885n, 9_007_199_254_740_991n, 50n, 700n, 300n]);
  });

  it('knows the decimals of its currency', async () => {
    expect((await read(camt([entry({ amount: '2700', currency: 'JPY' })]))).rows).toMatchObject([
      { amount: { currency: 'JPY', value: 2_700n } },
    ]);
  });

  it('has the time of the bank where it tells one', async () => {
    const booked = (date: string) => entry({ booked: date });
    const { rows } = await read(
      camt([
        booked('<DtTm>2026-03-02T01:30:00+02:00</DtTm>'),
        booked('<Dt>2026-03-02T01:30:00.5</Dt>'),
        booked('<Dt>2026-03-02+01:00</Dt>'),
      ]),
    );

    expect(rows.map(({ bookedAt }) => bookedAt.toISOString())).toEqual([
      '2026-03-01T23:30:00.000Z',
      '2026-03-02T01:30:00.500Z',
      '2026-03-02T00:00:00.000Z',
    ]);
  });
});

describe('a batch', () => {
  const part = (amount: string, text: string, more = '') =>
    `<Amt Ccy="EUR">${amount}</Amt>${more}<RmtInf><Ustrd>${text}</Ustrd></RmtInf>`;

  it('becomes a row for each part when the parts add up', async () => {
    const { rows } = await read(
      camt([entry({ parts: [part('70.00', 'one'), part('30', 'two'), part('20.000', 'three')] })]),
    );

    expect(rows.map(({ amount, text, position, doubt }) => [amount.value, text, position, doubt])).toEqual([
      [7_000n, 'one', 'line 5, part 1', undefined],
      [3_000n, 'two', 'line 5, part 2', undefined],
      [2_000n, 'three', 'line 5, part 3', undefined],
    ]);
    expect(new Set(rows.map(({ dedupeKey }) => dedupeKey)).size).toBe(3);
  });

  it('may have thousands of parts, and not any number', async () => {
    const parts = (count: number) => Array.from({ length: count }, () => part('0.01', 'x'));

    expect((await read(camt([entry({ amount: '200.00', parts: parts(20_000) })]))).rows).toHaveLength(20_000);
    await expect(read(camt([entry({ parts: parts(50_001) })]))).rejects.toMatchObject({ code: 'STATEMENT_INVALID' });
  });

  it('may have parts of the other direction', async () => {
    const { rows } = await read(
      camt([entry({ parts: [part('150', 'paid'), part('30', 'back', '<CdtDbtInd>DBIT</CdtDbtInd>')] })]),
    );

    expect(rows.map(({ kind, amount }) => [kind, amount.value])).toEqual([
      ['credit', 15_000n],
      ['debit', 3_000n],
    ]);
  });

  it.each<[string, string[]]>([
    ['too much', [part('70', 'one'), part('50.01', 'two')]],
    ['too little', [part('70', 'one'), part('49.99', 'two')]],
    ['an amount that is not told', [part('120', 'one'), '<RmtInf><Ustrd>two</Ustrd></RmtInf>']],
    ['another currency', [part('70', 'one'), part('50', 'two').replace('EUR', 'USD')]],
  ])('with parts of %s is one row that no program books', async (_, parts) => {
    const { rows } = await read(camt([entry({ parts })]));

    expect(rows).toMatchObject([
      { amount: { value: 12_000n }, reference: null, doubt: expect.any(String), text: 'one\ntwo' },
    ]);
  });

  it('whose parts are told elsewhere is doubted', async () => {
    const details = '<NtryDtls><Btch><NbOfTxs>3</NbOfTxs></Btch></NtryDtls>';

    expect((await read(camt([entry({ tail: details })]))).rows).toMatchObject([
      { doubt: expect.stringContaining('3 parts') },
    ]);
  });

  it('with one part of another amount is doubted, and of another currency it is not', async () => {
    const { rows } = await read(
      camt([entry({ parts: [part('119', 'one')] }), entry({ parts: [part('130', 'one').replace('EUR', 'USD')] })]),
    );

    expect(rows.map(({ amount, doubt }) => [amount.value, doubt !== undefined])).toEqual([
      [12_000n, true],
      [12_000n, false],
    ]);
  });
});

describe('the balances', () => {
  const entries = [entry({}), entry({ mark: 'DBIT', amount: '20.00' })];

  it.each<[string, string, boolean | null]>([
    ['lead from one to the other', balance('OPBD', '10') + balance('CLBD', '110.00'), true],
    ['may be owed', balance('OPBD', '150', 'EUR', 'DBIT') + balance('CLBD', '50', 'EUR', 'DBIT'), true],
    ['may begin with the closing balance before', balance('PRCD', '10') + balance('CLBD', '110'), true],
    ['do not fit', balance('OPBD', '10') + balance('CLBD', '110.01'), false],
    ['contradict each other', balance('OPBD', '10') + balance('CLBD', '110') + balance('CLBD', '111'), false],
    ['are of different currencies', balance('OPBD', '10') + balance('CLBD', '110', 'SEK'), false],
    ['are not there', '', null],
    ['are half there', balance('CLBD', '110'), null],
  ])('%s', async (_, balances, agree) => {
    expect((await read(camt(entries, { balances }))).facts).toMatchObject([{ balancesAgree: agree }]);
  });

  it('count what is booked, and nothing else', async () => {
    const balances = balance('OPBD', '0') + balance('CLBD', '120');
    const { facts } = await read(
      camt([entry({}), entry({ status: '<Sts>PDNG</Sts>' }), entry({ status: '<Sts>INFO</Sts>' })], { balances }),
    );

    expect(facts).toEqual([
      {
        statementId: 'S1',
        account: ACCOUNT,
        currency: 'EUR',
        opening: { currency: 'EUR', value: 0n },
        closing: { currency: 'EUR', value: 12_000n },
        complete: true,
        balancesAgree: true,
      },
    ]);
  });

  it('say nothing when the bank counts more entries than there are', async () => {
    const balances = '<TxsSummry><TtlNtries><NbOfNtries>3</NbOfNtries></TtlNtries></TxsSummry>';

    expect((await read(camt(entries, { balances }))).facts).toMatchObject([{ balancesAgree: false }]);
  });

  it('are not asked for during the day', async () => {
    const balances = balance('OPBD', '0') + balance('CLBD', '1');

    expect((await read(camt(entries, { balances, kind: '052' }))).facts).toMatchObject([
      { complete: false, balancesAgree: null },
    ]);
  });

  it('are those of a page, which is not complete', async () => {
    const page = (number: number, isLast: boolean) =>
      `<StmtPgntn><PgNb>${number}</PgNb><LastPgInd>${isLast}</LastPgInd></StmtPgntn>`;
    const told = await Promise.all(
      [page(1, true), page(1, false), page(2, true)].map((text) => read(camt(entries, { page: text }))),
    );

    expect(told.map(({ facts }) => [facts[0]!.statementId, facts[0]!.complete])).toEqual([
      ['S1', true],
      ['S1', false],
      ['S1/2', false],
    ]);
  });
});

describe('the key of a row', () => {
  const noNumber = entry({ ref: '', parts: ['<RmtInf><Ustrd>order 7, thank you</Ustrd></RmtInf>'] });

  it.each(['052', '053', '054'] as const)('is the same in camt.%s', async (kind) => {
    const entries = [CREDIT, noNumber, entry({ ref: '<AcctSvcrRef>NOTPROVIDED</AcctSvcrRef>', amount: '3' })];

    expect(keys(await read(camt(entries, { kind })))).toEqual(keys(await read(camt(entries))));
  });

  it('is the same when it is read again, wrapped in another way, and after other lines', async () => {
    const [key] = keys(await read(camt([noNumber])));
    const wrapped = noNumber.replace(
      '<Ustrd>order 7, thank you</Ustrd>',
      '<Ustrd>ORDER 7,</Ustrd>\n<Ustrd>thank you</Ustrd>',
    );

    expect(keys(await read(camt([CREDIT, entry({ ref: '', amount: '1' }), wrapped]))).at(-1)).toBe(key);
  });

  it('is the same while the row is pending and when it is booked', async () => {
    const pending = [CREDIT, noNumber].map((one) => one.replace('BOOK', 'PDNG'));

    expect(keys(await read(camt(pending, { kind: '052' })))).toEqual(keys(await read(camt([CREDIT, noNumber]))));
  });

  it('tells two equal transfers apart', async () => {
    const told = keys(await read(camt([noNumber, noNumber, CREDIT, CREDIT])));

    expect(new Set(told).size).toBe(4);
  });

  it('tells equal transfers apart on two pages, and not when a page comes twice', async () => {
    const page = (number: number) => camt([noNumber], { page: `<StmtPgntn><PgNb>${number}</PgNb></StmtPgntn>` });
    const statementOf = (file: string) => file.slice(file.indexOf('<Stmt>'), file.indexOf('</Stmt>') + 7);
    const told = async (...files: string[]) =>
      new Set(keys(await read(files[0]!.replace('</Stmt>', `</Stmt>${files.slice(1).map(statementOf).join('')}`))))
        .size;

    expect(await told(page(1), page(2))).toBe(2);
    expect(await told(page(1), page(2), page(2))).toBe(2);
    expect(await told(camt([noNumber]), camt([noNumber]))).toBe(1);
  });

  it('tells a transfer from its reversal under the same number', async () => {
    const told = keys(
      await read(camt([CREDIT, CREDIT.replace('>CRDT<', '>DBIT<').replace('<Sts>', '<RvslInd>true</RvslInd><Sts>')])),
    );

    expect(new Set(told).size).toBe(2);
  });

  it('is of its account', async () => {
    const [key] = keys(await read(camt([noNumber])));
    const [other] = keys(await read(camt([noNumber]).replace(ACCOUNT, 'DE75512108001245126199')));

    expect(other).not.toBe(key);
  });
});

describe('a file', () => {
  it('may hold several statements', async () => {
    const one = camt([CREDIT]);
    const statement = one.slice(one.indexOf('<Stmt>'), one.indexOf('</Stmt>') + 7);

    const { parts } = await read(one.replace('</Stmt>', `</Stmt>${statement.replace('S1', 'S2')}`));

    expect(parts.map((part) => (part.part === 'statement' ? part.statementId : part.part))).toEqual([
      'S1',
      'row',
      'facts',
      'S2',
      'row',
      'facts',
    ]);
  });

  it.each([1, 2, 3, 7, 64])('is read in pieces of %i bytes', async (size) => {
    const file = camt([CREDIT.replace('Ada', 'Zoë & <![CDATA[<Søn>]]> 😀'.replace('&', '&amp;')), entry({})]);

    expect(await read(pieces(Buffer.from(file), size))).toEqual(await read(file));
  });

  it('is read in the encoding that it declares', async () => {
    const text = camt([CREDIT.replace('Ada', 'Zoë')]);
    const expected = await read(text);

    expect(expected.rows[0]!.counterparty!.name).toBe('Zoë');
    expect(await read(Buffer.from(text.replace('UTF-8', 'ISO-8859-1'), 'latin1'))).toEqual(expected);
    expect(await read(Buffer.from(`\ufeff${text}`))).toEqual(expected);
    expect(await read(Buffer.from(`\ufeff${text.replace('UTF-8', 'UTF-16')}`, 'utf16le'))).toEqual(expected);
  });

  it('may have prefixes, comments and extensions of others', async () => {
    const file = camt([CREDIT])
      .replace(/<(\/?)(?=[A-Z])/g, '<$1a:')
      .replace('xmlns=', 'xmlns:a=')
      .replace('<a:Sts>', '<!-- x --><b:Sts xmlns:b="urn:b"><b:Cd>PDNG</b:Cd></b:Sts><a:Sts>');

    expect((await read(file)).rows).toEqual((await read(camt([CREDIT]))).rows);
  });

  const valid = camt([CREDIT]);
  it.each<[string, string | Buffer, string, number?]>([
    [
      'declares a document type',
      valid.replace('<Document', '<!DOCTYPE d [<!ENTITY a "b">]><Document'),
      'document type',
      1,
    ],
    ['declares one later', valid.replace('<Stmt>', '<!DOCTYPE d><Stmt>'), 'document type', 3],
    ['uses an entity of its own', valid.replace('Ada', '&ada;'), 'entity', 9],
    ['hides a control character', valid.replace('Ada', '&#0;'), 'entity'],
    ['hides half a character', valid.replace('Ada', '&#xD800;'), 'entity'],
    ['has an entity that is not closed', valid.replace('Ada', 'A & B'), 'entity'],
    ['has a control character', valid.replace('Ada', 'A\u0001'), 'control character'],
    ['is nested deeply', valid.replace('Ada', '<a>'.repeat(60) + '</a>'.repeat(60)), 'deep'],
    ['has a long name', valid.replace('Ada', 'a'.repeat(600_000)), 'characters in one piece'],
    ['has too much text in an entry', valid.replace('Ada', 'a</Nm><Nm>'.repeat(9_000) + 'b'.repeat(500_000)), 'piece'],
    ['has too many elements in an entry', valid.replace('<Nm>Ada</Nm>', '<Nm/>'.repeat(20_000)), 'too many elements'],
    ['has a processing instruction', valid.replace('<Stmt>', '<?php x ?><Stmt>'), 'instruction'],
    ['was cut off', valid.slice(0, -20), 'cut off'],
    ['was cut off within an entry', valid.slice(0, valid.indexOf('<Sts>')), 'cut off'],
    ['goes on', `${valid}<Document/>`, 'second document'],
    ['goes on with text', `${valid}x<a/>`, 'outside'],
    ['closes another tag', valid.replace('</Sts>', '</Sta>'), 'does not fit'],
    ['has an attribute twice', valid.replace('Ccy="EUR"', 'Ccy="EUR" Ccy="USD"'), 'attribute twice'],
    ['has an amount twice', valid.replace('<Amt ', '<Amt Ccy="EUR">1</Amt><Amt '), 'more than one Amt', 6],
    ['has a mark twice', valid.replace('<Sts>', '<CdtDbtInd>DBIT</CdtDbtInd><Sts>'), 'more than one CdtDbtInd'],
    [
      'has an account twice',
      valid.replace('<Acct>', '<Acct><Id><IBAN>X</IBAN></Id></Acct><Acct>'),
      'more than one Acct',
    ],
    ['has a negative amount', valid.replace('>120.00<', '>-120.00<'), 'not an amount', 6],
    ['has a negative zero', valid.replace('>120.00<', '>-0<'), 'not an amount'],
    ['has an amount in powers', valid.replace('>120.00<', '>1e2<'), 'not an amount'],
    ['has no amount', valid.replace('>120.00<', '>.<'), 'not an amount'],
    ['has an amount beyond all money', valid.replace('>120.00<', '>90071992547409.92<'), 'too large'],
    ['has no currency', valid.replace(' Ccy="EUR"', ''), 'no currency'],
    ['has a currency of the past', valid.replace('Ccy="EUR"', 'Ccy="DEM"'), 'DEM'],
    ['has 30 February', valid.replace('2026-03-02', '2026-02-30'), 'not a date'],
    ['has 25 o’clock', valid.replace('<Dt>2026-03-02</Dt>', '<DtTm>2026-03-02T25:00:00Z</DtTm>'), 'not a date'],
    ['has neither credit nor debit', valid.replace('CRDT', 'C'), 'neither CRDT nor DBIT'],
    ['has no status', valid.replace('<Sts>BOOK</Sts>', ''), 'no Sts'],
    ['has no account', valid.replace(/<Acct>.*<\/Acct>/, ''), 'no Acct'],
    ['has no header', valid.replace(/<GrpHdr>.*<\/GrpHdr>/, ''), 'GrpHdr'],
    ['has no statement', valid.replace(/<Stmt>[\s\S]*<\/Stmt>/, ''), 'no statement'],
    ['is a payment order', valid.replace('camt.053.001.08', 'pain.001.001.09'), 'not a message'],
    ['is another camt', valid.replace('camt.053.001.08', 'camt.056.001.08'), 'not a message'],
    ['is of a version to come', valid.replace('camt.053.001.08', 'camt.053.001.15'), 'version'],
    ['holds another message than it says', valid.replace('camt.053.001.08', 'camt.054.001.08'), 'is not what'],
    ['is not UTF-8', Buffer.from(valid.replace('Ada', 'Zoë'), 'latin1'), 'not UTF-8'],
    ['declares an encoding that is not expected', valid.replace('UTF-8', 'UTF-7'), 'UTF-7'],
    ['declares UTF-16 and is not', valid.replace('UTF-8', 'UTF-16'), 'UTF-16'],
    ['is no XML', 'a;b;c', 'no XML'],
    ['is empty', Buffer.alloc(0), 'empty'],
    ['is white', ' \n ', 'no XML'],
  ])('is refused when it %s', async (_, file, message, line) => {
    const error = await read(file).catch((thrown: unknown) => thrown);

    if (!isItPayError(error)) throw new Error('It was read.', { cause: error });
    expect(error).toMatchObject({ code: 'STATEMENT_INVALID', message: expect.stringContaining(message) });
    if (line !== undefined) expect(error.details).toEqual({ line });
  });

  it('is refused rather than rounded', async () => {
    await expect(read(valid.replace('>120.00<', '>120.001<'))).rejects.toMatchObject({
      code: 'AMOUNT_PRECISION_UNSUPPORTED',
      details: { line: 5 },
    });
  });

  it('is refused when it is larger than allowed', async () => {
    const told = collect(parseCamt(Buffer.from(valid), { maxBytes: valid.length - 1 }));

    await expect(told).rejects.toMatchObject({
      code: 'STATEMENT_INVALID',
      message: expect.stringContaining('maxBytes'),
    });
  });
});

interface EntryFields {
  readonly amount?: string;
  readonly currency?: string;
  readonly mark?: string;
  readonly more?: string;
  readonly status?: string;
  readonly booked?: string;
  readonly ref?: string;
  readonly parts?: readonly string[];
  readonly tail?: string;
}

function entry({
  amount = '120.00',
  currency = 'EUR',
  mark = 'CRDT',
  more = '',
  status = '<Sts>BOOK</Sts>',
  booked = '<Dt>2026-03-02</Dt>',
  ref = '<AcctSvcrRef>BANK-1</AcctSvcrRef>',
  parts = [],
  tail = '',
}: EntryFields): string {
  return `<Ntry>
  <Amt Ccy="${currency}">${amount}</Amt>
  <CdtDbtInd>${mark}</CdtDbtInd>${more}${status}<BookgDt>${booked}</BookgDt><ValDt><Dt>2026-03-03</Dt></ValDt>${ref}
  <NtryDtls>${parts.map((part) => `<TxDtls>${part}</TxDtls>`).join('')}</NtryDtls>${tail}</Ntry>`.replace(
    '<NtryDtls></NtryDtls>',
    '',
  );
}

const BODY = {
  '052': ['BkToCstmrAcctRpt', 'Rpt'],
  '053': ['BkToCstmrStmt', 'Stmt'],
  '054': ['BkToCstmrDbtCdtNtfctn', 'Ntfctn'],
} as const;

function camt(
  entries: readonly string[],
  { kind = '053', balances = '', page = '' }: { kind?: keyof typeof BODY; balances?: string; page?: string } = {},
): string {
  const [body, part] = BODY[kind];
  return `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.${kind}.001.08"><${body}>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-03-04T06:00:00Z</CreDtTm></GrpHdr>
<${part}><Id>S1</Id>${page}<CreDtTm>2026-03-04T06:00:00Z</CreDtTm>
<Acct><Id><IBAN>${ACCOUNT}</IBAN></Id><Ccy>EUR</Ccy></Acct>${balances}
${entries.join('\n')}</${part}></${body}></Document>
`;
}

function balance(type: string, amount: string, currency = 'EUR', mark = 'CRDT'): string {
  return `<Bal><Tp><CdOrPrtry><Cd>${type}</Cd></CdOrPrtry></Tp><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${mark}</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal>`;
}

interface Told {
  readonly parts: readonly StatementPart[];
  readonly rows: readonly StatementRow[];
  readonly facts: readonly StatementFacts[];
}

function read(file: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<Told> {
  return collect(parseCamt(typeof file === 'string' ? Buffer.from(file) : file));
}

async function collect(reading: AsyncIterable<StatementPart>): Promise<Told> {
  const parts: StatementPart[] = [];
  for await (const part of reading) parts.push(part);
  return {
    parts,
    rows: parts.flatMap((part) => (part.part === 'row' ? [part.row] : [])),
    facts: parts.flatMap((part) => (part.part === 'facts' ? [part.facts] : [])),
  };
}

function keys({ rows }: Told): readonly string[] {
  return rows.map(({ dedupeKey }) => dedupeKey);
}

async function* pieces(file: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.length; at += size) yield file.subarray(at, at + size);
}
