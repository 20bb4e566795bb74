import { createHash } from 'node:crypto';
import { signed } from './signature.js';
import type { EventKind, WireEvent } from './wire.js';

/** A callback that waits, signed at the moment it is looked at. */
export interface PendingCallback {
  readonly eventId: string;
  readonly kind: EventKind;
  readonly reference: string;
  /** The notify_url of its order. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface DeliverOptions {
  /** Where to. Left out: each to the notify_url of its order. */
  readonly to?: string;
  /** Only those of this reference. Left out: all that wait. */
  readonly reference?: string;
  readonly order?: 'in_order' | 'reversed' | 'shuffled';
  /** For `shuffled`. */
  readonly seed?: string | number;
  /** How often each is sent. Left out: once. */
  readonly copies?: number;
  /** Kinds or event ids that get lost on the way. */
  readonly drop?: readonly string[];
  /** All at once, instead of one after the other. */
  readonly concurrent?: boolean;
}

export interface Delivery {
  readonly eventId: string;
  readonly kind: EventKind;
  readonly reference: string;
  /** Null when nobody answered. */
  readonly status: number | null;
  readonly body: string;
}

const ANSWER_WITHIN_MS = 10_000;
const AUTOMATIC_ATTEMPTS = 5;
const RETRY_AFTER_MS = 250;

/** Callbacks wait here until they are delivered and acknowledged. What was not acknowledged goes on waiting. */
export class CallbackQueue {
  readonly #secret: string;
  readonly #automatic: boolean;
  #waiting: { readonly event: WireEvent; readonly url: string }[] = [];

  constructor(secret: string, automatic: boolean) {
    this.#secret = secret;
    this.#automatic = automatic;
  }

  push(event: WireEvent, url: string): void {
    this.#waiting.push({ event, url });
    if (this.#automatic) void this.#deliverPatiently(event.event_id);
  }

  pending(): PendingCallback[] {
    return this.#waiting.map(({ event, url }) => this.#prepared(event, url));
  }

  async deliver({
    to,
    reference,
    order,
    seed = 0,
    copies = 1,
    drop = [],
    concurrent,
  }: DeliverOptions): Promise<Delivery[]> {
    this.#waiting = this.#waiting.filter(({ event }) => !drop.includes(event.kind) && !drop.includes(event.event_id));
    const chosen = this.pending().filter((one) => reference === undefined || one.reference === reference);
    const all = chosen.flatMap((one) => Array.from({ length: copies }, () => one));
    if (order === 'reversed') all.reverse();
    const sequence = order === 'shuffled' ? shuffled(all, seed) : all;
    const send = (one: PendingCallback) => this.#send({ ...one, url: to ?? one.url });
    if (concurrent) return Promise.all(sequence.map(send));
    const deliveries: Delivery[] = [];
    for (const one of sequence) deliveries.push(await send(one));
    return deliveries;
  }

  async #deliverPatiently(eventId: string): Promise<void> {
    for (let attempt = 1; attempt <= AUTOMATIC_ATTEMPTS; attempt += 1) {
      const one = this.pending().find((callback) => callback.eventId === eventId);
      if (one === undefined) return;
      await this.#send(one);
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS * attempt).unref());
    }
  }

  async #send({ eventId, kind, reference, url, headers, body }: PendingCallback): Promise<Delivery> {
    try {
      const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
      const answer = await fetch(url, { method: 'POST', headers, body, signal });
      const text = await answer.text();
      if (isAcknowledged(answer.status, text)) {
        this.#waiting = this.#waiting.filter(({ event }) => event.event_id !== eventId);
      }
      return { eventId, kind, reference, status: answer.status, body: text };
    } catch {
      return { eventId, kind, reference, status: null, body: '' };
    }
  }

  #prepared(event: WireEvent, url: string): PendingCallback {
    const body = JSON.stringify(event);
    const headers = { 'content-type': 'application/json', ...signed(this.#secret, { kind: 'callback', body }) };
    return { eventId: event.event_id, kind: event.kind, reference: event.reference, url, headers, body };
  }
}

/** The rail's dialect: 200 with `{"ok":true}`, and nothing else. */
function isAcknowledged(status: number, body: string): boolean {
  return status === 200 && body.replaceAll(/\s/g, '') === '{"ok":true}';
}

function shuffled<T>(items: readonly T[], seed: string | number): T[] {
  return items
    .map((item, n) => ({ item, rank: createHash('sha256').update(`${seed}|${n}`).digest('hex') }))
    .toSorted((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ item }) => item);
}
