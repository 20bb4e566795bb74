import { ItPayError } from '@itpay/core';

/** Counts the requests that run, so that a stop can wait for them. */
export class Traffic {
  readonly #running = new Set<Visit>();
  #drained: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;

  /** @throws ItPayError `SERVICE_UNAVAILABLE` once `drain` was called */
  enter(client: { readonly signal: AbortSignal }): Visit {
    if (this.#drained !== null) throw stopping();
    const visit = new Visit(client);
    this.#running.add(visit);
    return visit;
  }

  leave(visit: Visit): void {
    visit.end();
    this.#running.delete(visit);
    if (this.#running.size === 0) this.#drained?.resolve();
  }

  /** The routes of the requests that run, one for each. */
  get routes(): readonly string[] {
    return [...this.#running].map(({ route }) => route ?? 'unknown');
  }

  /** Whether `drain` was called. */
  get stopping(): boolean {
    return this.#drained !== null;
  }

  /** Lets nobody in, asks those who wait for something to stop waiting, and resolves when the last one has left. */
  drain(): Promise<void> {
    if (this.#drained === null) {
      let resolve = () => {};
      const promise = new Promise<void>((done) => (resolve = done));
      this.#drained = { promise, resolve };
      for (const visit of this.#running) visit.abort(stopping());
      if (this.#running.size === 0) resolve();
    }
    return this.#drained.promise;
  }
}

/** One running request. Its signal is made when somebody asks for it; most requests end without. */
export class Visit {
  readonly #client: { readonly signal: AbortSignal };
  readonly #onClientGone = () => this.abort(clientGone());
  /** The template of its path, once it is known. */
  route: string | null = null;
  #controller: AbortController | null = null;
  #abortedBy: ItPayError | null = null;

  constructor(client: { readonly signal: AbortSignal }) {
    this.#client = client;
  }

  /** Aborts when the client went away or the server stops; the reason is an ItPayError that can be answered with. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      this.#client.signal.addEventListener('abort', this.#onClientGone, { once: true });
      if (this.#client.signal.aborted) this.#onClientGone();
      if (this.#abortedBy !== null) this.#controller.abort(this.#abortedBy);
    }
    return this.#controller.signal;
  }

  abort(reason: ItPayError): void {
    this.#abortedBy ??= reason;
    this.#controller?.abort(this.#abortedBy);
  }

  /** The reason of the abort, when that is what `thrown` comes from: Node wraps it in an AbortError. */
  abortBehind(thrown: unknown): ItPayError | null {
    const fromAbort = thrown === this.#abortedBy || (thrown instanceof Error && thrown.name === 'AbortError');
    return fromAbort ? this.#abortedBy : null;
  }

  end(): void {
    if (this.#controller !== null) this.#client.signal.removeEventListener('abort', this.#onClientGone);
  }
}

const stopping = () => new ItPayError('SERVICE_UNAVAILABLE', { message: 'The server is stopping.' });
const clientGone = () => new ItPayError('SERVICE_UNAVAILABLE', { message: 'The client closed the connection.' });
