import type { WireError } from '@itpay/core';
import type { Method } from './api-types.js';
import { ItPayApiError, ItPayConnectionError, ItPayTimeoutError } from './errors.js';
import type { JournalEntry } from './journal.js';
import { isSettled, mayHaveWorked, readRetryAfter, retryDelay, type Failure } from './retry.js';
import type { Settings } from './settings.js';
import { signRequest } from './sign.js';

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** For each attempt, in milliseconds; instead of the client's. */
  readonly timeoutMs?: number | undefined;
  /** Instead of the client's; 0 to 3. */
  readonly maxRetries?: number | undefined;
}

export interface WriteOptions extends RequestOptions {
  /**
   * 1 to 255 printable ASCII characters. The same one makes the same request happen once, however often it is sent; keep it
   * with your order to repeat the request after a crash. Default: a fresh UUID.
   */
  readonly idempotencyKey?: string | undefined;
}

export interface SendOptions extends WriteOptions {
  /** The answer is a file, whatever it holds. */
  readonly asFile?: boolean | undefined;
}

/** A request as it goes out. */
export interface Outgoing {
  readonly method: Method;
  /** Below the base, with its query. */
  readonly path: string;
  /** JSON as text, or a file as bytes. */
  readonly body: string | Uint8Array | null;
  readonly apiVersion: string;
  /** Null for reads. */
  readonly idempotencyKey: string | null;
}

/** How an answer came, besides its body. */
export interface ResponseInfo {
  /** 202: the channel has not said what it did. Wait; do not pay again. */
  readonly status: number;
  readonly requestId: string | undefined;
  /** The answer of an earlier request with the same idempotency key. */
  readonly replayed: boolean;
  readonly idempotencyKey: string | undefined;
}

/** What came of an entry of the journal. */
export type Resumed =
  | { readonly state: 'done'; readonly entry: JournalEntry; readonly status: number; readonly body: unknown }
  /** It was not carried out, and will not be. */
  | { readonly state: 'refused'; readonly entry: JournalEntry; readonly error: ItPayApiError }
  /** Nobody knows yet. It stays in the journal. */
  | { readonly state: 'open'; readonly entry: JournalEntry; readonly error: unknown }
  /** Too old to be sent again: the server forgets keys, and would carry it out anew. It stays in the journal. */
  | { readonly state: 'expired'; readonly entry: JournalEntry }
  /** It was meant for another server or mode. It stays in the journal. */
  | { readonly state: 'foreign'; readonly entry: JournalEntry };

/** The server keeps keys for 72 hours; clocks may differ. */
const RESUMABLE_MS = 71 * 3_600_000;

const infos = new WeakMap<object, ResponseInfo>();

/**
 * How an object came from the API: its HTTP status, the request's id, and whether it is a repeated answer.
 *
 * @param answer what a method of the client returned
 * @returns undefined for anything else
 */
export function responseOf(answer: object): ResponseInfo | undefined {
  return infos.get(answer);
}

/** Sends requests until it is known what became of them, or patience ends. */
export class Transport {
  readonly #settings: Settings;
  readonly #underway = new Set<string>();
  #lastSignedAt = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /**
   * @param path below the base, with its query
   * @param body a value for JSON, or a file
   * @returns the JSON of the answer, bytes, or undefined
   * @throws ItPayApiError, ItPayConnectionError, ItPayTimeoutError, or the reason of `options.signal`
   */
  async send(method: Method, path: string, body: unknown, options: SendOptions = {}): Promise<unknown> {
    const { apiVersion, journal, runtime } = this.#settings;
    if (method === 'GET') {
      const request = { method, path, body: null, apiVersion, idempotencyKey: null };
      return (await this.#until(request, options)).body;
    }

    const key = options.idempotencyKey ?? crypto.randomUUID();
    if (body instanceof Uint8Array) {
      const request = { method, path, body, apiVersion, idempotencyKey: key };
      return (await this.#until(request, options)).body;
    }
    const text = body === undefined ? null : JSON.stringify(body);
    const { baseUrl, apiKey } = this.#credentials();
    const livemode = modeOf(apiKey);
    const createdAt = new Date(runtime.now()).toISOString();
    const entry: JournalEntry = { key, method, path, body: text, apiVersion, baseUrl, livemode, createdAt };
    options.signal?.throwIfAborted();
    const uncertain = options.idempotencyKey !== undefined && (await this.#isPending(key));
    await journal?.put(entry);
    return (await this.#write(entry, options, uncertain)).body;
  }

  /** Sends what the journal still holds, each with its own key, oldest first. */
  async resume(options: RequestOptions = {}): Promise<Resumed[]> {
    const { journal, runtime } = this.#settings;
    if (journal === undefined)
      throw new TypeError('new ItPay({ journal }): journal is missing, so nothing can be resumed.');
    const { baseUrl, apiKey } = this.#credentials();
    const results: Resumed[] = [];
    for (const entry of await journal.pending()) {
      if (this.#underway.has(entry.key)) continue;
      if (entry.baseUrl !== baseUrl || entry.livemode !== modeOf(apiKey)) {
        results.push({ state: 'foreign', entry });
      } else if (!(runtime.now() - Date.parse(entry.createdAt) < RESUMABLE_MS)) {
        results.push({ state: 'expired', entry });
      } else {
        results.push(await this.#resumeOne(entry, options));
      }
    }
    return results;
  }

  async #isPending(key: string): Promise<boolean> {
    const entries = await this.#settings.journal?.pending();
    return entries?.some((entry) => entry.key === key) ?? false;
  }

  async #resumeOne(entry: JournalEntry, options: RequestOptions): Promise<Resumed> {
    try {
      const { status, body } = await this.#write(entry, options, true);
      return { state: 'done', entry, status, body };
    } catch (error) {
      options.signal?.throwIfAborted();
      return error instanceof ItPayApiError && isSettled(failureOf(error), true)
        ? { state: 'refused', entry, error }
        : { state: 'open', entry, error };
    }
  }

  /** @param uncertain an earlier attempt, of this program or of one that died, may have worked */
  async #write(entry: JournalEntry, options: RequestOptions, uncertain: boolean): Promise<Answer> {
    const { method, path, body, apiVersion, key } = entry;
    this.#underway.add(key);
    let settled = false;
    try {
      const answer = await this.#until({ method, path, body, apiVersion, idempotencyKey: key }, options, (failure) => {
        settled = isSettled(failure, uncertain);
        uncertain ||= mayHaveWorked(failure);
      });
      settled = true;
      return answer;
    } finally {
      // An entry that stays by mistake is sent again with its key and changes nothing; the answer must not get lost for it.
      if (settled) await this.#settings.journal?.done(key).catch(() => {});
      this.#underway.delete(key);
    }
  }

  /** @param onFailure hears of each attempt that did not succeed */
  async #until(
    request: Outgoing,
    options: SendOptions,
    onFailure: (failure: Failure) => void = () => {},
  ): Promise<Answer> {
    const { runtime } = this.#settings;
    const maxRetries = options.maxRetries ?? this.#settings.maxRetries;
    for (let retries = 0; ; retries++) {
      try {
        return await this.#once(request, options);
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!(error instanceof ItPayApiError || error instanceof ItPayConnectionError)) throw error;
        const failure = failureOf(error);
        onFailure(failure);
        const delay = retryDelay(failure, retries, maxRetries, runtime.random());
        if (delay === null) throw error;
        await runtime.sleep(delay, options.signal);
      }
    }
  }

  async #once(
    request: Outgoing,
    { signal, timeoutMs = this.#settings.timeoutMs, asFile = false }: SendOptions,
  ): Promise<Answer> {
    const { baseUrl } = this.#credentials();
    const { method, path, body, idempotencyKey } = request;
    const facts = { idempotencyKey: idempotencyKey ?? undefined };
    const headers = await this.#headers(request);
    const patience = limited(timeoutMs, signal);
    let response: Response;
    let bytes: Uint8Array;
    try {
      response = await this.#settings.fetch(baseUrl + path, {
        method,
        headers,
        redirect: 'error', // a redirect would take the key along
        cache: 'no-store',
        ...(body !== null && { body: body as BodyInit }),
        signal: patience.signal,
      });
      bytes = new Uint8Array(await response.arrayBuffer());
    } catch (cause) {
      signal?.throwIfAborted();
      if (patience.ended()) {
        throw new ItPayTimeoutError(`${baseUrl} did not answer within ${timeoutMs} ms.`, { ...facts, cause });
      }
      throw new ItPayConnectionError(`${baseUrl} does not answer: ${reasonOf(cause)}.`, { ...facts, cause });
    } finally {
      patience.end();
    }
    return this.#read(response, bytes, asFile, facts);
  }

  #read(
    response: Response,
    bytes: Uint8Array,
    asFile: boolean,
    facts: { readonly idempotencyKey: string | undefined },
  ): Answer {
    const { status, headers } = response;
    const requestId = headers.get('itpay-request-id') ?? undefined;
    const isJson = /^application\/json\b/i.test(headers.get('content-type') ?? '');
    const body = isJson ? parsed(bytes) : undefined;
    if (status >= 400) {
      const { error } = (body ?? {}) as { readonly error?: WireError };
      if (typeof error?.code !== 'string') throw this.#stranger(status, facts);
      const retryAfterMs = readRetryAfter(headers.get('retry-after'), this.#settings.runtime.now());
      throw new ItPayApiError(error, { status, requestId, retryAfterMs, ...facts });
    }
    if (status === 204) return { status, body: undefined };
    if (asFile || !isJson) {
      // Everything of ItPay's has its request id. Without one, a page of something else was answered.
      if (requestId === undefined) throw this.#stranger(status, facts);
      return { status, body: bytes };
    }
    if (typeof body !== 'object' || body === null) throw this.#stranger(status, facts);
    const replayed = headers.get('idempotent-replayed') === 'true';
    infos.set(body, { status, requestId, replayed, ...facts });
    return { status, body };
  }

  #stranger(status: number, facts: { readonly idempotencyKey: string | undefined }): ItPayConnectionError {
    return new ItPayConnectionError(
      `${this.#settings.baseUrl} answers (${status}), but not as ItPay does. baseUrl is the address of the mount, such as ` +
        'https://shop.example/itpay.',
      { ...facts, status },
    );
  }

  async #headers({ method, path, body, apiVersion, idempotencyKey }: Outgoing): Promise<Record<string, string>> {
    const { baseUrl, apiKey } = this.#credentials();
    const { signingSecret } = this.#settings;
    const headers: Record<string, string> = {
      authorization: `Bearer ${apiKey}`,
      'itpay-version': apiVersion,
      ...(idempotencyKey !== null && { 'idempotency-key': idempotencyKey }),
      ...(body !== null && {
        'content-type': typeof body === 'string' ? 'application/json' : 'application/octet-stream',
      }),
    };
    if (signingSecret !== undefined) {
      const signable = { method, url: baseUrl + path, idempotencyKey: idempotencyKey ?? '', body: body ?? '' };
      headers['itpay-signature'] = await signRequest(signingSecret, this.#signatureTime(), signable);
    }
    return headers;
  }

  /** Unix seconds with a fraction: each signature works once, so no two of them may have the same time. */
  #signatureTime(): string {
    this.#lastSignedAt = Math.max(Math.floor(this.#settings.runtime.now()), this.#lastSignedAt + 1);
    return (this.#lastSignedAt / 1_000).toFixed(3);
  }

  #credentials(): { readonly baseUrl: string; readonly apiKey: string } {
    const { baseUrl, apiKey } = this.#settings;
    if (apiKey === undefined || baseUrl === undefined) {
      const option = apiKey === undefined ? 'apiKey' : 'baseUrl';
      throw new TypeError(`new ItPay({ ${option} }): ${option} is missing, so the API cannot be called.`);
    }
    return { baseUrl, apiKey };
  }
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

function failureOf(error: ItPayApiError | ItPayConnectionError): Failure {
  if (error instanceof ItPayApiError) {
    const { status, code, retryable, retryAfterMs } = error;
    return { kind: 'answer', status, code, retryable, retryAfterMs };
  }
  const { status } = error;
  return status === undefined ? { kind: 'connection' } : { kind: 'answer', status, code: null, retryable: false };
}

/** A signal that aborts after a time, or when another does. */
function limited(timeoutMs: number, other: AbortSignal | undefined) {
  const controller = new AbortController();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    controller.abort();
  }, timeoutMs);
  const abort = () => controller.abort(other!.reason);
  if (other?.aborted) abort();
  other?.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    ended: () => late,
    end: () => {
      clearTimeout(timer);
      other?.removeEventListener('abort', abort);
    },
  };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** `itpay_live_…` and `itpay_test_…`; a host may take other credentials, which do not tell. */
function modeOf(apiKey: string): boolean | null {
  const [, mode] = /^itpay_(live|test)_/.exec(apiKey) ?? [];
  return mode === undefined ? null : mode === 'live';
}

// fetch hides the reason in a cause: "fetch failed".
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  const { code } = cause as { readonly code?: unknown };
  return typeof code === 'string' ? code : cause.message;
}
