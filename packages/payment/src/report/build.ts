import { hash } from 'node:crypto';
import { isItPayError, ItPayError, type ErrorCode } from '@itpay/core';
import { PRIORITIES, type Actor, type Job, type JobContext, type Tx } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import { startOfDay, daysFrom } from './days.js';
import { documentWriter } from './document.js';
import { fileKey, partKey, type Report, type ReportFailure } from './report.js';
import type { ReportScope } from './source.js';
import { SOURCES } from './sources.js';
import { toPlainReport } from './wire.js';

export const WRITE_REPORT = 'payment.write_report';

/** One step of a report, on its way through the table of jobs. A step ends long before a job has to. */
export interface WriteStep {
  readonly reportId: string;
  /** Parts that are stored already, and the rows in them. */
  readonly part: number;
  readonly rows: number;
  /** Where this step begins; null: at the start. */
  readonly cursor: string | null;
  /** What the rows so far come to. */
  readonly sums: unknown;
}

export interface ReportLimits {
  /** Rows of one report. */
  readonly rows: number;
  /** Rows after which a step stores a part and leaves the rest to the next one. */
  readonly rowsOfPart: number;
}
const LIMITS: ReportLimits = { rows: 200_000, rowsOfPart: 10_000 };

/** How long a report is tried again when something fails that has nothing to do with it, in milliseconds. */
const GIVE_UP_MS = 3_600_000;

/** What the job works with. */
export type WriteServices = Pick<
  PaymentServices,
  'database' | 'blobs' | 'jobs' | 'reports' | 'outbox' | 'audit' | 'clock'
>;

/**
 * Writes a report, in steps: each reads some rows, stores them as a part, and adds the next step. The last one puts the parts
 * together. A step that runs twice stores the same part under the same name.
 */
export function writeReportJob(services: WriteServices, limits = LIMITS): Job<WriteStep> {
  return {
    name: WRITE_REPORT,
    async run(step, { complete }) {
      const { database, reports, clock } = services;
      const report = await reports.findAny(database, step.reportId, clock.now());
      if (report === null || report.status !== 'pending') return;
      try {
        await writeStep(services, limits, report, step, complete);
      } catch (error) {
        const failure = failureOf(error, report, clock.now());
        if (failure === null) throw error;
        let failed = false;
        await complete(async (tx) => {
          await fail(services, tx, report, failure);
          failed = true;
        });
        if (failed) await dropParts(services, report, step.part);
      }
    },
  };
}

async function writeStep(
  services: WriteServices,
  limits: ReportLimits,
  report: Report,
  step: WriteStep,
  complete: JobContext['complete'],
): Promise<void> {
  const { database, blobs, jobs, reports } = services;
  const source = SOURCES[report.type];
  const writer = documentWriter(report, source);
  const scope = scopeOf(report);

  let text = step.part === 0 ? writer.head() : '';
  let { cursor, sums, rows } = step;
  let ended = false;
  while (!ended && rows - step.rows < limits.rowsOfPart) {
    const page = await source.page(database, scope, cursor);
    text += writer.rows(page.rows, rows === 0);
    rows += page.rows.length;
    if (rows > limits.rows) throw tooLong(limits.rows);
    sums = source.totals?.add(sums, page.rows) ?? null;
    cursor = page.next;
    ended = cursor === null;
  }

  if (!ended) {
    await blobs.put(partKey(report.id, step.part), Buffer.from(text));
    const next: WriteStep = { reportId: report.id, part: step.part + 1, rows, cursor, sums };
    await complete(async (tx) => {
      await reports.noteParts(tx, report.id, next.part);
      await jobs.add(tx, WRITE_REPORT, report.id, next, { priority: PRIORITIES.reports });
    });
    return;
  }
  text += writer.foot(source.totals?.rowsOf(sums) ?? []);
  const file = Buffer.concat([...(await partsOf(services, report, step.part)), Buffer.from(text)]);
  await blobs.put(fileKey(report.id), file);
  const about = { rows, size: file.length, digest: hash('sha256', file, 'buffer') };
  let finished = false;
  await complete(async (tx) => {
    await finish(services, tx, report, about);
    finished = true;
  });
  // Another process may have taken over, which still needs them.
  if (finished) await dropParts(services, report, step.part);
}

async function finish(
  services: WriteServices,
  tx: Tx,
  { id }: Report,
  about: { rows: number; size: number; digest: Uint8Array },
): Promise<void> {
  const done = await services.reports.finish(tx, id, about, services.clock.now());
  if (done === null) return;
  const actor = writerOf(done);
  const objectId = done.id;
  await services.outbox.append(tx, actor, [
    { type: 'report.ready', objectId, sequence: 2, object: toPlainReport(done) },
  ]);
  await services.audit.append(tx, actor, [
    { action: 'report.finish', objectId, fromState: 'pending', toState: 'ready', evidenceDigest: about.digest },
  ]);
}

async function fail(services: WriteServices, tx: Tx, { id }: Report, failure: ReportFailure): Promise<void> {
  const failed = await services.reports.fail(tx, id, failure, services.clock.now());
  if (failed === null) return;
  const entry = { action: 'report.fail', objectId: id, fromState: 'pending', toState: 'failed' };
  await services.audit.append(tx, writerOf(failed), [entry]);
}

/** Null: it is not the report's fault, and another try may work. */
function failureOf(error: unknown, { createdAt }: Report, now: Date): ReportFailure | null {
  if (isItPayError(error) && error.status < 500) return { code: error.code as ErrorCode, message: error.message };
  if (now.getTime() - createdAt.getTime() < GIVE_UP_MS) return null;
  return {
    code: 'INTERNAL_ERROR',
    message: 'The report could not be written within an hour. Ask for it again; the log of the server has the reason.',
  };
}

function tooLong(maximum: number): ItPayError {
  return new ItPayError('LIMIT_EXCEEDED', {
    message: `The report has more than ${maximum} rows. Ask for fewer days, or for one channel at a time.`,
    details: { limit: 'rows', maximum },
  });
}

async function partsOf({ blobs }: WriteServices, report: Report, count: number): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for (let part = 0; part < count; part++) {
    const bytes = await blobs.get(partKey(report.id, part));
    if (bytes === null) throw new Error(`Part ${part} of ${report.id} is gone.`);
    parts.push(bytes);
  }
  return parts;
}

// What a process that dies here leaves behind goes when the report does.
async function dropParts({ blobs }: WriteServices, report: Report, count: number): Promise<void> {
  for (let part = 0; part < count; part++) await blobs.delete(partKey(report.id, part));
}

function scopeOf({ account, livemode, channel, fromDay, toDay, timeZone }: Report): ReportScope {
  const from = startOfDay(fromDay, timeZone);
  const [last] = daysFrom(toDay, toDay, timeZone);
  return { account, livemode, channel, fromDay, toDay, timeZone, from, until: last!.ends };
}

const writerOf = ({ account, livemode }: Report): Actor => ({ account, livemode, id: 'reports', requestId: null });
