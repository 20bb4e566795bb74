import { z } from 'zod';
import { REPORT_FORMATS, REPORT_STATUSES, REPORT_TYPES, type Report } from './report.js';

const time = z.iso.datetime();

/** A report as it stands in answers. */
export const reportSchema = z
  .object({
    id: z.string().meta({ example: 'rpt_06b2m6vk0dtf5d5cq0m3vz8x5g' }),
    object: z.literal('report'),
    livemode: z.boolean(),
    type: z.enum(REPORT_TYPES),
    format: z.enum(REPORT_FORMATS),
    byte_order_mark: z.boolean(),
    channel: z.string().nullable().meta({ description: 'Null: all channels' }),
    from: z.string().meta({ description: 'The first day', example: '2026-11-01' }),
    to: z.string().meta({ description: 'The last day, which is part of it', example: '2026-11-30' }),
    time_zone: z.string().meta({ description: 'Where these days begin', example: 'Asia/Bangkok' }),
    status: z.enum(REPORT_STATUSES),
    failure: z.object({ code: z.string(), message: z.string() }).nullable(),
    rows: z.int().nullable(),
    size: z.int().nullable().meta({ description: 'Bytes of the file' }),
    digest: z.string().nullable().meta({ description: 'SHA-256 of the file, in hex' }),
    created_at: time,
    finished_at: time.nullable(),
    expires_at: time.meta({ description: 'When the report is deleted' }),
    download_url: z
      .string()
      .nullable()
      .meta({
        description:
          'Opens the file without a key, for 15 minutes; made anew with each answer. Null until it is ready, and for who may ' +
          'not read it',
      }),
  })
  .meta({ id: 'Report' });

export type WireReport = z.infer<typeof reportSchema>;
/** A report as it stands in events: whoever may read events does not get the file with them. */
export type PlainReport = Omit<WireReport, 'download_url'>;

export function toPlainReport(report: Report): PlainReport {
  return {
    id: report.id,
    object: 'report',
    livemode: report.livemode,
    type: report.type,
    format: report.format,
    byte_order_mark: report.byteOrderMark,
    channel: report.channel,
    from: report.fromDay,
    to: report.toDay,
    time_zone: report.timeZone,
    status: report.status,
    failure: report.failure && { code: report.failure.code, message: report.failure.message },
    rows: report.rows,
    size: report.size,
    digest: report.digest && Buffer.from(report.digest).toString('hex'),
    created_at: report.createdAt.toISOString(),
    finished_at: report.finishedAt && report.finishedAt.toISOString(),
    expires_at: report.expiresAt.toISOString(),
  };
}

/** @param downloadUrl of this very answer; null: there is no file */
export function toWireReport(report: Report, downloadUrl: string | null): WireReport {
  return { ...toPlainReport(report), download_url: downloadUrl };
}
