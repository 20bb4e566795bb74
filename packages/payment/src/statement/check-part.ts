import { isCurrency, ItPayError, MAX_WIRE_AMOUNT, type Money } from '@itpay/core';
import type { StatementFacts, StatementPart, StatementRow } from '@itpay/kernel';

/**
 * Checks what the reader of a file says before anything rests on it. An adapter may be written in plain JavaScript, and a
 * file may hold what a database does not take.
 *
 * @throws ItPayError `STATEMENT_INVALID` naming the place
 */
export function checkPart(part: StatementPart): StatementPart {
  switch (part?.part) {
    case 'statement':
      requireTexts('statement', [part.statementId, part.account]);
      return part;
    case 'row':
      checkRow(part.row);
      return part;
    case 'facts':
      checkFacts(part.facts);
      return part;
    default:
      throw invalid('The reader of this channel tells a part that is none.');
  }
}

const KINDS: ReadonlySet<string> = new Set(['credit', 'debit', 'fee', 'refund', 'reversal', 'return']);
const STATUSES: ReadonlySet<string> = new Set(['booked', 'pending', 'info']);

function checkRow(row: StatementRow): void {
  const place = typeof row?.position === 'string' ? row.position : 'a row';
  if (!KINDS.has(row?.kind)) throw invalid(`${place}: its kind is not one of ${[...KINDS].join(', ')}.`);
  if (!STATUSES.has(row.status)) throw invalid(`${place}: its status is not one of ${[...STATUSES].join(', ')}.`);
  if (row.direction !== undefined && row.direction !== 'in' && row.direction !== 'out') {
    throw invalid(`${place}: its direction is neither in nor out.`);
  }
  requireTexts(place, [row.dedupeKey, row.position, row.text]);
  requireTexts(place, [row.reference, row.channelTransactionId], true);
  requireTexts(place, [row.valueDate, row.doubt, row.returnReason], true);
  // Beyond this an index of PostgreSQL takes it no longer.
  if (row.dedupeKey === '' || row.dedupeKey.length > 1_000) throw invalid(`${place}: it has no key that names it.`);
  requireAmount(place, row.amount, 1n);
  if (row.fee !== undefined) {
    requireAmount(place, row.fee, 0n);
    if (row.fee.currency !== row.amount.currency) throw invalid(`${place}: its fee is in another currency.`);
  }
  if (!isTime(row.bookedAt)) throw invalid(`${place}: it has no time at which it was booked.`);
}

function checkFacts(facts: StatementFacts): void {
  requireTexts('the statement', [facts?.statementId, facts?.account]);
  requireTexts('the statement', [facts.currency], true);
  for (const balance of [facts.opening, facts.closing]) {
    if (balance !== undefined && (typeof balance.value !== 'bigint' || !isCurrency(balance.currency))) {
      throw invalid('A balance of the statement is no amount.');
    }
  }
}

function requireTexts(place: string, texts: readonly unknown[], mayMiss = false): void {
  for (const text of texts) {
    if (mayMiss && (text === null || text === undefined)) continue;
    // PostgreSQL text cannot hold U+0000, and a lone surrogate is no character at all.
    if (typeof text === 'string' && !text.includes('\0') && text.isWellFormed()) continue;
    throw invalid(`${place}: it holds a character that cannot be stored, or misses a text.`);
  }
}

function requireAmount(place: string, amount: Money, min: bigint): void {
  const { currency, value } = amount ?? {};
  const right = typeof value === 'bigint' && value >= min && value <= MAX_WIRE_AMOUNT && isCurrency(currency);
  if (!right) throw invalid(`${place}: its amount is none that can be booked.`);
}

function isTime(time: unknown): boolean {
  if (!(time instanceof Date) || Number.isNaN(time.getTime())) return false;
  const year = time.getUTCFullYear();
  return year >= 1 && year <= 9999;
}

export function invalid(problem: string): ItPayError {
  return new ItPayError('STATEMENT_INVALID', {
    message: `The statement cannot be read. ${problem} Fetch the file again, and import it unchanged.`,
    param: 'file',
  });
}
