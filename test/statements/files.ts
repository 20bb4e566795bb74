import { rfReferences } from '@itpay/channel-bank-transfer';

/** The account of test mode. */
export const IBAN = 'DE36000000000000000000';

/** A line of a bank, in euro cents. */
export interface Line {
  readonly cents: number;
  /** The order number that the payer typed. */
  readonly order?: string;
  /** What else stands in the text. */
  readonly text?: string;
  readonly bankReference?: string;
  readonly out?: boolean;
  readonly reversal?: boolean;
  /** Makes it a return. */
  readonly returnReason?: string;
  /** What was sent by us has our number in a field of its own. */
  readonly endToEndId?: string;
  readonly pending?: boolean;
  readonly currency?: string;
  readonly payer?: string;
}

export interface File {
  readonly kind?: '053' | '054';
  readonly id?: string;
  readonly account?: string;
  readonly opening?: number;
  /** Left out: what the lines lead to. */
  readonly closing?: number;
  readonly balances?: boolean;
}

/** A camt file as a bank writes it. */
export function camt(lines: readonly Line[], file: File = {}): Buffer {
  const { kind = '053', id = 'S1', account = IBAN, opening = 0, balances = kind === '053' } = file;
  const root = kind === '053' ? ['BkToCstmrStmt', 'Stmt'] : ['BkToCstmrDbtCdtNtfctn', 'Ntfctn'];
  const sum = lines
    .filter(({ pending }) => pending !== true)
    .reduce((total, { cents, out }) => total + (out === true ? -cents : cents), opening);
  const balance = (type: string, cents: number) =>
    `<Bal><Tp><CdOrPrtry><Cd>${type}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${euros(Math.abs(cents))}</Amt>` +
    `<CdtDbtInd>${cents < 0 ? 'DBIT' : 'CRDT'}</CdtDbtInd><Dt><Dt>2025-01-02</Dt></Dt></Bal>`;
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.${kind}.001.08">` +
      `<${root[0]}><GrpHdr><MsgId>M-${id}</MsgId><CreDtTm>2025-01-02T06:00:00Z</CreDtTm></GrpHdr><${root[1]}>` +
      `<Id>${id}</Id><Acct><Id><IBAN>${account}</IBAN></Id><Ccy>EUR</Ccy></Acct>` +
      (balances ? balance('OPBD', opening) + balance('CLBD', file.closing ?? sum) : '') +
      `\n${lines.map(entry).join('\n')}\n</${root[1]}></${root[0]}></Document>\n`,
  );
}

let numbers = 0;
/** A number of the bank that no other line has. */
export const nextNumber = () => `B${String(++numbers).padStart(6, '0')}`;

function entry(line: Line): string {
  const {
    cents,
    out,
    reversal,
    returnReason,
    endToEndId = 'NOTPROVIDED',
    currency = 'EUR',
    payer = 'Erika Muster',
  } = line;
  const reference = line.order === undefined ? '' : rfReferences.write(line.order);
  const text = [line.text, reference].filter(Boolean).join(' ');
  const party = out === true ? 'Cdtr' : 'Dbtr';
  return (
    `<Ntry><Amt Ccy="${currency}">${euros(cents)}</Amt><CdtDbtInd>${out === true ? 'DBIT' : 'CRDT'}</CdtDbtInd>` +
    (reversal === true ? '<RvslInd>true</RvslInd>' : '') +
    `<Sts><Cd>${line.pending === true ? 'PDNG' : 'BOOK'}</Cd></Sts><BookgDt><Dt>2025-01-02</Dt></BookgDt>` +
    `<ValDt><Dt>2025-01-02</Dt></ValDt>` +
    (line.bankReference === undefined ? '' : `<AcctSvcrRef>${line.bankReference}</AcctSvcrRef>`) +
    `<NtryDtls><TxDtls><Refs><EndToEndId>${endToEndId}</EndToEndId></Refs>` +
    `<RltdPties><${party}><Pty><Nm>${payer}</Nm></Pty></${party}></RltdPties>` +
    (text === '' ? '' : `<RmtInf><Ustrd>${text}</Ustrd></RmtInf>`) +
    (returnReason === undefined ? '' : `<RtrInf><Rsn><Cd>${returnReason}</Cd></Rsn></RtrInf>`) +
    `</TxDtls></NtryDtls></Ntry>`
  );
}

function euros(cents: number): string {
  return (cents / 100).toFixed(2);
}
