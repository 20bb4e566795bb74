import type { Clock } from '../ports/clock.js';
import type { Tx } from '../ports/database.js';
import type { IdGenerator } from '../ports/id-generator.js';
import type { JobQueue } from '../ports/job-queue.js';
import { WORK_TOPIC, type PubSub } from '../ports/pubsub.js';
import { statement } from '../statement.js';
import { point, token, type Token } from '../token.js';
import { offerSoon } from './notices.js';

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

export interface JobOptions {
  /** Not before this time; left out: now. */
  readonly runAt?: Date | undefined;
  /** What the job shares a limit with, such as `channel:wechat:live:1900000109`; left out: nothing. */
  readonly lane?: string | undefined;
  /** 0 to 100: of jobs that are due at once, lower ones start first. Left out: 50. */
  readonly priority?: number | undefined;
}

/** How urgent the framework's own jobs are. Events come first: people and machines wait for them. */
export const PRIORITIES = { events: 10, usual: 50, reports: 70, upkeep: 90 } as const;

/** Adds work to the `jobs` table. */
export class Jobs {
  static readonly token: Token<Jobs> = token<Jobs>('jobs');

  readonly #clock: Clock;
  readonly #ids: IdGenerator;
  readonly #pubsub: PubSub;
  readonly #queue: JobQueue | null;

  constructor(clock: Clock, ids: IdGenerator, pubsub: PubSub, queue: JobQueue | null = null) {
    this.#clock = clock;
    this.#ids = ids;
    this.#pubsub = pubsub;
    this.#queue = queue;
  }

  /**
   * Adds a job that exists only if `tx` commits. A job of the same name and key that is still waiting is kept as it is.
   *
   * @throws RangeError for a priority that is no whole number from 0 to 100
   */
  async add(tx: Tx, name: string, key: string, payload: unknown, options?: JobOptions): Promise<void> {
    await this.addAll(tx, name, [{ key, payload }], options);
  }

  /** The same for several jobs of one name, in one round trip. */
  async addAll(tx: Tx, name: string, jobs: readonly NewJob[], options: JobOptions = {}): Promise<void> {
    if (jobs.length === 0) return;
    const now = this.#clock.now();
    const { runAt = now, lane = null, priority = PRIORITIES.usual } = options;
    if (!Number.isInteger(priority) || priority < 0 || priority > 100) {
      throw new RangeError(`The job ${name} has the priority ${priority}. Give a whole number from 0 to 100.`);
    }
    const added = await tx.query(ADD, {
      ids: jobs.map(() => this.#ids.next('job')),
      name,
      keys: jobs.map(({ key }) => key),
      payloads: jobs.map(({ payload }) => JSON.stringify(payload)),
      runAt,
      lane,
      priority,
      now,
    });
    const queue = this.#queue;
    if (queue === null) return tx.afterCommit(() => this.#pubsub.publish(WORK_TOPIC, ''));
    const notices = added.map(({ id }) => ({ id, name, lane, priority, runAt }));
    tx.afterCommit(() => offerSoon(queue, notices, now));
  }
}

interface NewJob {
  /** Tells jobs of one name apart: the id of what the job is about. */
  readonly key: string;
  /** JSON. */
  readonly payload: unknown;
}

const ADD = statement<
  {
    ids: string[];
    name: string;
    keys: string[];
    payloads: string[];
    runAt: Date;
    lane: string | null;
    priority: number;
    now: Date;
  },
  { id: string }
>(
  'job_add',
  `insert into {schema}.jobs (id, name, key, payload, run_at, lane, priority, created_at)
   select id, :name, key, payload::jsonb, :runAt, :lane, :priority::int, :now
     from unnest(:ids::text[], :keys::text[], :payloads::text[]) as new (id, key, payload)
   on conflict (name, key) do nothing
   returning id`,
);
