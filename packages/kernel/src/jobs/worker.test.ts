import { expect, it } from 'vitest';
import type { Database } from '../ports/database.js';
import type { PubSub } from '../ports/pubsub.js';
import type { Job } from './jobs.js';
import { Worker } from './worker.js';

// The loop by itself; what the rows do is in worker.db.test.ts.

const errors: string[] = [];
const silent = () => {};
const logger = {
  debug: silent,
  info: silent,
  warn: silent,
  error: (_: object, message: string) => void errors.push(message),
};
const leased = { id: 'job_1', name: 'greet', key: 'k', payload: {}, attempts: 0, lane: null, priority: 50 };

/** A database that leases the given jobs once, and answers everything else as the test says. */
function fakeDatabase(answers: Record<string, () => unknown[]>): Database {
  const query = async ({ name }: { name: string }) => answers[name]?.() ?? [];
  return { query, transaction: async (work: (tx: object) => unknown) => work({ query }) } as never;
}

function fakePubSub(): PubSub & { wake(): void } {
  const listeners = new Set<(message: string) => void>();
  return {
    publish: silent,
    subscribe: (_topic, listener) => (listeners.add(listener), () => listeners.delete(listener)),
    close: async () => {},
    wake: () => listeners.forEach((listener) => listener('')),
  };
}

function workerWith(given: {
  jobs?: Job[];
  relay?: () => Promise<boolean>;
  answers?: Record<string, () => unknown[]>;
}) {
  errors.length = 0;
  const pubsub = fakePubSub();
  let id = 0;
  const worker = new Worker({
    database: fakeDatabase(given.answers ?? {}),
    clock: { now: () => new Date(0) },
    ids: { next: (prefix) => `${prefix}_${id++}` },
    logger,
    pubsub,
    jobs: () => given.jobs ?? [],
    relay: given.relay ?? (async () => false),
  });
  return { worker, pubsub };
}

/** A promise for the n-th call. */
function calls(n: number) {
  let reached!: () => void;
  const promise = new Promise<void>((resolve) => (reached = resolve));
  let count = 0;
  return { promise, call: () => void (++count === n && reached()) };
}

it('does not start with two jobs of one name', () => {
  const job: Job = { name: 'greet', run: async () => {} };

  expect(() => workerWith({ jobs: [job, { ...job }] })).toThrow('Two plugins bring a job named "greet".');
});

it('runs jobs while events cannot be relayed', async () => {
  const ran = calls(1);
  const { worker } = workerWith({
    relay: async () => Promise.reject(new Error('the log is locked')),
    jobs: [{ name: 'greet', run: async () => ran.call() }],
    answers: { job_lease: once([leased]) },
  });

  worker.start();
  await ran.promise;
  await worker.stop();

  expect(errors).toContain('The worker failed while it relayed events; it tries again.');
});

it('looks again after the database was away', async () => {
  const looked = calls(2);
  const { worker, pubsub } = workerWith({
    answers: {
      job_lease: () => {
        looked.call();
        pubsub.wake(); // so that the test does not wait for the poll
        throw new Error('connection refused');
      },
    },
  });

  worker.start();
  await looked.promise;
  await worker.stop();

  expect(errors[0]).toBe('The worker failed while it looked for jobs; it tries again.');
});

it('goes on with the next job when a failed one cannot be postponed', async () => {
  const ran = calls(2);
  const failing: Job = {
    name: 'greet',
    run: async () => {
      ran.call();
      throw new Error('no luck');
    },
  };
  const { worker } = workerWith({
    jobs: [failing],
    answers: {
      job_lease: once([leased, { ...leased, id: 'job_2' }]),
      job_postpone: () => {
        throw new Error('connection refused');
      },
    },
  });

  await worker.settle();

  await ran.promise;
  expect(errors).toEqual(Array(2).fill('The job greet failed and runs again when its lease ends.'));
});

it('tells who settles that the relay failed', async () => {
  const { worker } = workerWith({ relay: async () => Promise.reject(new Error('the log is locked')) });

  await expect(worker.settle()).rejects.toThrow('the log is locked');
});

it('waits for database work that its handler forgot to await', async () => {
  let finished = false;
  const forgetful: Job = {
    name: 'greet',
    run: async (_payload, { complete }) => {
      void complete(async () => {
        await Promise.resolve();
        finished = true;
      });
    },
  };
  const { worker } = workerWith({
    jobs: [forgetful],
    answers: { job_lease: once([leased]), job_finish: () => [{ id: 'job_1' }] },
  });

  await worker.settle();

  expect(finished).toBe(true);
});

it('stops while it sleeps, starts again and stops twice', async () => {
  const { worker } = workerWith({});

  worker.start();
  worker.start();
  await worker.stop();
  worker.start();
  await worker.stop();
  await worker.stop();

  expect(errors).toEqual([]);
});

function once(rows: unknown[]): () => unknown[] {
  return () => rows.splice(0);
}
