import { ItPayError } from '@itpay/core';
import {
  actorOf,
  defineRoute,
  listAnswer,
  listQuery,
  listSchema,
  pageOf,
  type BlobStore,
  type Principal,
  type Route,
  type RouteAnswer,
} from '@itpay/kernel';
import { z } from 'zod';
import { linkQuery, type DownloadLinks } from '../download-links.js';
import { operatorText } from '../operation/decision-input.js';
import type { PaymentServices } from '../services.js';
import { isTimeZone } from './days.js';
import { contentType, fileName } from './document.js';
import { fileKey, REPORT_FORMATS, REPORT_STATUSES, REPORT_TYPES, type Report, type ReportType } from './report.js';
import { reportNotFound, requestReport } from './request.js';
import { reportSchema, toWireReport } from './wire.js';

const TAG = 'Reports';
const PATH = '/v1/reports';
const params = z.object({ id: z.string() });
const file = {
  200: { description: 'The file: CSV, or JSON (application/json) where that was asked for', contentType: 'text/csv' },
} as const;

/** Protocol, chapter 12, row 31. */
export function reportRoutes(services: PaymentServices): readonly Route[] {
  const { database, reports, idempotency, downloads, clock, blobs } = services;
  const present = (report: Report, caller: Principal | null) => {
    const link = report.status === 'ready' && mayRead(caller, report.type) ? linkTo(downloads, report) : null;
    return toWireReport(report, link);
  };

  const create = defineRoute({
    method: 'POST',
    path: PATH,
    summary: 'Have a report written',
    description:
      'Answers at once; the report becomes `ready` or `failed` soon after, and `report.ready` tells of it. Days are those ' +
      'of UTC unless `time_zone` says otherwise. A report of the type `audit` needs the scope `audit:read` as well.',
    tag: TAG,
    access: 'reports:write',
    body: createReportBody,
    answers: { 202: { description: 'It is being written', schema: reportSchema } },
    errors: ['CHANNEL_NOT_SUPPORTED'],
    async run(request) {
      const { body } = request;
      requireMayRead(request.principal, body.type);
      return database.transaction((tx) =>
        idempotency.once(tx, request.idempotencyKey, async () => {
          const report = await requestReport(services, tx, actorOf(request), {
            type: body.type,
            format: body.format ?? 'csv',
            byteOrderMark: body.byte_order_mark ?? false,
            channel: body.channel ?? null,
            fromDay: body.from,
            toDay: body.to,
            timeZone: body.time_zone ?? 'UTC',
          });
          return { status: 202, body: JSON.stringify(present(report, request.principal)) };
        }),
      );
    },
  });

  const get = defineRoute({
    method: 'GET',
    path: `${PATH}/{id}`,
    summary: 'Read a report, with a fresh link to its file',
    tag: TAG,
    access: 'reports:read',
    params,
    answers: { 200: { description: 'The report', schema: reportSchema } },
    errors: ['REPORT_NOT_FOUND'],
    async run(request) {
      const { id } = request.params;
      const found = await reports.find(database, actorOf(request), id, clock.now());
      if (found === null) throw reportNotFound(id);
      return { status: 200, body: present(found, request.principal) };
    },
  });

  const list = defineRoute({
    method: 'GET',
    path: PATH,
    summary: 'List reports, newest first',
    tag: TAG,
    access: 'reports:read',
    query: listQuery('rpt', {
      type: z.enum(REPORT_TYPES).optional(),
      status: z.enum(REPORT_STATUSES).optional(),
    }),
    answers: { 200: { description: 'One page', schema: listSchema('ReportList', reportSchema) } },
    errors: ['CURSOR_INVALID'],
    async run(request) {
      const { account, livemode } = actorOf(request);
      const page = pageOf(request.query);
      const found = await reports.list(
        {
          account,
          livemode,
          type: request.query.type ?? null,
          status: request.query.status ?? null,
          createdGte: page.createdGte ?? null,
          createdLte: page.createdLte ?? null,
          now: clock.now(),
          cursor: page.endingBefore ?? page.startingAfter ?? null,
          limit: page.limit + 1,
        },
        page.endingBefore !== undefined,
      );
      return {
        status: 200,
        body: listAnswer(
          PATH,
          found.map((report) => present(report, request.principal)),
          page,
        ),
      };
    },
  });

  const read = defineRoute({
    method: 'GET',
    path: `${PATH}/{id}/file`,
    summary: 'The file of a report',
    description: 'With a key. Without one, open the `download_url` of the report. A report in JSON answers as JSON.',
    tag: TAG,
    access: 'reports:read',
    params,
    answers: file,
    errors: ['REPORT_NOT_FOUND'],
    async run(request) {
      const { id } = request.params;
      const found = await reports.find(database, actorOf(request), id, clock.now());
      if (found !== null) requireMayRead(request.principal, found.type);
      return fileAnswer(blobs, id, found);
    },
  });

  const download = defineRoute({
    method: 'GET',
    path: `${PATH}/{id}/download`,
    summary: 'The file of a report, by its signed link',
    description:
      'The address is the `download_url` of the report. It opens for 15 minutes. Where files are kept in a store that hands ' +
      'them out itself, it leads there: follow the redirect, without a key.',
    tag: TAG,
    access: 'public',
    params,
    query: linkQuery,
    answers: { ...file, 302: { description: 'The file is at `location`, for five minutes' } },
    errors: ['SIGNATURE_INVALID', 'SIGNATURE_EXPIRED', 'REPORT_NOT_FOUND'],
    async run({ params: { id }, query }) {
      downloads.check(pathOf(id), query);
      const found = await reports.findAny(database, id, clock.now());
      return (await redirectToFile(blobs, found)) ?? fileAnswer(blobs, id, found);
    },
  });

  return [create, get, list, read, download];
}

// What a key may not read in the audit log, it may not read in a file about it either.
const AUDIT_SCOPE = 'audit:read';
const mayRead = (caller: Principal | null, type: ReportType) =>
  type !== 'audit' || (caller?.scopes.includes(AUDIT_SCOPE) ?? false);

function requireMayRead(caller: Principal | null, type: ReportType): void {
  if (mayRead(caller, type)) return;
  throw new ItPayError('PERMISSION_DENIED', {
    message: `A report of the audit log needs the scope ${AUDIT_SCOPE} as well, which the caller does not have.`,
    details: { required: AUDIT_SCOPE },
  });
}

const pathOf = (id: string) => `${PATH}/${id}/download`;
const linkTo = (downloads: DownloadLinks, { id }: Report) => downloads.issue(pathOf(id));

/** Long enough for a clock that is a little wrong; who follows does so at once. */
const REDIRECT_S = 300;

// Only for links: a client that sends a key with its request must not be sent elsewhere with it.
async function redirectToFile(blobs: BlobStore, report: Report | null): Promise<RouteAnswer | null> {
  if (report?.status !== 'ready' || blobs.downloadUrl === undefined) return null;
  const location = await blobs
    .downloadUrl(fileKey(report.id), {
      expiresInSeconds: REDIRECT_S,
      fileName: fileName(report),
      contentType: contentType(report),
    })
    .catch(storeAway);
  return { status: 302, headers: { location } };
}

async function fileAnswer(blobs: BlobStore, id: string, report: Report | null): Promise<RouteAnswer> {
  const bytes = report?.status === 'ready' ? await blobs.get(fileKey(id)).catch(storeAway) : null;
  // One that is not ready has no file yet; who asks for the report itself learns why.
  if (report === null || bytes === null) throw reportNotFound(id);
  return {
    status: 200,
    content: { type: contentType(report), bytes },
    headers: { 'content-disposition': `attachment; filename="${fileName(report)}"` },
  };
}

function storeAway(cause: unknown): never {
  throw new ItPayError('SERVICE_UNAVAILABLE', {
    message: 'The store of files cannot be reached at the moment. The file is not lost: try again later.',
    cause,
  });
}

const day = (description: string, example: string) =>
  z.iso
    .date()
    .refine((text) => text >= '1970-01-02' && text <= '9999-12-30')
    .meta({ description, example });

const createReportBody = z
  .strictObject({
    type: z.enum(REPORT_TYPES),
    channel: operatorText(40).optional().meta({ description: 'One rail. Left out: all', example: 'promptpay' }),
    from: day('The first day', '2026-11-01'),
    to: day('The last day, which is part of the report; 366 days at most', '2026-11-30'),
    format: z.enum(REPORT_FORMATS).optional().meta({ description: 'Left out: csv' }),
    time_zone: z
      .string()
      .max(64)
      .refine(isTimeZone, { message: 'it is no time zone of the IANA database, such as Asia/Bangkok' })
      .optional()
      .meta({ description: 'Where the days begin. Left out: UTC', example: 'Asia/Bangkok' }),
    byte_order_mark: z.boolean().optional().meta({
      description: 'A table begins with the mark by which old spreadsheets know UTF-8. Left out: false',
    }),
  })
  .meta({ id: 'CreateReport' });
