import { isItPayError } from '@itpay/core';
import type {
  Clock,
  Logger,
  Place,
  RateClass,
  RateLimiter,
  Route,
  RouteAnswer,
  Taken,
  TokenBucket,
} from '@itpay/kernel';
import { addressGroup } from '../client-address.js';
import type { NeutralRequest } from '../neutral.js';
import type { Caller } from '../steps/identify.js';
import { countedAs, type RateLimits } from './classes.js';
import { Failures } from './failures.js';
import { overRate, tooManyRunning, tooManyWaiting } from './refusal.js';

export interface LimitsDeps {
  readonly limiter: RateLimiter;
  readonly limits: RateLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Counts requests against the limits of their callers. */
export class Limits {
  readonly #deps: LimitsDeps;
  readonly #credentials: Failures;
  readonly #callbacks: Failures;
  #nextWarningMs = -Infinity;

  constructor(deps: LimitsDeps) {
    this.#deps = deps;
    const take = (key: string, bucket: TokenBucket) => this.take(key, bucket);
    this.#credentials = new Failures(take, deps.limits.credentials, deps.clock);
    this.#callbacks = new Failures(take, deps.limits.callback, deps.clock);
  }

  /** One request, from its arrival to its last byte. */
  visit({ rate = 'request', path }: Route, request: NeutralRequest, params: Readonly<Record<string, string>>) {
    const source = request.remoteAddress === null ? null : addressGroup(request.remoteAddress);
    return new LimitedVisit(rate, source, {
      limits: this,
      rates: this.#deps.limits,
      credentials: this.#credentials,
      callbacks: this.#callbacks,
      // Without the token in the path: whoever guesses tokens fails at one channel.
      callbackKey: `callback:${path}:${params['channel'] ?? ''}:${source}`.slice(0, 200),
    });
  }

  /** Null when the store does not answer: better a request too many than a shop that cannot sell. */
  take(key: string, bucket: TokenBucket): Promise<Taken | null> {
    return this.#deps.limiter.take(key, bucket).catch((error: unknown) => this.#goWithout(error));
  }

  /** Null when no place is free; undefined when the store does not answer. */
  enter(key: string, most: number): Promise<Place | null | undefined> {
    return this.#deps.limiter.enter(key, most).catch((error: unknown) => this.#goWithout(error) ?? undefined);
  }

  /** Gives back what this process holds. */
  close(): Promise<void> {
    return this.#deps.limiter.close();
  }

  #goWithout(error: unknown): null {
    const nowMs = this.#deps.clock.now().getTime();
    if (nowMs >= this.#nextWarningMs) {
      this.#nextWarningMs = nowMs + WARN_EVERY_MS;
      this.#deps.logger.warn({ err: error }, 'The rate limiter does not answer; requests pass without limits.');
    }
    return null;
  }
}

const WARN_EVERY_MS = 10_000;

interface VisitDeps {
  readonly limits: Limits;
  readonly rates: RateLimits;
  readonly credentials: Failures;
  readonly callbacks: Failures;
  readonly callbackKey: string;
}

/** The limits on the way of one request. */
export class LimitedVisit {
  /** For the answer, whatever it is. Empty until a limit was looked at. */
  headers: Readonly<Record<string, string>> = {};
  readonly #rate: RateClass;
  readonly #source: string | null;
  readonly #deps: VisitDeps;
  #place: Place | null = null;

  constructor(rate: RateClass, source: string | null, deps: VisitDeps) {
    this.#rate = rate;
    this.#source = source;
    this.#deps = deps;
  }

  /**
   * Finds out who calls, and counts the request.
   *
   * @throws ItPayError `RATE_LIMITED`, `RATE_LIMIT_BURST` or `RATE_LIMIT_CONCURRENT`; otherwise what `identify` throws
   */
  async enter(request: NeutralRequest, identify: () => Promise<Caller>): Promise<Caller> {
    if (this.#rate === 'callback' && this.#source !== null) this.#deps.callbacks.refuse(this.#deps.callbackKey);
    if (this.#rate === 'none' || this.#rate === 'callback') return identify();
    const caller = await this.#identified(request, identify);
    await this.#count(caller);
    return caller;
  }

  /** Counts a callback that was not proven to come from its channel. */
  async answered(outcome: Pick<RouteAnswer, 'status' | 'unproven'>): Promise<void> {
    if (this.#rate !== 'callback' || this.#source === null) return;
    if (outcome.unproven === true || outcome.status === 401 || outcome.status === 403) {
      await this.#deps.callbacks.count(this.#deps.callbackKey);
    }
  }

  /** The same for what was thrown. An address without a channel is a guess too. */
  async failed(thrown: unknown): Promise<void> {
    if (!isItPayError(thrown)) return;
    const guessed = thrown.code === 'CHANNEL_SIGNATURE_INVALID' || thrown.code === 'CHANNEL_NOT_FOUND';
    await this.answered({ status: thrown.status, unproven: guessed });
  }

  /** Gives its place back. May be called several times. */
  leave(): void {
    this.#place?.leave();
    this.#place = null;
  }

  async #identified(request: NeutralRequest, identify: () => Promise<Caller>): Promise<Caller> {
    const key = this.#source === null ? null : `credentials:${this.#source}`;
    try {
      // Also who has a right key: an answer that tells the right one from a guess would be what the guesser wants.
      if (key !== null && carriesCredential(request)) this.#deps.credentials.refuse(key);
      return await identify();
    } catch (thrown) {
      if (!isItPayError(thrown) || thrown.status !== 401) throw thrown;
      if (thrown.code === 'API_KEY_MISSING') await this.#count(NOBODY);
      else if (key !== null) await this.#deps.credentials.count(key);
      throw thrown;
    }
  }

  async #count(caller: Caller): Promise<void> {
    const counted = countedAs(caller, this.#source);
    if (counted === null) return;
    const { limits, rates } = this.#deps;
    const limit = rates[counted.class];
    const taken = await limits.take(counted.key, limit);
    if (taken !== null) {
      this.headers = headersOf(taken, limit);
      if (!taken.allowed) throw overRate(taken, limit);
    }
    const waits = this.#rate === 'wait';
    const most = waits ? limit.waiting : limit.concurrent;
    const place = await limits.enter(`${waits ? 'waiting' : 'running'}:${counted.key}`, most);
    if (place === null) throw waits ? tooManyWaiting(most) : tooManyRunning(most);
    this.#place = place ?? null;
  }
}

const NOBODY: Caller = { principal: null, displayIntentId: null };

// A host that knows callers by something else, such as a cookie of its own, has requests without a key here; those count
// when they fail and are not refused before they are looked at.
const carriesCredential = ({ headers, url }: NeutralRequest) =>
  headers['authorization'] !== undefined || /[?&]t=/.test(url);

function headersOf({ remaining, fullInMs }: Taken, { burst }: TokenBucket): Record<string, string> {
  return {
    'itpay-ratelimit-limit': String(burst),
    'itpay-ratelimit-remaining': String(remaining),
    'itpay-ratelimit-reset': String(Math.ceil(fullInMs / 1000 - 1e-9)),
  };
}
