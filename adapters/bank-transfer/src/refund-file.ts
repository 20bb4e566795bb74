import { hash } from 'node:crypto';
import { formatDecimal, ItPayError, type Money } from '@itpay/core';
import { BIC } from './codes/epc.js';
import { isSepaCountry, readIban } from './iban.js';
import { decimalOf, EPC_AMOUNTS } from './mapping.js';
import { toLatin } from './latin.js';

/** `pain.001.001.09` is the current version of the scheme; a few banks still take `.03` only. */
export type RefundFileVersion = 'pain.001.001.09' | 'pain.001.001.03';

/** The account from which refunds go out. */
export interface Debtor {
  /** Its holder, at most 70 characters. */
  readonly name: string;
  readonly iban: string;
  readonly bic?: string | undefined;
}

/** One refund: money back to the account that a payment came from, as the statement named it. */
export interface RefundTransfer {
  /** Our refund number at the channel, `channel_refund_reference`: it comes back in the statement. At most 35 characters. */
  readonly reference: string;
  /** Euros. */
  readonly amount: Money;
  readonly name: string;
  readonly iban: string;
  readonly bic?: string | undefined;
  /** What the payer reads, at most 140 characters. */
  readonly text?: string | undefined;
}

export interface RefundFile {
  /**
   * Tells this file from every other: a bank refuses a second file with the same one. At most 35 characters. Left out: made
   * from the debtor and the refunds, so that the same refunds never go out twice, whenever and in whichever order they are
   * exported again.
   */
  readonly messageId?: string | undefined;
  readonly createdAt: Date;
  /** The day on which the bank sends the money, `YYYY-MM-DD`. */
  readonly executionDate: string;
  readonly debtor: Debtor;
  /** 1 to 10 000, each reference once. */
  readonly refunds: readonly RefundTransfer[];
  /** Left out: `pain.001.001.09`. */
  readonly version?: RefundFileVersion | undefined;
  /** True: the statement shows one debit for all. Left out: one for each, as matching wants it. */
  readonly batchBooking?: boolean | undefined;
}

const MAX_REFUNDS = 10_000;

/**
 * A SEPA credit transfer file (ISO 20022 pain.001) for the bank. Pure: the same refunds give the same file, byte for byte.
 * Names and texts are put into the Latin characters that every bank takes (é becomes e); identifiers are refused instead.
 *
 * @returns the XML, to be stored as UTF-8
 * @throws ItPayError `PARAMETER_INVALID` naming the field (`refunds[3].iban`); `CURRENCY_NOT_SUPPORTED`,
 *   `AMOUNT_TOO_SMALL` or `AMOUNT_EXCEEDED` for an amount
 */
export function refundFile(file: RefundFile): string {
  const { version = 'pain.001.001.09', createdAt, executionDate, debtor, refunds, batchBooking = false } = file;
  const messageId = identifier('messageId', file.messageId ?? messageIdOf(file));
  if (!isDay(executionDate)) throw invalid('executionDate', 'is a day such as 2027-01-31');
  if (Number.isNaN(createdAt.getTime())) throw invalid('createdAt', 'is a point in time');
  if (refunds.length === 0 || refunds.length > MAX_REFUNDS) throw invalid('refunds', `are 1 to ${MAX_REFUNDS}`);
  const seen = new Set<string>();
  const repeated = refunds.findIndex(({ reference }) => seen.size === seen.add(reference).size);
  if (repeated >= 0) throw invalid(`refunds[${repeated}].reference`, 'stands for another refund of the file already');

  const transfers = refunds.map((refund, index) => transferOf(refund, `refunds[${index}]`, version));
  const total = formatDecimal(sum(refunds), 2);
  const name = textOf('debtor.name', debtor.name, 70);
  const dated = version === 'pain.001.001.03' ? executionDate : element('Dt', executionDate);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:${version}">`,
    '<CstmrCdtTrfInitn>',
    '<GrpHdr>',
    element('MsgId', messageId),
    element('CreDtTm', createdAt.toISOString().slice(0, 19) + 'Z'),
    element('NbOfTxs', String(refunds.length)),
    element('CtrlSum', total),
    `<InitgPty>${element('Nm', name)}</InitgPty>`,
    '</GrpHdr>',
    '<PmtInf>',
    element('PmtInfId', messageId),
    '<PmtMtd>TRF</PmtMtd>',
    element('BtchBookg', String(batchBooking)),
    element('NbOfTxs', String(refunds.length)),
    element('CtrlSum', total),
    '<PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf>',
    `<ReqdExctnDt>${dated}</ReqdExctnDt>`,
    `<Dbtr>${element('Nm', name)}</Dbtr>`,
    account('DbtrAcct', ibanOf('debtor.iban', debtor.iban)),
    // The scheme wants the element even where nobody needs a BIC any more.
    agent('DbtrAgt', bicOf('debtor.bic', debtor.bic), version) ??
      '<DbtrAgt><FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId></DbtrAgt>',
    '<ChrgBr>SLEV</ChrgBr>',
    ...transfers,
    '</PmtInf>',
    '</CstmrCdtTrfInitn>',
    '</Document>',
    '',
  ].join('\n');
}

/** 31 hex digits of a hash, behind a letter that says what the file is. */
function messageIdOf({ debtor, refunds }: RefundFile): string {
  const paid = refunds.map(({ reference, amount, iban }) => [reference, amount.value, readIban(iban)].join(' '));
  return `R${hash('sha256', [readIban(debtor.iban), ...paid.toSorted()].join('\n')).slice(0, 31)}`;
}

function transferOf(refund: RefundTransfer, at: string, version: RefundFileVersion): string {
  const { amount, text } = refund;
  const remittance = text === undefined ? null : textOf(`${at}.text`, text, 140);
  return [
    '<CdtTrfTxInf>',
    `<PmtId>${element('EndToEndId', identifier(`${at}.reference`, refund.reference))}</PmtId>`,
    `<Amt><InstdAmt Ccy="EUR">${decimalOf(amount, EPC_AMOUNTS)}</InstdAmt></Amt>`,
    agent('CdtrAgt', bicOf(`${at}.bic`, refund.bic), version),
    `<Cdtr>${element('Nm', textOf(`${at}.name`, refund.name, 70))}</Cdtr>`,
    account('CdtrAcct', ibanOf(`${at}.iban`, refund.iban)),
    remittance === null ? null : `<RmtInf>${element('Ustrd', remittance)}</RmtInf>`,
    '</CdtTrfTxInf>',
  ]
    .filter((line) => line !== null)
    .join('\n');
}

function account(name: string, iban: string): string {
  return `<${name}><Id>${element('IBAN', iban)}</Id></${name}>`;
}

function agent(name: string, bic: string | null, version: RefundFileVersion): string | null {
  if (bic === null) return null;
  return `<${name}><FinInstnId>${element(version === 'pain.001.001.03' ? 'BIC' : 'BICFI', bic)}</FinInstnId></${name}>`;
}

// What reaches this is of the Latin set, in which XML has nothing to escape.
function element(name: string, text: string): string {
  return `<${name}>${text}</${name}>`;
}

/** @throws ItPayError `PARAMETER_INVALID` for what a bank would change or refuse: it would not come back as it was sent */
function identifier(param: string, text: string): string {
  // A slash at an end, or two of them, separate parts in other messages of banks. (EPC217-08)
  if (/^[A-Za-z0-9+?/:().,'-]{1,35}$/.test(text) && !/^\/|\/$|\/\//.test(text)) return text;
  throw invalid(param, "has 1 to 35 of A-Z a-z 0-9 + ? / : ( ) . , ' - without a slash at an end or two together");
}

function textOf(param: string, text: string, maxLength: number): string {
  const latin = toLatin(text);
  if (latin === '')
    throw invalid(param, 'is empty, or holds no letter that has a Latin form; write it in Latin letters');
  if (latin.length > maxLength)
    throw invalid(param, `has ${latin.length} characters in Latin letters; ${maxLength} are allowed`);
  return latin;
}

function ibanOf(param: string, text: string): string {
  const iban = readIban(text);
  if (iban === null) throw invalid(param, 'is no IBAN, or its check digits are wrong');
  if (!isSepaCountry(iban)) throw invalid(param, 'is outside SEPA; send this refund by hand');
  return iban;
}

function bicOf(param: string, bic: string | undefined): string | null {
  if (bic === undefined) return null;
  if (!BIC.test(bic)) throw invalid(param, 'has 8 or 11 capital letters and digits');
  return bic;
}

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return (
    /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
  );
}

function sum(refunds: readonly RefundTransfer[]): bigint {
  return refunds.reduce((total, { amount }) => total + amount.value, 0n);
}

function invalid(param: string, rule: string): ItPayError {
  return new ItPayError('PARAMETER_INVALID', { message: `${param} ${rule}.`, param });
}
