import type { Money, WireMoney } from '@itpay/core';
import type { StatementRow } from '@itpay/kernel';

/** Who brought a statement: somebody who uploaded a file, or a look at the rail for a day of its calendar. */
export const STATEMENT_SOURCES = ['upload', 'fetch'] as const;
export type StatementSource = (typeof STATEMENT_SOURCES)[number];

/** A file of a bank or a rail that was read to its end. */
export interface Statement {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly channel: string;
  readonly channelInstance: string;
  readonly merchantAccount: string;
  /** SHA-256. The same bytes are one statement, however often they come. */
  readonly fileDigest: Uint8Array;
  readonly fileName: string | null;
  readonly source: StatementSource;
  /** `YYYY-MM-DD` in the rail's calendar, of one that was fetched. */
  readonly day: string | null;
  /** `reading` until every row is written down. */
  readonly status: 'reading' | 'finished';
  readonly facts: readonly ToldStatement[];
  readonly counts: StatementCounts;
  readonly warnings: readonly StatementWarning[];
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** What one of the statements in a file says about itself, as it is kept and shown. */
export interface ToldStatement {
  readonly statement_id: string;
  /** Its last four characters. */
  readonly account: string;
  readonly currency: string | null;
  readonly opening: WireMoney | null;
  readonly closing: WireMoney | null;
  readonly complete: boolean;
  /** Whether the rows lead from the opening to the closing balance; null where nothing tells. */
  readonly balances_agree: boolean | null;
  readonly rows: number;
}

/** Something that an operator should know, and that stopped nothing but what it says. */
export type StatementWarning =
  | { readonly type: 'balances_disagree'; readonly statement_id: string }
  /** The statement before it is missing: it opens with another balance than any earlier one closed with. */
  | {
      readonly type: 'gap';
      readonly statement_id: string;
      readonly expected: WireMoney;
      readonly found: WireMoney;
    };

/**
 * What became of a row: `booked` as money; `matched` with something that was known; `needs_match`, booked for nothing yet;
 * `held`, because something is odd, and booked by nobody; `noted`, kept only to be compared.
 */
export const ROW_OUTCOMES = ['booked', 'matched', 'needs_match', 'held', 'noted'] as const;
export type RowOutcome = (typeof ROW_OUTCOMES)[number];

/** How many rows a file has, and what became of them. `known` are those that an earlier statement told. */
export type StatementCounts = Readonly<Record<RowOutcome | 'rows' | 'known', number>>;

export const NO_COUNTS: StatementCounts = {
  rows: 0,
  booked: 0,
  matched: 0,
  needs_match: 0,
  held: 0,
  noted: 0,
  known: 0,
};

/** Text and counterparty of a row, sealed at rest: they name a person. */
export interface RowDetails {
  readonly text: string;
  readonly counterparty: StatementRow['counterparty'] | null;
}

/** A row as it is kept: once, in whichever file and however often it is read. */
export interface KeptRow {
  readonly id: string;
  readonly statementId: string;
  /** The account of the payment that it was matched with; else the one that brought the statement. */
  readonly account: string;
  readonly livemode: boolean;
  readonly channel: string;
  readonly channelInstance: string;
  readonly dedupeKey: string;
  readonly kind: StatementRow['kind'];
  readonly direction: 'in' | 'out' | null;
  readonly status: StatementRow['status'];
  readonly amount: Money;
  /** In minor units of the currency of `amount`. */
  readonly fee: bigint | null;
  readonly reference: string | null;
  readonly channelTransactionId: string | null;
  readonly bookedAt: Date;
  readonly valueDate: string | null;
  readonly details: RowDetails;
  /** Why nobody booked it: a word of ours, or what the reader of the file found odd. */
  readonly doubt: string | null;
  readonly returnReason: string | null;
  readonly position: string;
  readonly outcome: RowOutcome;
  readonly paymentIntentId: string | null;
  readonly inflowId: string | null;
  readonly refundId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
