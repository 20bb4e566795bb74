import { token } from '../token.js';

/** Says that a row of `jobs` is due, or when it will be. What the job is about stays in the row. */
export interface JobNotice {
  readonly id: string;
  readonly name: string;
  /** What the job shares a limit with, such as `channel:wechat:live:1900000109`. */
  readonly lane: string | null;
  /** 0 to 100; lower is more urgent. */
  readonly priority: number;
  readonly runAt: Date;
}

/**
 * Brings notices of jobs to the processes that run them, spread over all of them. A courier, never the truth: the rows are.
 * A notice may be lost, late or come twice; a worker looks for rows that nobody brought it.
 */
export interface JobQueue {
  /**
   * Called once the rows are committed. Never throws and never blocks the caller. Holds what nobody receives yet, as far as
   * it can, and hands it out not before its `runAt`, the most urgent first.
   */
  offer(notices: readonly JobNotice[]): void;
  /**
   * Hands notices out to this process from now on, each of them to one process. Called at most once at a time.
   *
   * @param run takes up the row and runs its job; does nothing when the row is gone, not due or somebody else's. It resolves
   *   when that is over, never rejects, and may be called while earlier calls still run: it lets only a few work at once
   * @returns what ends it: hands out nothing more, and resolves when those that run are over
   */
  receive(run: (notice: JobNotice) => Promise<void>): () => Promise<void>;
  /** Called last, after receiving has ended. Nothing is offered any more; what is, is ignored. */
  close(): Promise<void>;
}

/** Null: workers look into the table by themselves. */
export const JobQueue = token<JobQueue | null>('job-queue');
