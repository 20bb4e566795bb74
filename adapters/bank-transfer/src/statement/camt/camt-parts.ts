import { isDay } from '../dates.js';
import { shown } from '../decimals.js';
import { invalidStatement } from '../invalid.js';
import type { CamtBalance, CamtEntry, CamtStatement, CamtTransaction, CreditDebit } from './camt-message.js';
import { at, requiredText, textAt, textsAt, type XmlNode } from './xml-tree.js';

/** @throws ItPayError `STATEMENT_INVALID`, as all of these */
export function readStatementHead(node: XmlNode): CamtStatement {
  const account = at(node, 'Acct');
  if (account === undefined) throw invalidStatement(`${node.name} has no Acct.`, node.line);
  const iban = textAt(account, 'Id/IBAN');
  const otherAccount = textAt(account, 'Id/Othr/Id');
  if (iban === undefined && otherAccount === undefined) throw invalidStatement('Acct has no number.', account.line);
  const page = at(node, 'StmtPgntn') ?? at(node, 'RptPgntn') ?? at(node, 'NtfctnPgntn');
  return {
    id: requiredText(node, 'Id'),
    ...given({
      iban,
      otherAccount,
      currency: textAt(account, 'Ccy'),
      createdAt: checkedDate(at(node, 'CreDtTm')),
      page: page && readPage(page),
      entryCount: textAt(node, 'TxsSummry/TtlNtries/NbOfNtries'),
    }),
    balances: node.children.filter(({ name }) => name === 'Bal').map(readBalance),
    line: node.line,
  };
}

export function readEntry(node: XmlNode, transactions: readonly CamtTransaction[]): CamtEntry {
  return {
    ...requiredAmount(node),
    creditDebit: requiredMark(node),
    // Text in the older versions, Sts/Cd in the newer ones; some files have both.
    status: textAt(node, 'Sts/Cd') ?? textAt(node, 'Sts/Prtry') ?? requiredText(node, 'Sts'),
    ...given({
      entryRef: textAt(node, 'NtryRef'),
      reversal: readBoolean(at(node, 'RvslInd')),
      bookingDate: dateAt(node, 'BookgDt'),
      valueDate: dateAt(node, 'ValDt'),
      accountServicerRef: textAt(node, 'AcctSvcrRef'),
      code: codeOf(node),
      batchCount: batchCount(node),
      additionalInformation: textAt(node, 'AddtlNtryInf'),
    }),
    transactions,
    line: node.line,
  };
}

export function readTransaction(node: XmlNode): CamtTransaction {
  const amount = at(node, 'Amt') ?? at(node, 'AmtDtls/TxAmt/Amt');
  return {
    ...(amount && readAmount(amount)),
    ...given({
      creditDebit: at(node, 'CdtDbtInd') && requiredMark(node),
      endToEndId: textAt(node, 'Refs/EndToEndId'),
      instructionId: textAt(node, 'Refs/InstrId'),
      transactionId: textAt(node, 'Refs/TxId'),
      uetr: textAt(node, 'Refs/UETR'),
      mandateId: textAt(node, 'Refs/MndtId'),
      accountServicerRef: textAt(node, 'Refs/AcctSvcrRef'),
      // Below Pty from version 08 on.
      debtorName: textAt(node, 'RltdPties/Dbtr/Nm') ?? textAt(node, 'RltdPties/Dbtr/Pty/Nm'),
      debtorIban: textAt(node, 'RltdPties/DbtrAcct/Id/IBAN'),
      debtorOtherAccount: textAt(node, 'RltdPties/DbtrAcct/Id/Othr/Id'),
      creditorName: textAt(node, 'RltdPties/Cdtr/Nm') ?? textAt(node, 'RltdPties/Cdtr/Pty/Nm'),
      creditorIban: textAt(node, 'RltdPties/CdtrAcct/Id/IBAN'),
      creditorOtherAccount: textAt(node, 'RltdPties/CdtrAcct/Id/Othr/Id'),
      additionalInformation: textAt(node, 'AddtlTxInf'),
      returnReason: textAt(node, 'RtrInf/Rsn/Cd') ?? textAt(node, 'RtrInf/Rsn/Prtry') ?? unnamedReason(node),
    }),
    creditorReferences: textsAt(node, 'RmtInf/Strd/CdtrRefInf/Ref'),
    remittance: [...textsAt(node, 'RmtInf/Ustrd'), ...textsAt(node, 'RmtInf/Strd/AddtlRmtInf')],
  };
}

/** A day `2026-03-02` or a time, with a zone or without one, as XML Schema writes them. */
export const DATE =
  /^(\d{4})-(\d\d)-(\d\d)(?:T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?)?(Z|[+-](?:0\d|1[0-4]):[0-5]\d)?$/;

function readBalance(node: XmlNode): CamtBalance {
  const date = dateAt(node, 'Dt');
  if (date === undefined) throw invalidStatement('Bal has no Dt.', node.line);
  return {
    type: textAt(node, 'Tp/CdOrPrtry/Cd') ?? requiredText(node, 'Tp/CdOrPrtry/Prtry'),
    ...requiredAmount(node),
    creditDebit: requiredMark(node),
    date,
    withCreditLine: textsAt(node, 'CdtLine/Incl').some((text) => text === 'true' || text === '1'),
    line: node.line,
  };
}

function readPage(node: XmlNode): { readonly number: number; readonly isLast: boolean } {
  const number = requiredText(node, 'PgNb');
  if (!/^[0-9]{1,5}$/.test(number)) throw invalidStatement('PgNb is not a number.', node.line);
  return { number: Number(number), isLast: readBoolean(at(node, 'LastPgInd')) ?? false };
}

function requiredAmount(node: XmlNode): { readonly amount: string; readonly currency: string } {
  const amount = at(node, 'Amt');
  if (amount === undefined) throw invalidStatement(`${node.name} has no Amt.`, node.line);
  return readAmount(amount);
}

/** Never negative: the sign of money is in CdtDbtInd. */
function readAmount(node: XmlNode): { readonly amount: string; readonly currency: string } {
  const text = node.text.trim();
  const [, whole, fraction] = /^([0-9]{0,18})(?:\.([0-9]{0,18}))?$/.exec(text) ?? [];
  if (!whole && !fraction) throw invalidStatement(`${shown(text)} is not an amount.`, node.line);
  const currency = node.attributes.get('Ccy') ?? '';
  if (!/^[A-Z]{3}$/.test(currency)) throw invalidStatement('An amount has no currency.', node.line);
  return { amount: fraction ? `${whole || '0'}.${fraction}` : whole!, currency };
}

function requiredMark(node: XmlNode): CreditDebit {
  const mark = requiredText(node, 'CdtDbtInd');
  if (mark !== 'CRDT' && mark !== 'DBIT') throw invalidStatement('CdtDbtInd is neither CRDT nor DBIT.', node.line);
  return mark;
}

function readBoolean(node: XmlNode | undefined): boolean | undefined {
  if (node === undefined) return undefined;
  const text = node.text.trim();
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw invalidStatement(`${node.name} is neither true nor false.`, node.line);
}

function dateAt(node: XmlNode, path: string): string | undefined {
  const choice = at(node, path);
  return choice && (checkedDate(at(choice, 'Dt')) ?? checkedDate(at(choice, 'DtTm')));
}

// Banks write times into Dt, and days into DtTm.
function checkedDate(node: XmlNode | undefined): string | undefined {
  if (node === undefined) return undefined;
  const text = node.text.trim();
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (day === undefined || !isDay(Number(year), Number(month), Number(day))) {
    throw invalidStatement(`${shown(text)} is not a date.`, node.line);
  }
  return text;
}

function codeOf(node: XmlNode): string | undefined {
  const domain = at(node, 'BkTxCd/Domn');
  if (domain === undefined) return undefined;
  return [textAt(domain, 'Cd'), textAt(domain, 'Fmly/Cd'), textAt(domain, 'Fmly/SubFmlyCd')].join('/');
}

function batchCount(node: XmlNode): string | undefined {
  const counts = textsAt(node, 'NtryDtls/Btch/NbOfTxs');
  if (counts.length === 0) return undefined;
  if (!counts.every((count) => /^[0-9]{1,15}$/.test(count)))
    throw invalidStatement('NbOfTxs is not a number.', node.line);
  return String(counts.reduce((sum, count) => sum + BigInt(count), 0n));
}

function unnamedReason(node: XmlNode): string | undefined {
  return at(node, 'RtrInf') && (textsAt(node, 'RtrInf/AddtlInf')[0] ?? 'unknown');
}

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the fields that the file does not have. */
function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
}
