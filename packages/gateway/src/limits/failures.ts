import type { Clock, Taken, TokenBucket } from '@itpay/kernel';
import { overRate } from './refusal.js';

/** About 200 bytes each. */
const MOST_REFUSED = 10_000;

/**
 * A limit on what fails. Who used it up is refused until there is a token again; this process remembers until when, so that
 * a request on which nothing is wrong costs the store nothing.
 */
export class Failures {
  readonly #take: (key: string, bucket: TokenBucket) => Promise<Taken | null>;
  readonly #limit: TokenBucket;
  readonly #clock: Clock;
  readonly #refused = new Map<string, { readonly taken: Taken; readonly untilMs: number }>();

  constructor(take: (key: string, bucket: TokenBucket) => Promise<Taken | null>, limit: TokenBucket, clock: Clock) {
    this.#take = take;
    this.#limit = limit;
    this.#clock = clock;
  }

  /** @throws ItPayError `RATE_LIMITED` or `RATE_LIMIT_BURST` when too much has failed */
  refuse(key: string): void {
    if (this.#refused.size === 0) return;
    const refused = this.#refused.get(key);
    if (refused === undefined) return;
    const leftMs = refused.untilMs - this.#clock.now().getTime();
    if (leftMs > 0) throw overRate({ ...refused.taken, nextInMs: leftMs }, this.#limit);
    this.#refused.delete(key);
  }

  async count(key: string): Promise<void> {
    const nowMs = this.#clock.now().getTime();
    const taken = await this.#take(key, this.#limit);
    if (taken === null || taken.nextInMs === 0) return;
    if (this.#refused.size >= MOST_REFUSED) this.#refused.delete(this.#refused.keys().next().value!);
    this.#refused.set(key, { taken, untilMs: nowMs + taken.nextInMs });
  }
}
