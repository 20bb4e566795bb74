import { listStatements, one, statement, type Database, type EventRow, type Queryable, type Tx } from '@itpay/kernel';
import { SUBSCRIBED } from '../endpoint/event-types.js';
import type { DeliveryAttempt, DeliveryState, LeasedDelivery } from './delivery.js';

/** What a process may take up now. */
export interface Capacity {
  readonly now: Date;
  readonly lease: string;
  readonly leaseExpiresAt: Date;
  /** How many in all. */
  readonly room: number;
  readonly perEndpoint: number;
  /** How many of each endpoint this process sends already. */
  readonly flying: ReadonlyMap<string, number>;
}

/** A delivery that its receiver took. */
export interface Arrival {
  readonly delivery: Pick<LeasedDelivery, 'account' | 'livemode' | 'lease'>;
  readonly attempt: DeliveryAttempt;
}

/** A delivery as it is when its attempt ends; locked. */
export interface HeldDelivery {
  readonly state: DeliveryState;
  readonly attemptsMade: number;
  readonly startedAt: Date;
}

export interface DeliveryOutcome {
  readonly state: DeliveryState;
  readonly attemptsMade: number;
  readonly nextAttemptAt: Date | null;
  readonly now: Date;
}

export interface AttemptFilter {
  readonly endpointId: string;
  readonly cursor: string | null;
  readonly createdGte: Date | null;
  readonly createdLte: Date | null;
  readonly limit: number;
}

/** A delivery as a caller sees it. */
export interface DeliveryStatus {
  readonly endpointId: string;
  readonly state: DeliveryState;
  readonly attemptsMade: number;
  readonly nextAttemptAt: Date | null;
}

/** The SQL of deliveries and attempts. */
export class DeliveryStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** For each enabled endpoint that is to hear of one of the events. @returns how many deliveries are new */
  async fanOut(tx: Tx, eventIds: readonly string[], now: Date): Promise<number> {
    return (await one(tx, FAN_OUT, { eventIds: [...eventIds], now })).n;
  }

  /**
   * Takes up what is due, the longest waiting first, and no more of one endpoint than its share. Deliveries to endpoints
   * that are enabled no more end here.
   *
   * @returns `more`: something may have been left for lack of room
   */
  async lease(capacity: Capacity): Promise<{ readonly leased: readonly LeasedDelivery[]; readonly more: boolean }> {
    const { now, lease, leaseExpiresAt, room, perEndpoint, flying } = capacity;
    const rows = await this.#database.query(LEASE, {
      now,
      lease,
      leaseExpiresAt,
      room,
      perEndpoint,
      flyingIds: [...flying.keys()],
      flyingCounts: [...flying.values()],
    });
    const leased = rows.filter((row) => row.status === 'enabled' && row.secrets !== null);
    const counts = new Map(flying);
    for (const { endpoint_id: id } of leased) counts.set(id, (counts.get(id) ?? 0) + 1);
    const full = rows.length === room || [...counts.values()].some((count) => count >= perEndpoint);
    return { leased: leased.map((row) => fromRow(row, lease)), more: full };
  }

  /**
   * Ends leases with a success: the deliveries, their attempts, and that their endpoints do more than fail, in one
   * statement. Writes nothing about a delivery that another process has.
   */
  async arrived(arrivals: readonly Arrival[]): Promise<void> {
    await this.#database.query(ARRIVED, {
      ids: arrivals.map(({ attempt }) => attempt.id),
      accounts: arrivals.map(({ delivery }) => delivery.account),
      livemodes: arrivals.map(({ delivery }) => delivery.livemode),
      endpointIds: arrivals.map(({ attempt }) => attempt.endpointId),
      eventIds: arrivals.map(({ attempt }) => attempt.eventId),
      leases: arrivals.map(({ delivery }) => delivery.lease),
      times: arrivals.map(({ attempt }) => attempt.at.toISOString()),
      statuses: arrivals.map(({ attempt }) => attempt.status),
      latencies: arrivals.map(({ attempt }) => attempt.latencyMs),
      excerpts: arrivals.map(({ attempt }) => attempt.excerpt),
    });
  }

  /** Reads a delivery whose lease is still ours and keeps others from changing it; null: another process has it. */
  async hold(tx: Tx, { event, endpointId, lease }: LeasedDelivery): Promise<HeldDelivery | null> {
    const [row] = await tx.query(HOLD, { eventId: event.id, endpointId, lease });
    return row === undefined ? null : { state: row.state, attemptsMade: row.attempts_made, startedAt: row.started_at };
  }

  /** Ends the lease with what became of the attempt. The caller holds the delivery. */
  async finish(tx: Tx, { event, endpointId, lease }: LeasedDelivery, outcome: DeliveryOutcome): Promise<void> {
    await tx.query(FINISH, { eventId: event.id, endpointId, lease, ...outcome });
  }

  async insertAttempt(tx: Tx, attempt: DeliveryAttempt): Promise<void> {
    await tx.query(INSERT_ATTEMPT, attempt);
  }

  /** Ends everything that an endpoint was still to be sent. What is on its way may still arrive, and then counts. */
  async giveUp(tx: Tx, endpointId: string, now: Date): Promise<void> {
    await tx.query(GIVE_UP, { endpointId, now });
  }

  /** Starts a fresh schedule for one event, to one endpoint or to all that are to hear of it. @returns how many */
  async replayEvent(tx: Tx, eventId: string, endpointId: string | null, now: Date): Promise<number> {
    return (await one(tx, REPLAY_EVENT, { eventId, endpointId, now })).n;
  }

  /** The same for what happened in `[from, to)`, to one endpoint. */
  async replayRange(
    tx: Tx,
    range: {
      readonly endpointId: string;
      readonly from: Date;
      readonly to: Date;
      readonly types: readonly string[] | null;
      readonly onlyFailed: boolean;
      readonly now: Date;
    },
  ): Promise<number> {
    return (await one(tx, REPLAY_RANGE, { ...range, types: range.types && [...range.types] })).n;
  }

  async statesOf(on: Queryable, eventId: string): Promise<readonly DeliveryStatus[]> {
    const rows = await on.query(STATES, { eventId });
    return rows.map((row) => ({
      endpointId: row.endpoint_id,
      state: row.state,
      attemptsMade: row.attempts_made,
      nextAttemptAt: row.next_attempt_at,
    }));
  }

  /** Newest first; with `newer`, the page that comes before the cursor, oldest first. */
  async listAttempts(filter: AttemptFilter, newer: boolean): Promise<DeliveryAttempt[]> {
    const rows = await this.#database.query(newer ? ATTEMPTS.newer : ATTEMPTS.older, filter);
    return rows.map((row) => ({
      id: row.id,
      endpointId: row.endpoint_id,
      eventId: row.event_id,
      at: row.at,
      status: row.status,
      latencyMs: row.latency_ms,
      error: row.error,
      excerpt: row.excerpt,
    }));
  }
}

interface LeasedRow extends EventRow {
  readonly endpoint_id: string;
  readonly status: string;
  readonly url: string;
  readonly api_version: string;
  readonly secrets: Buffer | null;
  readonly encryption_kid: string | null;
  readonly encryption_key: string | null;
}

function fromRow(row: LeasedRow, lease: string): LeasedDelivery {
  const { id, account, livemode, type, sequence, at, data } = row;
  return {
    event: { id, account, livemode, type, sequence, at, data },
    endpointId: row.endpoint_id,
    account,
    livemode,
    url: row.url,
    apiVersion: row.api_version,
    secrets: row.secrets!,
    encryption:
      row.encryption_kid === null || row.encryption_key === null
        ? null
        : { kid: row.encryption_kid, publicKey: row.encryption_key },
    lease,
  };
}

const SAME_OWNER = `w.account = e.account and w.livemode = e.livemode`;

// The log decides what came after, and no clock: with the time of the event and the time of the endpoint, from two processes
// or from one whose clock was set back, events got lost. `startHearing` in `endpoint/store.ts` writes where it begins.
const AFTER_ENABLED = `e.position > w.enabled_position and e.id <> all(w.enabled_unplaced)`;

const FAN_OUT = statement<{ eventIds: string[]; now: Date }, { n: number }>(
  'webhook_fan_out',
  `with made as (
     insert into {schema}.webhook_deliveries
       (event_id, endpoint_id, state, attempts_made, started_at, next_attempt_at, updated_at)
     select e.id, w.id, 'pending', 0, e.at, :now, :now
       from {schema}.events e join {schema}.webhook_endpoints w on ${SAME_OWNER}
      where e.id = any(:eventIds::text[]) and w.status = 'enabled' and ${AFTER_ENABLED} and ${SUBSCRIBED}
     on conflict (event_id, endpoint_id) do nothing
     returning 1)
   select count(*)::int as n from made`,
);

// From endpoint to endpoint along the index, and of each as many as it has places: a backlog of one costs the others nothing,
// and its length does not matter.
const LEASE = statement<
  {
    now: Date;
    lease: string;
    leaseExpiresAt: Date;
    room: number;
    perEndpoint: number;
    flyingIds: string[];
    flyingCounts: number[];
  },
  LeasedRow
>(
  'webhook_lease',
  `with recursive waiting (endpoint_id) as (
     (select endpoint_id from {schema}.webhook_deliveries where state = 'pending' order by endpoint_id limit 1)
     union all
     select (select d.endpoint_id from {schema}.webhook_deliveries d
              where d.state = 'pending' and d.endpoint_id > waiting.endpoint_id order by d.endpoint_id limit 1)
       from waiting where waiting.endpoint_id is not null),
   lanes as (
     select waiting.endpoint_id, greatest(:perEndpoint::int - coalesce(flying.n, 0), 0) as places
       from waiting left join unnest(:flyingIds::text[], :flyingCounts::int[]) as flying (id, n)
                      on flying.id = waiting.endpoint_id
      where waiting.endpoint_id is not null),
   chosen as (
     select d.event_id, d.endpoint_id
       from lanes cross join lateral (
         select event_id, endpoint_id, next_attempt_at from {schema}.webhook_deliveries
          where endpoint_id = lanes.endpoint_id and state = 'pending' and next_attempt_at <= :now
            and (lease_expires_at is null or lease_expires_at <= :now)
          order by next_attempt_at limit lanes.places for update skip locked) d
      order by d.next_attempt_at limit :room::int)
   update {schema}.webhook_deliveries d
      set lease_owner = case when w.status = 'enabled' then :lease end,
          lease_expires_at = case when w.status = 'enabled' then :leaseExpiresAt::timestamptz end,
          state = case when w.status = 'enabled' then d.state else 'failed_delivery' end,
          next_attempt_at = case when w.status = 'enabled' then d.next_attempt_at end
     from chosen, {schema}.events e, {schema}.webhook_endpoints w
    where d.event_id = chosen.event_id and d.endpoint_id = chosen.endpoint_id
      and e.id = chosen.event_id and w.id = chosen.endpoint_id
   returning d.endpoint_id, w.status, w.url, w.api_version, w.secrets, w.encryption_kid, w.encryption_key,
     e.id, e.account, e.livemode, e.type, e.sequence, e.at, e.data`,
);

const HOLD = statement<
  { eventId: string; endpointId: string; lease: string },
  { state: DeliveryState; attempts_made: number; started_at: Date }
>(
  'webhook_hold',
  `select state, attempts_made, started_at from {schema}.webhook_deliveries
    where event_id = :eventId and endpoint_id = :endpointId and lease_owner = :lease for update`,
);

const FINISH = statement<{ eventId: string; endpointId: string; lease: string } & DeliveryOutcome, object>(
  'webhook_finish',
  `update {schema}.webhook_deliveries
      set state = :state, attempts_made = :attemptsMade::int, next_attempt_at = :nextAttemptAt::timestamptz,
          lease_owner = null, lease_expires_at = null, updated_at = :now
    where event_id = :eventId and endpoint_id = :endpointId and lease_owner = :lease`,
);

const INSERT_ATTEMPT = statement<DeliveryAttempt, object>(
  'webhook_attempt_insert',
  `insert into {schema}.webhook_attempts (id, endpoint_id, event_id, at, status, latency_ms, error, excerpt)
   values (:id, :endpointId, :eventId, :at, :status, :latencyMs, :error, :excerpt)`,
);

// First the endpoints in the order of their ids, then the deliveries: everybody locks in this order, and the count is what
// asks for it here.
const ARRIVED = statement<
  {
    ids: string[];
    accounts: string[];
    livemodes: boolean[];
    endpointIds: string[];
    eventIds: string[];
    leases: string[];
    times: string[];
    statuses: (number | null)[];
    latencies: number[];
    excerpts: (string | null)[];
  },
  object
>(
  'webhook_arrived',
  `with arrived as (
     select * from unnest(:ids::text[], :accounts::text[], :livemodes::boolean[], :endpointIds::text[], :eventIds::text[],
         :leases::text[], :times::timestamptz[], :statuses::int[], :latencies::int[], :excerpts::text[])
       as a (id, account, livemode, endpoint_id, event_id, lease, at, status, latency_ms, excerpt)),
   failing as (
     select id from {schema}.webhook_endpoints
      where (id, account, livemode) in (select endpoint_id, account, livemode from arrived) and failing_since is not null
      order by id for update),
   healed as (
     update {schema}.webhook_endpoints set failing_since = null where id in (select id from failing) returning 1),
   held as (
     update {schema}.webhook_deliveries d
        set state = 'delivered', attempts_made = d.attempts_made + 1, next_attempt_at = null, lease_owner = null,
            lease_expires_at = null, updated_at = arrived.at
       from arrived
      where d.event_id = arrived.event_id and d.endpoint_id = arrived.endpoint_id and d.lease_owner = arrived.lease
        and (select count(*) from healed) >= 0
     returning arrived.*)
   insert into {schema}.webhook_attempts (id, endpoint_id, event_id, at, status, latency_ms, error, excerpt)
   select id, endpoint_id, event_id, at, status::smallint, latency_ms, null, excerpt from held`,
);
const GIVE_UP = statement<{ endpointId: string; now: Date }, object>(
  'webhook_give_up',
  `update {schema}.webhook_deliveries set state = 'failed_delivery', next_attempt_at = null, updated_at = :now
    where endpoint_id = :endpointId and state = 'pending'`,
);

// A send that is on its way keeps its lease: its answer counts, and the fresh schedule goes on after it.
const AFRESH = `on conflict (event_id, endpoint_id) do update
       set state = 'pending', attempts_made = 0, started_at = :now, next_attempt_at = :now, updated_at = :now`;

const REPLAY_EVENT = statement<{ eventId: string; endpointId: string | null; now: Date }, { n: number }>(
  'webhook_replay_event',
  `with made as (
     insert into {schema}.webhook_deliveries
       (event_id, endpoint_id, state, attempts_made, started_at, next_attempt_at, updated_at)
     select e.id, w.id, 'pending', 0, :now::timestamptz, :now, :now
       from {schema}.events e join {schema}.webhook_endpoints w on ${SAME_OWNER}
      where e.id = :eventId and w.status = 'enabled'
        and case when :endpointId::text is null then ${SUBSCRIBED} else w.id = :endpointId end
     ${AFRESH}
     returning 1)
   select count(*)::int as n from made`,
);

const REPLAY_RANGE = statement<
  { endpointId: string; from: Date; to: Date; types: string[] | null; onlyFailed: boolean; now: Date },
  { n: number }
>(
  'webhook_replay_range',
  `with made as (
     insert into {schema}.webhook_deliveries
       (event_id, endpoint_id, state, attempts_made, started_at, next_attempt_at, updated_at)
     select e.id, w.id, 'pending', 0, :now::timestamptz, :now, :now
       from {schema}.events e join {schema}.webhook_endpoints w on ${SAME_OWNER}
      where w.id = :endpointId and w.status = 'enabled' and e.at >= :from and e.at < :to
        and (:types::text[] is null or e.type = any(:types)) and ${SUBSCRIBED}
        and (not :onlyFailed::boolean or exists (
          select from {schema}.webhook_deliveries d
           where d.event_id = e.id and d.endpoint_id = w.id and d.state = 'failed_delivery'))
     ${AFRESH}
     returning 1)
   select count(*)::int as n from made`,
);

const STATES = statement<
  { eventId: string },
  { endpoint_id: string; state: DeliveryState; attempts_made: number; next_attempt_at: Date | null }
>(
  'webhook_delivery_states',
  `select endpoint_id, state, attempts_made, next_attempt_at from {schema}.webhook_deliveries
    where event_id = :eventId order by endpoint_id`,
);

interface AttemptRow {
  readonly id: string;
  readonly endpoint_id: string;
  readonly event_id: string;
  readonly at: Date;
  readonly status: number | null;
  readonly latency_ms: number;
  readonly error: string | null;
  readonly excerpt: string | null;
}
const ATTEMPTS = listStatements<AttemptFilter, AttemptRow>({
  name: 'webhook_attempt_list',
  columns: `id, endpoint_id, event_id, at, status, latency_ms, error, excerpt`,
  table: '{schema}.webhook_attempts',
  where: 'endpoint_id = :endpointId',
  filters: {
    createdGte: ['timestamptz', 'at >= :createdGte'],
    createdLte: ['timestamptz', 'at <= :createdLte'],
  },
});
