import { audit } from './audit.js';
import { fees, refunds, transactions, unattributed } from './lists.js';
import { reconciliation } from './reconciliation.js';
import type { ReportType } from './report.js';
import { settlements } from './settlements.js';
import type { ReportSource } from './source.js';

/** Where the rows of each type of report come from. */
export const SOURCES: Readonly<Record<ReportType, ReportSource>> = {
  transactions,
  settlements,
  refunds,
  fees,
  unattributed,
  reconciliation,
  audit,
};
