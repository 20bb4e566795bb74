import type { Report } from './report.js';
import type { ReportSource } from './source.js';
import { csvHead, csvRow, jsonRow } from './table.js';

type About = Pick<
  Report,
  'type' | 'format' | 'byteOrderMark' | 'livemode' | 'channel' | 'fromDay' | 'toDay' | 'timeZone' | 'createdAt'
>;

/** The pieces of a file, which is written in parts: its head, rows, and its foot, in this order. Pure. */
export interface DocumentWriter {
  head(): string;
  /** @param first none came before them */
  rows(rows: readonly unknown[], first: boolean): string;
  foot(totals: readonly unknown[]): string;
}

/** Writes the file of a report: a table of RFC 4180, or one JSON document. */
export function documentWriter(report: About, source: ReportSource): DocumentWriter {
  return report.format === 'csv' ? csvWriter(report, source) : jsonWriter(report, source);
}

/** How the file is called where somebody stores it. */
export function fileName({ type, fromDay, toDay, format }: About): string {
  return `${type}-${fromDay}-${toDay}.${format}`;
}

export function contentType({ format }: Pick<Report, 'format'>): string {
  return format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/json; charset=utf-8';
}

// Old spreadsheets take a table for the code page of their country unless it begins with this.
const BYTE_ORDER_MARK = '\ufeff';

function csvWriter({ byteOrderMark }: About, { columns }: ReportSource): DocumentWriter {
  const lines = (rows: readonly unknown[]) => rows.map((row) => csvRow(columns, row)).join('');
  return {
    head: () => (byteOrderMark ? BYTE_ORDER_MARK : '') + csvHead(columns),
    rows: lines,
    foot: lines,
  };
}

function jsonWriter(report: About, { columns, totals }: ReportSource): DocumentWriter {
  const list = (rows: readonly unknown[]) => rows.map((row) => jsonRow(columns, row)).join(',\n');
  const about = {
    object: 'report_document',
    type: report.type,
    livemode: report.livemode,
    channel: report.channel,
    from: report.fromDay,
    to: report.toDay,
    time_zone: report.timeZone,
    created_at: report.createdAt.toISOString(),
  };
  return {
    head: () => `${JSON.stringify(about).slice(0, -1)},"rows":[\n`,
    rows: (rows, first) => (rows.length === 0 ? '' : (first ? '' : ',\n') + list(rows)),
    foot: (sums) => (totals === undefined ? '\n]}\n' : `\n],"totals":[\n${list(sums)}\n]}\n`),
  };
}
