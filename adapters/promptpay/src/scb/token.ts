import { RailError } from '@itpay/kernel';

/** A token of SCB's, which lives about half an hour. */
export interface Token {
  readonly value: string;
  readonly livesForMs: number;
}

/** Before it ends, so that it does not end on the way. */
const REFRESH_EARLY_MS = 60_000;

/** Keeps one token. Whoever needs one while it is being fetched waits for the same one. */
export class TokenCache {
  readonly #fetch: () => Promise<Token>;
  readonly #now: () => Date;
  #held: { readonly value: string; readonly until: number } | null = null;
  #coming: Promise<string> | null = null;

  /** @param fetch asks for a new one, with a time limit of its own: it serves several calls */
  constructor(fetch: () => Promise<Token>, now: () => Date) {
    this.#fetch = fetch;
    this.#now = now;
  }

  /** @throws RailError when there is none to be had, or `signal` ends the wait */
  async get(signal: AbortSignal): Promise<string> {
    if (this.#held !== null && this.#now().getTime() < this.#held.until) return this.#held.value;
    this.#coming ??= this.#renew().finally(() => {
      this.#coming = null;
    });
    return unlessAborted(this.#coming, signal);
  }

  /** Forgets a token that SCB has refused. One that came in its place meanwhile stays. */
  drop(value: string): void {
    if (this.#held?.value === value) this.#held = null;
  }

  async #renew(): Promise<string> {
    const asked = this.#now().getTime();
    const { value, livesForMs } = await this.#fetch();
    this.#held = { value, until: asked + livesForMs - REFRESH_EARLY_MS };
    return value;
  }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(new RailError({ category: 'timeout' }));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (abort) signal.removeEventListener('abort', abort);
  }
}
