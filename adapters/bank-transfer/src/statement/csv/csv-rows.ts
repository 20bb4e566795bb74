import { isCurrency, ItPayError, type Money } from '@itpay/core';
import type { StatementFacts, StatementPart, StatementRow } from '@itpay/kernel';
import { moneyOf, moneyOrNull, scaled } from '../decimals.js';
import { DedupeKeys } from '../dedupe-keys.js';
import { invalidStatement } from '../invalid.js';
import type { StatementSource } from '../source.js';
import type { CsvProfile } from './csv-profile.js';
import { csvRows, type CsvRow } from './csv-table.js';
import { readDate, readNumber } from './csv-values.js';

export interface ParseCsvOptions {
  readonly profile: CsvProfile;
  /** Whose account it is: a table seldom says so. */
  readonly account: string;
  /** A table has no number of its own: the name of the file, or its digest. */
  readonly statementId: string;
  /** How large the file may be. Left out: 256 MiB. */
  readonly maxBytes?: number;
}

/**
 * Reads a table as a bank exports it, row by row. Rows of nothing are left out; a day without a time becomes its midnight at
 * the bank. Nothing counts before the iteration has ended without an error.
 *
 * @throws ItPayError `STATEMENT_INVALID` with the line; `AMOUNT_PRECISION_UNSUPPORTED`; `CONFIGURATION_INVALID` for a profile
 *   that cannot be meant
 */
export async function* parseCsv(
  source: StatementSource,
  options: ParseCsvOptions,
): AsyncGenerator<StatementPart, void> {
  const { profile, account, statementId, maxBytes } = options;
  checkProfile(profile);
  const keys = new DedupeKeys(account);
  const balances = new RunningBalances();
  yield { part: 'statement', statementId, account };
  for await (const row of csvRows(source, profile, maxBytes)) {
    const told = rowOf(row, profile, keys);
    if (told === null) continue;
    if (profile.columns.balance !== undefined && told.status === 'booked') balances.add(told, row, profile);
    yield { part: 'row', row: told };
  }
  yield { part: 'facts', facts: { statementId, account, complete: false, ...balances.facts(profile) } };
}

function rowOf(row: CsvRow, profile: CsvProfile, keys: DedupeKeys): StatementRow | null {
  const { columns } = profile;
  const { line, values } = row;
  const { amount, direction } = amountOf(row, profile);
  if (amount.value === 0n) return null;
  const booked = readDate(values[columns.bookedOn]!, profile, line);
  const valueOn = columns.valueOn === undefined ? '' : values[columns.valueOn]!;
  const value = valueOn === '' ? null : readDate(valueOn, profile, line);
  const field = (column: string | undefined) => (column === undefined ? '' : values[column]!);
  const bankReference = field(columns.bankReference) || null;
  const text = [...new Set(columns.text.map((column) => values[column]!).filter(Boolean))].join('\n');
  const name = field(columns.name);
  const account = field(columns.account).replace(/\s/g, '');
  const key = columns.key?.map((column) => values[column]!).join('/') ?? null;
  return {
    kind: direction === 'in' ? 'credit' : 'debit',
    dedupeKey: keys.next({
      bankReference: key ?? bankReference,
      direction,
      ...amount,
      day: value?.day ?? booked.day,
      text: text + name + account,
    }),
    channelTransactionId: bankReference,
    reference: field(columns.reference) || null,
    text,
    amount,
    bookedAt: booked.at,
    ...(value && { valueDate: value.day }),
    ...((name || account) && { counterparty: { ...(name && { name }), ...(account && { account }) } }),
    status: statusOf(row, profile),
    direction,
    position: `line ${line}`,
  };
}

interface DirectedAmount {
  readonly amount: Money;
  readonly direction: 'in' | 'out';
}

function amountOf(row: CsvRow, profile: CsvProfile): DirectedAmount {
  const { amount } = profile;
  const { line, values } = row;
  if ('signed' in amount) return directed(row, profile, values[amount.signed]!, 'in');
  if ('unsigned' in amount) {
    const mark = values[amount.mark]!;
    if (amount.in.includes(mark)) return unsigned(row, profile, values[amount.unsigned]!, 'in');
    if (amount.out.includes(mark)) return unsigned(row, profile, values[amount.unsigned]!, 'out');
    throw invalidStatement(`${amount.mark} says neither that money came nor that it went.`, line);
  }
  const isNothing = (text: string) => text === '' || !/[1-9]/.test(text);
  const came = values[amount.in]!;
  const went = values[amount.out]!;
  if (!isNothing(came) && !isNothing(went)) throw invalidStatement('Money comes and goes in one row.', line);
  if (came === '' && went === '') throw invalidStatement('There is no amount.', line);
  // In a column of its own money that goes has a minus at some banks.
  return isNothing(came) && went !== ''
    ? { ...directed(row, profile, went, 'out'), direction: 'out' }
    : unsigned(row, profile, came, 'in');
}

function unsigned(row: CsvRow, profile: CsvProfile, text: string, direction: 'in' | 'out'): DirectedAmount {
  const told = directed(row, profile, text, direction);
  if (told.direction !== direction) throw invalidStatement('An amount has a minus where none is expected.', row.line);
  return told;
}

function directed(row: CsvRow, profile: CsvProfile, text: string, positive: 'in' | 'out'): DirectedAmount {
  const { isNegative, decimal } = readNumber(text, profile, row.line);
  const negative = positive === 'in' ? 'out' : 'in';
  return {
    amount: moneyOf(decimal, currencyOf(row, profile), row.line),
    direction: isNegative ? negative : positive,
  };
}

function currencyOf({ values }: CsvRow, { currency }: CsvProfile): string {
  return 'code' in currency ? currency.code : values[currency.column]!;
}

function statusOf({ values }: CsvRow, { status }: CsvProfile): StatementRow['status'] {
  if (status === undefined) return 'booked';
  const word = values[status.column]!;
  return status.booked.includes(word) ? 'booked' : status.pending.includes(word) ? 'pending' : 'info';
}

/** Follows the column of balances, upwards or downwards, whichever way the rows run. */
class RunningBalances {
  #first: Step | null = null;
  #last: Step | null = null;
  #upwards = true;
  #downwards = true;

  add({ amount, direction }: StatementRow, { values, line }: CsvRow, profile: CsvProfile): void {
    const { isNegative, decimal } = readNumber(values[profile.columns.balance!]!, profile, line);
    const after = isNegative ? -scaled(decimal, line) : scaled(decimal, line);
    const unit = scaled('1') / moneyOf('1', amount.currency).value;
    const change = (direction === 'in' ? amount.value : -amount.value) * unit;
    const step = { currency: amount.currency, before: after - change, after };
    if (this.#last !== null) {
      const isSame = this.#last.currency === step.currency;
      this.#upwards &&= isSame && this.#last.after === step.before;
      this.#downwards &&= isSame && this.#last.before === step.after;
    }
    this.#first ??= step;
    this.#last = step;
  }

  facts({ columns }: CsvProfile): Pick<StatementFacts, 'currency' | 'opening' | 'closing' | 'balancesAgree'> {
    if (columns.balance === undefined || this.#first === null || this.#last === null) return { balancesAgree: null };
    if (!this.#upwards && !this.#downwards) return { balancesAgree: false };
    const [oldest, newest] = this.#upwards ? [this.#first, this.#last] : [this.#last, this.#first];
    const opening = moneyOrNull(oldest.before, oldest.currency);
    const closing = moneyOrNull(newest.after, newest.currency);
    return {
      currency: oldest.currency,
      ...(opening && { opening }),
      ...(closing && { closing }),
      balancesAgree: true,
    };
  }
}

/** The balance before and after a row. */
interface Step {
  readonly currency: string;
  readonly before: bigint;
  readonly after: bigint;
}

/** @throws ItPayError `CONFIGURATION_INVALID` for a profile that cannot be meant */
export function checkProfile({ dateFormat, decimal, grouping, utcOffset, currency }: CsvProfile): void {
  const require = (isRight: boolean, problem: string) => {
    if (!isRight)
      throw new ItPayError('CONFIGURATION_INVALID', { message: `CsvProfile: ${problem}.`, param: 'profile' });
  };
  require(['YY', 'MM', 'DD'].every((part) => dateFormat.includes(part)), 'dateFormat needs YYYY or YY, MM and DD');
  const parts = dateFormat.match(/YYYY|YY|MM|DD|HH|mm|ss/g) ?? [];
  require(new Set(parts).size === parts.length, 'dateFormat has a part twice');
  require(decimal !== grouping, 'decimal and grouping are the same sign');
  require(utcOffset === undefined ||
    /^[+-](?:0[0-9]|1[0-4]):[0-5][0-9]$/.test(utcOffset), 'utcOffset is not written as +07:00');
  require('column' in currency || isCurrency(currency.code), 'currency.code is not an ISO 4217 code');
}
