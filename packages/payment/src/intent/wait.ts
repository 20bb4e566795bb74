import { CHANGED_TOPIC, SOME_LOST, type Actor, type Database, type PubSub } from '@itpay/kernel';
import type { PresentedIntent } from './intent.js';
import { isClosed } from './machine.js';
import type { IntentStore } from './store.js';

/** A change in another process may not be announced here, so a waiter also looks by itself. */
const LOOK_EVERY_MS = 2_000;

export interface WaitRequest {
  readonly intentId: string;
  /** The version that the caller knows; null waits for any change from now on. */
  readonly knownVersion: number | null;
  readonly timeoutMs: number;
  /** Ends the wait early: the client went away, or the server stops. */
  readonly signal: AbortSignal;
}

export interface WaitResult extends PresentedIntent {
  /** False: nothing happened in time. A heartbeat, not a failure. */
  readonly changed: boolean;
}

/** Lets callers wait for an intent to change. No database connection is held while they wait. */
export class IntentWaiters {
  readonly #store: IntentStore;
  readonly #database: Database;
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #unsubscribe: () => void;

  constructor(store: IntentStore, database: Database, pubsub: PubSub) {
    this.#store = store;
    this.#database = database;
    this.#unsubscribe = pubsub.subscribe(CHANGED_TOPIC, (id) => {
      const woken = id === SOME_LOST ? [...this.#waiting.values()] : [this.#waiting.get(id) ?? []];
      for (const waiters of woken) for (const wake of waiters) wake();
    });
  }

  close(): void {
    this.#unsubscribe();
  }

  /** @returns null when the account has no such intent. An intent that is closed or paid is returned at once. */
  async wait(owner: Pick<Actor, 'account' | 'livemode'>, request: WaitRequest): Promise<WaitResult | null> {
    const deadline = performance.now() + request.timeoutMs;
    let known = request.knownVersion;
    for (;;) {
      // Listen first, look second: a change in between is not missed.
      const notice = this.#notice(request.intentId);
      try {
        const found = await this.#store.find(this.#database, owner, request.intentId);
        if (found === null) return null;
        known ??= found.intent.version;
        const changed = found.intent.version > known;
        const left = deadline - performance.now();
        if (changed || isClosed(found.intent.status) || left <= 0 || request.signal.aborted) {
          return { ...found, changed: changed || isClosed(found.intent.status) };
        }
        await notice.within(Math.min(left, LOOK_EVERY_MS), request.signal);
      } finally {
        notice.end();
      }
    }
  }

  #notice(id: string) {
    let wake!: () => void;
    const woken = new Promise<void>((resolve) => (wake = resolve));
    const all = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, all.add(wake));
    return {
      within: async (ms: number, signal: AbortSignal) => {
        const timer = setTimeout(wake, ms);
        signal.addEventListener('abort', wake, { once: true });
        await woken;
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
      },
      end: () => {
        all.delete(wake);
        if (all.size === 0) this.#waiting.delete(id);
      },
    };
  }
}
