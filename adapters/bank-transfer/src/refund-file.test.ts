import fc from 'fast-check';
import { parseDecimal } from '@itpay/core';
import { describe, expect, it } from 'vitest';
import { refundFile, type RefundFile, type RefundTransfer } from './refund-file.js';

const refund: RefundTransfer = {
  reference: 'AB12CD34EF56',
  amount: { currency: 'EUR', value: 1230n },
  name: 'Zoë Müller-Łukasz',
  iban: 'FR14 2004 1010 0505 0001 3M02 606',
  text: 'Rückzahlung für Bestellung #7 & <b>danke</b>',
};
const file: RefundFile = {
  messageId: 'REFUNDS-2025-01-02-A',
  createdAt: new Date('2025-01-02T03:04:05.678Z'),
  executionDate: '2025-01-03',
  debtor: { name: 'Laden GmbH', iban: 'DE89370400440532013000', bic: 'COBADEFFXXX' },
  refunds: [
    refund,
    { ...refund, reference: 'R2', amount: { currency: 'EUR', value: 5n }, bic: 'PSSTFRPPMON', text: undefined },
  ],
};

// What may stand in each element, in the order of ISO 20022's pain.001.001.09.xsd (read 2026-11-22). Left out is what the
// schema allows and a SEPA transfer has no use for.
const SCHEMA: Readonly<Record<string, readonly string[]>> = {
  Document: ['CstmrCdtTrfInitn'],
  CstmrCdtTrfInitn: ['GrpHdr', 'PmtInf'],
  GrpHdr: ['MsgId', 'CreDtTm', 'Authstn', 'NbOfTxs', 'CtrlSum', 'InitgPty', 'FwdgAgt'],
  PmtInf:
    'PmtInfId PmtMtd BtchBookg NbOfTxs CtrlSum PmtTpInf ReqdExctnDt PoolgAdjstmntDt Dbtr DbtrAcct DbtrAgt DbtrAgtAcct InstrForDbtrAgt UltmtDbtr ChrgBr ChrgsAcct ChrgsAcctAgt CdtTrfTxInf'.split(
      ' ',
    ),
  CdtTrfTxInf:
    'PmtId PmtTpInf Amt XchgRateInf ChrgBr ChqInstr UltmtDbtr IntrmyAgt1 CdtrAgt CdtrAgtAcct Cdtr CdtrAcct UltmtCdtr InstrForCdtrAgt Purp RgltryRptg Tax RltdRmtInf RmtInf'.split(
      ' ',
    ),
  PmtTpInf: ['InstrPrty', 'SvcLvl', 'LclInstrm', 'CtgyPurp'],
  SvcLvl: ['Cd'],
  ReqdExctnDt: ['Dt'],
  PmtId: ['InstrId', 'EndToEndId'],
  Amt: ['InstdAmt'],
  InitgPty: ['Nm'],
  Dbtr: ['Nm'],
  Cdtr: ['Nm'],
  DbtrAcct: ['Id'],
  CdtrAcct: ['Id'],
  Id: ['IBAN'],
  DbtrAgt: ['FinInstnId'],
  CdtrAgt: ['FinInstnId'],
  FinInstnId: ['BICFI', 'Othr'],
  Othr: ['Id'],
  RmtInf: ['Ustrd'],
};

describe('a refund file', () => {
  it('says who pays what to whom, in the order of the schema', () => {
    expect(refundFile(file)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">
<CstmrCdtTrfInitn>
<GrpHdr>
<MsgId>REFUNDS-2025-01-02-A</MsgId>
<CreDtTm>2025-01-02T03:04:05Z</CreDtTm>
<NbOfTxs>2</NbOfTxs>
<CtrlSum>12.35</CtrlSum>
<InitgPty><Nm>Laden GmbH</Nm></InitgPty>
</GrpHdr>
<PmtInf>
<PmtInfId>REFUNDS-2025-01-02-A</PmtInfId>
<PmtMtd>TRF</PmtMtd>
<BtchBookg>false</BtchBookg>
<NbOfTxs>2</NbOfTxs>
<CtrlSum>12.35</CtrlSum>
<PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf>
<ReqdExctnDt><Dt>2025-01-03</Dt></ReqdExctnDt>
<Dbtr><Nm>Laden GmbH</Nm></Dbtr>
<DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct>
<DbtrAgt><FinInstnId><BICFI>COBADEFFXXX</BICFI></FinInstnId></DbtrAgt>
<ChrgBr>SLEV</ChrgBr>
<CdtTrfTxInf>
<PmtId><EndToEndId>AB12CD34EF56</EndToEndId></PmtId>
<Amt><InstdAmt Ccy="EUR">12.30</InstdAmt></Amt>
<Cdtr><Nm>Zoe Mueller-Lukasz</Nm></Cdtr>
<CdtrAcct><Id><IBAN>FR1420041010050500013M02606</IBAN></Id></CdtrAcct>
<RmtInf><Ustrd>Rueckzahlung fuer Bestellung 7 + b danke /b</Ustrd></RmtInf>
</CdtTrfTxInf>
<CdtTrfTxInf>
<PmtId><EndToEndId>R2</EndToEndId></PmtId>
<Amt><InstdAmt Ccy="EUR">0.05</InstdAmt></Amt>
<CdtrAgt><FinInstnId><BICFI>PSSTFRPPMON</BICFI></FinInstnId></CdtrAgt>
<Cdtr><Nm>Zoe Mueller-Lukasz</Nm></Cdtr>
<CdtrAcct><Id><IBAN>FR1420041010050500013M02606</IBAN></Id></CdtrAcct>
</CdtTrfTxInf>
</PmtInf>
</CstmrCdtTrfInitn>
</Document>
`);
  });

  it('is the same file again for the same refunds', () => {
    expect(refundFile(structuredClone(file))).toBe(refundFile(file));
  });

  it('has the number of its refunds when it is given none, on any day and in any order', () => {
    const { messageId: _, ...unnumbered } = file;
    const numberOf = (change: Partial<RefundFile> = {}) =>
      valuesOf(refundFile({ ...unnumbered, ...change }), 'MsgId')[0];
    const [one, two] = file.refunds as [RefundTransfer, RefundTransfer];

    expect(numberOf()).toMatch(/^R[0-9a-f]{31}$/);
    expect(numberOf({ createdAt: new Date(0), executionDate: '2025-02-01', refunds: [two, one] })).toBe(numberOf());
    expect(numberOf({ refunds: [one] })).not.toBe(numberOf());
    expect(numberOf({ refunds: [one, { ...two, amount: { currency: 'EUR', value: 6n } }] })).not.toBe(numberOf());
    expect(numberOf({ refunds: [one, { ...two, iban: 'DE89370400440532013000' }] })).not.toBe(numberOf());
    expect(numberOf({ debtor: { ...file.debtor, iban: one.iban } })).not.toBe(numberOf());
  });

  it('says NOTPROVIDED for our bank where no BIC is known', () => {
    const { bic: _, ...debtor } = file.debtor;

    expect(refundFile({ ...file, debtor })).toContain(
      '<DbtrAgt><FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId></DbtrAgt>',
    );
  });

  it('names BIC and day as version .03 does', () => {
    const xml = refundFile({ ...file, version: 'pain.001.001.03' });

    expect(xml).toContain('xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"');
    expect(xml).toContain('<ReqdExctnDt>2025-01-03</ReqdExctnDt>');
    expect(xml).toContain('<BIC>COBADEFFXXX</BIC>');
    expect(xml).not.toContain('BICFI');
  });

  it('keeps to the schema and adds up, whatever names and texts people have', () => {
    const transfer = fc.record({
      amount: fc.bigInt({ min: 1n, max: 99_999_999_999n }).map((value) => ({ currency: 'EUR', value })),
      name: fc.string({ unit: 'grapheme', maxLength: 30 }).map((name) => `A${name}`),
      text: fc.option(
        fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => `B${text}`),
        { nil: undefined },
      ),
      bic: fc.option(fc.constant('PSSTFRPPMON'), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(transfer, { minLength: 1, maxLength: 5 }), (transfers) => {
        const refunds = transfers.map((one, index) => ({ ...refund, ...one, reference: `R${index}` }));
        const long = refunds.some(({ name, text = '' }) => name.length > 60 || text.length > 130);
        if (long) return; // a ligature of one character may be written out as many

        const xml = refundFile({ ...file, refunds });

        expect(xml).toMatch(/^[\n\x20-\x7e]*$/);
        const sums = valuesOf(xml, 'CtrlSum').map((sum) => parseDecimal(sum, 2));
        const total = refunds.reduce((sum, { amount }) => sum + amount.value, 0n);
        expect(sums).toEqual([total, total]);
        expect(valuesOf(xml, 'InstdAmt')).toHaveLength(refunds.length);
        expectSchema(xml);
      }),
    );
  });

  it.each<[string, Partial<RefundFile>]>([
    ['messageId', { messageId: '' }],
    ['messageId', { messageId: 'A'.repeat(36) }],
    ['messageId', { messageId: 'ref_1' }],
    ['messageId', { messageId: '/A' }],
    ['messageId', { messageId: 'A//B' }],
    ['executionDate', { executionDate: '2025-02-30' }],
    ['executionDate', { executionDate: '20250103' }],
    ['createdAt', { createdAt: new Date(Number.NaN) }],
    ['refunds', { refunds: [] }],
    ['refunds', { refunds: Array.from({ length: 10_001 }, (_, i) => ({ ...refund, reference: `R${i}` })) }],
    ['refunds[1].reference', { refunds: [refund, refund] }],
    ['refunds[0].reference', { refunds: [{ ...refund, reference: 'R 1' }] }],
    ['refunds[0].iban', { refunds: [{ ...refund, iban: 'DE88370400440532013000' }] }],
    ['refunds[0].iban', { refunds: [{ ...refund, iban: 'BR1800000000141455123924100C2' }] }],
    ['refunds[0].bic', { refunds: [{ ...refund, bic: 'short' }] }],
    ['refunds[0].name', { refunds: [{ ...refund, name: '王小明' }] }],
    ['refunds[0].name', { refunds: [{ ...refund, name: 'ü'.repeat(36) }] }],
    ['refunds[0].text', { refunds: [{ ...refund, text: 'x'.repeat(141) }] }],
    ['debtor.name', { debtor: { ...file.debtor, name: ' ' } }],
    ['debtor.iban', { debtor: { ...file.debtor, iban: 'no' } }],
    ['debtor.bic', { debtor: { ...file.debtor, bic: 'x' } }],
  ])('refuses a wrong %s and names it: %o', (param, change) => {
    expect(() => refundFile({ ...file, ...change })).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID', param }),
    );
  });

  it.each([
    [{ currency: 'GBP', value: 1n }, 'CURRENCY_NOT_SUPPORTED'],
    [{ currency: 'EUR', value: 0n }, 'AMOUNT_TOO_SMALL'],
    [{ currency: 'EUR', value: -5n }, 'AMOUNT_TOO_SMALL'],
    [{ currency: 'EUR', value: 100_000_000_000n }, 'AMOUNT_EXCEEDED'],
  ])('refuses the amount %o with %s', (amount, code) => {
    expect(() => refundFile({ ...file, refunds: [{ ...refund, amount }] })).toThrow(expect.objectContaining({ code }));
  });
});

function valuesOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`, 'g'))].map((match) => match[1]!);
}

/** Every tag closed, and every child where the schema has it. */
function expectSchema(xml: string): void {
  const open: { name: string; last: number }[] = [{ name: '', last: -1 }];
  for (const [, slash, name] of xml.matchAll(/<(\/?)([A-Za-z0-9]+)/g)) {
    const parent = open.at(-1)!;
    if (slash === '/') {
      expect(name).toBe(parent.name);
      open.pop();
      continue;
    }
    // The Id of a bank holds text, that of an account an IBAN.
    const children = parent.name === '' ? ['Document'] : SCHEMA[parent.name]!;
    const place = children.indexOf(name!);
    expect(place, `${name} in ${parent.name}`).toBeGreaterThanOrEqual(Math.max(0, parent.last));
    if (name !== 'CdtTrfTxInf') expect(place, `${name} twice`).not.toBe(parent.last);
    parent.last = place;
    open.push({ name: name!, last: -1 });
  }
  expect(open).toHaveLength(1);
}
