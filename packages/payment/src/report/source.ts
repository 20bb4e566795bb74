import { money, type Money } from '@itpay/core';
import type { Queryable, Statement } from '@itpay/kernel';
import type { Column } from './table.js';

/** What a report is about: never more than one account in one mode. */
export interface ReportScope {
  readonly account: string;
  readonly livemode: boolean;
  readonly channel: string | null;
  readonly fromDay: string;
  readonly toDay: string;
  readonly timeZone: string;
  /** The same as two instants; `until` is no longer part of it. */
  readonly from: Date;
  readonly until: Date;
}

export interface SourcePage<Row> {
  readonly rows: readonly Row[];
  /** Where the next page begins; null when this was the last. */
  readonly next: string | null;
}

/** Where the rows of a type of report come from. */
export interface ReportSource<Row = any> {
  readonly columns: readonly Column<Row>[];
  /** Reads some rows, in their order. The same cursor gives the same rows, unless they have changed. */
  page(on: Queryable, scope: ReportScope, cursor: string | null): Promise<SourcePage<Row>>;
  /** Rows that sum up those of the report, one per currency. Left out: it has none. */
  readonly totals?: {
    /** Adds rows to the sums so far. JSON goes in and comes out. */
    add(sums: unknown, rows: readonly Row[]): unknown;
    rowsOf(sums: unknown): readonly Row[];
  };
}

/** Rows that are read at once. */
const BATCH = 1_000;

/** What statements of lists take: the scope, and after which row they go on. */
export interface BatchParams extends Pick<ReportScope, 'account' | 'livemode' | 'channel' | 'from' | 'until'> {
  readonly cursorAt: string;
  readonly cursorId: string;
  readonly limit: number;
}

/** Every row of a list has its place in it: a time, in all its digits, and an id. */
export interface Placed {
  readonly id: string;
  readonly place: string;
}

/** A source that lists rows by time and id, a batch at once. */
export function listSource<Row extends Placed>(
  columns: readonly Column<Row>[],
  select: Statement<BatchParams, Row>,
): ReportSource<Row> {
  return {
    columns,
    async page(on, { account, livemode, channel, from, until }, cursor) {
      const [cursorAt, cursorId] = cursor === null ? ['-infinity', ''] : (JSON.parse(cursor) as [string, string]);
      const scope = { account, livemode, channel, from, until };
      const rows = await on.query(select, { ...scope, cursorAt, cursorId, limit: BATCH });
      const last = rows.at(-1);
      return { rows, next: rows.length < BATCH ? null : JSON.stringify([last!.place, last!.id]) };
    },
  };
}

/** A column with an amount, from two columns of the database. */
export const amountOf = ({ currency }: { readonly currency: string }, value: bigint): Money => money(currency, value);
