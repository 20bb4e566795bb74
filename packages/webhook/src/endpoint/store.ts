import { maybeOne, one, statement, type Actor, type Database, type Queryable, type Tx } from '@itpay/kernel';
import type { DisabledReason, EndpointStatus, WebhookEndpoint } from './endpoint.js';

type Owner = Pick<Actor, 'account' | 'livemode'>;

export interface EndpointFilter {
  readonly account: string;
  readonly livemode: boolean;
  readonly createdGte: Date | null;
  readonly createdLte: Date | null;
  readonly cursor: string | null;
  readonly limit: number;
}

/** The SQL of endpoints. Deleted ones are found by nobody. */
export class EndpointStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Keeps others from adding endpoints to the account and mode, or moving one to another URL, until `tx` ends. */
  async lockAccount(tx: Tx, { account, livemode }: Owner): Promise<void> {
    await tx.query(LOCK_ACCOUNT, { name: `${account}:${livemode}` });
  }

  async count(tx: Tx, { account, livemode }: Owner): Promise<number> {
    return (await one(tx, COUNT, { account, livemode })).n;
  }

  /** The endpoint of this account and mode that has the URL. */
  async findByUrl(tx: Tx, { account, livemode }: Owner, url: string): Promise<string | null> {
    return (await maybeOne(tx, FIND_BY_URL, { account, livemode, url }))?.id ?? null;
  }

  async insert(tx: Tx, endpoint: WebhookEndpoint): Promise<void> {
    await tx.query(INSERT, toRow(endpoint));
  }

  async find(on: Queryable, { account, livemode }: Owner, id: string): Promise<WebhookEndpoint | null> {
    const row = await maybeOne(on, FIND, { id, account, livemode });
    return row && fromRow(row);
  }

  /** Reads it and keeps others from changing it. Its deliveries are locked after it. */
  async lock(tx: Tx, { account, livemode }: Owner, id: string): Promise<WebhookEndpoint | null> {
    const row = await maybeOne(tx, LOCK, { id, account, livemode });
    return row && fromRow(row);
  }

  /** Newest first; with `newer`, the page that comes before the cursor, oldest first. */
  async list(filter: EndpointFilter, newer: boolean): Promise<WebhookEndpoint[]> {
    return (await this.#database.query(newer ? LIST_NEWER : LIST_OLDER, filter)).map(fromRow);
  }

  /** Writes what can change. The caller has locked it. */
  async save(tx: Tx, endpoint: WebhookEndpoint): Promise<void> {
    const { createdAt: _created, ...row } = toRow(endpoint);
    const saved = await tx.query(SAVE, row);
    if (saved.length !== 1) throw new Error(`The webhook endpoint ${endpoint.id} changed while it was worked on.`);
  }

  /**
   * From here on it hears of what commits, and not of what had committed before. For an endpoint that is enabled in `tx`; the
   * caller has locked it.
   */
  async startHearing(tx: Tx, { account, livemode }: Owner, id: string): Promise<void> {
    await tx.query(START_HEARING, { id, account, livemode, limit: MAX_UNPLACED });
  }

  /** Notes a failure, which is no change that anybody hears of. A success is noted with its delivery. */
  async noteFailure(tx: Tx, { account, livemode }: Owner, id: string, now: Date): Promise<void> {
    await tx.query(NOTE_FAILURE, { id, account, livemode, now });
  }
}

interface EndpointRow {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly url: string;
  readonly description: string | null;
  readonly enabled_events: string[];
  readonly status: EndpointStatus;
  readonly disabled_reason: DisabledReason | null;
  readonly api_version: string;
  readonly secrets: Buffer | null;
  readonly encryption_kid: string | null;
  readonly encryption_key: string | null;
  readonly failing_since: Date | null;
  readonly enabled_at: Date;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const fromRow = (row: EndpointRow): WebhookEndpoint => ({
  id: row.id,
  account: row.account,
  livemode: row.livemode,
  url: row.url,
  description: row.description,
  enabledEvents: row.enabled_events,
  status: row.status,
  disabledReason: row.disabled_reason,
  apiVersion: row.api_version,
  secrets: row.secrets,
  encryption:
    row.encryption_kid === null || row.encryption_key === null
      ? null
      : { kid: row.encryption_kid, publicKey: row.encryption_key },
  failingSince: row.failing_since,
  enabledAt: row.enabled_at,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

function toRow({ encryption, enabledEvents, ...rest }: WebhookEndpoint) {
  return {
    ...rest,
    enabledEvents: [...enabledEvents],
    kid: encryption?.kid ?? null,
    publicKey: encryption?.publicKey ?? null,
  };
}
type RowParams = ReturnType<typeof toRow>;

const COLUMNS = `id, account, livemode, url, description, enabled_events, status, disabled_reason, api_version, secrets,
  encryption_kid, encryption_key, failing_since, enabled_at, version, created_at, updated_at`;

const LOCK_ACCOUNT = statement<{ name: string }, object>(
  'webhook_lock_account',
  `select pg_advisory_xact_lock(hashtextextended('itpay.webhook_endpoints:' || :name::text, 0))`,
);
const COUNT = statement<{ account: string; livemode: boolean }, { n: number }>(
  'webhook_endpoint_count',
  `select count(*)::int as n from {schema}.webhook_endpoints
    where account = :account and livemode = :livemode and status <> 'deleted'`,
);
const FIND_BY_URL = statement<{ account: string; livemode: boolean; url: string }, { id: string }>(
  'webhook_endpoint_find_by_url',
  `select id from {schema}.webhook_endpoints
    where account = :account and livemode = :livemode and url = :url and status <> 'deleted'`,
);
const INSERT = statement<RowParams, object>(
  'webhook_endpoint_insert',
  `insert into {schema}.webhook_endpoints (${COLUMNS})
   values (:id, :account, :livemode, :url, :description, :enabledEvents::text[], :status, :disabledReason, :apiVersion,
     :secrets, :kid, :publicKey, :failingSince, :enabledAt, :version, :createdAt, :updatedAt)`,
);
const OWN = `id = :id and account = :account and livemode = :livemode and status <> 'deleted'`;
const FIND = statement<{ id: string; account: string; livemode: boolean }, EndpointRow>(
  'webhook_endpoint_find',
  `select ${COLUMNS} from {schema}.webhook_endpoints where ${OWN}`,
);
const LOCK = statement<{ id: string; account: string; livemode: boolean }, EndpointRow>(
  'webhook_endpoint_lock',
  `select ${COLUMNS} from {schema}.webhook_endpoints where ${OWN} for update`,
);
const SAVE = statement<Omit<RowParams, 'createdAt'>, { id: string }>(
  'webhook_endpoint_save',
  `update {schema}.webhook_endpoints
      set url = :url, description = :description, enabled_events = :enabledEvents::text[], status = :status,
          disabled_reason = :disabledReason, api_version = :apiVersion, secrets = :secrets, encryption_kid = :kid,
          encryption_key = :publicKey, failing_since = :failingSince, enabled_at = :enabledAt,
          version = :version::int, updated_at = :updatedAt
    where ${OWN} and version = :version::int - 1
   returning id`,
);
// One look at the log, which sees every event that has committed: with its place, or waiting for it. What commits later is in
// neither, and gets a place behind this one. The time of an event cannot tell, and neither can the order of those that wait: one
// that commits later may come before them. The list is short, because places are given within moments. Should the relay have
// been away for long, it stays short enough for the fan-out, and the endpoint hears of some of the past, but misses nothing.
const MAX_UNPLACED = 1_000;
const START_HEARING = statement<{ id: string; account: string; livemode: boolean; limit: number }, object>(
  'webhook_endpoint_start_hearing',
  `update {schema}.webhook_endpoints w
      set enabled_position = log.last_position,
          enabled_unplaced = array(
            select e.id from {schema}.events e
             where e.position is null and e.account = w.account and e.livemode = w.livemode
             order by e.id limit :limit::int)
     from {schema}.event_log log where ${OWN}`,
);
const NOTE_FAILURE = statement<{ id: string; account: string; livemode: boolean; now: Date }, object>(
  'webhook_endpoint_note_failure',
  `update {schema}.webhook_endpoints set failing_since = :now where ${OWN} and failing_since is null`,
);
const FILTER = `account = :account and livemode = :livemode and status <> 'deleted'
  and (:createdGte::timestamptz is null or created_at >= :createdGte)
  and (:createdLte::timestamptz is null or created_at <= :createdLte)`;
const LIST_OLDER = statement<EndpointFilter, EndpointRow>(
  'webhook_endpoint_list_older',
  `select ${COLUMNS} from {schema}.webhook_endpoints where ${FILTER} and (:cursor::text is null or id < :cursor)
    order by id desc limit :limit`,
);
const LIST_NEWER = statement<EndpointFilter, EndpointRow>(
  'webhook_endpoint_list_newer',
  `select ${COLUMNS} from {schema}.webhook_endpoints where ${FILTER} and id > :cursor order by id limit :limit`,
);
