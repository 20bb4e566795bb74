import type { Clock } from '../ports/clock.js';
import type { RateLimiter, RateLimiterFactory, TokenBucket } from '../ports/rate-limiter.js';
import { token, type Token } from '../token.js';

/** How many jobs of a lane may start, over all processes that share the limiter's store. */
export interface LaneLimits {
  readonly limiter: RateLimiterFactory;
  /**
   * By lane. A name that ends where a lane has a colon counts for it, too: `channel:wechat` for each
   * `channel:wechat:live:1900000109`. The longest that fits is taken, and each lane counts for itself.
   */
  readonly limits: Readonly<Record<string, TokenBucket>>;
}

/** When the limiter could not be asked. */
const ASK_AGAIN_MS = 1_000;

/** Who of the limited lanes may start a job now. What it refuses stays due in the table. */
export class Lanes {
  static readonly token: Token<Lanes> = token<Lanes>('lanes');

  readonly #clock: Clock;
  readonly #limiter: RateLimiter | null;
  readonly #limits: ReadonlyMap<string, TokenBucket>;
  /** When each lane was refused, and when it gets its next token. */
  readonly #closed = new Map<string, { readonly fromMs: number; readonly untilMs: number }>();

  constructor(clock: Clock, limiter: RateLimiter | null = null, limits: LaneLimits['limits'] = {}) {
    this.#clock = clock;
    this.#limiter = limiter;
    this.#limits = new Map(Object.entries(limits));
  }

  /**
   * Takes a token of the lane.
   *
   * @throws the limiter's error; the lane is closed for a second then
   */
  async enter(lane: string | null): Promise<boolean> {
    const limit = lane === null ? undefined : this.#limitOf(lane);
    if (lane === null || limit === undefined || this.#limiter === null) return true;
    if (this.isClosed(lane)) return false;
    try {
      const { allowed, nextInMs } = await this.#limiter.take(`lane:${lane}`.slice(0, 200), limit);
      if (!allowed) this.#closeFor(lane, Math.max(1, Math.ceil(nextInMs)));
      return allowed;
    } catch (error) {
      this.#closeFor(lane, ASK_AGAIN_MS);
      throw error;
    }
  }

  isClosed(lane: string | null): boolean {
    const closed = lane === null ? undefined : this.#closed.get(lane);
    const nowMs = this.#clock.now().getTime();
    // From before it was closed: the clock was set back, and nobody waits for an hour because of that.
    return closed !== undefined && closed.fromMs <= nowMs && nowMs < closed.untilMs;
  }

  closed(): string[] {
    return [...this.#closed.keys()].filter((lane) => this.isClosed(lane));
  }

  /** The lanes that were closed and are no more: jobs of theirs may wait in the table. Says so once. */
  takeReopened(): string[] {
    const reopened = [...this.#closed.keys()].filter((lane) => !this.isClosed(lane));
    for (const lane of reopened) this.#closed.delete(lane);
    return reopened;
  }

  /** Until the first closed lane opens, in milliseconds; null when none is closed. */
  opensInMs(): number | null {
    if (this.#closed.size === 0) return null;
    const nowMs = this.#clock.now().getTime();
    return Math.min(...[...this.#closed].map(([lane, { untilMs }]) => (this.isClosed(lane) ? untilMs - nowMs : 0)));
  }

  async close(): Promise<void> {
    await this.#limiter?.close();
  }

  #closeFor(lane: string, ms: number): void {
    const nowMs = this.#clock.now().getTime();
    this.#closed.set(lane, { fromMs: nowMs, untilMs: nowMs + ms });
  }

  #limitOf(lane: string): TokenBucket | undefined {
    for (let name = lane; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf(':')))) {
      const limit = this.#limits.get(name);
      if (limit !== undefined) return limit;
    }
    return undefined;
  }
}
