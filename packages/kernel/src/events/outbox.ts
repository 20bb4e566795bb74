import { API_VERSION, type EventEnvelope } from '@itpay/core';
import type { Actor } from '../audit.js';
import type { Clock } from '../ports/clock.js';
import type { Tx } from '../ports/database.js';
import type { IdGenerator } from '../ports/id-generator.js';
import { CHANGED_TOPIC, WORK_TOPIC, type PubSub } from '../ports/pubsub.js';
import { statement } from '../statement.js';
import { token, type Token } from '../token.js';
import type { NewEvent } from './event.js';

/** Writes events in the transaction that changes the state: no change without its event, no event without its change. */
export class Outbox {
  static readonly token: Token<Outbox> = token<Outbox>('outbox');

  readonly #clock: Clock;
  readonly #ids: IdGenerator;
  readonly #pubsub: PubSub;

  constructor(clock: Clock, ids: IdGenerator, pubsub: PubSub) {
    this.#clock = clock;
    this.#ids = ids;
    this.#pubsub = pubsub;
  }

  async append(tx: Tx, actor: Actor, events: readonly NewEvent[]): Promise<void> {
    if (events.length === 0) return;
    await tx.query(APPEND, {
      ids: events.map(() => this.#ids.next('evt')),
      account: actor.account,
      livemode: actor.livemode,
      types: events.map(({ type }) => type),
      objectIds: events.map(({ objectId }) => objectId),
      sequences: events.map(({ sequence }) => sequence ?? null),
      at: this.#clock.now(),
      data: events.map(({ object }) => JSON.stringify({ object })),
    });
    tx.afterCommit(() => this.announce(events.map(({ objectId }) => objectId)));
  }

  /** Wakes the relay and those who wait for one of the objects. For statements that write events themselves. */
  announce(objectIds: readonly string[]): void {
    this.#pubsub.publish(WORK_TOPIC, '');
    for (const id of new Set(objectIds)) this.#pubsub.publish(CHANGED_TOPIC, id);
  }
}

export interface EventRow {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly type: string;
  readonly sequence: number;
  readonly at: Date;
  readonly data: string;
}

/** The form in which an event leaves the framework. */
export function toEnvelope(row: EventRow): EventEnvelope {
  return {
    id: row.id,
    type: row.type,
    timestamp: row.at.toISOString(),
    api_version: API_VERSION,
    livemode: row.livemode,
    account: row.account,
    sequence: row.sequence,
    data: JSON.parse(row.data) as EventEnvelope['data'],
  };
}

const APPEND = statement<
  {
    ids: string[];
    account: string;
    livemode: boolean;
    types: string[];
    objectIds: string[];
    sequences: (number | null)[];
    at: Date;
    data: string[];
  },
  object
>(
  'event_append',
  `insert into {schema}.events (id, account, livemode, type, object_id, sequence, at, data)
   select event.id, :account, :livemode, event.type, event.object_id,
          coalesce(event.sequence,
            (select coalesce(max(earlier.sequence), 0) from {schema}.events earlier where earlier.object_id = event.object_id)
              + row_number() over (partition by event.object_id order by event.place)),
          :at, event.data
     from unnest(:ids::text[], :types::text[], :objectIds::text[], :sequences::int[], :data::text[])
       with ordinality as event (id, type, object_id, sequence, data, place)`,
);
