import { type EventEnvelope, ItPayError } from '@itpay/core';
import type { Knex } from 'knex';
import type { Job, JobContext, Jobs } from '../jobs/jobs.js';
import type { Clock } from '../ports/clock.js';
import type { Database } from '../ports/database.js';
import { maybeOne } from '../ports/database.js';
import { statement } from '../statement.js';
import { token, type Token } from '../token.js';
import { toEnvelope, type EventRow } from './outbox.js';
import { assignPositions } from './relay.js';

/**
 * Called with each event at least once, in a transaction of ours. What it writes through `trx` commits together with the
 * note that the event was handled, so those writes happen exactly once. When it throws, it is called again later.
 */
export type EventHandler = (event: EventEnvelope<any>, context: { readonly trx: Knex.Transaction }) => Promise<unknown> | unknown;

interface Subscriber {
  readonly name: string;
  /** A type, or a prefix that ends in `*`. */
  readonly pattern: string;
  readonly handler: EventHandler;
  known: boolean;
}

const DELIVER = 'event.deliver';
const BATCH = 100;

/** Feeds in-process subscribers from event rows, through jobs. */
export class Subscriptions {
  static readonly token: Token<Subscriptions> = token<Subscriptions>('subscriptions');

  readonly #database: Database;
  readonly #clock: Clock;
  readonly #jobs: Jobs;
  readonly #subscribers = new Map<string, Subscriber>();

  constructor(database: Database, clock: Clock, jobs: Jobs) {
    this.#database = database;
    this.#clock = clock;
    this.#jobs = jobs;
  }

  /**
   * @param pattern an event type, `payment_intent.*` or `*`
   * @param name tells subscribers apart over restarts; give one where several subscribe to the same pattern
   * @throws ItPayError `CONFIGURATION_INVALID` when the name is taken
   */
  add(pattern: string, handler: EventHandler, name = pattern): void {
    if (this.#subscribers.has(name)) {
      throw new ItPayError('CONFIGURATION_INVALID', {
        message:
          `Two subscribers are named "${name}". Give the second one a name of its own: ` +
          `pay.on('${pattern}', handler, { name: 'mail' }).`,
        param: 'name',
      });
    }
    this.#subscribers.set(name, { name, pattern, handler, known: false });
  }

  /**
   * One round of the courier: places fresh events in the log and turns those that somebody wants into jobs.
   *
   * @returns whether there was anything to do
   */
  async relay(): Promise<boolean> {
    for (const subscriber of this.#subscribers.values()) await this.#introduce(subscriber);
    let busy = (await assignPositions(this.#database)) > 0;
    for (const subscriber of this.#subscribers.values()) {
      if (await this.#fanOut(subscriber)) busy = true;
    }
    return busy;
  }

  /** The job that calls the handlers. */
  readonly job: Job<{ subscriber: string; event: string }> = {
    name: DELIVER,
    run: (payload, context) => this.#deliver(payload, context),
  };

  // A new subscriber starts at the end of the log: a handler that is added later does not relive the past.
  async #introduce(subscriber: Subscriber): Promise<void> {
    if (subscriber.known) return;
    await this.#database.query(INTRODUCE, { name: subscriber.name, now: this.#clock.now() });
    subscriber.known = true;
  }

  async #fanOut(subscriber: Subscriber): Promise<boolean> {
    return this.#database.transaction(async (tx) => {
      const cursor = await maybeOne(tx, LOCK_CURSOR, { name: subscriber.name });
      if (cursor === null) return false; // another process moves this subscriber right now
      const events = await tx.query(READ_LOG, { position: cursor.position, limit: BATCH });
      const last = events.at(-1);
      if (last === undefined) return false;
      for (const event of events) {
        if (!matches(subscriber.pattern, event.type)) continue;
        await this.#jobs.add(tx, DELIVER, `${subscriber.name} ${event.id}`, {
          subscriber: subscriber.name,
          event: event.id,
        });
      }
      await tx.query(MOVE_CURSOR, { name: subscriber.name, position: last.position });
      return true;
    });
  }

  async #deliver(payload: { subscriber: string; event: string }, context: JobContext): Promise<void> {
    const subscriber = this.#subscribers.get(payload.subscriber);
    if (subscriber === undefined) {
      throw new Error(`No subscriber is named "${payload.subscriber}". Its events wait until pay.on() registers it again.`);
    }
    await context.complete(async (tx) => {
      const row = await maybeOne(tx, FIND_EVENT, { id: payload.event });
      if (row !== null) await subscriber.handler(toEnvelope(row), { trx: tx.trx });
    });
  }
}

function matches(pattern: string, type: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}

const INTRODUCE = statement<{ name: string; now: Date }, object>(
  'subscriber_introduce',
  `insert into {schema}.event_subscribers (name, position, created_at)
   select :name, last_position, :now from {schema}.event_log
   on conflict (name) do nothing`,
);
const LOCK_CURSOR = statement<{ name: string }, { position: bigint }>(
  'subscriber_lock',
  `select position from {schema}.event_subscribers where name = :name for update skip locked`,
);
const READ_LOG = statement<{ position: bigint; limit: number }, { id: string; type: string; position: bigint }>(
  'event_log_read',
  `select id, type, position from {schema}.events where position > :position order by position limit :limit::int`,
);
const MOVE_CURSOR = statement<{ name: string; position: bigint }, object>(
  'subscriber_move',
  `update {schema}.event_subscribers set position = :position where name = :name`,
);
const FIND_EVENT = statement<{ id: string }, EventRow>(
  'event_find',
  `select id, account, livemode, type, sequence, at, data from {schema}.events where id = :id`,
);
