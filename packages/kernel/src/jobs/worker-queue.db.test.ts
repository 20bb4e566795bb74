import { fakeJobQueue } from '@itpay/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { deferred, house, memoryRateLimiter } from '../../../../test/support/kernel.js';
import type { JobNotice, JobQueue } from '../ports/job-queue.js';
import { WORK_TOPIC } from '../ports/pubsub.js';
import type { Job, JobOptions, Jobs } from './jobs.js';
import { Lanes, type LaneLimits } from './lanes.js';

// The worker with a queue that brings it notices, and the lanes; what is the same without one is in worker.db.test.ts.

let h: Awaited<ReturnType<typeof house>>;
let queue: ReturnType<typeof fakeJobQueue>;
beforeEach(async () => {
  h = await house();
  queue = fakeJobQueue();
});

/** A job that notes the payloads it was given. */
function noting(name = 'greet', run: Job['run'] = async () => {}): Job & { readonly seen: unknown[] } {
  const seen: unknown[] = [];
  return {
    name,
    seen,
    run: async (payload, context) => {
      seen.push(payload);
      await run(payload, context);
    },
  };
}

const add = (jobs: Jobs, payload: unknown, options?: JobOptions, name = 'greet') =>
  h.database.transaction((tx) => jobs.add(tx, name, `${String(payload)}`, payload, options));
const inMs = (ms: number) => new Date(h.clock.now().getTime() + ms);
/** Has a worker look into the table now. */
const look = () => h.pubsub.publish(WORK_TOPIC, '');
const WITHIN = { timeout: 20_000, interval: 10 };
/** Time in which a worker would have run what it should not. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 100));

describe('a job that is added', () => {
  it('is offered once its transaction has committed, without its payload', async () => {
    const { jobs } = h.processWith([], { queue });
    const options = { lane: 'channel:wechat', priority: 7, runAt: inMs(1_000) };

    await h.database.transaction(async (tx) => {
      await jobs.add(tx, 'greet', 'k', { to: 'Ana' }, options);
      expect(queue.offered).toEqual([]);
    });

    const [row] = await h.rows('jobs');
    expect(queue.offered).toEqual([{ id: row!['id'], name: 'greet', ...options }]);
  });

  it('is not offered when its transaction rolls back', async () => {
    const { jobs } = h.processWith([], { queue });

    const rolledBack = h.database.transaction(async (tx) => {
      await jobs.add(tx, 'greet', 'k', {});
      throw new Error('no');
    });

    await expect(rolledBack).rejects.toThrow('no');
    expect(queue.offered).toEqual([]);
  });

  it('is offered once, when one of its name and key waits already', async () => {
    const { jobs } = h.processWith([], { queue });

    await add(jobs, 'same');
    await add(jobs, 'same');

    expect(queue.offered).toHaveLength(1);
  });

  it('is not offered when it is due much later: it would only fill the queue', async () => {
    const { jobs } = h.processWith([], { queue });

    await add(jobs, 'tomorrow', { runAt: inMs(86_400_000) });
    await add(jobs, 'soon', { runAt: inMs(60_000) });

    expect(queue.offered).toHaveLength(1);
  });

  it.each([[-1], [101], [1.5], [NaN]])('cannot have the priority %d', async (priority) => {
    await expect(add(h.jobs, 'x', { priority })).rejects.toThrow(RangeError);
  });

  it('without lane and priority, by a process of the release before, is a usual one', async () => {
    await h.database.knex.raw(
      `insert into ??.jobs (id, name, key, payload, run_at, created_at) values ('job_1', 'greet', 'k', '1', ?, ?)`,
      [h.database.schema, h.clock.now(), h.clock.now()],
    );

    expect(await h.rows('jobs')).toMatchObject([{ lane: null, priority: 50 }]);
  });
});

describe('a worker with a queue', () => {
  it('runs what the queue brings', async () => {
    const ran = deferred();
    const { worker, jobs } = h.processWith([noting('greet', async () => ran.resolve())], { queue });
    worker.start();

    await add(jobs, 'now');

    await ran.promise;
    await worker.stop();
    expect(await h.rows('jobs')).toEqual([]);
  });

  it('runs a few jobs at once, and not more', async () => {
    const goOn = deferred();
    let [running, most] = [0, 0];
    const slow = noting('greet', async () => {
      most = Math.max(most, ++running);
      await goOn.promise;
      running -= 1;
    });
    const { worker, jobs } = h.processWith([slow], { queue });
    worker.start();

    for (let n = 0; n < 12; n += 1) await add(jobs, n);
    await expect.poll(() => slow.seen.length, WITHIN).toBe(5);
    await aWhile();
    goOn.resolve();
    await expect.poll(() => slow.seen.length, WITHIN).toBe(12);
    await worker.stop();

    expect(most).toBe(5);
  });

  it('finds by itself what the queue has lost, once it is overdue', async () => {
    const greet = noting();
    const { worker, jobs } = h.processWith([greet], { queue });
    worker.start();
    queue.reachable = false;
    await add(jobs, 'lost');

    h.clock.advance(4_999);
    look();
    await aWhile();
    expect(greet.seen).toEqual([]);
    h.clock.advance(1);
    look();

    await expect.poll(() => greet.seen, WITHIN).toEqual(['lost']);
    await worker.stop();
  });

  it.each<[what: string, before: (notice: JobNotice) => Promise<unknown> | void]>([
    ['is gone', () => h.database.knex.raw('delete from ??.jobs', [h.database.schema])],
    [
      'another process works on',
      () =>
        h.database.knex.raw(`update ??.jobs set lease_owner = 'other', lease_expires_at = ?`, [
          h.database.schema,
          inMs(60_000),
        ]),
    ],
    [
      'was put off in the meantime',
      () => h.database.knex.raw(`update ??.jobs set run_at = ?`, [h.database.schema, inMs(60_000)]),
    ],
  ])('does nothing for a notice whose row %s', async (_what, before) => {
    const [greet, other] = [noting(), noting('other')];
    const { worker, jobs } = h.processWith([greet, other], { queue });
    queue.reachable = false;
    await add(jobs, 'x');
    await before(queue.offered[0]!);
    const rows = await h.rows('jobs');
    queue.reachable = true;
    worker.start();

    queue.offer([queue.offered[0]!]);
    await add(jobs, 'y', {}, 'other');
    await expect.poll(() => other.seen, WITHIN).toEqual(['y']);
    await worker.stop();

    expect(greet.seen).toEqual([]);
    expect(await h.rows('jobs')).toEqual(rows);
  });

  it('counts the try of an owner that died, and says so', async () => {
    const failing = noting('greet', () => Promise.reject(new Error('no luck')));
    const { worker, jobs } = h.processWith([failing], { queue });
    queue.reachable = false;
    await add(jobs, 'x');
    const dead = [h.database.schema, inMs(0)];
    await h.database.knex.raw(`update ??.jobs set lease_owner = 'the dead', lease_expires_at = ?`, dead);
    queue.reachable = true;
    worker.start();

    queue.offer([queue.offered[0]!]);
    await expect.poll(() => h.rows('jobs'), WITHIN).toMatchObject([{ attempts: 2, lease_owner: null }]);
    await worker.stop();

    expect(h.logger.lines[0]).toMatchObject({ level: 'warn', fields: { job: 'greet', attempt: 2 } });
  });

  it('does nothing for a notice of a job that this process does not know', async () => {
    const greet = noting();
    const { worker, jobs } = h.processWith([greet], { queue });
    worker.start();

    await add(jobs, 'x', {}, 'of-another-version');
    await add(jobs, 'y');
    await expect.poll(() => greet.seen, WITHIN).toEqual(['y']);
    await worker.stop();

    expect(await h.rows('jobs')).toMatchObject([{ name: 'of-another-version', attempts: 0, lease_owner: null }]);
  });

  it('waits a little for a job that was offered by a machine whose clock is ahead', async () => {
    const ran = deferred();
    const { worker, jobs } = h.processWith([noting('greet', async () => ran.resolve())], { queue });
    worker.start();

    await add(jobs, 'ahead', { runAt: inMs(200) });
    h.clock.advance(200);

    await ran.promise;
    await worker.stop();
  });

  it('offers a failed job again, for the time of its next try', async () => {
    const failing = noting('greet', async () => Promise.reject(new Error('no luck')));
    const { worker, jobs } = h.processWith([failing], { queue });
    await add(jobs, 'x', { lane: 'a', priority: 3 });

    await worker.settle();

    const [first, second] = queue.offered;
    expect(second).toEqual({ ...first, runAt: inMs(1_000) });
  });

  it('runs each job in one of the processes', async () => {
    const [one, two] = [noting(), noting()];
    const here = h.processWith([one], { queue });
    const there = h.processWith([two], { queue: queue.elsewhere(), on: h.elsewhere });
    here.worker.start();
    there.worker.start();
    const all = Array.from({ length: 60 }, (_, n) => n);

    await h.database.transaction((tx) =>
      here.jobs.addAll(
        tx,
        'greet',
        all.map((n) => ({ key: `${n}`, payload: n })),
      ),
    );
    await expect.poll(() => one.seen.length + two.seen.length, WITHIN).toBe(60);
    await Promise.all([here.worker.stop(), there.worker.stop()]);

    expect([...one.seen, ...two.seen].map(Number).toSorted((a, b) => a - b)).toEqual(all);
    expect(one.seen.length).toBeGreaterThan(0);
    expect(two.seen.length).toBeGreaterThan(0);
  });

  it('takes up none any more once it stops, and waits for those that run', async () => {
    const [running, goOn] = [deferred(), deferred()];
    const slow = noting('greet', async () => {
      running.resolve();
      await goOn.promise;
    });
    const { worker, jobs } = h.processWith([slow], { queue });
    worker.start();
    await add(jobs, 1);
    await running.promise;

    let over = false;
    const stopped = worker.stop().then(() => (over = true));
    await add(jobs, 2);
    await aWhile();
    expect(over).toBe(false);
    expect(worker.running()).toEqual(['greet']);
    goOn.resolve();
    await stopped;

    expect(slow.seen).toEqual([1]);
    expect(await h.rows('jobs')).toMatchObject([{ key: '2', lease_owner: null, attempts: 0 }]);
  });

  it('settles what is due without the queue', async () => {
    const greet = noting();
    const { worker, jobs } = h.processWith([greet], { queue });
    queue.reachable = false;
    await add(jobs, 'x');

    await worker.settle();

    expect(greet.seen).toEqual(['x']);
  });

  it('goes on after a queue handed out what nobody can read from the database', async () => {
    const greet = noting();
    let [broken, refused] = [true, 0];
    const on = new Proxy(h.database, {
      get: (database, key) =>
        key !== 'query'
          ? Reflect.get(database, key)
          : (statement: { name: string }, params: object) =>
              broken && statement.name === 'job_lease_one'
                ? (refused++, Promise.reject(new Error('connection refused')))
                : database.query(statement as never, params),
    });
    const { worker, jobs } = h.processWith([greet], { queue, on });
    worker.start();

    for (let n = 0; n < 3; n += 1) await add(jobs, n);
    await expect.poll(() => refused, WITHIN).toBe(3);
    await expect.poll(() => h.logger.lines.length, WITHIN).toBe(1); // one line, however many notices
    broken = false;
    await add(jobs, 3);
    await expect.poll(() => greet.seen, WITHIN).toEqual([3]);
    h.clock.advance('5s');
    look();

    await expect.poll(() => greet.seen, WITHIN).toHaveLength(4);
    await worker.stop();
  });
});

describe('of jobs that are due at once', () => {
  it('the urgent ones run first, and among equals the oldest', async () => {
    const greet = noting();
    const { worker } = h.processWith([greet]);
    await add(h.jobs, 'upkeep', { priority: 90 });
    await add(h.jobs, 'usual');
    await add(h.jobs, 'event', { priority: 10 });
    await add(h.jobs, 'event too', { priority: 10 });
    await add(h.jobs, 'usual too');

    await worker.settle();

    expect(greet.seen).toEqual(['event', 'event too', 'usual', 'usual too', 'upkeep']);
  });
});

describe('a lane with a limit', () => {
  const limits: LaneLimits['limits'] = { 'channel:wechat': { perSecond: 2, burst: 3 } };
  let limiter: ReturnType<typeof memoryRateLimiter>;
  const lanes = () => new Lanes(h.clock, limiter, limits);
  beforeEach(() => {
    limiter = memoryRateLimiter({ clock: h.clock });
  });
  const lane = 'channel:wechat:live:1900';

  it.each<[how: string, queues: () => [JobQueue?, JobQueue?]]>([
    ['the table', () => []],
    ['a queue', () => [queue, queue.elsewhere()]],
  ])('is not exceeded by all processes together, with %s', async (_how, queues) => {
    const [one, two] = [noting(), noting()];
    const [q1, q2] = queues();
    const here = h.processWith([one], { lanes: lanes(), ...(q1 && { queue: q1 }) });
    const there = h.processWith([two], { lanes: lanes(), on: h.elsewhere, ...(q2 && { queue: q2 }) });
    const ran = () => one.seen.length + two.seen.length;
    here.worker.start();
    there.worker.start();

    for (let n = 0; n < 10; n += 1) await add(here.jobs, n, { lane });
    await expect.poll(ran, WITHIN).toBe(3);
    await aWhile();
    expect(ran()).toBe(3);

    for (const expected of [5, 7, 9, 10]) {
      h.clock.advance('1s');
      look();
      await expect.poll(ran, WITHIN).toBe(expected);
      await aWhile();
      expect(ran()).toBe(expected);
    }
    await Promise.all([here.worker.stop(), there.worker.stop()]);
    expect(await h.rows('jobs')).toEqual([]);
  });

  it('holds up no other job', async () => {
    const greet = noting();
    const { worker } = h.processWith([greet], { lanes: lanes() });
    for (let n = 0; n < 60; n += 1) await add(h.jobs, n, { lane, priority: 0 });
    await add(h.jobs, 'other lane', { lane: 'channel:alipay:live:2088' });
    await add(h.jobs, 'no lane');

    await worker.settle();

    expect(greet.seen.slice(3)).toEqual(['other lane', 'no lane']);
  });

  it('leaves its rows free for others while it is closed, untouched', async () => {
    const { worker } = h.processWith([noting()], { lanes: lanes() });
    for (let n = 0; n < 5; n += 1) await add(h.jobs, n, { lane });

    await worker.settle();

    expect(await h.rows('jobs')).toMatchObject(
      [3, 4].map((n) => ({ key: `${n}`, lease_owner: null, lease_expires_at: null, attempts: 0 })),
    );
  });

  it('waits when its limiter cannot be asked, and says so', async () => {
    const greet = noting();
    let broken = true;
    const flaky = {
      ...limiter,
      take: async (...args: Parameters<typeof limiter.take>) => {
        if (broken) throw new Error('connection refused');
        return limiter.take(...args);
      },
    };
    const { worker } = h.processWith([greet], { lanes: new Lanes(h.clock, flaky, limits) });
    await add(h.jobs, 'x', { lane });

    await worker.settle();
    expect(greet.seen).toEqual([]);
    expect(h.logger.lines).toMatchObject([{ level: 'warn', fields: { lane } }]);

    broken = false;
    h.clock.advance('1s');
    await worker.settle();
    expect(greet.seen).toEqual(['x']);
  });
});
