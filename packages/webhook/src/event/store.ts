import {
  listStatements,
  maybeOne,
  one,
  statement,
  type Actor,
  type Database,
  type EventRow,
  type Queryable,
} from '@itpay/kernel';

type Owner = Pick<Actor, 'account' | 'livemode'>;

export interface EventFilter {
  readonly account: string;
  readonly livemode: boolean;
  readonly type: string | null;
  readonly objectId: string | null;
  readonly createdGte: Date | null;
  readonly createdLte: Date | null;
  readonly cursor: string | null;
  readonly limit: number;
}

export interface CatchUp {
  readonly account: string;
  readonly livemode: boolean;
  readonly type: string | null;
  readonly objectId: string | null;
  /** A place in the log; events behind it are read. */
  readonly position: bigint;
  readonly limit: number;
}

/** An event and its place in the log. */
export interface PlacedEvent extends EventRow {
  readonly position: bigint;
}

/** The SQL of events, for those who read them. The kernel's outbox writes them. */
export class EventStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(on: Queryable, { account, livemode }: Owner, id: string): Promise<EventRow | null> {
    return maybeOne(on, FIND, { id, account, livemode });
  }

  /** Newest first; with `newer`, the page that comes before the cursor, oldest first. */
  async list(filter: EventFilter, newer: boolean): Promise<EventRow[]> {
    return this.#database.query(newer ? LIST.newer : LIST.older, filter);
  }

  /** Where the log ends now. */
  async end(): Promise<bigint> {
    return (await one(this.#database, END, {})).last_position;
  }

  /**
   * What comes after a place in the log, oldest first.
   *
   * @returns `end`: where the log ended when the events were read, in the same look
   */
  async after(from: CatchUp): Promise<{ readonly events: readonly PlacedEvent[]; readonly end: bigint }> {
    const rows = await this.#database.query(AFTER, from);
    const events = rows.filter((row): row is AfterRow & PlacedEvent => row.id !== null);
    return { events, end: rows[0]!.last_position };
  }
}

const COLUMNS = `id, account, livemode, type, sequence, at, data`;
const FIND = statement<{ id: string; account: string; livemode: boolean }, EventRow>(
  'event_find_own',
  `select ${COLUMNS} from {schema}.events where id = :id and account = :account and livemode = :livemode`,
);
const WHICH = `account = :account and livemode = :livemode
  and (:type::text is null or type = :type) and (:objectId::text is null or object_id = :objectId)`;
const LIST = listStatements<EventFilter, EventRow>({
  name: 'event_list',
  columns: COLUMNS,
  table: '{schema}.events',
  where: 'account = :account and livemode = :livemode',
  filters: {
    objectId: ['text', 'object_id = :objectId'],
    type: ['text', 'type = :type'],
    createdGte: ['timestamptz', 'at >= :createdGte'],
    createdLte: ['timestamptz', 'at <= :createdLte'],
  },
});
const END = statement<object, { last_position: bigint }>(
  'event_log_end',
  `select last_position from {schema}.event_log`,
);

type AfterRow = { readonly last_position: bigint } & { readonly [K in keyof PlacedEvent]: PlacedEvent[K] | null };
const AFTER = statement<CatchUp, AfterRow>(
  'event_list_after',
  `select l.last_position, e.* from {schema}.event_log l left join lateral (
     select ${COLUMNS}, position from {schema}.events
      where ${WHICH} and position > :position order by position limit :limit) e on true
    order by e.position`,
);
