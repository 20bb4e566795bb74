import type { Clock } from '../ports/clock.js';
import type { Tx } from '../ports/database.js';
import type { IdGenerator } from '../ports/id-generator.js';
import { WORK_TOPIC, type PubSub } from '../ports/pubsub.js';
import { statement } from '../statement.js';
import { point, token, type Token } from '../token.js';

export interface JobContext {
  /**
   * Ends the job and does its database work, in one transaction: the work commits together with the note that it was done.
   * Called at most once. A handler that returns without calling it has its job ended for it.
   *
   * Whatever waits for a network is done before: no transaction is open until then. When another process took the job over
   * in the meantime, `work` is not called. `work` may add the next job of the same name and key.
   */
  complete(work: (tx: Tx) => Promise<void>): Promise<void>;
}

/**
 * Work that runs outside a request. Every job is safe to run twice: a process may die after the work and before the note
 * that it was done.
 */
export interface Job<Payload = any> {
  /** Fixed once released; rows in the database carry it. */
  readonly name: string;
  /** Ends within 30 seconds: after that it counts as failed, and runs again later. */
  run(payload: Payload, context: JobContext): Promise<void>;
}

/** Extension point: the jobs that plugins know how to run. */
export const JobHandlers = point<Job>('jobs');

/** Adds work to the `jobs` table. */
export class Jobs {
  static readonly token: Token<Jobs> = token<Jobs>('jobs');

  readonly #clock: Clock;
  readonly #ids: IdGenerator;
  readonly #pubsub: PubSub;

  constructor(clock: Clock, ids: IdGenerator, pubsub: PubSub) {
    this.#clock = clock;
    this.#ids = ids;
    this.#pubsub = pubsub;
  }

  /**
   * Adds a job that exists only if `tx` commits. A job of the same name and key that is still waiting is kept as it is.
   *
   * @param runAt not before this time; left out: now
   */
  async add(tx: Tx, name: string, key: string, payload: unknown, runAt?: Date): Promise<void> {
    await this.addAll(tx, name, [{ key, payload }], runAt);
  }

  /** The same for several jobs of one name, in one round trip. */
  async addAll(tx: Tx, name: string, jobs: readonly NewJob[], runAt?: Date): Promise<void> {
    if (jobs.length === 0) return;
    const now = this.#clock.now();
    await tx.query(ADD, {
      ids: jobs.map(() => this.#ids.next('job')),
      name,
      keys: jobs.map(({ key }) => key),
      payloads: jobs.map(({ payload }) => JSON.stringify(payload)),
      runAt: runAt ?? now,
      now,
    });
    tx.afterCommit(() => this.#pubsub.publish(WORK_TOPIC, ''));
  }
}

interface NewJob {
  /** Tells jobs of one name apart: the id of what the job is about. */
  readonly key: string;
  /** JSON. */
  readonly payload: unknown;
}

const ADD = statement<
  { ids: string[]; name: string; keys: string[]; payloads: string[]; runAt: Date; now: Date },
  object
>(
  'job_add',
  `insert into {schema}.jobs (id, name, key, payload, run_at, created_at)
   select id, :name, key, payload::jsonb, :runAt, :now
     from unnest(:ids::text[], :keys::text[], :payloads::text[]) as new (id, key, payload)
   on conflict (name, key) do nothing`,
);
