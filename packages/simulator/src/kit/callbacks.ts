import { createHash } from 'node:crypto';

/** What a rail wants to tell the merchant. It is written and signed at the moment of sending. */
export interface RailEvent {
  /** The rail's number of the notification; every attempt carries the same. */
  readonly id: string;
  readonly kind: string;
  /** The order or refund that it is about. */
  readonly reference: string;
  /** Where the merchant wants to hear of it. */
  readonly url: string;
}

/** A notification as it goes out. */
export interface WrittenCallback {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What is written differently in a notification before it is signed anew. */
export interface CallbackRewrite {
  /** New values, by the rail's names of the fields. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Fields that are left out. */
  readonly drop?: readonly string[];
  /** Replaces the whole body. */
  readonly content?: string;
  /** Signed with a key that is not the rail's. */
  readonly byStranger?: boolean;
  /** ISO 8601: when it says that it was signed. */
  readonly signedAt?: string;
}

export interface PendingCallback extends RailEvent, WrittenCallback {}

export interface DeliverOptions {
  /** Where to. Left out: each to the address that its order named. */
  readonly to?: string;
  /** Only those of this reference. Left out: all that wait. */
  readonly reference?: string;
  readonly order?: 'in_order' | 'reversed' | 'shuffled';
  /** For `shuffled`. */
  readonly seed?: string | number;
  /** How often each is sent. Left out: once. */
  readonly copies?: number;
  /** Kinds or ids that get lost on the way. */
  readonly drop?: readonly string[];
  /** All at once, instead of one after the other. */
  readonly concurrent?: boolean;
}

export interface Delivery {
  readonly id: string;
  readonly kind: string;
  readonly reference: string;
  /** Null when nobody answered. */
  readonly status: number | null;
  readonly body: string;
}

export interface CallbackOptions<Event extends RailEvent> {
  /** Writes and signs a notification, in the rail's dialect. A rail that asks the merchant for a token first takes time. */
  readonly write: (event: Event) => WrittenCallback | Promise<WrittenCallback>;
  /** Writes and signs one anew, for clients that must notice what is wrong with it. */
  readonly rewrite?: (callback: WrittenCallback, change: CallbackRewrite) => WrittenCallback;
  /** Whether the answer says "understood", in the rail's dialect. */
  readonly isAcknowledged: (status: number, body: string) => boolean;
  /** Sends at once and again until it is acknowledged; otherwise they wait for `deliver`. */
  automatic: boolean;
  /** How often one is sent by itself. Left out: 8 times. */
  readonly attempts?: number;
}

const ANSWER_WITHIN_MS = 10_000;
const AUTOMATIC_ATTEMPTS = 8;
const RETRY_AFTER_MS = 250;

/** Notifications wait here until they are delivered and acknowledged. What was not acknowledged goes on waiting. */
export class Callbacks<Event extends RailEvent> {
  readonly options: CallbackOptions<Event>;
  #waiting: Event[] = [];

  constructor(options: CallbackOptions<Event>) {
    this.options = options;
  }

  push(event: Event): void {
    this.#waiting.push(event);
    if (this.options.automatic) void this.#deliverPatiently(event);
  }

  /** Those that wait, each written and signed now. */
  pending(): Promise<PendingCallback[]> {
    return Promise.all(this.#waiting.map((event) => this.#written(event)));
  }

  /** @throws Error when the rail cannot rewrite */
  rewrite(callback: WrittenCallback, change: CallbackRewrite): WrittenCallback {
    if (this.options.rewrite === undefined) throw new Error('This rail cannot rewrite its notifications.');
    return this.options.rewrite(callback, change);
  }

  async deliver({ to, reference, order, seed = 0, copies = 1, drop = [], concurrent }: DeliverOptions = {}): Promise<
    Delivery[]
  > {
    this.#waiting = this.#waiting.filter(({ id, kind }) => !drop.includes(kind) && !drop.includes(id));
    const chosen = (await this.pending()).filter((one) => reference === undefined || one.reference === reference);
    const all = chosen.flatMap((one) => Array.from({ length: copies }, () => one));
    if (order === 'reversed') all.reverse();
    const sequence = order === 'shuffled' ? shuffled(all, seed) : all;
    const send = (one: PendingCallback) => this.#send({ ...one, url: to ?? one.url });
    if (concurrent) return Promise.all(sequence.map(send));
    const deliveries: Delivery[] = [];
    for (const one of sequence) deliveries.push(await send(one));
    return deliveries;
  }

  async #deliverPatiently(event: Event): Promise<void> {
    for (
      let attempt = 1;
      attempt <= (this.options.attempts ?? AUTOMATIC_ATTEMPTS) && this.#waiting.includes(event);
      attempt += 1
    ) {
      await this.#written(event).then(
        (one) => this.#send(one),
        () => undefined,
      );
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS * 2 ** attempt).unref());
    }
  }

  async #send({ id, kind, reference, url, headers, body }: PendingCallback): Promise<Delivery> {
    try {
      const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
      const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal });
      const text = await answer.text();
      if (this.options.isAcknowledged(answer.status, text)) {
        this.#waiting = this.#waiting.filter((event) => event.id !== id);
      }
      return { id, kind, reference, status: answer.status, body: text };
    } catch {
      return { id, kind, reference, status: null, body: '' };
    }
  }

  async #written(event: Event): Promise<PendingCallback> {
    const { id, kind, reference, url } = event;
    return { id, kind, reference, url, ...(await this.options.write(event)) };
  }
}

function shuffled<T>(items: readonly T[], seed: string | number): T[] {
  return items
    .map((item, n) => ({ item, rank: createHash('sha256').update(`${seed}|${n}`).digest('hex') }))
    .toSorted((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ item }) => item);
}
