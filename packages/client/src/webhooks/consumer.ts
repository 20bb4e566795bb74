import type { EventType } from '@itpay/core';
import type { EventPage } from '../resources.js';
import { ItPayWebhookError } from '../errors.js';
import type { RequestOptions } from '../transport.js';
import { isTruncated, type AnyEvent, type TruncatedObject, type WebhookEvent } from './event.js';
import type { ConsumerStore } from './store.js';
import type { HeadersLike } from './verify.js';

export interface HandlerContext<Tx> {
  /** A newer event of the same object was handled before. Do not let it overwrite what that one said. */
  readonly stale: boolean;
  /** The transaction of the store; undefined when it has none. */
  readonly tx: Tx;
}

type Handler<E, Tx> = (event: E, context: HandlerContext<Tx>) => unknown;

/** What to do, by the type of the event. `*` gets the types that have no handler of their own. */
export type Handlers<Tx> = { readonly [T in EventType]?: Handler<WebhookEvent<T>, Tx> } & {
  readonly [T in `custom.${string}`]?: Handler<WebhookEvent<T>, Tx>;
} & { readonly '*'?: Handler<AnyEvent, Tx> };

export interface ConsumerOptions<Tx> {
  readonly handlers: Handlers<Tx>;
  readonly store: ConsumerStore<Tx>;
  /**
   * What becomes of an event that comes after a newer one of its object. `handle` (default): its handler gets it, with `stale`.
   * `skip`: nobody does; for handlers that only copy the newest state.
   */
  readonly stale?: 'handle' | 'skip' | undefined;
  /** Hears of what failed behind an answer with status 500. Default: `console.error`. */
  readonly onError?: ((error: unknown, event: AnyEvent | null) => void) | undefined;
}

/**
 * `handled`: the handler ran. `duplicate`: it had run before. `skipped`: a newer one was handled before, and `stale` says to
 * skip. `unhandled`: no handler is there for its type.
 */
export interface Consumed {
  readonly state: 'handled' | 'duplicate' | 'skipped' | 'unhandled';
  readonly event: AnyEvent;
}

export interface CatchUpOptions extends RequestOptions {
  /** Where the first catch-up begins, while the store has no cursor. Default: `beginning`. */
  readonly from?: string | undefined;
}

/** An answer for the sender of a webhook. */
export interface Reply {
  readonly status: 204 | 400 | 405 | 413 | 500;
  readonly text: string;
}

/** What the consumer needs of the client. */
export interface ConsumerSource {
  verify(rawBody: string | Uint8Array, headers: HeadersLike): Promise<AnyEvent>;
  eventsAfter(cursor: string, options: RequestOptions): AsyncIterable<EventPage>;
  /** The whole object; null when objects of its kind cannot be read. */
  complete(object: TruncatedObject): Promise<unknown>;
}

/** A webhook is below 20 kB; encrypted, a third more. */
export const LONGEST_BODY = 256 * 1024;

/** Takes webhooks: each event once, in the knowledge of the order, and those that were missed. */
export class Consumer<Tx = undefined> {
  readonly #source: ConsumerSource;
  readonly #options: ConsumerOptions<Tx>;
  /** The last in line of each object, in this process. */
  readonly #lines = new Map<string, Promise<unknown>>();

  constructor(source: ConsumerSource, options: ConsumerOptions<Tx>) {
    this.#source = source;
    this.#options = options;
  }

  /**
   * Takes a webhook.
   *
   * @throws ItPayWebhookError when it is none; whatever the handler throws. Answer with 2xx only when it does not throw.
   */
  async receive(rawBody: string | Uint8Array, headers: HeadersLike): Promise<Consumed> {
    return this.consume(await this.#source.verify(rawBody, headers));
  }

  /** Takes an event that is known to be genuine: one that was read from the API. */
  async consume(event: AnyEvent): Promise<Consumed> {
    const handler = this.#handlerOf(event.type);
    if (handler === undefined) return { state: 'unhandled', event };
    const objectId = idOf(event);
    return this.#inLine(objectId ?? event.id, async () => {
      const whole = await this.#completed(event);
      const state = await this.#transaction((tx) => this.#handle(whole, objectId, handler, tx));
      return { state, event: whole };
    });
  }

  /**
   * Reads what happened since the last time, from the API, and handles what no webhook brought. Call it when your program
   * starts, and now and then.
   *
   * @throws what a handler throws; the next catch-up begins with the page of that event
   */
  async catchUp({ from = 'beginning', ...options }: CatchUpOptions = {}): Promise<Record<Consumed['state'], number>> {
    const { store } = this.#options;
    const counts = { handled: 0, duplicate: 0, skipped: 0, unhandled: 0 };
    for await (const page of this.#source.eventsAfter((await store.cursor()) ?? from, options)) {
      for (const event of page.data) counts[(await this.consume(event)).state]++;
      await store.saveCursor(page.next_cursor);
    }
    return counts;
  }

  /** `receive`, with an answer for every case. What failed here is told to `onError`, and not to the sender. */
  async reply(rawBody: string | Uint8Array, headers: HeadersLike): Promise<Reply> {
    let event: AnyEvent | null = null;
    try {
      event = await this.#source.verify(rawBody, headers);
      await this.consume(event);
      return { status: 204, text: '' };
    } catch (error) {
      if (error instanceof ItPayWebhookError) return { status: 400, text: error.message };
      this.fail(error, event);
      return { status: 500, text: 'The receiver failed. Send it again later.' };
    }
  }

  /** Tells `onError`. */
  fail(error: unknown, event: AnyEvent | null = null): void {
    const { onError = (reason) => console.error('A webhook could not be handled.', reason) } = this.#options;
    onError(error, event);
  }

  /** The receiver as a web-standard function, for Hono, Bun, Deno and edge platforms: `(request) => consumer.fetch(request)`. */
  readonly fetch = async (request: Request): Promise<Response> => {
    if (request.method !== 'POST') return answer({ status: 405, text: 'Webhooks are sent with POST.' });
    const body = await readAll(request);
    if (body === null) return answer({ status: 413, text: 'This is larger than any webhook.' });
    return answer(await this.reply(body, request.headers));
  };

  async #handle(
    event: AnyEvent,
    objectId: string | null,
    handler: Handler<AnyEvent, Tx>,
    tx: Tx,
  ): Promise<Consumed['state']> {
    const { store, stale: policy = 'handle' } = this.#options;
    const { id, sequence } = event;
    if (await store.seen(id, tx)) return 'duplicate';
    const newest = objectId === null ? undefined : await store.sequenceOf(objectId, tx);
    const stale = newest !== undefined && sequence < newest;
    const skip = stale && policy === 'skip';
    if (!skip) await handler(event, { stale, tx });
    await store.record({ id, objectId, sequence: stale ? newest : sequence }, tx);
    return skip ? 'skipped' : 'handled';
  }

  #handlerOf(type: string): Handler<AnyEvent, Tx> | undefined {
    const { handlers } = this.#options;
    const name = Object.hasOwn(handlers, type) ? type : '*';
    return handlers[name as '*'];
  }

  async #completed(event: AnyEvent): Promise<AnyEvent> {
    const { object } = event.data as { readonly object: unknown };
    if (!isTruncated(object)) return event;
    const whole = await this.#source.complete(object);
    return whole === null ? event : ({ ...event, data: { ...event.data, object: whole } } as AnyEvent);
  }

  #transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const { store } = this.#options;
    return store.transaction === undefined ? work(undefined as Tx) : store.transaction(work);
  }

  /** One after the other for the same object. Other processes are kept apart by the store. */
  async #inLine<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#lines.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#lines.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.#lines.get(name) === mine) this.#lines.delete(name);
    }
  }
}

function idOf(event: AnyEvent): string | null {
  const { id } = event.data.object as { readonly id?: unknown };
  return typeof id === 'string' ? id : null;
}

function answer({ status, text }: Reply): Response {
  return new Response(status === 204 ? null : text, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
  });
}

async function readAll(request: Request): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) {
    length += part.value.length;
    if (length > LONGEST_BODY) {
      await reader?.cancel();
      return null;
    }
    chunks.push(part.value);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
