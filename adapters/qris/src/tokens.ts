import { RailError } from '@itpay/kernel';

/** An access token of the acquirer, and how long it lives. */
export interface AccessToken {
  readonly value: string;
  readonly expiresInMs: number;
}

/** A token is renewed before it ends, so that none ends on its way. */
const RENEW_EARLY_MS = 60_000;

/**
 * The token of one merchant. However many calls need one at the same time, the acquirer is asked once.
 */
export class AccessTokens {
  readonly #ask: () => Promise<AccessToken>;
  readonly #nowMs: () => number;
  #held: { readonly value: string; readonly renewAtMs: number } | null = null;
  #asking: Promise<string> | null = null;

  /** @param nowMs a clock that only goes forward; the acquirer counts seconds, whatever the time is here */
  constructor(ask: () => Promise<AccessToken>, nowMs: () => number = () => performance.now()) {
    this.#ask = ask;
    this.#nowMs = nowMs;
  }

  /** @throws RailError when there is none; whatever it was needed for was not sent */
  async get(signal: AbortSignal): Promise<string> {
    if (this.#held !== null && this.#nowMs() < this.#held.renewAtMs) return this.#held.value;
    this.#asking ??= this.#renew().finally(() => {
      this.#asking = null;
    });
    return unlessAborted(this.#asking, signal);
  }

  /** The acquirer refused this token. A newer one that somebody else asked for stays. */
  drop(value: string): void {
    if (this.#held?.value === value) this.#held = null;
  }

  async #renew(): Promise<string> {
    const askedAtMs = this.#nowMs();
    const { value, expiresInMs } = await this.#ask();
    const earlyMs = Math.min(RENEW_EARLY_MS, expiresInMs / 2);
    this.#held = { value, renewAtMs: askedAtMs + expiresInMs - earlyMs };
    return value;
  }
}

/** One caller who gives up does not take the token from the others. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new RailError({ category: 'not_connected', message: 'No access token came in time.' }));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
