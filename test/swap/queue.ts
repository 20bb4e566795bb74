import type { JobNotice, JobQueue } from '@itpay/kernel';

/** The queue of the app: here, a list in memory, for one process. */
export class ShopQueue implements JobQueue {
  handedOut = 0;
  #waiting: JobNotice[] = [];
  #run: ((notice: JobNotice) => Promise<void>) | null = null;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #running = new Set<Promise<void>>();

  offer(notices: readonly JobNotice[]): void {
    if (this.#closed) return;
    this.#waiting.push(...notices);
    queueMicrotask(() => this.#handOut()); // never from within the caller
  }

  receive(run: (notice: JobNotice) => Promise<void>): () => Promise<void> {
    this.#run = run;
    queueMicrotask(() => this.#handOut());
    return async () => {
      this.#run = null;
      await Promise.all(this.#running);
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #handOut(): void {
    clearTimeout(this.#timer);
    if (this.#run === null || this.#waiting.length === 0) return;
    const isDue = ({ runAt }: JobNotice) => runAt.getTime() <= Date.now();
    const due = this.#waiting.filter(isDue).toSorted((a, b) => a.priority - b.priority);
    this.#waiting = this.#waiting.filter((notice) => !due.includes(notice));
    for (const notice of due) {
      this.handedOut += 1;
      const over = this.#run(notice).finally(() => this.#running.delete(over));
      this.#running.add(over);
    }
    if (this.#waiting.length === 0) return;
    const nextMs = Math.min(...this.#waiting.map(({ runAt }) => runAt.getTime())) - Date.now();
    this.#timer = setTimeout(() => this.#handOut(), Math.min(Math.max(nextMs, 0), 60_000)).unref();
  }
}
