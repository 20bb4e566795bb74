import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../tools/workspaces.mjs';
import { whenFileEnds } from '../support/cleanup.js';
import { postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { ask, freshInstallation, Instance, openInstances } from './instance.js';
import { startReceiver } from './receiver.js';

// Everything that works in the background, done by three processes at once, one of which is paused in the middle of it until
// its lease is over, and goes on afterwards. (Protocol, G15)

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Longer than any lease. */
const LEASES_END_MS = 5 * MINUTE + 1_000;
const AMOUNT = { currency: 'THB', value: 10_000 };
const WIDE = { perSecond: 100_000, burst: 100_000, concurrent: 10_000 };

/** Of this database, whoever else uses the server. */
const WAITING = `select 1 from pg_locks where not granted
  and database = (select oid from pg_database where datname = current_database())`;

/** What one sweep or job does, and where it can be caught in the act. */
interface Work {
  /** Makes rows for it. */
  readonly prepare?: () => Promise<unknown>;
  /** How long after that they are due. */
  readonly passMs: number;
  /** Rows that wait for it, at $1. There are some before, and none afterwards. */
  readonly due: string;
  /** The table that it waits for, or what it waits for outside: true once it does. */
  readonly held: string | (() => Promise<boolean>);
}

describeNeeding(postgresNeed(), 'three processes that work at once', () => {
  let house: Awaited<ReturnType<typeof freshInstallation>>;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let setting: object;
  let all: Instance[];
  let token: string;
  let db: pg.Client;
  let holder: pg.Client;
  let offsetMs = 0;
  let count = 0;
  let reference = '';

  beforeAll(async () => {
    receiver = await startReceiver(400);
    house = await freshInstallation({
      work: false, // until it is told
      rateLimits: { test: WIDE },
      webhooks: { allowedOrigins: [receiver.origin] },
    });
    ({ setting } = house);
    [db, holder] = [await connected(), await connected()];
    await db.query('create table seen (event text not null)');
    all = await openInstances(3, setting);
    for (const one of all) await one.run('subscribe');
    const scopes = [
      'payments:read',
      'payments:write',
      'refunds:write',
      'webhooks:write',
      'reports:write',
      'reports:read',
    ];
    ({ token } = await all[0]!.run('key', { livemode: false, scopes }));
    await post('/v1/webhook-endpoints', { url: receiver.origin, enabled_events: ['payment_intent.created'] });
    await settleAll();
  });

  const connected = async () => {
    const client = new pg.Client({ connectionString: house.database });
    await client.connect();
    whenFileEnds(() => client.end());
    return client;
  };
  const now = () => new Date(Date.now() + offsetMs);
  const post = async (path: string, body: object) => {
    const answer = await ask(all[0]!, 'POST', path, { token, key: `key-${(count += 1)}`, body });
    if (answer.status >= 300) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const settleAll = () => Promise.all(all.map((one) => one.run('settle')));
  const rows = async (sql: string): Promise<any[]> => (await db.query(sql)).rows;
  const dueOf = async ({ due }: Work): Promise<number> =>
    (await db.query(due, due.includes('$1') ? [now()] : [])).rowCount!;
  const pass = async (ms: number, who = all) => {
    offsetMs += ms;
    await house.rail.setTime(now());
    await Promise.all(who.map((one) => one.run('clock', { offsetMs })));
  };
  const create = async () => {
    const created = await post('/v1/payment-intents', {
      amount: AMOUNT,
      channel: 'fake',
      order_reference: `o-${count}`,
    });
    reference = created.channel_reference;
    return created.id as string;
  };
  const paid = async () => {
    const id = await create();
    await house.rail.pay(reference);
    const to = `http://127.0.0.1:${all[0]!.port}/itpay`;
    const [callback] = (await house.rail.callbacks()).filter((one) => one.reference === reference);
    const path = new URL(callback!.url).pathname.replace('/itpay', '');
    await house.rail.deliverCallbacks({ reference, to: to + path });
    return id;
  };
  const refundOfUnknownOutcome = async () => {
    const payment = await paid();
    await house.rail.script({ operation: 'refund', behaviour: 'reset_after' });
    await post('/v1/refunds', { payment_intent_id: payment });
  };
  const report = () => {
    const day = now().toISOString().slice(0, 10);
    return post('/v1/reports', { type: 'transactions', from: day, to: day });
  };
  const received = async (operation: 'cancel') => ((await house.rail.entry(reference))?.received[operation] ?? 0) > 0;

  /** In the order of the time that passes. What is proven elsewhere has the place of its proof. */
  const WORK: Readonly<Record<string, Work | string>> = {
    'secrets.seal-again': 'test/secrets',
    'event.deliver:seen': {
      prepare: create,
      passMs: 0,
      due: `select 1 from itpay.events where id not in (select event from seen) and type = 'payment_intent.created'`,
      held: 'public.seen',
    },
    'webhook.send': {
      prepare: create,
      passMs: 0,
      due: `select 1 from itpay.events e where type = 'payment_intent.created' and not exists (
              select from itpay.webhook_deliveries d where d.event_id = e.id and d.state = 'delivered')`,
      held: () => {
        const before = receiver.total();
        return until(async () => receiver.total() > before);
      },
    },
    'payment.operations': {
      prepare: refundOfUnknownOutcome,
      passMs: MINUTE,
      due: `select 1 from itpay.channel_operations where state = 'unknown'`,
      held: 'itpay.channel_operations',
    },
    'payment.write_report': {
      prepare: report,
      passMs: 0,
      due: `select 1 from itpay.reports where finished_at is null`,
      held: 'itpay.reports',
    },
    'payment.expiry': {
      prepare: async () => {
        await create();
        await house.rail.script({ operation: 'cancel', behaviour: 'slow:400' });
      },
      passMs: HOUR,
      due: `select 1 from itpay.payment_intents where status_rank < 2 and close_at <= $1`,
      held: () => until(() => received('cancel')),
    },
    'payment.reconciliation-calendar': {
      passMs: 2 * DAY,
      due: `select 1 from itpay.reconciliation_calendars
              where (next_day::timestamp at time zone 'UTC') + interval '30 hours' <= $1`,
      held: 'itpay.reconciliation_calendars',
    },
    'payment.reconcile': {
      passMs: DAY,
      due: `select 1 from itpay.reconciliation_calendars
              where (next_day::timestamp at time zone 'UTC') + interval '30 hours' <= $1`,
      held: 'itpay.reconciliations',
    },
    'payment.forget_qr_image': {
      prepare: paid,
      passMs: DAY + HOUR,
      due: `select 1 from itpay.jobs where name = 'payment.forget_qr_image' and run_at <= $1`,
      held: 'itpay.jobs',
    },
    'payment.guard-retention': {
      prepare: paid,
      passMs: DAY,
      due: `select 1 from itpay.duplicate_guards where expires_at < $1::timestamptz - interval '1 minute'`,
      held: 'itpay.duplicate_guards',
    },
    'idempotency-retention': {
      prepare: create,
      passMs: 3 * DAY + HOUR,
      due: `select 1 from itpay.idempotency_keys where recovery_point = 'finished' and expires_at <= $1`,
      held: 'itpay.idempotency_keys',
    },
    'signature-nonce-retention': {
      prepare: () =>
        db.query(`insert into itpay.signature_nonces (key, signature, expires_at) values ('k', 's', $1)`, [now()]),
      passMs: HOUR,
      due: `select 1 from itpay.signature_nonces where expires_at < $1`,
      held: 'itpay.signature_nonces',
    },
    'api-keys-expiring': {
      prepare: () =>
        all[0]!.run('key', { livemode: false, scopes: ['payments:read'], expiresAtMs: now().getTime() + 8 * DAY }),
      passMs: 2 * DAY,
      due: `select 1 from itpay.api_keys where expiring_at is null and expires_at < $1::timestamptz + interval '7 days'`,
      held: 'itpay.api_keys',
    },
    'payment.report-retention': {
      prepare: report,
      passMs: 40 * DAY,
      due: `select 1 from itpay.reports where expires_at <= $1`,
      held: 'itpay.reports',
    },
    'webhook.retention': {
      prepare: paid,
      passMs: 32 * DAY,
      due: `select 1 from itpay.events where coalesce(needed_at, at) <= $1::timestamptz - interval '31 days'`,
      held: 'itpay.events',
    },
    'payment.notification-retention': {
      prepare: paid,
      passMs: 91 * DAY,
      due: `select 1 from itpay.notifications where sealed_body is not null and body_at <= $1::timestamptz - interval '90 days'`,
      held: 'itpay.notifications',
    },
  };
  const worked = Object.entries(WORK).flatMap(([name, work]) => (typeof work === 'string' ? [] : [{ name, work }]));

  it('have no work that is not in this list', async () => {
    const { sweeps, jobs } = await all[0]!.run('background');

    expect([...sweeps, ...jobs, 'event.deliver:seen'].toSorted()).toEqual(Object.keys(WORK).toSorted());
    for (const place of Object.values(WORK)) {
      if (typeof place === 'string') expect(existsSync(join(root, place)), place).toBe(true);
    }
  });

  describe('one of which pauses beyond its lease, do once', () => {
    it.each(worked)('$name', async ({ work }) => {
      const [paused, ...others] = all as [Instance, ...Instance[]];
      await work.prepare?.();
      await pass(work.passMs);
      expect(await dueOf(work)).toBeGreaterThan(0);

      const release = await hold(work);
      const resumed = paused.run('settle');
      await release(() => paused.signal('SIGSTOP'));
      await pass(LEASES_END_MS, others);
      const taken = Promise.all(others.map((one) => one.run('settle')));
      await Promise.race([taken, sleep(1_000)]); // they may have to wait for its transaction
      paused.signal('SIGCONT');
      await Promise.all([resumed, taken]);
      await pass(0);
      await settleAll();

      expect(await dueOf(work)).toBe(0);
    });
  });

  describe('one of which is killed, do once', () => {
    it('what it was doing', async () => {
      const [first, second, killed] = all as [Instance, Instance, Instance];
      await refundOfUnknownOutcome();
      await create();
      await pass(2 * DAY);
      await report();
      await create();
      const before = receiver.total();
      void killed.run('settle').catch(() => {});
      await until(async () => receiver.total() > before);

      await killed.kill();
      all = [first, second];
      await pass(LEASES_END_MS);
      await settleAll();

      for (const { name, work } of worked) expect(await dueOf(work), name).toBe(0);
    });
  });

  afterEach(async () => {
    const happened = `'payment_intent.created', 'payment_intent.succeeded', 'payment_intent.expired', 'qr_charge.expired',
      'refund.created', 'refund.succeeded', 'report.ready', 'reconciliation.completed', 'api_key.expiring'`;
    expect(
      await rows(
        `select type, object_id from itpay.events where type in (${happened}) group by 1, 2 having count(*) > 1`,
      ),
    ).toEqual([]);
    expect(await rows('select event from seen group by 1 having count(*) > 1')).toEqual([]);
    expect(await rows(`select from_day from itpay.reconciliations group by trigger, 1 having count(*) > 1`)).toEqual(
      [],
    );
    expect(await rows('select 1 from itpay.inflows group by channel_transaction_id having count(*) > 1')).toEqual([]);
    expect(all.flatMap(({ lines }) => lines).filter(({ level }) => level === 'error')).toEqual([]);
    // Sent by the one that paused or died, and once more by whoever took over.
    for (const [id, times] of receiver.arrived) expect(times, id).toBeLessThanOrEqual(2);
    const { entries } = await house.rail.books();
    for (const { payments, refunds } of entries) {
      expect(payments.length).toBeLessThanOrEqual(1);
      expect(refunds.length).toBeLessThanOrEqual(1);
    }
  });

  /**
   * Has the process that goes to work now wait in the middle of it.
   *
   * @returns pauses it once it waits, and then takes away what it waits for
   */
  async function hold({ held }: Work): Promise<(pause: () => void) => Promise<void>> {
    if (typeof held !== 'string') {
      const waits = held();
      return async (pause) => {
        await waits;
        pause();
      };
    }
    await holder.query('begin');
    await holder.query(`lock table ${held} in exclusive mode`);
    return async (pause) => {
      await until(async () => (await rows(WAITING)).length > 0);
      pause();
      await holder.query('commit');
    };
  }

  async function until(done: () => Promise<boolean>): Promise<true> {
    while (!(await done())) await sleep(10);
    return true;
  }
});
