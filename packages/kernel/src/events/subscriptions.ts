import { type EventEnvelope, ItPayError } from '@itpay/core';
import type { Knex } from 'knex';
import type { Job, Jobs } from '../jobs/jobs.js';
import type { Clock } from '../ports/clock.js';
import type { Database, Tx } from '../ports/database.js';
import { maybeOne, one } from '../ports/database.js';
import { statement } from '../statement.js';
import { token, type Token } from '../token.js';
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

interface Subscriber {
  readonly name: string;
  /** A type, or a prefix that ends in `*`. */
  readonly pattern: string;
  /** Calls the handler. A job of its own name, so that only processes that have this subscriber run it. */
  readonly job: Job<{ readonly event: string }>;
  /** Whether the database has its place in the log. */
  known: boolean;
}

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
    if (/\*./.test(pattern)) {
      throw new ItPayError('CONFIGURATION_INVALID', {
        message: `The pattern "${pattern}" matches nothing: "*" stands at the end, as in "payment_intent.*".`,
        param: 'pattern',
      });
    }
    const job: Subscriber['job'] = {
      name: `event.deliver:${name}`,
      run: ({ event }, { complete }) => complete((tx) => this.#deliver(tx, event, handler)),
    };
    this.#subscribers.set(name, { name, pattern, job, known: false });
  }

  /** The jobs that call the handlers. */
  jobs(): readonly Job[] {
    return [...this.#subscribers.values()].map(({ job }) => job);
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
    if (this.#subscribers.size === 0) return busy;
    for (const { name } of await this.#database.query(FIND_BEHIND, { names: [...this.#subscribers.keys()] })) {
      if (await this.#fanOut(this.#subscribers.get(name)!)) busy = true;
    }
    return busy;
  }

  // A new subscriber starts at the end of the log: a handler that is added later does not relive the past.
  async #introduce(position: bigint): Promise<void> {
    const fresh = [...this.#subscribers.values()].filter(({ known }) => !known);
    if (fresh.length === 0) return;
    await this.#database.query(INTRODUCE, { names: fresh.map(({ name }) => name), position, now: this.#clock.now() });
    for (const subscriber of fresh) subscriber.known = true;
  }

  async #fanOut(subscriber: Subscriber): Promise<boolean> {
    return this.#database.transaction(async (tx) => {
      const cursor = await maybeOne(tx, LOCK_CURSOR, { name: subscriber.name });
      if (cursor === null) return false; // another process moves this subscriber right now
      const events = await tx.query(READ_LOG, { position: cursor.position, limit: BATCH });
      const last = events.at(-1);
      if (last === undefined) return false;
      const wanted = events.filter(({ type }) => matches(subscriber.pattern, type));
      await this.#jobs.addAll(
        tx,
        subscriber.job.name,
        wanted.map(({ id }) => ({ key: id, payload: { event: id } })),
      );
      await tx.query(MOVE_CURSOR, { name: subscriber.name, position: last.position });
      return true;
    });
  }

  async #deliver(tx: Tx, eventId: string, handler: EventHandler): Promise<void> {
    const row = await maybeOne(tx, FIND_EVENT, { id: eventId });
    if (row !== null) await handler(toEnvelope(row), { trx: tx.trx });
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
  `insert into {schema}.event_subscribers (name, position, created_at)
   select name, :position, :now from unnest(:names::text[]) as name
   on conflict (name) do nothing`,
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
