import type { Money } from '@itpay/core';

/** One line of a file in which a rail or a bank tells what happened, in our words. */
export interface StatementRow {
  /** `return` is money that came back; `reversal` takes an earlier line back. */
  readonly kind: 'credit' | 'debit' | 'fee' | 'refund' | 'reversal' | 'return';
  /** The same for the same line, in whichever file and however often it is read. */
  readonly dedupeKey: string;
  /** The rail's own number. */
  readonly channelTransactionId: string | null;
  /** Our order or refund number, where the file has a field for it. */
  readonly reference: string | null;
  /** All text that came along, in which a reference may be found. */
  readonly text: string;
  /** Positive; `kind` says in which direction. */
  readonly amount: Money;
  readonly fee?: Money;
  readonly bookedAt: Date;
  /** `YYYY-MM-DD`. */
  readonly valueDate?: string;
  readonly counterparty?: { readonly name?: string; readonly account?: string };
  /** Only `booked` is money that moved; `info` is told for completeness. */
  readonly status: 'booked' | 'pending' | 'info';
  /** Whether the money came or went, for the kinds that leave it open; every row of a bank has it. */
  readonly direction?: 'in' | 'out';
  /** Why no program books it: the parts of a batch do not add up, say. Absent: nothing is odd. */
  readonly doubt?: string;
  /** Why money came back, as the file says it. */
  readonly returnReason?: string;
  /** Where in the file it stands, for operators: `line 7`. */
  readonly position: string;
}

/** What is known of a file before it is read. */
export interface StatementFile {
  /** The name that it had where it came from; null: none. */
  readonly name: string | null;
}

/** What a file says about itself. */
export interface StatementFacts {
  readonly statementId: string;
  /** Of whom the file tells: an account number, a merchant number. */
  readonly account: string;
  readonly currency?: string;
  readonly opening?: Money;
  readonly closing?: Money;
  /** False for a part of a day, or a page of several. */
  readonly complete: boolean;
  /** Whether the rows lead from the opening to the closing balance; null where the file has no balances. */
  readonly balancesAgree: boolean | null;
}

/**
 * What a reader of a file tells, in its order: where a statement begins, its rows, and its facts; a file may hold several.
 * Nothing of it counts before the reading has ended without an error.
 */
export type StatementPart =
  | { readonly part: 'statement'; readonly statementId: string; readonly account: string }
  | { readonly part: 'row'; readonly row: StatementRow }
  | { readonly part: 'facts'; readonly facts: StatementFacts };
