import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { StatementPart } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { detectFormat } from './detect-format.js';
import { parseStatement, type ParseStatementOptions } from './parse-statement.js';
import type { StatementSource } from './source.js';

const MIB = 1024 * 1024;

const MT940 = ':20:A\n:25:1\n:28C:1/1\n:60F:C260302EUR0,\n:61:260303C5,NTRFX//1\n:62F:C260303EUR5,\n-\n';
const CAMT_HEAD =
  '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId>' +
  '<CreDtTm>2026-03-04T06:00:00Z</CreDtTm></GrpHdr><Stmt><Id>S</Id><Acct><Id><IBAN>DE1</IBAN></Id></Acct>';
const CAMT_TAIL = '</Stmt></BkToCstmrStmt></Document>';
const CAMT = `${CAMT_HEAD}${camtEntry(1)}${CAMT_TAIL}`;
const CSV = 'date,amount,no\n2026-03-02,5.00,1\n';
const CSV_OPTIONS: ParseStatementOptions = {
  csv: {
    account: '1',
    statementId: 'a.csv',
    profile: {
      delimiter: ',',
      dateFormat: 'YYYY-MM-DD',
      decimal: '.',
      amount: { signed: 'amount' },
      currency: { code: 'EUR' },
      columns: { bookedOn: 'date', text: [], bankReference: 'no' },
    },
  },
};

describe('the format of a file', () => {
  it.each<[string, string | Buffer, string | null]>([
    ['camt', CAMT, 'camt'],
    ['camt behind a mark and white space', `\ufeff \n${CAMT}`, 'camt'],
    ['camt in UTF-16', Buffer.from(`\ufeff${CAMT}`, 'utf16le'), 'camt'],
    ['camt in UTF-16 without a mark', Buffer.from(CAMT, 'utf16le'), 'camt'],
    ['MT940', MT940, 'mt940'],
    ['MT940 with CRLF', MT940.replaceAll('\n', '\r\n'), 'mt940'],
    ['MT940 in its frame', `{1:F01X}{2:I940}{4:\n${MT940}`, 'mt940'],
    ['MT940 between marks', `\u0001\n${MT940}`, 'mt940'],
    ['a table', CSV, 'csv'],
    ['an archive', Buffer.from([0x50, 0x4b, 0x03, 0x04, 0, 0]), null],
    ['nothing', '', null],
  ])('is known for %s', (_, head, format) => {
    expect(detectFormat(Buffer.from(head as string))).toBe(format);
  });

  it.each([
    ['camt', CAMT],
    ['MT940', MT940],
    ['a table', CSV],
  ])('chooses how %s is read, whole and in pieces', async (_, text) => {
    const file = Buffer.from(text);
    const whole = await read(file);

    expect(whole.map(({ part }) => part)).toEqual(['statement', 'row', 'facts']);
    expect(whole[1]).toMatchObject({ row: { amount: { value: 500n } } });
    expect(await read(pieces(file, 5))).toEqual(whole);
  });

  it('is refused when nothing tells how to read it, and the file is let go', async () => {
    let closed = false;
    async function* file() {
      try {
        yield Buffer.from(CSV.padEnd(5_000));
        yield Buffer.from('more');
      } finally {
        closed = true;
      }
    }

    await expect(read(file(), {})).rejects.toMatchObject({ code: 'STATEMENT_INVALID' });
    expect(closed).toBe(true);
  });

  it('lets the file go when its reader stops early', async () => {
    let closed = false;
    async function* file() {
      try {
        yield Buffer.from(CAMT_HEAD.padEnd(5_000));
        for (let n = 0; ; n += 1) yield Buffer.from(camtEntry(n));
      } finally {
        closed = true;
      }
    }

    for await (const { part } of parseStatement(file())) if (part === 'row') break;

    expect(closed).toBe(true);
  });
});

describe('a large file', () => {
  const size = 64 * MIB;

  it.each<[string, () => AsyncIterable<Uint8Array>]>([
    ['camt', () => large(CAMT_HEAD, camtEntry, CAMT_TAIL, size)],
    [
      'MT940',
      () =>
        large(
          MT940.slice(0, MT940.indexOf(':61:')),
          (n) => `:61:260303C5,NTRFNONREF//B${n}\n:86:166?20${'order '.repeat(30)}\n`,
          '-\n',
          size,
        ),
    ],
  ])('of %s is read in little memory', { timeout: 120_000 }, async (_, file) => {
    const before = liveHeap();
    let rows = 0;
    let most = 0;
    for await (const { part } of parseStatement(file())) {
      if (part !== 'row') continue;
      rows += 1;
      if (rows % 50_000 === 0) most = Math.max(most, liveHeap() - before);
    }

    expect(rows).toBeGreaterThan(100_000);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(24 * MIB);
  });

  it('is refused once it is too large', async () => {
    const file = large(CAMT_HEAD, camtEntry, CAMT_TAIL, 4 * MIB);

    await expect(read(file, { maxBytes: MIB })).rejects.toMatchObject({ code: 'STATEMENT_INVALID' });
  });
});

function camtEntry(n: number): string {
  return (
    `<Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-03-02</Dt></BookgDt>` +
    `<AcctSvcrRef>B${n}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><RmtInf>` +
    `<Ustrd>${'order '.repeat(40)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n`
  );
}

/** A file that is never in memory as a whole. */
async function* large(
  head: string,
  line: (n: number) => string,
  tail: string,
  size: number,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(head);
  for (let n = 0, written = 0; written < size;) {
    const lines: string[] = [];
    for (let i = 0; i < 500; i += 1, n += 1) lines.push(line(n));
    const chunk = Buffer.from(lines.join(''));
    written += chunk.length;
    yield chunk;
  }
  yield Buffer.from(tail);
}

/** What is still needed, in bytes. */
function liveHeap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function read(source: StatementSource, options = CSV_OPTIONS): Promise<readonly StatementPart[]> {
  const parts: StatementPart[] = [];
  for await (const part of parseStatement(source, options)) parts.push(part);
  return parts;
}

async function* pieces(file: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.length; at += size) yield file.subarray(at, at + size);
}
