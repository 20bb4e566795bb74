import { ItPayError } from '@itpay/core';
import { AuditLog, definePlugin, Jobs, Outbox, uuidV7Ids, type Job, type JobContext, type PubSub } from '@itpay/kernel';
import { fakeClock } from '@itpay/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { migratedSchema } from '../../../../test/support/kernel.js';
import { aPaidIntent } from '../../test/refund-samples.js';
import { payment } from '../plugin.js';
import { WRITE_REPORT, writeReportJob, type WriteServices, type WriteStep } from './build.js';
import type { Report } from './report.js';
import { ReportStore } from './store.js';

const { migrations } = payment();
const tables = definePlugin({ name: 'payment', version: '1', migrations: migrations ?? [], register() {} });
const LIMITS = { rows: 5_000, rowsOfPart: 1_000 };
const { account, livemode } = aPaidIntent();

let services: WriteServices;
let blobs: Map<string, string>;
let clock: ReturnType<typeof fakeClock>;
let asked: Report;
beforeEach(async () => {
  const { database } = await migratedSchema([tables]);
  clock = fakeClock();
  blobs = new Map();
  const ids = uuidV7Ids();
  const pubsub: PubSub = { publish() {}, subscribe: () => () => {}, close: async () => {} };
  services = {
    database,
    clock,
    reports: new ReportStore(database),
    jobs: new Jobs(clock, ids, pubsub),
    outbox: new Outbox(clock, ids, pubsub),
    audit: new AuditLog(clock, ids),
    blobs: {
      put: async (key, bytes) => void blobs.set(key, Buffer.from(bytes).toString()),
      get: async (key) => (blobs.has(key) ? Buffer.from(blobs.get(key)!) : null),
      delete: async (key) => void blobs.delete(key),
    },
  };
  asked = {
    id: 'rpt_1',
    account,
    livemode,
    type: 'transactions',
    format: 'json',
    byteOrderMark: false,
    channel: null,
    fromDay: '2026-05-04',
    toDay: '2026-05-04',
    timeZone: 'UTC',
    status: 'pending',
    failure: null,
    rows: null,
    size: null,
    digest: null,
    createdAt: clock.now(),
    finishedAt: null,
    expiresAt: new Date(clock.now().getTime() + 86_400_000),
  };
  await database.transaction((tx) => services.reports.insert(tx, asked));
});

/** Payments that succeeded, one after the other. */
async function payments(count: number): Promise<void> {
  const { database } = services;
  await database.knex.raw(
    `insert into ??.payment_intents (id, account, livemode, type, status, status_rank, amount, currency, amount_captured,
       channel, merchant_account, capture_method, channel_reference, metadata, version, sequence, created_at, updated_at,
       expires_at, succeeded_at, order_reference)
     select 'pi_' || lpad(n::text, 8, '0'), ?, ?, 'one_time', 'succeeded', 5, n, 'THB', n, 'rail', 'shop-1', 'automatic',
       'R' || n, '{}', 1, 1, now(), now(), now(), timestamptz '2026-05-04 00:00Z' + n * interval '1 millisecond', n::text
       from generate_series(1, ?) n`,
    [database.schema, account, livemode, count],
  );
}

const first: WriteStep = { reportId: 'rpt_1', part: 0, rows: 0, cursor: null, sums: null };
const context: JobContext = { complete: (work) => services.database.transaction(work) };
const job = (): Job<WriteStep> => writeReportJob(services, LIMITS);

/** The step that waits in the table of jobs; taken out of it. */
async function nextStep(): Promise<WriteStep | null> {
  const { knex, schema } = services.database;
  const { rows } = await knex.raw('delete from ??.jobs where name = ? returning payload', [schema, WRITE_REPORT]);
  return rows[0]?.payload ?? null;
}

/** Runs the steps to the end. @returns how many there were */
async function runAll(): Promise<number> {
  let steps = 0;
  for (let step: WriteStep | null = first; step !== null; step = await nextStep()) {
    await job().run(step, context);
    steps += 1;
  }
  return steps;
}

const report = () => services.reports.findAny(services.database, 'rpt_1', clock.now());
const numbers = () => (JSON.parse(blobs.get('reports/rpt_1')!).rows as any[]).map((row) => Number(row.order_reference));
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('a long report', () => {
  it('is written in steps, and is one file in the end', async () => {
    await payments(3_500);

    const steps = await runAll();

    expect(steps).toBe(4);
    expect(numbers()).toEqual(upTo(3_500));
    expect([...blobs.keys()]).toEqual(['reports/rpt_1']);
    expect(await report()).toMatchObject({ status: 'ready', rows: 3_500 });
  });

  it('is the same when each step runs twice', async () => {
    await payments(2_500);

    for (let step: WriteStep | null = first; step !== null; step = await nextStep()) {
      // A process died after it had stored the part, and before it noted that.
      await job().run(step, { complete: async () => {} });
      await job().run(step, context);
    }

    expect(numbers()).toEqual(upTo(2_500));
    const { rows } = await services.database.knex.raw('select type from ??.events', [services.database.schema]);
    expect(rows).toEqual([{ type: 'report.ready' }]);
  });

  it('does nothing in a step that comes again after the end', async () => {
    await payments(1_500);
    await runAll();
    const before = new Map(blobs);

    await job().run(first, context);

    expect(blobs).toEqual(before);
    expect(await nextStep()).toBeNull();
  });

  it('fails beyond the limit, and says what to do', async () => {
    await payments(5_001);

    await runAll();

    expect(await report()).toMatchObject({
      status: 'failed',
      failure: { code: 'LIMIT_EXCEEDED', message: expect.stringMatching(/more than 5000 rows.*fewer days/) },
      size: null,
    });
    expect(blobs.size).toBe(0);
  });

  it('is just within the limit at the limit', async () => {
    await payments(5_000);

    await runAll();

    expect(await report()).toMatchObject({ status: 'ready', rows: 5_000 });
  });
});

describe('when a server is away', () => {
  beforeEach(() => {
    services = { ...services, blobs: { ...services.blobs, put: () => Promise.reject(new Error('no route to host')) } };
  });

  it('a report waits for the next try', async () => {
    await expect(job().run(first, context)).rejects.toThrow('no route to host');

    expect(await report()).toMatchObject({ status: 'pending' });
  });

  it('a report waits, too, when a connection to the database was lost', async () => {
    const lost = new ItPayError('SERVICE_UNAVAILABLE', { message: 'The connection to the database was lost.' });
    services = { ...services, blobs: { ...services.blobs, put: () => Promise.reject(lost) } };

    await expect(job().run(first, context)).rejects.toBe(lost);

    expect(await report()).toMatchObject({ status: 'pending' });
  });

  it('a report fails after an hour, without the reason of the server', async () => {
    clock.advance('1h');

    await job().run(first, context);

    const { failure } = (await report())!;
    expect(failure).toMatchObject({ code: 'INTERNAL_ERROR' });
    expect(failure!.message).not.toContain('host');
  });
});
