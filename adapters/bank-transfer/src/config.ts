import { isCurrency, ItPayError } from '@itpay/core';
import { BIC } from './codes/epc.js';
import { isSepaCountry, readIban } from './iban.js';
import type { ReferenceScheme } from './references/scheme.js';
import type { CsvProfile } from './statement/csv/csv-profile.js';
import { checkProfile } from './statement/csv/csv-rows.js';
import type { StatementEncoding } from './statement/text-lines.js';

const DAY_MS = 24 * 3_600_000;

export interface BankTransferOptions {
  /** Who receives the money, as the bank knows the holder of the account: at most 70 characters. */
  readonly beneficiary?: string | undefined;
  /** Where live payments go. Left out: only test mode is there, in euros. */
  readonly account?: ReceivingAccount | undefined;
  /**
   * Tells several receiving accounts apart. Left out: `bank_transfer`. A second account, in another currency, is
   * `bank_transfer_sgd`.
   */
  readonly id?: string | undefined;
  /** How our order numbers look in the remittance text. Left out: ISO 11649 RF references. */
  readonly references?: ReferenceScheme | undefined;
  /** How the bank's files are read, where they do not tell it themselves. Left out: camt and MT940 that do. */
  readonly statement?: StatementOptions | undefined;
  /** How long a payment stays open, in milliseconds. Left out: 72 hours. */
  readonly expiryMs?: number | undefined;
  /** How long after that money is still waited for, in milliseconds. Left out: 24 hours. */
  readonly graceMs?: number | undefined;
}

/** What the files of some banks do not tell. camt tells everything. */
export interface StatementOptions {
  /** How the bank's table is read. Left out: a table is refused. */
  readonly csv?: CsvProfile | undefined;
  /** Of MT940. Left out: each line is looked at. */
  readonly encoding?: StatementEncoding | undefined;
}

/** An account, with the code that its country has. */
export type ReceivingAccount = SepaAccount | VietQrAccount | PayNowAccount | DuitNowAccount | OtherAccount;

/** Euros, through a bank in SEPA. Codes are EPC069-12. */
export interface SepaAccount {
  readonly kind: 'sepa';
  readonly iban: string;
  /** 8 or 11 characters. Few bank apps still need it. */
  readonly bic?: string | undefined;
}

/** Dong, through a bank in Viet Nam. Codes are VietQR. */
export interface VietQrAccount {
  readonly kind: 'vietqr';
  /** The six digits of the bank (BIN). */
  readonly bank: string;
  readonly number: string;
}

/** Singapore dollars. Codes are PayNow. */
export interface PayNowAccount {
  readonly kind: 'paynow';
  /** A mobile number of Singapore. Either this or `uen`. */
  readonly mobile?: string | undefined;
  /** The company's UEN, with the suffix that its bank gave it. */
  readonly uen?: string | undefined;
}

/** Ringgit. Codes are DuitNow, for merchants whose acquirer lets them make their own. */
export interface DuitNowAccount {
  readonly kind: 'duitnow';
  /** The six digits of the acquirer. */
  readonly acquirer: string;
  readonly number: string;
  /** At most 15 characters of ASCII. */
  readonly city: string;
}

/** Any other account. There is no code; the payer types what the page shows. */
export interface OtherAccount {
  readonly kind: 'other';
  /** ISO 4217. */
  readonly currency: string;
  /** ISO 3166: `GB`. */
  readonly country: string;
  /** An IBAN, or a number as the country writes it: at most 34 letters, digits, spaces and dashes. */
  readonly number: string;
  /** Sort code, routing number, BSB: at most 34. */
  readonly bankCode?: string | undefined;
  readonly bank?: string | undefined;
  readonly bic?: string | undefined;
}

/** Who receives the money, checked and in electronic form. */
export interface Payee {
  readonly beneficiary: string;
  readonly account: ReceivingAccount;
}

export interface Settings {
  /** Null: test mode only. */
  readonly payee: Payee | null;
  readonly id: string;
  readonly statement: StatementOptions;
  readonly expiryMs: number;
  readonly graceMs: number;
}

/**
 * Checks the options while a person is looking, because a mistake here sends money to a stranger.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the option; its message never repeats an account number
 */
export function settingsOf(options: BankTransferOptions): Settings {
  if (typeof options !== 'object' || options === null)
    throw invalid('account', 'is missing: the options are an object.');
  const {
    beneficiary,
    account,
    id = 'bank_transfer',
    references: _,
    statement = {},
    expiryMs = 3 * DAY_MS,
    graceMs = DAY_MS,
  } = options;
  onlyOptions('', options, ['beneficiary', 'account', 'id', 'references', 'statement', 'expiryMs', 'graceMs']);

  checkReferences(options.references);
  checkStatement(statement);
  if (!positive(expiryMs)) throw invalid('expiryMs', 'is not a whole number of milliseconds above 0.');
  if (!positive(graceMs)) throw invalid('graceMs', 'is not a whole number of milliseconds above 0.');
  const currency = account === undefined ? 'EUR' : currencyOf(account);
  if (id !== 'bank_transfer' && id !== `bank_transfer_${currency.toLowerCase()}`) {
    throw invalid('id', `is neither bank_transfer nor bank_transfer_${currency.toLowerCase()}.`);
  }
  if (account === undefined) {
    if (beneficiary !== undefined) throw invalid('account', 'is missing: a beneficiary alone receives no money.');
    return { payee: null, id, statement, expiryMs, graceMs };
  }
  const checked = checkAccount(account);
  const payee = { beneficiary: checkBeneficiary(beneficiary, checked), account: checked };
  return { payee, id, statement, expiryMs, graceMs };
}

export function currencyOf(account: ReceivingAccount): string {
  if (typeof account !== 'object' || account === null) {
    throw invalid('account', "is no object such as { kind: 'sepa', iban: '…' }.");
  }
  switch (account.kind) {
    case 'sepa':
      return 'EUR';
    case 'vietqr':
      return 'VND';
    case 'paynow':
      return 'SGD';
    case 'duitnow':
      return 'MYR';
    case 'other':
      return account.currency;
    default:
      throw invalid('account.kind', 'is not sepa, vietqr, paynow, duitnow or other.');
  }
}

function checkAccount(account: ReceivingAccount): ReceivingAccount {
  switch (account.kind) {
    case 'sepa':
      return checkSepa(account);
    case 'vietqr':
      onlyOptions('account.', account, ['kind', 'bank', 'number']);
      needs('account.bank', account.bank, /^[0-9]{6}$/, 'the six digits of the bank, which napas.com.vn lists as BIN');
      needs('account.number', account.number, /^[A-Za-z0-9]{1,19}$/, '1 to 19 letters and digits');
      if (/^0+$/.test(account.bank)) throw invalid('account.bank', 'is zeros, which is the bank of test mode.');
      return account;
    case 'paynow':
      return checkPayNow(account);
    case 'duitnow':
      onlyOptions('account.', account, ['kind', 'acquirer', 'number', 'city']);
      needs('account.acquirer', account.acquirer, /^[0-9]{6}$/, 'the six digits of the acquirer');
      needs('account.number', account.number, /^[A-Za-z0-9]{1,34}$/, '1 to 34 letters and digits');
      needs('account.city', account.city, /^[\x20-\x7e]{1,15}$/, '1 to 15 characters of ASCII');
      if (/^0+$/.test(account.acquirer)) throw invalid('account.acquirer', 'is zeros, which is the one of test mode.');
      return account;
    case 'other':
      return checkOther(account);
  }
}

function checkSepa(account: SepaAccount): SepaAccount {
  onlyOptions('account.', account, ['kind', 'iban', 'bic']);
  const iban = typeof account.iban === 'string' ? readIban(account.iban) : null;
  if (iban === null) throw invalid('account.iban', 'is no IBAN: look for a typing error, its check digits do not fit.');
  if (!isSepaCountry(iban)) throw invalid('account.iban', 'is outside SEPA. Use an account of kind other.');
  if (/^DE[0-9]{2}00000000/.test(iban)) throw invalid('account.iban', 'has the bank code of test mode.');
  return { kind: 'sepa', iban, bic: checkBic(account.bic) };
}

function checkPayNow(account: PayNowAccount): PayNowAccount {
  onlyOptions('account.', account, ['kind', 'mobile', 'uen']);
  const { mobile, uen } = account;
  if ((mobile === undefined) === (uen === undefined)) {
    throw invalid('account.uen', 'or account.mobile is needed, one of the two.');
  }
  if (uen !== undefined) {
    needs('account.uen', uen, /^[0-9A-Z]{9,13}$/, '9 to 13 capital letters and digits');
    if (uen.startsWith('00000000')) throw invalid('account.uen', 'is zeros, which is the company of test mode.');
    return { kind: 'paynow', uen };
  }
  const digits = String(mobile).replace(/[\s-]/g, '').replace(/^\+65/, '');
  if (!/^[89][0-9]{7}$/.test(digits))
    throw invalid('account.mobile', 'is no mobile number of Singapore: 8 digits from 8 or 9.');
  return { kind: 'paynow', mobile: `+65${digits}` };
}

function checkOther(account: OtherAccount): OtherAccount {
  onlyOptions('account.', account, ['kind', 'currency', 'country', 'number', 'bankCode', 'bank', 'bic']);
  const { currency, country, number, bankCode, bank } = account;
  if (typeof currency !== 'string' || !isCurrency(currency))
    throw invalid('account.currency', 'is not an ISO 4217 code.');
  needs('account.country', country, /^[A-Z]{2}$/, 'two capital letters of ISO 3166');
  needs(
    'account.number',
    number,
    /^(?=.*[A-Za-z0-9])[A-Za-z0-9 -]{1,34}$/,
    '1 to 34 letters, digits, spaces and dashes',
  );
  if (/^[A-Z]{2}[0-9]{2}/i.test(number) && readIban(number) === null) {
    throw invalid('account.number', 'looks like an IBAN, and its check digits do not fit.');
  }
  if (/^[0 -]+$/.test(number)) throw invalid('account.number', 'is zeros, which is the account of test mode.');
  if (bankCode !== undefined) {
    needs('account.bankCode', bankCode, /^(?=.*[A-Za-z0-9])[A-Za-z0-9 -]{1,34}$/, '1 to 34 letters, digits and dashes');
  }
  if (bank !== undefined) needs('account.bank', bank, ONE_LINE, 'one line of at most 70 characters');
  return { ...account, number: readIban(number) ?? number, bic: checkBic(account.bic) };
}

function checkBic(bic: string | undefined): string | undefined {
  if (bic !== undefined) needs('account.bic', bic, BIC, '8 or 11 capital letters and digits');
  return bic;
}

function checkBeneficiary(beneficiary: string | undefined, account: ReceivingAccount): string {
  needs('beneficiary', beneficiary, ONE_LINE, 'one line of at most 70 characters, the holder of the account');
  // EMVCo has 25 characters for a name, and tills of other scripts show boxes for anything but ASCII.
  if (account.kind === 'paynow' || account.kind === 'duitnow') {
    needs('beneficiary', beneficiary, /^[\x20-\x7e]{1,25}$/, '1 to 25 characters of ASCII, as its codes need');
  }
  // An EPC code has 331 bytes. All else in it takes 110 at most.
  if (account.kind === 'sepa' && Buffer.byteLength(beneficiary) > 220) {
    throw invalid('beneficiary', 'takes more than 220 bytes of UTF-8, which leaves no room for the rest of a code.');
  }
  return beneficiary.trim();
}

function checkReferences(references: ReferenceScheme | undefined): void {
  if (references === undefined) return;
  const { alphabet, maxLength } = references.orderNumbers;
  const orderNumber = alphabet.charAt(alphabet.length - 1).repeat(maxLength);
  const reference = references.write(orderNumber);
  if (!/^[A-Z0-9]{1,25}$/.test(reference)) {
    throw invalid(
      'references',
      'write something else than 1 to 25 of A-Z and 0-9, which is all that every code carries.',
    );
  }
  if (references.read(reference) !== orderNumber || references.find(`for ${reference}, thanks`)[0] !== orderNumber) {
    throw invalid('references', 'do not read or find what they wrote, so no payment would be recognised.');
  }
}

function checkStatement(statement: StatementOptions): void {
  if (typeof statement !== 'object' || statement === null) throw invalid('statement', 'is no object such as { csv }.');
  onlyOptions('statement.', statement, ['csv', 'encoding']);
  const { csv, encoding } = statement;
  if (encoding !== undefined && !ENCODINGS.includes(encoding)) {
    throw invalid('statement.encoding', `is none of ${ENCODINGS.join(', ')}.`);
  }
  if (csv !== undefined) checkProfile(csv);
}

const ENCODINGS: readonly StatementEncoding[] = ['auto', 'utf-8', 'windows-1252', 'cp850'];

const ONE_LINE = /^(?=.*\S)[^\p{Cc}\p{Surrogate}]{1,70}$/u;

function needs(option: string, value: unknown, form: RegExp, wanted: string): asserts value is string {
  if (typeof value !== 'string' || !form.test(value)) throw invalid(option, `is not ${wanted}.`);
}

function onlyOptions(prefix: string, given: object, known: readonly string[]): void {
  const misspelt = Object.keys(given).find((key) => !known.includes(key));
  if (misspelt !== undefined)
    throw invalid(prefix + misspelt, `is not an option. The options are ${known.join(', ')}.`);
}

function positive(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function invalid(option: string, problem: string): ItPayError {
  return new ItPayError('CONFIGURATION_INVALID', { message: `bankTransfer(): ${option} ${problem}`, param: option });
}
