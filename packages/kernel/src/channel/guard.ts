import { isItPayError } from '@itpay/core';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { token, type Token } from '../token.js';
import { admit, CLOSED, report, type BreakerState } from './breaker.js';
import { channelInstanceKey, type CallContext, type Channel } from './channel.js';
import { FAILURE_CATEGORIES, type ChannelFailure, type FailureCategory } from './outcome.js';

const DEFAULT_TIMEOUT_MS = 15_000;

/** What counts as the channel's infrastructure being ill; a refusal or a mismatch does not. */
const INFRASTRUCTURE: ReadonlySet<FailureCategory> = new Set([
  'timeout',
  'network',
  'channel_unavailable',
  'not_connected',
]);

export type Attempt<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: ChannelFailure };

/** Figures of one channel instance since this process started. */
export interface ChannelFigures {
  readonly breaker: BreakerState['state'];
  readonly calls: number;
  readonly failures: Readonly<Partial<Record<FailureCategory, number>>>;
  /** Of the latest call, in milliseconds. */
  readonly latencyMs: number | null;
}

/**
 * Stands around every call to a channel: a time limit, a circuit breaker per instance, figures, and a failure in our words
 * whatever the adapter throws. One channel that hangs costs the others nothing.
 */
export class ChannelGuard {
  static readonly token: Token<ChannelGuard> = token<ChannelGuard>('channel-guard');

  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #telemetry: Telemetry;
  readonly #instances = new Map<string, MutableFigures>();

  constructor(clock: Clock, logger: Logger, telemetry = new Telemetry()) {
    this.#clock = clock;
    this.#logger = logger;
    this.#telemetry = telemetry;
  }

  /** @param call its name, for logs and figures: `authorize`, `query`, … */
  async attempt<T>(channel: Channel, call: string, work: (context: CallContext) => Promise<T>): Promise<Attempt<T>> {
    const figures = this.#figuresOf(channel);
    const admission = admit(figures.breaker, this.#clock.now().getTime());
    figures.breaker = admission.next;
    if (!admission.admitted) return { ok: false, failure: { category: 'circuit_open' } };

    const { attempt, failure, ms } = await this.#observed(channel, call, work);
    figures.calls += 1;
    figures.latencyMs = Math.round(ms);
    const healthy = failure === null || !INFRASTRUCTURE.has(failure.category);
    figures.breaker = report(figures.breaker, healthy, this.#clock.now().getTime());
    if (failure !== null) this.#note(channel, call, failure, figures);
    return attempt;
  }

  /** Whether a call to it would go out now. An open breaker lets one out after a while, to find out whether it is back. */
  admits(channel: Channel): boolean {
    return admit(this.#figuresOf(channel).breaker, this.#clock.now().getTime()).admitted;
  }

  figures(channel: Channel): ChannelFigures {
    const { breaker, calls, failures, latencyMs } = this.#figuresOf(channel);
    return { breaker: breaker.state, calls, failures: { ...failures }, latencyMs };
  }

  /** The call itself, in a span of its own. */
  async #observed<T>(channel: Channel, call: string, work: (context: CallContext) => Promise<T>) {
    const attributes = {
      'itpay.channel.id': channel.id,
      'itpay.channel.mode': channel.mode,
      'itpay.channel.operation': call,
    };
    return this.#telemetry.span(`${call} ${channel.id}`, { kind: 'client', attributes }, async (span) => {
      const started = performance.now();
      const attempt = withPlainCode(await limited(channel, work));
      const ms = performance.now() - started;
      const failure = attempt.ok ? failureIn(attempt.value) : attempt.failure;
      if (failure !== null) span.fail(failure.category);
      this.#telemetry.duration('itpay.channel.call.duration', ms / 1000, {
        ...attributes,
        ...(failure !== null && { 'error.type': failure.category }),
      });
      return { attempt, failure, ms };
    });
  }

  #note(channel: Channel, call: string, failure: ChannelFailure, figures: MutableFigures): void {
    const { category, rawCode } = failure;
    figures.failures[category] = (figures.failures[category] ?? 0) + 1;
    this.#logger.warn(
      { channel: channel.id, mode: channel.mode, call, category, rawCode, ms: figures.latencyMs },
      'A channel call did not succeed.',
    );
  }

  #figuresOf(channel: Channel): MutableFigures {
    const key = channelInstanceKey(channel);
    let figures = this.#instances.get(key);
    if (figures === undefined) {
      figures = { breaker: CLOSED, calls: 0, failures: {}, latencyMs: null };
      this.#instances.set(key, figures);
    }
    return figures;
  }
}

interface MutableFigures {
  breaker: BreakerState;
  calls: number;
  failures: Partial<Record<FailureCategory, number>>;
  latencyMs: number | null;
}

/**
 * The rail's own code goes into logs, events and rows, so it has to look like one: whatever else a rail puts in its place
 * could be anything, a secret included.
 */
function withPlainCode<T>(attempt: Attempt<T>): Attempt<T> {
  const failure = attempt.ok ? failureIn(attempt.value) : attempt.failure;
  if (failure?.rawCode === undefined || /^[\w.:/-]{1,64}$/.test(failure.rawCode)) return attempt;
  const plain = { ...failure, rawCode: 'not_a_code' };
  return attempt.ok ? { ok: true, value: { ...attempt.value, failure: plain } } : { ok: false, failure: plain };
}

/** An adapter may return a failure instead of throwing it; it counts the same. */
function failureIn(value: unknown): ChannelFailure | null {
  return (value as { failure?: ChannelFailure } | null)?.failure ?? null;
}

async function limited<T>(channel: Channel, work: (context: CallContext) => Promise<T>): Promise<Attempt<T>> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  // An adapter that does not listen to the signal is left behind: its late answer is dropped, a question will tell.
  const timeUp = new Promise<Attempt<T>>((resolve) => {
    timer = setTimeout(() => {
      // First the verdict, then the signal: what the adapter makes of the abort must not count.
      resolve({ ok: false, failure: { category: 'timeout' } });
      controller.abort();
    }, channel.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  });
  const done = (async () => work({ signal: controller.signal }))().then(
    (value): Attempt<T> => ({ ok: true, value }),
    (error: unknown): Attempt<T> => ({ ok: false, failure: failureOf(channel, error) }),
  );
  try {
    return await Promise.race([done, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}

// What nobody can explain may have happened.
function failureOf(channel: Channel, error: unknown): ChannelFailure {
  if (isItPayError(error) && error.code === 'CHANNEL_SIGNATURE_INVALID') return { category: 'signature_invalid' };
  try {
    const failure = channel.mapError?.(error);
    // An adapter in plain JavaScript may answer with a word that is none of ours.
    if (failure && Object.hasOwn(FAILURE_CATEGORIES, failure.category)) return failure;
  } catch {
    // As without a mapError.
  }
  return { category: 'unmapped' };
}
