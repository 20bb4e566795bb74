import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../ports/clock.js';
import type { Database, Tx } from '../ports/database.js';
import type { IdGenerator } from '../ports/id-generator.js';
import type { JobNotice, JobQueue } from '../ports/job-queue.js';
import type { Logger } from '../ports/logger.js';
import { WORK_TOPIC, type PubSub } from '../ports/pubsub.js';
import { statement } from '../statement.js';
import { redactor } from '../redact.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { token, type Token } from '../token.js';
import type { Job } from './jobs.js';
import { Lanes } from './lanes.js';
import { offerSoon } from './notices.js';
import { Slots } from './slots.js';

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
/**
 * With a queue, a row that has been due for so long is taken up here: nobody brought it, or nobody comes to it. Who runs it
 * first has it; to whom the queue hands it later finds it gone.
 */
const OVERDUE_MS = 5_000;
/** How many jobs run at once in a process that has a queue; without one it is one. Each may hold a database connection. */
const AT_ONCE = 5;
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
  /** Brings notices of jobs to this process. Null: it looks into the table for all of them. */
  readonly queue?: JobQueue | null;
  readonly lanes?: Lanes;
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
  readonly #queue: JobQueue | null;
  readonly #lanes: Lanes;
  readonly #slots: Slots;
  /** What runs now, and its name. */
  readonly #jobs = new Map<LeasedJob, string>();
  #running = false;
  #stopping = false;
  #loop: Promise<void> = Promise.resolve();
  #wake: () => void = () => {};
  #woken = false;
  #beatMs = 0;
  #endReceiving: () => Promise<void> = async () => {};
  #early = new AbortController();
  #databaseAway = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#telemetry = options.telemetry ?? new Telemetry();
    this.#queue = options.queue ?? null;
    this.#lanes = options.lanes ?? new Lanes(options.clock);
    this.#slots = new Slots(this.#queue === null ? 1 : AT_ONCE);
    handlersOf(options.jobs());
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#stopping = false;
    this.#beatMs = performance.now();
    const unsubscribe = this.#options.pubsub.subscribe(WORK_TOPIC, () => this.#wakeUp());
    this.#loop = this.#run().finally(unsubscribe);
    this.#early = new AbortController();
    if (this.#queue !== null) this.#endReceiving = this.#queue.receive((notice) => this.#takeUp(notice));
  }

  /** Takes no new job and waits for those that run. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#stopping = true;
    this.#early.abort();
    this.#wakeUp();
    const end = this.#endReceiving;
    this.#endReceiving = async () => {};
    await Promise.all([this.#loop, end()]);
  }

  /** The names of the jobs that run now. */
  running(): readonly string[] {
    return [...this.#jobs.values()];
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
      const worked = await this.#work(0, new Slots(1));
      busy = (relayed || worked) && !this.#stopping;
    }
  }

  async #run(): Promise<void> {
    const logged = (during: string) => (error: unknown) => {
      this.#options.logger.error({ err: error }, `The worker failed while it ${during}; it tries again.`);
      return false;
    };
    const overdueMs = this.#queue === null ? 0 : OVERDUE_MS;
    while (this.#running) {
      this.#beatMs = performance.now();
      this.#woken = false;
      // Jobs run even when events cannot be relayed.
      const relayed = await this.#options.relay().catch(logged('relayed events'));
      const worked = await this.#work(overdueMs, this.#slots).catch(logged('looked for jobs'));
      if (!relayed && !worked) await this.#sleep();
      // After the first of them, not before: where little happens, it happens at once.
      else if (!worked && this.#running) await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
    }
  }

  /**
   * Runs a batch of the rows that have been due for so long.
   *
   * @returns whether there were any
   */
  async #work(overdueMs: number, slots: Slots): Promise<boolean> {
    if (this.#stopping) return false;
    const handlers = handlersOf(this.#options.jobs());
    const now = this.#options.clock.now().getTime();
    const leased = await this.#lease([...handlers.keys()], new Date(now), overdueMs);
    const left: LeasedJob[] = [];
    await Promise.all(
      leased.map((job) =>
        slots.within(async () => {
          const age = this.#options.clock.now().getTime() - now;
          const late = this.#stopping || age > START_WITHIN_MS;
          if (late || !(await this.#enterLane(job))) left.push(job);
          else await this.#perform(job, handlers.get(job.name)!);
        }),
      ),
    );
    if (left.length > 0) await this.#release(left);
    return leased.length > 0;
  }

  /** What the queue brought. Never rejects: a row that is not taken up here is found in the table. */
  async #takeUp(notice: JobNotice): Promise<void> {
    try {
      await this.#untilDue(notice);
      await this.#slots.within(async () => {
        const handler = handlersOf(this.#options.jobs()).get(notice.name);
        if (this.#stopping || handler === undefined || this.#lanes.isClosed(notice.lane)) return;
        const job = await this.#leaseOne(notice.id);
        this.#databaseAway = false;
        if (job === null) return;
        if (await this.#enterLane(job)) await this.#perform(job, handler);
        else await this.#release([job]);
      });
    } catch (error) {
      if (this.#stopping) return;
      // One line, not one for each notice.
      if (!this.#databaseAway) {
        this.#options.logger.error(
          { err: error, job: notice.name },
          'The worker could not take up a job; it looks again.',
        );
      }
      this.#databaseAway = true;
    }
  }

  // The clock of the machine that offered it may be a little ahead of ours.
  async #untilDue({ runAt }: JobNotice): Promise<void> {
    const earlyMs = runAt.getTime() - this.#options.clock.now().getTime();
    if (earlyMs > 0 && earlyMs <= OVERDUE_MS) await sleep(earlyMs, null, { signal: this.#early.signal });
  }

  // A limiter that cannot be asked lets nothing out: a rail that is asked too often may lock the merchant out.
  async #enterLane({ lane }: LeasedJob): Promise<boolean> {
    try {
      return await this.#lanes.enter(lane);
    } catch (error) {
      this.#options.logger.warn({ err: error, lane }, 'The limit of a lane could not be read; its jobs wait.');
      return false;
    }
  }

  async #lease(names: string[], now: Date, overdueMs: number): Promise<LeasedJob[]> {
    const lease = this.#options.ids.next('req');
    const leased = await this.#options.database.query(LEASE, {
      names,
      now,
      overdue: new Date(now.getTime() - overdueMs),
      closed: this.#lanes.closed(),
      reopened: this.#lanes.takeReopened(),
      lease,
      expiresAt: new Date(now.getTime() + LEASE_MS),
      limit: BATCH,
    });
    const urgency = (a: JobRow, b: JobRow) => a.priority - b.priority || (a.id < b.id ? -1 : 1);
    this.#warnOfAbandoned(leased);
    return leased.map((job) => ({ ...job, lease })).toSorted(urgency);
  }

  async #leaseOne(id: string): Promise<LeasedJob | null> {
    const lease = this.#options.ids.next('req');
    const now = this.#options.clock.now();
    const expiresAt = new Date(now.getTime() + LEASE_MS);
    const leased = await this.#options.database.query(LEASE_ONE, { id, now, lease, expiresAt });
    this.#warnOfAbandoned(leased);
    const [job] = leased;
    return job === undefined ? null : { ...job, lease };
  }

  // The only trace of a job that ends its process, over and over.
  #warnOfAbandoned(leased: readonly JobRow[]): void {
    for (const { name, key, attempts } of leased.filter(({ abandoned }) => abandoned)) {
      this.#options.logger.warn(
        { job: name, key, attempt: attempts + 1 },
        `A process took the job ${name} and neither finished it nor put it off; it runs again.`,
      );
    }
  }

  async #release(jobs: readonly LeasedJob[]): Promise<void> {
    await this.#options.database.query(RELEASE, { ids: jobs.map(({ id }) => id), lease: jobs[0]!.lease });
  }

  /** Waits for the job, but not for ever. What it does after its time has no effect: its lease is gone by then. */
  async #perform(job: LeasedJob, handler: Job): Promise<void> {
    const { jobLimitMs = JOB_LIMIT_MS } = this.#options;
    this.#beatMs = performance.now();
    this.#jobs.set(job, job.name);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => (timer = setTimeout(resolve, jobLimitMs, 'late')));
    const outcome = await Promise.race([this.#call(job, handler), late]).finally(() => {
      clearTimeout(timer);
      this.#jobs.delete(job);
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
    const now = clock.now();
    const runAt = new Date(now.getTime() + delay);
    const facts = { job: job.name, key: job.key, attempt: job.attempts + 1 };
    try {
      const [postponed] = await database.query(POSTPONE, {
        id: job.id,
        lease: job.lease,
        runAt,
        error: redact.text(error instanceof Error ? error.message : String(error)).slice(0, 1_000),
      });
      if (postponed) {
        logger.error({ ...facts, err: error, retryInMs: delay }, `The job ${job.name} failed and runs again later.`);
        if (this.#queue !== null) offerSoon(this.#queue, [noticeOf(job, runAt)], now);
      } else
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
      const timer = setTimeout(resolve, Math.max(GATHER_MS, Math.min(POLL_MS, this.#lanes.opensInMs() ?? POLL_MS)));
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

const noticeOf = ({ id, name, lane, priority }: JobRow, runAt: Date): JobNotice => ({
  id,
  name,
  lane,
  priority,
  runAt,
});

interface JobRow {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly payload: unknown;
  readonly attempts: number;
  readonly lane: string | null;
  readonly priority: number;
  /** Its last lease ended by itself: whoever had it died, hung, or lost the database. */
  readonly abandoned: boolean;
}
interface LeasedJob extends JobRow {
  /** Names this lease among all there ever were, so that an owner who was paused for long cannot mistake another's. */
  readonly lease: string;
}

// The most urgent of the oldest: among however many are due, the look stays short, and what waits longest comes into view.
const WINDOW = 1_000;
const DUE = `run_at <= :now and (run_at <= :overdue or lane = any(:reopened::text[])) and name = any(:names::text[])
  and (lane is null or lane <> all(:closed::text[])) and (lease_expires_at is null or lease_expires_at <= :now)`;
// A lease that ended by itself counts as a try that failed.
const TAKE_DUE = `update {schema}.jobs as job
      set lease_owner = :lease, lease_expires_at = :expiresAt, attempts = job.attempts + due.abandoned::int
     from due where job.id = due.id
   returning job.id, job.name, job.key, job.payload, job.attempts, job.lane, job.priority, due.abandoned`;
const LEASE = statement<
  {
    names: string[];
    now: Date;
    overdue: Date;
    closed: string[];
    reopened: string[];
    lease: string;
    expiresAt: Date;
    limit: number;
  },
  JobRow
>(
  'job_lease',
  `with due as (
      select id, lease_expires_at is not null as abandoned from {schema}.jobs
       where id = any(array(select id from {schema}.jobs where ${DUE} order by run_at limit ${WINDOW})) and ${DUE}
       order by priority, run_at, id limit :limit::int for update skip locked)
   ${TAKE_DUE}`,
);
const LEASE_ONE = statement<{ id: string; now: Date; lease: string; expiresAt: Date }, JobRow>(
  'job_lease_one',
  `with due as (
      select id, lease_expires_at is not null as abandoned from {schema}.jobs
       where id = :id and run_at <= :now and (lease_expires_at is null or lease_expires_at <= :now)
       for update skip locked)
   ${TAKE_DUE}`,
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
