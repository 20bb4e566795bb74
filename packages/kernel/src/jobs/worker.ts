import type { Clock } from '../ports/clock.js';
import type { Database, Tx } from '../ports/database.js';
import type { IdGenerator } from '../ports/id-generator.js';
import type { Logger } from '../ports/logger.js';
import { WORK_TOPIC, type PubSub } from '../ports/pubsub.js';
import { statement } from '../statement.js';
import { token, type Token } from '../token.js';
import type { Job } from './jobs.js';

const LEASE_MS = 60_000;
const BATCH = 50;
/** How long a process that heard nothing waits before it looks by itself. */
const POLL_MS = 1_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 3_600_000;

export interface WorkerOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly logger: Logger;
  readonly pubsub: PubSub;
  readonly jobs: readonly Job[];
  /** Turns events into jobs before each round; says whether it found any. */
  readonly relay: () => Promise<boolean>;
}

/**
 * Runs due jobs of this installation. Any number of processes may do so at once: a job is leased before it runs, and a
 * lease that a dead process left behind ends by itself.
 */
export class Worker {
  static readonly token: Token<Worker> = token<Worker>('worker');

  readonly #options: WorkerOptions;
  readonly #handlers: ReadonlyMap<string, Job>;
  readonly #owner: string;
  #running = false;
  #loop: Promise<void> = Promise.resolve();
  #wake: () => void = () => {};
  #woken = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#handlers = new Map(options.jobs.map((job) => [job.name, job]));
    if (this.#handlers.size !== options.jobs.length) throw new Error('Two plugins bring a job with the same name.');
    this.#owner = options.ids.next('req');
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    const unsubscribe = this.#options.pubsub.subscribe(WORK_TOPIC, () => this.#wakeUp());
    this.#loop = this.#run().finally(unsubscribe);
  }

  /** Takes no new job and waits for the one that runs. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#wakeUp();
    await this.#loop;
  }

  /** Runs everything that is due now and returns. For tests and for commands that run once. */
  async settle(): Promise<void> {
    while (await this.#round()) {
      // Each round may make new work due.
    }
  }

  async #run(): Promise<void> {
    while (this.#running) {
      this.#woken = false;
      const busy = await this.#round().catch((error: unknown) => {
        this.#options.logger.error({ err: error }, 'The job worker could not reach the database; it tries again.');
        return false;
      });
      if (!busy) await this.#sleep();
    }
  }

  async #round(): Promise<boolean> {
    const relayed = await this.#options.relay();
    const leased = await this.#lease();
    for (const job of leased) await this.#perform(job);
    return relayed || leased.length > 0;
  }

  async #lease(): Promise<LeasedJob[]> {
    const now = this.#options.clock.now();
    const leased = await this.#options.database.query(LEASE, {
      names: [...this.#handlers.keys()],
      now,
      owner: this.#owner,
      expiresAt: new Date(now.getTime() + LEASE_MS),
      limit: BATCH,
    });
    return leased.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async #perform(job: LeasedJob): Promise<void> {
    const handler = this.#handlers.get(job.name)!;
    let completed = false;
    const complete = async (work: (tx: Tx) => Promise<void>) => {
      completed = true;
      await this.#options.database.transaction(async (tx) => {
        // The row is locked while the work runs, so a process whose lease ended cannot do it a second time.
        const [held] = await tx.query(HOLD, { id: job.id, owner: this.#owner });
        if (held === undefined) return;
        await work(tx);
        await tx.query(DONE, { id: job.id });
      });
    };
    try {
      await handler.run(job.payload, { complete });
      if (!completed) await complete(async () => {});
    } catch (error) {
      await this.#postpone(job, error);
    }
  }

  async #postpone(job: LeasedJob, error: unknown): Promise<void> {
    const delay = Math.min(FIRST_RETRY_MS * 2 ** job.attempts, LAST_RETRY_MS);
    this.#options.logger.error(
      { err: error, job: job.name, key: job.key, attempt: job.attempts + 1, retryInMs: delay },
      `The job ${job.name} failed and runs again later.`,
    );
    await this.#options.database.query(POSTPONE, {
      id: job.id,
      owner: this.#owner,
      runAt: new Date(this.#options.clock.now().getTime() + delay),
      error: (error instanceof Error ? error.message : String(error)).slice(0, 1_000),
    });
  }

  #wakeUp(): void {
    this.#woken = true;
    this.#wake();
  }

  async #sleep(): Promise<void> {
    if (this.#woken || !this.#running) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => {};
  }
}

interface LeasedJob {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly payload: unknown;
  readonly attempts: number;
}

const LEASE = statement<{ names: string[]; now: Date; owner: string; expiresAt: Date; limit: number }, LeasedJob>(
  'job_lease',
  `update {schema}.jobs set lease_owner = :owner, lease_expires_at = :expiresAt
    where id in (
      select id from {schema}.jobs
       where run_at <= :now and name = any(:names::text[]) and (lease_expires_at is null or lease_expires_at <= :now)
       order by run_at limit :limit::int for update skip locked)
   returning id, name, key, payload, attempts`,
);
const HOLD = statement<{ id: string; owner: string }, { id: string }>(
  'job_hold',
  `select id from {schema}.jobs where id = :id and lease_owner = :owner for update`,
);
const DONE = statement<{ id: string }, object>('job_done', `delete from {schema}.jobs where id = :id`);
const POSTPONE = statement<{ id: string; owner: string; runAt: Date; error: string }, object>(
  'job_postpone',
  `update {schema}.jobs
      set attempts = attempts + 1, run_at = :runAt, last_error = :error, lease_owner = null, lease_expires_at = null
    where id = :id and lease_owner = :owner`,
);
