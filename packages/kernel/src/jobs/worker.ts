import type { Clock } from '../ports/clock.js';
import type { Database, Tx } from '../ports/database.js';
import type { IdGenerator } from '../ports/id-generator.js';
import type { Logger } from '../ports/logger.js';
import { WORK_TOPIC, type PubSub } from '../ports/pubsub.js';
import { statement } from '../statement.js';
import { redactor } from '../redact.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { token, type Token } from '../token.js';
import type { Job } from './jobs.js';

const redact = redactor();
const LEASE_MS = 60_000;
/** A job that takes longer counts as failed, so that one that hangs does not keep the others from running. */
const JOB_LIMIT_MS = 30_000;
/** How old a lease may be when its job starts: what is left of it covers the limit above. */
const START_WITHIN_MS = LEASE_MS - JOB_LIMIT_MS;
const BATCH = 50;
/** How long a process that heard nothing waits before it looks by itself. */
const POLL_MS = 1_000;
/** Under load there are always fresh events. Taking those of this time at once leaves more of the machine to requests. */
const GATHER_MS = 50;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 3_600_000;

export interface WorkerOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly logger: Logger;
  readonly pubsub: PubSub;
  /** The jobs that this process knows how to run, asked for anew in each round. Others stay for those who know them. */
  readonly jobs: () => readonly Job[];
  /** Turns events into jobs before each round; says whether it found any. */
  readonly relay: () => Promise<boolean>;
  readonly jobLimitMs?: number;
  readonly telemetry?: Telemetry;
}

/**
 * Runs due jobs of this installation. Any number of processes may do so at once: a job is leased before it runs, and a
 * lease that a dead process left behind ends by itself.
 */
export class Worker {
  static readonly token: Token<Worker> = token<Worker>('worker');

  readonly #options: WorkerOptions;
  readonly #telemetry: Telemetry;
  #running = false;
  #stopping = false;
  #loop: Promise<void> = Promise.resolve();
  #wake: () => void = () => {};
  #woken = false;
  #job: string | null = null;
  #beatMs = 0;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#telemetry = options.telemetry ?? new Telemetry();
    handlersOf(options.jobs());
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#stopping = false;
    this.#beatMs = performance.now();
    const unsubscribe = this.#options.pubsub.subscribe(WORK_TOPIC, () => this.#wakeUp());
    this.#loop = this.#run().finally(unsubscribe);
  }

  /** Takes no new job and waits for the one that runs. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#stopping = true;
    this.#wakeUp();
    await this.#loop;
  }

  /** The name of the job that runs now, or null. */
  get job(): string | null {
    return this.#job;
  }

  /** How long ago the loop last went on, in milliseconds; null when this process does not work. */
  silentForMs(): number | null {
    return this.#running ? performance.now() - this.#beatMs : null;
  }

  /** Runs everything that is due now and returns. For tests and for commands that run once. */
  async settle(): Promise<void> {
    // Each round may make new work due.
    for (let busy = true; busy;) {
      const relayed = await this.#options.relay();
      const worked = await this.#work();
      busy = (relayed || worked) && !this.#stopping;
    }
  }

  async #run(): Promise<void> {
    const logged = (during: string) => (error: unknown) => {
      this.#options.logger.error({ err: error }, `The worker failed while it ${during}; it tries again.`);
      return false;
    };
    while (this.#running) {
      this.#beatMs = performance.now();
      this.#woken = false;
      // Jobs run even when events cannot be relayed.
      const relayed = await this.#options.relay().catch(logged('relayed events'));
      const worked = await this.#work().catch(logged('looked for jobs'));
      if (!relayed && !worked) await this.#sleep();
      // After the first of them, not before: where little happens, it happens at once.
      else if (!worked && this.#running) await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
    }
  }

  async #work(): Promise<boolean> {
    if (this.#stopping) return false;
    const handlers = handlersOf(this.#options.jobs());
    const now = this.#options.clock.now().getTime();
    const leased = await this.#lease([...handlers.keys()], new Date(now));
    for (const [index, job] of leased.entries()) {
      const age = this.#options.clock.now().getTime() - now;
      if (this.#stopping || age > START_WITHIN_MS) {
        await this.#release(leased.slice(index));
        break;
      }
      await this.#perform(job, handlers.get(job.name)!);
    }
    return leased.length > 0;
  }

  async #lease(names: string[], now: Date): Promise<LeasedJob[]> {
    const lease = this.#options.ids.next('req');
    const expiresAt = new Date(now.getTime() + LEASE_MS);
    const leased = await this.#options.database.query(LEASE, { names, now, lease, expiresAt, limit: BATCH });
    return leased.map((job) => ({ ...job, lease })).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  async #release(jobs: readonly LeasedJob[]): Promise<void> {
    await this.#options.database.query(RELEASE, { ids: jobs.map(({ id }) => id), lease: jobs[0]!.lease });
  }

  /** Waits for the job, but not for ever. What it does after its time has no effect: its lease is gone by then. */
  async #perform(job: LeasedJob, handler: Job): Promise<void> {
    const { jobLimitMs = JOB_LIMIT_MS } = this.#options;
    this.#beatMs = performance.now();
    this.#job = job.name;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => (timer = setTimeout(resolve, jobLimitMs, 'late')));
    const outcome = await Promise.race([this.#call(job, handler), late]).finally(() => {
      clearTimeout(timer);
      this.#job = null;
    });
    if (outcome === 'late') await this.#postpone(job, new Error(`It did not end within ${jobLimitMs} ms.`));
  }

  /** Never rejects. */
  async #call(job: LeasedJob, handler: Job): Promise<void> {
    let completion: Promise<void> | undefined;
    const complete = async (work: (tx: Tx) => Promise<void>) => {
      if (completion !== undefined) throw new Error(`The job ${job.name} called complete() twice.`);
      completion = this.#complete(job, work);
      await completion;
    };
    const started = performance.now();
    const measured = (failure: object) =>
      this.#telemetry.duration('itpay.job.duration', (performance.now() - started) / 1000, {
        'itpay.job.name': job.name,
        ...failure,
      });
    try {
      await this.#telemetry.span(
        `job ${job.name}`,
        { attributes: { 'itpay.job.attempt': job.attempts + 1 } },
        async () => {
          await handler.run(job.payload, { complete });
          await (completion ?? this.#complete(job, async () => {}));
        },
      );
      measured({});
    } catch (error) {
      measured({ 'error.type': 'failed' });
      await completion?.catch(() => {});
      await this.#postpone(job, error);
    }
  }

  async #complete(job: LeasedJob, work: (tx: Tx) => Promise<void>): Promise<void> {
    await this.#options.database.transaction(async (tx) => {
      // The row is gone for everybody else while the work runs, and back if it fails. Who lost the lease finds nothing.
      const [held] = await tx.query(FINISH, { id: job.id, lease: job.lease });
      if (held !== undefined) await work(tx);
    });
  }

  /** Never rejects: a job that cannot be postponed is found again when its lease ends. */
  async #postpone(job: LeasedJob, error: unknown): Promise<void> {
    const { logger, database, clock } = this.#options;
    const delay = Math.min(FIRST_RETRY_MS * 2 ** job.attempts, LAST_RETRY_MS);
    const facts = { job: job.name, key: job.key, attempt: job.attempts + 1 };
    try {
      const [postponed] = await database.query(POSTPONE, {
        id: job.id,
        lease: job.lease,
        runAt: new Date(clock.now().getTime() + delay),
        error: redact.text(error instanceof Error ? error.message : String(error)).slice(0, 1_000),
      });
      if (postponed)
        logger.error({ ...facts, err: error, retryInMs: delay }, `The job ${job.name} failed and runs again later.`);
      else
        logger.warn(
          { ...facts, err: error },
          `The job ${job.name} failed, but it was done or belongs to another by now.`,
        );
    } catch (failure) {
      logger.error({ ...facts, err: error, failure }, `The job ${job.name} failed and runs again when its lease ends.`);
    }
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

function handlersOf(jobs: readonly Job[]): ReadonlyMap<string, Job> {
  const handlers = new Map<string, Job>();
  for (const job of jobs) {
    if (handlers.has(job.name)) throw new Error(`Two plugins bring a job named "${job.name}".`);
    handlers.set(job.name, job);
  }
  return handlers;
}

interface JobRow {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly payload: unknown;
  readonly attempts: number;
}
interface LeasedJob extends JobRow {
  /** Names this lease among all there ever were, so that an owner who was paused for long cannot mistake another's. */
  readonly lease: string;
}

const LEASE = statement<{ names: string[]; now: Date; lease: string; expiresAt: Date; limit: number }, JobRow>(
  'job_lease',
  `update {schema}.jobs set lease_owner = :lease, lease_expires_at = :expiresAt
    where id in (
      select id from {schema}.jobs
       where run_at <= :now and name = any(:names::text[]) and (lease_expires_at is null or lease_expires_at <= :now)
       order by run_at, id limit :limit::int for update skip locked)
   returning id, name, key, payload, attempts`,
);
const RELEASE = statement<{ ids: string[]; lease: string }, object>(
  'job_release',
  `update {schema}.jobs set lease_owner = null, lease_expires_at = null
    where id = any(:ids::text[]) and lease_owner = :lease`,
);
const FINISH = statement<{ id: string; lease: string }, { id: string }>(
  'job_finish',
  `delete from {schema}.jobs where id = :id and lease_owner = :lease returning id`,
);
// A row that is locked belongs to a transaction that still works on the job; waiting for it would keep the others waiting.
const POSTPONE = statement<{ id: string; lease: string; runAt: Date; error: string }, { id: string }>(
  'job_postpone',
  `update {schema}.jobs
      set attempts = attempts + 1, run_at = :runAt, last_error = :error, lease_owner = null, lease_expires_at = null
    where id = (select id from {schema}.jobs where id = :id and lease_owner = :lease for update skip locked)
   returning id`,
);
