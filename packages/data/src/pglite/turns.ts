/** Somebody who holds the session or waits for it. */
export interface Holder {
  /** What it did last, for the message to those who wait. */
  readonly doing: string;
}

interface Waiter {
  readonly holder: Holder;
  readonly go: () => void;
  readonly giveUp: (error: Error) => void;
}

/** The wait for the session took too long. */
export class WaitedTooLong extends Error {}

/** Who may use the one session, first come, first served, with a limit on waiting. */
export class Turns {
  readonly #maxWaitMs: number;
  readonly #waiting: Waiter[] = [];
  #owner: Holder | null = null;
  #since = 0;

  constructor(maxWaitMs: number) {
    this.#maxWaitMs = maxWaitMs;
  }

  isOwner(holder: Holder): boolean {
    return this.#owner === holder;
  }

  /** Resolves when it is this one's turn, which stays until `release`. At once for the owner itself. */
  take(holder: Holder): Promise<void> {
    if (this.#owner === holder) return Promise.resolve();
    if (!this.#owner) {
      this.#handTo(holder);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#remove(holder)?.giveUp(this.#explain()), this.#maxWaitMs);
      this.#waiting.push({
        holder,
        go: () => (clearTimeout(timer), resolve()),
        giveUp: (error) => (clearTimeout(timer), reject(error)),
      });
    });
  }

  /** Hands over to the next one. Nothing happens when it is not this one's turn. */
  release(holder: Holder): void {
    if (this.#owner !== holder) return;
    this.#owner = null;
    const next = this.#waiting.shift();
    if (!next) return;
    this.#handTo(next.holder);
    next.go();
  }

  /** Takes a waiter out of the queue; its `take` rejects. */
  leave(holder: Holder): void {
    this.#remove(holder)?.giveUp(new Error('The connection was closed while it waited.'));
  }

  #handTo(holder: Holder): void {
    this.#owner = holder;
    this.#since = performance.now();
  }

  #remove(holder: Holder): Waiter | undefined {
    const at = this.#waiting.findIndex((waiter) => waiter.holder === holder);
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0];
  }

  #explain(): WaitedTooLong {
    const held = ((performance.now() - this.#since) / 1000).toFixed(1);
    return new WaitedTooLong(
      `Waited ${this.#maxWaitMs} ms for the one session of the embedded database. ` +
        `Another connection has held it for ${held} s; its last statement was: ${this.#owner?.doing ?? 'none'}. ` +
        'Most likely a query ran beside an open transaction that waits for it: pass `tx` (or `{ trx }`) to everything ' +
        'inside of a transaction, and end each transaction. For transactions side by side, set DATABASE_URL.',
    );
  }
}
