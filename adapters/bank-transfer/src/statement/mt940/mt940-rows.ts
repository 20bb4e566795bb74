import type { StatementFacts, StatementPart, StatementRow } from '@itpay/kernel';
import { dayText, isDay, startOfDay } from '../dates.js';
import { moneyOf } from '../decimals.js';
import { DedupeKeys, isNumber } from '../dedupe-keys.js';
import { invalidStatement } from '../invalid.js';
import type { StatementSource } from '../source.js';
import { soleMoney, type Balance } from '../totals.js';
import { readInfo, type Mt940Info } from './mt940-info.js';
import type { Mt940End, Mt940Line, Mt940Statement } from './mt940-message.js';
import { balanceOf, Mt940Sums } from './mt940-sums.js';
import { readMt940, type ReadMt940Options } from './read-mt940.js';

export interface ParseMt940Options extends ReadMt940Options {
  /** The currency of the account, for banks whose MT942 has no field 34F. */
  readonly currency?: string;
}

/**
 * Reads MT940 and MT942 as rows, one for each line; lines of nothing have none. Days become their midnight in UTC, and
 * 30 February the last day of its month.
 *
 * @throws ItPayError `STATEMENT_INVALID` with the line; `AMOUNT_PRECISION_UNSUPPORTED`
 */
export async function* parseMt940(
  source: StatementSource,
  { currency, ...options }: ParseMt940Options = {},
): AsyncGenerator<StatementPart, void> {
  let reading: StatementReading | null = null;
  for await (const item of readMt940(source, options)) {
    if (item.item === 'statement') {
      reading = new StatementReading(item.statement, currency, reading);
      yield { part: 'statement', statementId: reading.statementId, account: reading.account };
    } else if (item.item === 'line') {
      const row = reading!.rowOf(item.line);
      if (row !== null) yield { part: 'row', row };
    } else {
      yield { part: 'facts', facts: reading!.facts(item.end) };
    }
  }
}

class StatementReading {
  readonly statementId: string;
  readonly account: string;
  readonly #head: Mt940Statement;
  readonly #currency: string | undefined;
  readonly #keys: DedupeKeys;
  readonly #sums: Mt940Sums;
  /** With what the page before this one ended, in the same file. */
  readonly #pageClosing: Balance | null;
  #closing: Balance | null = null;
  #goesOn = false;

  constructor(head: Mt940Statement, currency: string | undefined, before: StatementReading | null) {
    this.account = head.account.replace(/\s/g, '');
    // Numbers begin again each year, and field 20 is the same word in every statement of some banks.
    this.statementId = [head.number, head.opening?.date ?? head.madeAt, head.reference].filter(Boolean).join(' ');
    this.#currency = head.opening?.currency ?? head.floorCurrency ?? currency;
    this.#head = head;
    this.#sums = new Mt940Sums(head);
    // The pages of a statement are one statement: equal lines on two of them are two lines.
    const isNextPage = before !== null && before.#goesOnIn(this);
    this.#pageClosing = isNextPage ? before.#closing : null;
    this.#keys = isNextPage ? before.#keys : new DedupeKeys(this.account);
  }

  /** Whether the other is the next page; a page that comes twice is not. */
  #goesOnIn(next: StatementReading): boolean {
    const isMiddle = this.#goesOn && next.#head.openingType === '60M';
    return isMiddle && this.account === next.account && this.#head.number !== next.#head.number;
  }

  rowOf(line: Mt940Line): StatementRow | null {
    this.#sums.add(line);
    if (this.#currency === undefined) {
      throw invalidStatement('Nothing tells the currency of the account. Set currency.', line.line);
    }
    const amount = moneyOf(line.amount, this.#currency, line.line);
    if (amount.value === 0n) return null;
    const info = readInfo(line.info);
    const direction = line.mark.endsWith('C') === line.mark.startsWith('R') ? 'out' : 'in';
    const kind = kindOf(line, info, direction);
    const bankReference = isNumber(line.bankRef) ? line.bankRef : null;
    const valueDate = realDay(line.valueDate);
    const text = textOf(line, info);
    return {
      kind,
      dedupeKey: this.#keys.next({
        bankReference,
        direction,
        ...amount,
        day: valueDate,
        text: text + (info.name ?? '') + (info.account ?? ''),
      }),
      channelTransactionId: bankReference,
      reference: referenceOf(kind, direction, line, info),
      text,
      amount,
      bookedAt: startOfDay(entryDay(line, valueDate) ?? valueDate),
      valueDate,
      ...((info.name || info.account) && { counterparty: partyOf(info) }),
      status: line.mark.startsWith('E') ? 'pending' : 'booked',
      direction,
      ...(info.returnReason !== undefined && { returnReason: info.returnReason }),
      position: `line ${line.line}`,
    };
  }

  /** A page begins with the balance with which the page before it ended. */
  #continuesPage(): boolean {
    const { opening } = this.#head;
    const closing = this.#pageClosing;
    if (!opening || !closing) return true;
    return opening.currency === closing.currency && balanceOf(opening).value === closing.value;
  }

  facts(end: Mt940End): StatementFacts {
    const { opening, openingType } = this.#head;
    const { closing, closingType } = end;
    const openingMoney = soleMoney(opening ? [balanceOf(opening)] : []);
    const closingMoney = soleMoney(closing ? [balanceOf(closing)] : []);
    // A statement that begins with a balance and ends with none was cut off.
    const isCutOff = (opening === undefined) !== (closing === undefined);
    this.#closing = closing ? balanceOf(closing) : null;
    this.#goesOn = closingType === '62M';
    return {
      statementId: this.statementId,
      account: this.account,
      ...(this.#currency !== undefined && { currency: this.#currency }),
      ...(openingMoney && { opening: openingMoney }),
      ...(closingMoney && { closing: closingMoney }),
      complete: openingType === '60F' && closingType === '62F',
      balancesAgree: isCutOff || !this.#continuesPage() ? false : this.#sums.agree(end),
    };
  }
}

/** Business transaction codes of German banks: transfers and direct debits that came back. */
const RETURN_CODES: ReadonlySet<string> = new Set(['108', '109', '159', '181', '184']);

function kindOf(
  { mark, typeCode }: Mt940Line,
  { code, returnReason }: Mt940Info,
  direction: 'in' | 'out',
): StatementRow['kind'] {
  if (mark.startsWith('R')) return 'reversal';
  if (returnReason !== undefined || (code !== undefined && RETURN_CODES.has(code)) || typeCode === 'NRTI')
    return 'return';
  if (direction === 'in') return 'credit';
  return typeCode.endsWith('CHG') || typeCode.endsWith('COM') ? 'fee' : 'debit';
}

/** What was sent by us has our number. What was sent to us may have it anywhere in the text. */
function referenceOf(
  kind: StatementRow['kind'],
  direction: 'in' | 'out',
  { customerRef }: Mt940Line,
  { endToEndId }: Mt940Info,
): string | null {
  // Some banks write on behind its sixteen characters.
  const ownReference = customerRef?.slice(0, 16).trim();
  const wasSentToUs = (direction === 'in') !== (kind === 'reversal' || kind === 'return');
  return wasSentToUs ? null : ([endToEndId, ownReference].find(isNumber) ?? null);
}

function textOf({ customerRef, supplementary }: Mt940Line, { text }: Mt940Info): string {
  return [text, supplementary, isNumber(customerRef) ? customerRef : ''].filter(Boolean).join('\n');
}

function partyOf({ name, account }: Mt940Info): NonNullable<StatementRow['counterparty']> {
  return { ...(name && { name }), ...(account && { account }) };
}

/** 30 February is the last day of its month. */
function realDay(date: string): string {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  let last = day;
  while (!isDay(year, month, last)) last -= 1;
  return dayText(year, month, last);
}

/** The day of booking has no year; it is the one that is closest to the value date. */
function entryDay({ entryDateMMDD, line }: Mt940Line, valueDate: string): string | null {
  if (entryDateMMDD === undefined) return null;
  const month = Number(entryDateMMDD.slice(0, 2));
  const day = Number(entryDateMMDD.slice(2));
  const year = Number(valueDate.slice(0, 4));
  const near = [year, year - 1, year + 1]
    .filter((one) => isDay(one, month, day))
    .map((one) => dayText(one, month, day));
  const distance = (one: string) => Math.abs(startOfDay(one).getTime() - startOfDay(valueDate).getTime());
  const [closest] = near.toSorted((a, b) => distance(a) - distance(b));
  if (closest === undefined) throw invalidStatement(`There is no day ${entryDateMMDD}.`, line);
  return closest;
}
