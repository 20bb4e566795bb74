import { ItPayError, type Money } from '@itpay/core';
import { isSepaCountry, readIban } from '../iban.js';
import { amountOf, decimalOf, EPC_AMOUNTS } from '../mapping.js';
import { readRf } from '../references/rf.js';
import { EPC } from '../wire.js';
import { decodeText, encodeText } from './character-set.js';

/** Which of the eight character sets of EPC069-12 a code is in: 1 is UTF-8, 2 to 8 are ISO 8859-1, -2, -4, -5, -7, -10, -15. */
export type EpcCharacterSet = keyof typeof EPC.characterSets;

/** What an EPC code asks for: a SEPA credit transfer in euros. */
export interface EpcTransfer {
  /** The beneficiary, at most 70 characters. */
  readonly name: string;
  readonly iban: string;
  /** 8 or 11 characters. Version 001 needs it. */
  readonly bic?: string | undefined;
  /** Left out: the payer chooses. */
  readonly amount?: Money | undefined;
  /** At most 4 letters of the ISO 20022 purpose codes. */
  readonly purpose?: string | undefined;
  /** A structured reference, at most 35 characters. Either this or `text`. */
  readonly reference?: string | undefined;
  /** Remittance text, at most 140 characters. */
  readonly text?: string | undefined;
  /** A note to the payer, at most 70 characters. */
  readonly information?: string | undefined;
}

export interface EpcOptions {
  /** Left out: 002, in which the BIC is optional. */
  readonly version?: (typeof EPC.versions)[number] | undefined;
  /** Left out: 1, UTF-8, in which QR codes are drawn. */
  readonly characterSet?: EpcCharacterSet | undefined;
}

/** A code that was read, as its lines say. */
export interface EpcCode extends EpcTransfer {
  readonly version: (typeof EPC.versions)[number];
  readonly characterSet: EpcCharacterSet;
}

export type EpcReading =
  { readonly ok: true; readonly code: EpcCode } | { readonly ok: false; readonly reason: string };

/**
 * The text of an EPC069-12 code ("GiroCode"). Draw it with error correction M.
 *
 * @throws ItPayError `PARAMETER_INVALID` naming the field; `CURRENCY_NOT_SUPPORTED`, `AMOUNT_TOO_SMALL` or
 *   `AMOUNT_EXCEEDED` for the amount
 */
export function presentEpc(transfer: EpcTransfer, options: EpcOptions = {}): string {
  const { version = '002', characterSet = 1 } = options;
  const amount = transfer.amount && `EUR${decimalOf(transfer.amount, EPC_AMOUNTS)}`;
  const flaw = flawOf({ ...transfer, version, characterSet });
  if (flaw !== null) {
    throw new ItPayError('PARAMETER_INVALID', { message: `${flaw.field}: ${flaw.reason}`, param: flaw.field });
  }
  const { bic, name, purpose, reference, text, information } = transfer;
  const lines = [
    EPC.serviceTag,
    version,
    String(characterSet),
    EPC.identification,
    bic ?? '',
    name,
    readIban(transfer.iban)!,
    amount ?? '',
    purpose ?? '',
    reference ?? '',
    text ?? '',
    information ?? '',
  ];
  // Empty lines at the end may be left out, and a shorter code scans better.
  const payload = lines.join('\n').replace(/\n+$/, '');
  const bytes = encodeText(payload, EPC.characterSets[characterSet]);
  if (bytes === null) {
    throw new ItPayError('PARAMETER_INVALID', {
      message: `The text holds a character that ${EPC.characterSets[characterSet]} does not have. Use character set 1.`,
      param: 'characterSet',
    });
  }
  if (bytes.length > EPC.maxBytes) {
    throw new ItPayError('PARAMETER_INVALID', {
      message: `The code has ${bytes.length} bytes; ${EPC.maxBytes} are allowed. Shorten the text.`,
      param: 'text',
    });
  }
  return payload;
}

/**
 * Reads an EPC069-12 code. A wrong IBAN, an unknown version or both kinds of remittance at once are refused in every mode.
 *
 * @param payload the text of the code, or its bytes, which are read in the character set that they name
 * @param options `tolerant` also takes an IBAN with spaces, a missing BIC in version 001, and more than 331 bytes
 */
export function parseEpc(
  payload: string | Uint8Array,
  options: { readonly mode?: 'strict' | 'tolerant' } = {},
): EpcReading {
  const tolerant = options.mode === 'tolerant';
  // Whatever a QR code holds, this is more than one with text can.
  if (payload.length > 3000) return refused('The code is too long.');
  const text = typeof payload === 'string' ? payload : decoded(payload);
  if (text === null) return refused('The bytes do not fit the character set that the code names.');

  const lines = text.split(/\r\n|\n/);
  const [
    tag,
    version,
    set,
    identification,
    bic,
    name = '',
    account = '',
    money,
    purpose,
    reference,
    note,
    information,
  ] = lines;
  if (tag !== EPC.serviceTag) return refused('The first line is not BCD.');
  if (version !== '001' && version !== '002') return refused('The version is neither 001 nor 002.');
  if (!isCharacterSet(set)) return refused('The character set is not one of 1 to 8.');
  if (identification !== EPC.identification) return refused('The code does not ask for a SEPA credit transfer (SCT).');
  if (lines.length > 12 && lines.slice(12).some((line) => line !== '')) return refused('The code has too many lines.');
  if (!tolerant && /\s/.test(account)) return refused('The IBAN holds spaces.');

  const decimal = /^EUR(.*)$/.exec(money ?? '')?.[1];
  const amount = decimal === undefined ? undefined : (amountOf(decimal, 'EUR') ?? undefined);
  if (money && (amount === undefined || amount.value < EPC_AMOUNTS.min || amount.value > EPC_AMOUNTS.max)) {
    return refused('The amount is not EUR and 0.01 to 999999999.99 with a point.');
  }
  const code: EpcCode = {
    version,
    characterSet: Number(set) as EpcCharacterSet,
    name,
    iban: readIban(account) ?? account,
    amount,
    bic: bic || undefined,
    purpose: purpose || undefined,
    reference: reference || undefined,
    text: note || undefined,
    information: information || undefined,
  };
  const flaw = flawOf(tolerant ? { ...code, version: '002' } : code);
  if (flaw !== null) return refused(`${flaw.field}: ${flaw.reason}`);
  const bytes = encodeText(text, EPC.characterSets[code.characterSet]);
  if (!tolerant && (bytes === null || bytes.length > EPC.maxBytes)) {
    return refused(`The code has more than ${EPC.maxBytes} bytes, or characters that its character set does not have.`);
  }
  return { ok: true, code };
}

/** The first field that breaks a rule, and the rule. */
function flawOf(code: EpcCode): { readonly field: keyof EpcCode; readonly reason: string } | null {
  const { version, bic, name, iban, purpose, reference, text } = code;
  for (const [field, max] of Object.entries(EPC.lengths) as [keyof typeof EPC.lengths, number][]) {
    const value = code[field] ?? '';
    if ([...value].length > max) return { field, reason: `It has at most ${max} characters.` };
    if (/[\p{Cc}\p{Surrogate}]/u.test(value)) return { field, reason: 'It is one line of printable characters.' };
  }
  if (name.trim() === '') return { field: 'name', reason: 'It names the beneficiary.' };
  const account = readIban(iban);
  if (account === null) return { field: 'iban', reason: 'It is no IBAN, or its check digits are wrong.' };
  if (!isSepaCountry(account)) return { field: 'iban', reason: 'It is of a country outside SEPA.' };
  if (version === '001' && bic === undefined) return { field: 'bic', reason: 'Version 001 needs it.' };
  if (bic !== undefined && !BIC.test(bic)) return { field: 'bic', reason: 'It has 8 or 11 letters and digits.' };
  if (purpose !== undefined && !/^[A-Z0-9]{1,4}$/.test(purpose)) {
    return { field: 'purpose', reason: 'It has 1 to 4 capital letters and digits.' };
  }
  if (reference !== undefined && text !== undefined) {
    return { field: 'text', reason: 'A code has a structured reference or a text, never both.' };
  }
  if (reference?.startsWith('RF') && readRf(reference) !== reference) {
    return { field: 'reference', reason: 'The check digits of the RF reference are wrong.' };
  }
  return null;
}

/** ISO 9362. */
export const BIC = /^[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$/;

function isCharacterSet(line: string | undefined): line is string {
  return line !== undefined && line in EPC.characterSets;
}

// The first three lines are ASCII in every character set.
function decoded(bytes: Uint8Array): string | null {
  const set = /^BCD\r?\n00[12]\r?\n([1-8])\r?\n/.exec(Buffer.from(bytes.subarray(0, 16)).toString('latin1'))?.[1];
  return decodeText(bytes, EPC.characterSets[Number(set ?? 1) as EpcCharacterSet]);
}

function refused(reason: string): EpcReading {
  return { ok: false, reason };
}
