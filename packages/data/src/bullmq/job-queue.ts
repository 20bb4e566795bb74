import { setTimeout as sleep } from 'node:timers/promises';
import { ItPayError } from '@itpay/core';
import type { JobNotice, JobQueue, Logger } from '@itpay/kernel';
import type { Job, Queue, Worker } from 'bullmq';
import { firstContact, type RedisConnections } from '../redis/connect.js';

export interface BullmqJobQueueOptions {
  /** Stays its maker's: it is not closed here. */
  readonly redis: RedisConnections;
  /** What all keys begin with. In braces, so that a cluster keeps them on one node: `{itpay:shop}`. */
  readonly prefix: string;
  readonly logger: Logger;
}

/** The name of the queue under the prefix. */
const QUEUE = 'jobs';
/** As many as a worker of ours runs at once. */
const AT_ONCE = 5;
/** What waits for Redis to answer. More is dropped: the table has it. */
const MOST_PENDING = 10_000;
/** How much goes in one round trip. */
const BATCH = 500;
/** A Redis that is away would let BullMQ wait for ever; then its connections are cut. */
const CLOSE_WITHIN_MS = 2_000;
/** How long BullMQ waits after a connection failed under a command, or Redis refused to hand out a notice. */
const RETRY_MS = 1_000;
/**
 * When BullMQ takes a notice for abandoned and hands it out again. It only has to be longer than a job with its wait; the row
 * knows who works on it, and whose worker died is found in the table before.
 */
const LOCK_MS = 300_000;
/** How often a fault is logged that is no outage. */
const FAULT_EVERY_MS = 60_000;

/**
 * JobQueue over BullMQ on Redis, one server or a cluster. Redis holds the notices only: when it forgets them, or is away,
 * workers find the rows by themselves a few seconds late.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` when bullmq is not installed
 */
export async function bullmqJobQueue(options: BullmqJobQueueOptions): Promise<JobQueue> {
  const bullmq = await loadBullmq();
  await firstContact(options.redis.client('request'));
  return new BullmqJobQueue(options, bullmq);
}

type Bullmq = typeof import('bullmq');

/** A notice on its way: what BullMQ's own fields do not say. */
interface Data {
  readonly id: string;
  readonly lane: string | null;
  readonly priority: number;
  /** Milliseconds since 1970. */
  readonly runAt: number;
}

class BullmqJobQueue implements JobQueue {
  readonly #options: BullmqJobQueueOptions;
  readonly #bullmq: Bullmq;
  readonly #queue: Queue<Data>;
  #pending: JobNotice[] = [];
  #sending: Promise<void> | null = null;
  /** Notices that did not reach Redis since it last took some. */
  #dropped = 0;
  #faultAtMs = -Infinity;
  #closed = false;

  constructor(options: BullmqJobQueueOptions, bullmq: Bullmq) {
    this.#options = options;
    this.#bullmq = bullmq;
    const { redis, prefix } = options;
    this.#queue = new bullmq.Queue<Data>(QUEUE, {
      connection: redis.client('request'),
      prefix,
      skipVersionCheck: true,
      skipWaitingForReady: true, // without a connection, adding fails at once
      streams: { events: { maxLen: 100 } }, // nobody reads them
    });
    this.#queue.on('error', (error) => this.#fault(error));
  }

  offer(notices: readonly JobNotice[]): void {
    if (this.#closed || notices.length === 0) return;
    const room = MOST_PENDING - this.#pending.length;
    this.#pending.push(...notices.slice(0, room));
    if (notices.length > room) this.#drop(notices.length - room, 'Redis is slower than they come');
    this.#sending ??= this.#send().finally(() => (this.#sending = null));
  }

  receive(run: (notice: JobNotice) => Promise<void>): () => Promise<void> {
    const { redis, prefix } = this.#options;
    const { WaitingError } = this.#bullmq;
    const PatientWorker = patientWorker(this.#bullmq);
    const client = redis.client('background');
    const running = new Set<Promise<void>>();
    let ended = false;
    const process = async (job: Job<Data>, token?: string) => {
      if (ended) {
        await job.moveToWait(token);
        throw new WaitingError(); // for another process
      }
      const over = run(noticeOf(job));
      running.add(over);
      await over.finally(() => running.delete(over));
    };
    let worker: Worker<Data> | undefined;
    const begin = () => {
      worker = new PatientWorker(QUEUE, process, {
        connection: client,
        prefix,
        concurrency: AT_ONCE,
        runRetryDelay: RETRY_MS,
        lockDuration: LOCK_MS,
        skipLockRenewal: true,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
      });
      worker.on('error', (error) => this.#fault(error));
    };
    // One that never saw a connection would wait for it when it closes.
    if (client.status === 'ready') begin();
    else client.once('ready', begin);
    return async () => {
      if (ended) return;
      ended = true;
      client.off('ready', begin);
      const closing = worker === undefined ? Promise.resolve() : closeWorker(worker).catch(() => {});
      await Promise.all(running);
      await within(CLOSE_WITHIN_MS, closing, async () => worker?.getBackend().close(true));
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await within(CLOSE_WITHIN_MS, this.#sending ?? Promise.resolve());
    await within(CLOSE_WITHIN_MS, this.#queue.close());
  }

  async #send(): Promise<void> {
    await Promise.resolve(); // what is offered in one go travels together
    while (this.#pending.length > 0) {
      const batch = this.#pending.splice(0, BATCH);
      try {
        await this.#queue.addBulk(batch.map(toBullmq));
        this.#arrived();
      } catch (error) {
        this.#drop(batch.length, error instanceof Error ? error.message : String(error));
      }
    }
  }

  #drop(count: number, reason: string): void {
    if (this.#dropped === 0) {
      this.#options.logger.warn(
        { reason, redis: this.#options.redis.where },
        'Notices of jobs do not reach Redis and are dropped. Workers find the jobs by themselves, a few seconds late.',
      );
    }
    this.#dropped += count;
  }

  #arrived(): void {
    if (this.#dropped === 0) return;
    this.#options.logger.info({ dropped: this.#dropped }, 'Notices of jobs reach Redis again.');
    this.#dropped = 0;
  }

  // An outage is reported by the connections; this is for what Redis refuses: no memory, a replica, missing rights.
  #fault(error: Error): void {
    const now = performance.now();
    if (this.#closed || !isAnswer(error) || now - this.#faultAtMs < FAULT_EVERY_MS) return;
    this.#faultAtMs = now;
    this.#options.logger.warn({ reason: error.message }, 'Redis refused what BullMQ asked; it is tried again.');
  }
}

function toBullmq({ id, name, lane, priority, runAt }: JobNotice) {
  const dueMs = runAt.getTime();
  return {
    name,
    data: { id, lane, priority, runAt: dueMs },
    opts: {
      // The time, too: a row that failed comes again while its notice is still being worked on. BullMQ allows no colon.
      jobId: `${id.replaceAll(':', '_')}-${dueMs}`,
      delay: Math.max(0, dueMs - Date.now()),
      priority: priority + 1, // BullMQ's 0 means none, and 1 is the most urgent
      attempts: 1, // tries are counted in the table
      removeOnComplete: true,
      removeOnFail: true,
    },
  };
}

function noticeOf({ name, data: { id, lane, priority, runAt } }: Job<Data>): JobNotice {
  return { id, name, lane, priority, runAt: new Date(runAt) };
}

/** An error that Redis itself answered, and no broken connection. */
const isAnswer = ({ name, message }: Error) =>
  name === 'ReplyError' || /^(ERR|OOM|READONLY|NOPERM|MISCONF) /.test(message);

/**
 * BullMQ's worker asks again at once when Redis refuses (MISCONF, OOM, NOREPLICAS), as fast as both can. This one waits in
 * between; closing waits for that, too.
 */
function patientWorker({ Worker: BullmqWorker }: Bullmq) {
  return class extends BullmqWorker<Data> {
    protected override async moveToActive(token: string, name?: string) {
      try {
        return await super.moveToActive(token, name);
      } catch (error) {
        await sleep(RETRY_MS, undefined, { ref: false });
        throw error;
      }
    }
  };
}

/** Cuts the connection that waits for notices, and resolves once those that run are over and Redis knows it. */
async function closeWorker(worker: Worker): Promise<void> {
  await worker.pause(true); // ends its timer, which closing leaves when Redis is away
  await worker.close();
}

async function within(limitMs: number, work: Promise<unknown>, late = async () => {}): Promise<void> {
  const limit = new AbortController();
  const ended = work.then(
    () => true,
    () => true,
  );
  const over = sleep(limitMs, false, { signal: limit.signal }).catch(() => true);
  const inTime = await Promise.race([ended, over]);
  limit.abort();
  if (!inTime) await late().catch(() => {});
}

/** @throws ItPayError `CONFIGURATION_INVALID` when it is not installed */
export async function loadBullmq(load = (): Promise<Bullmq> => import('bullmq')): Promise<Bullmq> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ItPayError('CONFIGURATION_INVALID', {
      message:
        'With the option redis, jobs travel over BullMQ, and the package bullmq is not installed. ' +
        'Either npm install bullmq@6, or go without: queue: "table".',
      param: 'queue',
      details: { option: 'queue' },
    });
  }
}
