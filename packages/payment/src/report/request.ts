import { ItPayError } from '@itpay/core';
import { PRIORITIES, type Actor, type Tx } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import { WRITE_REPORT, type WriteStep } from './build.js';
import { countDays } from './days.js';
import { MAX_DAYS, REPORT_RETENTION_MS, type Report } from './report.js';

export type ReportRequest = Pick<
  Report,
  'type' | 'format' | 'byteOrderMark' | 'channel' | 'fromDay' | 'toDay' | 'timeZone'
>;

/**
 * Has a report written. The job begins once this commits.
 *
 * @throws ItPayError `PARAMETER_INVALID` for days that are the wrong way round or too many, or for a channel of the audit log,
 *   which has none; `CHANNEL_NOT_SUPPORTED`
 */
export async function requestReport(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  request: ReportRequest,
): Promise<Report> {
  requireDays(request);
  requireChannel(services, actor, request);
  const { account, livemode } = actor;
  const now = services.clock.now();
  const report: Report = {
    ...request,
    id: services.ids.next('rpt'),
    account,
    livemode,
    status: 'pending',
    failure: null,
    rows: null,
    size: null,
    digest: null,
    createdAt: now,
    finishedAt: null,
    expiresAt: new Date(now.getTime() + REPORT_RETENTION_MS),
  };
  await services.reports.insert(tx, report);
  const step: WriteStep = { reportId: report.id, part: 0, rows: 0, cursor: null, sums: null };
  await services.jobs.add(tx, WRITE_REPORT, report.id, step, { priority: PRIORITIES.reports });
  await services.audit.append(tx, actor, [
    { action: 'report.create', objectId: report.id, fromState: null, toState: 'pending' },
  ]);
  return report;
}

export function reportNotFound(id: string): ItPayError {
  return new ItPayError('REPORT_NOT_FOUND', { param: 'id', details: { object: 'report', id } });
}

function requireDays({ fromDay, toDay }: ReportRequest): void {
  const days = countDays(fromDay, toDay);
  if (days < 1) {
    throw new ItPayError('PARAMETER_INVALID', { message: '"to" is the last day, and not before "from".', param: 'to' });
  }
  if (days > MAX_DAYS) {
    throw new ItPayError('PARAMETER_INVALID', {
      message: `From ${fromDay} to ${toDay} are ${days} days; a report has at most ${MAX_DAYS}. Ask for several.`,
      param: 'to',
    });
  }
}

// A channel whose name is misspelt would give an empty report, which looks like a day without business.
function requireChannel({ channels }: PaymentServices, { livemode }: Actor, { type, channel }: ReportRequest): void {
  if (type === 'audit' && channel !== null) {
    throw new ItPayError('PARAMETER_INVALID', {
      message: 'The audit log has no channels. Leave it out.',
      param: 'channel',
    });
  }
  const mode = livemode ? 'live' : 'test';
  if (channel === null || channels.get(channel, mode) !== undefined) return;
  throw new ItPayError('CHANNEL_NOT_SUPPORTED', {
    param: 'channel',
    details: { channel, allowed: channels.list(mode).map(({ id }) => id) },
  });
}
