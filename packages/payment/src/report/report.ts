import type { ErrorCode } from '@itpay/core';

export const REPORT_TYPES = [
  'transactions',
  'settlements',
  'refunds',
  'fees',
  'unattributed',
  'reconciliation',
  'audit',
] as const;
export type ReportType = (typeof REPORT_TYPES)[number];

export const REPORT_FORMATS = ['csv', 'json'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export const REPORT_STATUSES = ['pending', 'ready', 'failed'] as const;
export type ReportStatus = (typeof REPORT_STATUSES)[number];

/** How long a report is kept, in milliseconds. It can be made again. */
export const REPORT_RETENTION_MS = 30 * 86_400_000;
/** The longest time that one report tells about. */
export const MAX_DAYS = 366;

/** A file about the money of an account, or about who did what with it, in one mode. A job writes it. */
export interface Report {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly type: ReportType;
  readonly format: ReportFormat;
  /** A table begins with the mark by which old spreadsheets know UTF-8. */
  readonly byteOrderMark: boolean;
  /** Null: all. */
  readonly channel: string | null;
  /** First and last day, `YYYY-MM-DD` in the calendar of the time zone. */
  readonly fromDay: string;
  readonly toDay: string;
  /** A name of the IANA database. */
  readonly timeZone: string;
  readonly status: ReportStatus;
  readonly failure: ReportFailure | null;
  /** Rows and bytes of the file; null while there is none. */
  readonly rows: number | null;
  readonly size: number | null;
  /** SHA-256 of the file. */
  readonly digest: Uint8Array | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  /** When the file and this row go. */
  readonly expiresAt: Date;
}

export interface ReportFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Where the finished file is kept. */
export const fileKey = (reportId: string) => `reports/${reportId}`;
/** Where a part is kept until the file is finished. */
export const partKey = (reportId: string, part: number) => `reports/${reportId}-${part}`;
