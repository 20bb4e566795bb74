import { type EventEnvelope, ItPayError } from '@itpay/core';
import type { Knex } from 'knex';
import { PRIORITIES, type Job, type Jobs } from '../jobs/jobs.js';
import type { Clock } from '../ports/clock.js';
import type { Database, Tx } from '../ports/database.js';
import { maybeOne, one } from '../ports/database.js';
import { statement } from '../statement.js';
import { point, token, type Token } from '../token.js';
import { toEnvelope, type EventRow } from './outbox.js';
import { assignPositions } from './relay.js';

/**
 * Called with each event at least once, in a transaction of ours. What it writes through `trx` commits together with the
 * note that the event was handled, so those writes happen exactly once. When it throws, it is called again later.
 */
export type EventHandler = (
  event: EventEnvelope<any>,
  context: { readonly trx: Knex.Transaction },
) => Promise<unknown> | unknown;

/** An event in the log, in the order in which every reader sees it. */
export interface LoggedEvent {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly type: string;
  readonly position: bigint;
  readonly at: Date;
}

/** Reads the log of events from its first start on, in one process at a time. It is for services; hosts subscribe. */
export interface LogReader {
  /** Fixed once released: the database keeps its place in the log under it. */
  readonly name: string;
  /**
   * Takes the next events. What it writes commits together with its new place in the log, so no event is skipped or taken
   * twice. No network in here.
   */
  read(tx: Tx, events: readonly LoggedEvent[]): Promise<void>;
}

/** Extension point: services that take in all events. */
export const LogReaders = point<LogReader>('log-readers');

/** Code of a plugin that hears of events, as a host's `pay.on` does. */
export interface EventSubscriber {
  /** Fixed once released, and unique: the database keeps its place in the log under it. `loyalty.points` */
  readonly name: string;
  /** An event type, `payment_intent.*` or `*`. */
  readonly pattern: string;
  /** Called as a host's handler is: at least once, and what it writes through `tx` exactly once. No network in here. */
  handle(event: EventEnvelope<any>, tx: Tx): Promise<unknown> | unknown;
}

/** Extension point: what plugins do after something happened. */
export const EventSubscribers = point<EventSubscriber>('event-subscribers');

interface Place extends LogReader {
  /** Whether the database has its place in the log. */
  known: boolean;
}

const BATCH = 100;
const SEEN_EVERY_MS = 3_600_000;

/** Leads readers through the log of events, and feeds in-process subscribers from it through jobs. */
export class Subscriptions {
  static readonly token: Token<Subscriptions> = token<Subscriptions>('subscriptions');

  readonly #database: Database;
  readonly #clock: Clock;
  readonly #jobs: Jobs;
  readonly #places = new Map<string, Place>();
  /** When the database was last told that this process has them. */
  #seenMs = -Infinity;
  /** Call the handlers. Each has a name of its own, so that only processes that have this subscriber run it. */
  readonly #deliveries: Job<{ readonly event: string }>[] = [];

  constructor(
    database: Database,
    clock: Clock,
    jobs: Jobs,
    readers: readonly LogReader[],
    subscribers: readonly EventSubscriber[] = [],
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#jobs = jobs;
    for (const reader of readers) {
      const { name } = reader;
      this.#places.set(name, { name, known: false, read: (tx, events) => reader.read(tx, events) });
    }
    for (const subscriber of subscribers) {
      this.#add(subscriber.pattern, subscriber.name, (event, tx) => subscriber.handle(event, tx));
    }
  }

  /**
   * @param pattern an event type, `payment_intent.*` or `*`
   * @param name tells subscribers apart over restarts; give one where several subscribe to the same pattern
   * @throws ItPayError `CONFIGURATION_INVALID` when the name is taken
   */
  add(pattern: string, handler: EventHandler, name = pattern): void {
    this.#add(pattern, name, (event, { trx }) => handler(event, { trx }));
  }

  #add(pattern: string, name: string, handle: EventSubscriber['handle']): void {
    if (this.#places.has(name)) {
      throw new ItPayError('CONFIGURATION_INVALID', {
        message:
          `Two subscribers are named "${name}". Give the second one a name of its own: ` +
          `pay.on('${pattern}', handler, { name: 'mail' }).`,
        param: 'name',
      });
    }
    if (/\*./.test(pattern)) {
      throw new ItPayError('CONFIGURATION_INVALID', {
        message: `The pattern "${pattern}" matches nothing: "*" stands at the end, as in "payment_intent.*".`,
        param: 'pattern',
      });
    }
    const job = `event.deliver:${name}`;
    this.#deliveries.push({
      name: job,
      run: ({ event }, { complete }) => complete((tx) => this.#deliver(tx, event, handle)),
    });
    this.#places.set(name, {
      name,
      known: false,
      read: async (tx, events) => {
        const wanted = events.filter(({ type }) => matches(pattern, type));
        const jobs = wanted.map(({ id }) => ({ key: id, payload: { event: id } }));
        await this.#jobs.addAll(tx, job, jobs, { priority: PRIORITIES.events });
      },
    });
  }

  /** The jobs that call the handlers. */
  jobs(): readonly Job[] {
    return this.#deliveries;
  }

  /**
   * One round of the courier: places fresh events in the log and turns those that somebody wants into jobs. Where there is
   * nothing to do it takes two round trips and no lock.
   *
   * @returns whether there was anything to do
   */
  async relay(): Promise<boolean> {
    const log = await one(this.#database, LOOK_AT_LOG, {});
    let busy = log.fresh && (await assignPositions(this.#database)) > 0;
    // Where the log ended before: a subscriber that came while fresh events got their places receives those.
    await this.#introduce(log.last_position);
    if (this.#places.size === 0) return busy;
    for (const { name } of await this.#database.query(FIND_BEHIND, { names: [...this.#places.keys()] })) {
      if (await this.#readOn(this.#places.get(name)!)) busy = true;
    }
    return busy;
  }

  // A new subscriber starts at the end of the log: a handler that is added later does not relive the past. From time to time
  // all of them are noted again: one that no process has any more holds up no retention.
  async #introduce(position: bigint): Promise<void> {
    const places = [...this.#places.values()];
    const now = this.#clock.now();
    const seen = now.getTime() < this.#seenMs + SEEN_EVERY_MS;
    if (places.length === 0 || (seen && places.every(({ known }) => known))) return;
    await this.#database.query(INTRODUCE, { names: places.map(({ name }) => name), position, now });
    for (const place of places) place.known = true;
    this.#seenMs = now.getTime();
  }

  async #readOn(reader: LogReader): Promise<boolean> {
    return this.#database.transaction(async (tx) => {
      const cursor = await maybeOne(tx, LOCK_CURSOR, { name: reader.name });
      if (cursor === null) return false; // another process moves this reader right now
      const events = await tx.query(READ_LOG, { position: cursor.position, limit: BATCH });
      const last = events.at(-1);
      if (last === undefined) return false;
      await reader.read(tx, events);
      await tx.query(MOVE_CURSOR, { name: reader.name, position: last.position });
      return true;
    });
  }

  async #deliver(tx: Tx, eventId: string, handle: EventSubscriber['handle']): Promise<void> {
    const row = await maybeOne(tx, FIND_EVENT, { id: eventId });
    if (row !== null) await handle(toEnvelope(row), tx);
  }
}

function matches(pattern: string, type: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}

const LOOK_AT_LOG = statement<object, { last_position: bigint; fresh: boolean }>(
  'event_log_look',
  `select last_position, exists (select from {schema}.events where position is null) as fresh from {schema}.event_log`,
);
const INTRODUCE = statement<{ names: string[]; position: bigint; now: Date }, object>(
  'subscriber_introduce',
  `insert into {schema}.event_subscribers as known (name, position, created_at, seen_at)
   select name, :position, :now::timestamptz, :now::timestamptz from unnest(:names::text[]) as name order by name
   on conflict (name) do update set seen_at = greatest(known.seen_at, excluded.seen_at)`,
);
const FIND_BEHIND = statement<{ names: string[] }, { name: string }>(
  'subscriber_find_behind',
  `select s.name from {schema}.event_subscribers s, {schema}.event_log l
    where s.name = any(:names::text[]) and s.position < l.last_position`,
);
const LOCK_CURSOR = statement<{ name: string }, { position: bigint }>(
  'subscriber_lock',
  `select position from {schema}.event_subscribers where name = :name for update skip locked`,
);
const READ_LOG = statement<{ position: bigint; limit: number }, LoggedEvent>(
  'event_log_read',
  `select id, account, livemode, type, position, at from {schema}.events
    where position > :position order by position limit :limit::int`,
);
const MOVE_CURSOR = statement<{ name: string; position: bigint }, object>(
  'subscriber_move',
  `update {schema}.event_subscribers set position = :position where name = :name`,
);
const FIND_EVENT = statement<{ id: string }, EventRow>(
  'event_find',
  `select id, account, livemode, type, sequence, at, data from {schema}.events where id = :id`,
);
