import type { Money } from '@itpay/core';
import type { StatementFacts, StatementPart, StatementRow } from '@itpay/kernel';
import { startOfDay } from '../dates.js';
import { moneyOf, scaled } from '../decimals.js';
import { DedupeKeys, isNumber } from '../dedupe-keys.js';
import { invalidStatement } from '../invalid.js';
import type { StatementSource } from '../source.js';
import { soleMoney, Totals, type Balance } from '../totals.js';
import type {
  CamtBalance,
  CamtEntry,
  CamtKind,
  CamtMessage,
  CamtStatement,
  CamtTransaction,
  CreditDebit,
} from './camt-message.js';
import { readCamt, type ReadCamtOptions } from './read-camt.js';

/**
 * Reads camt.052, camt.053 and camt.054 as rows: one for each entry, or one for each part of an entry whose parts add up.
 * Entries of nothing have no row. A day that the bank tells without a time becomes its midnight in UTC.
 *
 * @throws ItPayError `STATEMENT_INVALID` with the line; `AMOUNT_PRECISION_UNSUPPORTED`
 */
export async function* parseCamt(
  source: StatementSource,
  options: ReadCamtOptions = {},
): AsyncGenerator<StatementPart, void> {
  let message: CamtMessage | null = null;
  let reading: StatementReading | null = null;
  for await (const item of readCamt(source, options)) {
    if (item.item === 'message') message = item.message;
    else if (item.item === 'statement') {
      reading = new StatementReading(message!, item.statement, reading);
      yield { part: 'statement', statementId: reading.statementId, account: reading.account };
    } else if (item.item === 'entry') {
      for (const row of reading!.rowsOf(item.entry)) yield { part: 'row', row };
    } else {
      yield { part: 'facts', facts: reading!.facts(item.end.entries) };
    }
  }
}

/** What is known of one statement while its entries pass. */
class StatementReading {
  readonly statementId: string;
  readonly account: string;
  readonly #kind: CamtKind;
  readonly #head: CamtStatement;
  readonly #createdAt: string;
  readonly #keys: DedupeKeys;
  readonly #totals = new Totals();

  constructor(message: CamtMessage, head: CamtStatement, before: StatementReading | null) {
    const { id, iban, otherAccount, page } = head;
    this.account = (iban ?? otherAccount)!.replace(/\s/g, '');
    this.statementId = page === undefined || page.number === 1 ? id : `${id}/${page.number}`;
    this.#kind = message.kind;
    this.#head = head;
    this.#createdAt = head.createdAt ?? message.createdAt;
    // The pages of a statement are one statement: equal lines on two of them are two lines.
    this.#keys = before !== null && before.isPageOf(this) ? before.#keys : new DedupeKeys(this.account);
  }

  isPageOf(next: StatementReading): boolean {
    const isSame = this.#head.id === next.#head.id && this.account === next.account;
    // A page that comes twice is not the next one.
    return isSame && next.#head.page !== undefined && next.#head.page.number === (this.#head.page?.number ?? 0) + 1;
  }

  rowsOf(entry: CamtEntry): readonly StatementRow[] {
    if (entry.status === 'BOOK') {
      this.#totals.add({
        currency: entry.currency,
        value: signed(entry.creditDebit, scaled(entry.amount, entry.line)),
      });
    }
    const parts = partsOf(entry);
    if (parts !== null)
      return parts.flatMap((part, index) => this.#row(entry, part, `line ${entry.line}, part ${index + 1}`));
    return this.#row(entry, wholeOf(entry), `line ${entry.line}`);
  }

  facts(entries: number): StatementFacts {
    const { page, entryCount, currency } = this.#head;
    const opening = this.#balances('OPBD', 'PRCD');
    const closing = this.#balances('CLBD');
    // Balances of a day that is not over, and of messages about single entries, need not be led to by what is in them.
    const agree = this.#kind === '053' ? this.#totals.agree(opening, closing) : null;
    const openingMoney = soleMoney(opening);
    const closingMoney = soleMoney(closing);
    return {
      statementId: this.statementId,
      account: this.account,
      ...(currency !== undefined && { currency }),
      ...(openingMoney && { opening: openingMoney }),
      ...(closingMoney && { closing: closingMoney }),
      complete: this.#kind === '053' && (page === undefined || (page.number === 1 && page.isLast)),
      balancesAgree: entryCount !== undefined && Number(entryCount) !== entries ? false : agree,
    };
  }

  /** The balances of the first of the types that the statement has: what was booked, without a credit line. */
  #balances(...types: readonly string[]): readonly Balance[] {
    const booked = this.#head.balances.filter(({ withCreditLine }) => !withCreditLine);
    const type = types.find((one) => booked.some((balance) => balance.type === one));
    return booked.filter((balance) => balance.type === type).map(balanceOf);
  }

  #row(entry: CamtEntry, part: Part, position: string): readonly StatementRow[] {
    const { transaction, amount } = part;
    if (amount.value === 0n) return [];
    const direction = part.creditDebit === 'CRDT' ? 'in' : 'out';
    const kind = kindOf(entry, part);
    const text = textOf(entry, part);
    const counterparty = counterpartyOf(kind, direction, transaction, this.account);
    const day = dayOf(entry.valueDate ?? entry.bookingDate ?? this.#createdAt);
    const bankReference = bankReferenceOf(entry, part);
    return [
      {
        kind,
        dedupeKey: this.#keys.next({
          bankReference,
          direction,
          ...amount,
          day,
          text: text + (counterparty?.account ?? ''),
        }),
        channelTransactionId: bankReference,
        reference: referenceOf(kind, direction, transaction),
        text,
        amount,
        bookedAt: instantOf(entry.bookingDate ?? entry.valueDate ?? this.#createdAt, entry.line),
        ...(entry.valueDate !== undefined && { valueDate: dayOf(entry.valueDate) }),
        ...(counterparty && { counterparty }),
        status: STATUS[entry.status] ?? 'info',
        direction,
        ...(part.doubt !== undefined && { doubt: part.doubt }),
        ...(transaction?.returnReason !== undefined && { returnReason: transaction.returnReason }),
        position,
      },
    ];
  }
}

/** FUTR will be booked on a later day. A status that we do not know is money of which we know nothing. */
const STATUS: Readonly<Record<string, StatementRow['status']>> = {
  BOOK: 'booked',
  PDNG: 'pending',
  FUTR: 'pending',
  INFO: 'info',
};

/** What becomes one row: an entry, or a part of one. */
interface Part {
  readonly transaction: CamtTransaction | null;
  readonly amount: Money;
  readonly creditDebit: CreditDebit;
  readonly isOneOfMany: boolean;
  readonly doubt?: string;
}

/** The parts of a batch; null where there are none, or where they are not what was booked. */
function partsOf(entry: CamtEntry): readonly Part[] | null {
  const { transactions, currency, line } = entry;
  if (transactions.length < 2 || doubtOf(entry) !== undefined) return null;
  return transactions.map((transaction) => ({
    transaction,
    amount: moneyOf(transaction.amount!, currency, line),
    creditDebit: transaction.creditDebit ?? entry.creditDebit,
    isOneOfMany: true,
  }));
}

function wholeOf(entry: CamtEntry): Part {
  const { transactions, amount, currency, creditDebit, line } = entry;
  const doubt = doubtOf(entry);
  return {
    transaction: transactions.length === 1 ? transactions[0]! : null,
    amount: moneyOf(amount, currency, line),
    creditDebit,
    isOneOfMany: false,
    ...(doubt !== undefined && { doubt }),
  };
}

function doubtOf(entry: CamtEntry): string | undefined {
  const { transactions, batchCount } = entry;
  if (batchCount !== undefined && BigInt(batchCount) !== BigInt(transactions.length) && BigInt(batchCount) > 1n) {
    return `The bank counts ${batchCount} parts, and ${transactions.length} are told here.`;
  }
  if (
    transactions.length > 1 &&
    transactions.some(({ amount, currency }) => amount === undefined || currency !== entry.currency)
  ) {
    return 'The amounts of its parts are not told.';
  }
  // The only part may be told in the currency in which it was sent; what was booked is the entry.
  const told = transactions.filter(({ amount, currency }) => amount !== undefined && currency === entry.currency);
  if (told.length === 0) return undefined;
  const sum = told.reduce(
    (total, part) => total + signed(part.creditDebit ?? entry.creditDebit, scaled(part.amount!, entry.line)),
    0n,
  );
  return sum === signed(entry.creditDebit, scaled(entry.amount, entry.line))
    ? undefined
    : 'Its parts do not add up to it.';
}

function kindOf({ reversal, code }: CamtEntry, { transaction, creditDebit }: Part): StatementRow['kind'] {
  if (reversal === true) return 'reversal';
  if (transaction?.returnReason !== undefined) return 'return';
  if (creditDebit === 'CRDT') return 'credit';
  // External code sets of ISO 20022: charges, fees and commission, in whichever family.
  return code !== undefined && /\/(?:CHRG|FEES|COMM)$/.test(code) ? 'fee' : 'debit';
}

/** What was sent by us has our number; what was sent to us has it where the payer filled in a structured reference. */
function referenceOf(
  kind: StatementRow['kind'],
  direction: 'in' | 'out',
  transaction: CamtTransaction | null,
): string | null {
  if (transaction === null) return null;
  const { endToEndId, creditorReferences } = transaction;
  const structured = creditorReferences.length === 1 ? creditorReferences[0]! : null;
  return !wasSentToUs(kind, direction) && isNumber(endToEndId) ? endToEndId : structured;
}

/** A reversal and a return undo a transfer of the other direction. */
function wasSentToUs(kind: StatementRow['kind'], direction: 'in' | 'out'): boolean {
  return (direction === 'in') !== (kind === 'reversal' || kind === 'return');
}

/** The number of the entry where it is one line; of a batch, each part's own where it has one. */
function bankReferenceOf(entry: CamtEntry, { transaction, isOneOfMany }: Part): string | null {
  const ofEntry = entry.accountServicerRef;
  const ofPart = transaction?.accountServicerRef;
  const inOrder = isOneOfMany ? [ofPart, ofEntry] : [ofEntry, ofPart];
  return inOrder.find(isNumber) ?? null;
}

/** One line each: what a payer or a bank wrote, in which a reference may be found. */
function textOf(entry: CamtEntry, { transaction, isOneOfMany }: Part): string {
  const transactions = transaction === null && !isOneOfMany ? entry.transactions.slice(0, MAX_TEXTS) : [transaction!];
  const texts = transactions.flatMap(({ remittance, creditorReferences, endToEndId, additionalInformation }) => [
    ...remittance,
    ...creditorReferences,
    ...[endToEndId].filter(isNumber),
    ...[additionalInformation].filter((text) => text !== undefined),
  ]);
  if (!isOneOfMany && entry.additionalInformation !== undefined) texts.push(entry.additionalInformation);
  return [...new Set(texts)].join('\n');
}

/** Of a batch that is told as one row. */
const MAX_TEXTS = 50;

type Party = NonNullable<StatementRow['counterparty']>;

/** Who is on the other side. A reversal and a return name the parties as they were. */
function counterpartyOf(
  kind: StatementRow['kind'],
  direction: 'in' | 'out',
  transaction: CamtTransaction | null,
  account: string,
): Party | null {
  if (transaction === null) return null;
  const debtor = partyOf(transaction.debtorName, transaction.debtorIban ?? transaction.debtorOtherAccount);
  const creditor = partyOf(transaction.creditorName, transaction.creditorIban ?? transaction.creditorOtherAccount);
  const [likely, other] = wasSentToUs(kind, direction) ? [debtor, creditor] : [creditor, debtor];
  // Some banks name the one who sends the money back.
  const isOurs = likely === null || likely.account === account;
  return isOurs && kind === 'return' && other?.account !== account ? other : likely;
}

function partyOf(name: string | undefined, account: string | undefined): Party | null {
  if (name === undefined && account === undefined) return null;
  return { ...(name !== undefined && { name }), ...(account !== undefined && { account: account.replace(/\s/g, '') }) };
}

function balanceOf({ amount, currency, creditDebit, line }: CamtBalance): Balance {
  return { currency, value: signed(creditDebit, scaled(amount, line)) };
}

function signed(mark: CreditDebit, value: bigint): bigint {
  return mark === 'CRDT' ? value : -value;
}

function dayOf(date: string): string {
  return date.slice(0, 10);
}

/** A time without a zone is taken as UTC. */
function instantOf(date: string, line: number): Date {
  const [, time, zone] = /T([^Z+-]+)(.*)$/.exec(date) ?? [];
  if (time === undefined) return startOfDay(dayOf(date));
  const at = new Date(`${dayOf(date)}T${time}${zone || 'Z'}`);
  if (Number.isNaN(at.getTime())) throw invalidStatement('A time is not one.', line);
  return at;
}
