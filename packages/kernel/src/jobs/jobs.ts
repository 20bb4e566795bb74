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
   * in the meantime, `work` is not called.
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
  async add(tx: Tx, name: string, key: string, payload: object, runAt?: Date): Promise<void> {
    const now = this.#clock.now();
    await tx.query(ADD, {
      id: this.#ids.next('job'),
      name,
      key,
      payload: JSON.stringify(payload),
      runAt: runAt ?? now,
      now,
    });
    tx.afterCommit(() => this.#pubsub.publish(WORK_TOPIC, ''));
  }
}

const ADD = statement<{ id: string; name: string; key: string; payload: string; runAt: Date; now: Date }, object>(
  'job_add',
  `insert into {schema}.jobs (id, name, key, payload, run_at, created_at)
   values (:id, :name, :key, :payload::jsonb, :runAt, :now)
   on conflict (name, key) do nothing`,
);
