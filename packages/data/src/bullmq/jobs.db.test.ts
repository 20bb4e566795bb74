import type { Job } from '@itpay/kernel';
import { capturedLogger } from '@itpay/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { whenFileEnds } from '../../../../test/support/cleanup.js';
import { backend } from '../../../../test/support/database.js';
import { house } from '../../../../test/support/kernel.js';
import { describeNeeding } from '../../../../test/support/needs.js';
import { redisNeed, startRedis } from '../../../../test/support/redis.mjs';
import { openRedis } from '../redis/connect.js';
import { bullmqJobQueue } from './job-queue.js';

// What Redis loses, the table has: jobs of three workers while Redis is killed, flushed and comes back.

describeNeeding(redisNeed(), 'jobs that travel over Redis', () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  // Who has Redis has a PostgreSQL server; the embedded database sees that the same SQL works there.
  const onServer = backend() === 'postgres';
  const JOBS = onServer ? 300 : 60;
  let houses = 0;

  /** Three processes, the jobs that they share, and what these did. */
  async function threeProcesses() {
    const h = await house();
    const prefix = `{itpay:house-${++houses}}`;
    const tries = new Map<number, number>();
    /** Writes that it ran, in the transaction that ends it. Each tenth fails the first time. */
    const book: Job<number> = {
      name: 'book',
      run: async (n, { complete }) => {
        tries.set(n, (tries.get(n) ?? 0) + 1);
        if (n % 10 === 0 && tries.get(n) === 1) throw new Error('no luck');
        await complete(async (tx) => {
          await tx.trx.raw(
            `insert into ??.audit_entries (id, account, at, actor, action, object_id)
             values (gen_random_uuid()::text, 'm', now(), 'job', 'book', ?)`,
            [h.database.schema, String(n)],
          );
        });
      },
    };
    const processes = await Promise.all(
      [h.database, h.elsewhere, h.elsewhere].map(async (on) => {
        const redis = await openRedis({ address: server.url, name: 'itpay-test', logger: capturedLogger() });
        const queue = await bullmqJobQueue({ redis, prefix, logger: h.logger });
        whenFileEnds(() => redis.close());
        return { ...h.processWith([book], { queue, on }), redis, queue };
      }),
    );
    // Time goes by ten times as fast, so that nobody waits long for what is overdue.
    const time = setInterval(() => h.clock.advance(500), 50);

    let added = 0;
    const [first] = processes;
    const add = async (count: number) => {
      for (const last = added + count; added < last; added += 10) {
        const ten = Array.from({ length: 10 }, (_, k) => ({ key: `${added + k}`, payload: added + k }));
        const priority = [10, 50, 90][(added / 10) % 3]!;
        await h.database.transaction((tx) => first!.jobs.addAll(tx, 'book', ten, { priority }));
      }
    };
    const booked = async () => (await h.rows('audit_entries')).map(({ object_id: id }) => Number(id));
    const stop = async () => {
      clearInterval(time);
      await Promise.all(processes.map(({ worker }) => worker.stop()));
      await Promise.all(processes.map(({ queue }) => queue.close()));
      await Promise.all(processes.map(({ redis }) => redis.close()));
    };
    for (const { worker } of processes) worker.start();
    return { ...h, add, booked, stop, redis: first!.redis };
  }

  const all = Array.from({ length: JOBS }, (_, n) => n);
  const inOrder = (numbers: number[]) => numbers.toSorted((a, b) => a - b);

  type Harm = (at: Awaited<ReturnType<typeof threeProcesses>>) => Promise<unknown>;
  const nothing = async () => {};
  const harms: [what: string, harm: Harm, heal: () => Promise<void>][] = [
    ['Redis is killed and comes back', () => server.kill(), () => server.restart()],
    ['Redis is flushed', ({ redis }) => redis.client('background').flushall(), nothing],
  ];

  it.each<(typeof harms)[number]>([['nothing happens to Redis', nothing, nothing], ...(onServer ? harms : [])])(
    'all run, and each has its effect once, while %s',
    async (_what, harm, heal) => {
      const at = await threeProcesses();
      await at.add(JOBS / 3);
      await expect.poll(async () => (await at.booked()).length, { timeout: 20_000 }).toBeGreaterThan(5);

      const adding = at.add(JOBS / 3);
      await harm(at);
      await adding;
      await heal();
      await at.add(JOBS / 3);

      await expect.poll(async () => (await at.booked()).length, { timeout: 40_000 }).toBeGreaterThanOrEqual(JOBS);
      await expect.poll(() => at.rows('jobs')).toEqual([]);
      expect(inOrder(await at.booked())).toEqual(all);
      await at.stop();
    },
    60_000,
  );
});
