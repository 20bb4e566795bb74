import { statement } from '@itpay/kernel';

export interface ApiKeyRow {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly key_id: string;
  readonly secret_hash: Buffer;
  readonly last4: string;
  readonly lineage: string;
  readonly label: string;
  readonly scopes: readonly string[];
  /** That an active or rotating key has expired is told by `expires_at`. */
  readonly status: 'active' | 'rotating' | 'revoked';
  readonly ip_allowlist: readonly string[];
  readonly signing_secret: Buffer | null;
  readonly api_version: string | null;
  readonly expires_at: Date | null;
  readonly created_at: Date;
  readonly rotated_at: Date | null;
  readonly replaced_by: string | null;
  readonly revoked_at: Date | null;
}

export interface ApiKeyFilter {
  readonly account: string;
  readonly livemode: boolean;
  readonly createdGte: Date | null;
  readonly createdLte: Date | null;
  /** The page begins after this id; or, with `LIST_NEWER`, ends before it. */
  readonly cursor: string | null;
  readonly limit: number;
}

const COLUMNS = `id, account, livemode, key_id, secret_hash, last4, lineage, label, scopes, status, ip_allowlist,
  signing_secret, api_version, expires_at, created_at, rotated_at, replaced_by, revoked_at`;

/** Inserts nothing, and returns nothing, when the account does not exist. */
export const INSERT = statement<
  {
    id: string;
    account: string;
    livemode: boolean;
    keyId: string;
    secretHash: Buffer;
    last4: string;
    lineage: string;
    label: string;
    scopes: readonly string[];
    ipAllowlist: readonly string[];
    signingSecret: Buffer | null;
    apiVersion: string | null;
    expiresAt: Date | null;
    now: Date;
  },
  ApiKeyRow
>(
  'api_key_insert',
  `insert into {schema}.api_keys
     (id, account, livemode, key_id, secret_hash, last4, lineage, label, scopes, status, ip_allowlist, signing_secret,
      api_version, expires_at, created_at)
   select :id::text, accounts.id, :livemode::boolean, :keyId::text, :secretHash::bytea, :last4::text, :lineage::text,
          :label::text, :scopes::text[], 'active', :ipAllowlist::text[], :signingSecret::bytea, :apiVersion::text,
          :expiresAt::timestamptz, :now::timestamptz
     from {schema}.accounts where accounts.id = :account
   returning ${COLUMNS}`,
);

export const FIND_BY_KEY_ID = statement<{ keyId: string }, ApiKeyRow>(
  'api_key_find_by_key_id',
  `select ${COLUMNS} from {schema}.api_keys where key_id = :keyId`,
);

/** Of any account and mode: for calls of the host's own code. */
export const FIND_ANY = statement<{ id: string }, ApiKeyRow>(
  'api_key_find_any',
  `select ${COLUMNS} from {schema}.api_keys where id = :id`,
);

export const FIND = statement<{ id: string; account: string; livemode: boolean }, ApiKeyRow>(
  'api_key_find',
  `select ${COLUMNS} from {schema}.api_keys where id = :id and account = :account and livemode = :livemode`,
);

/** In the order of ids, so that two callers who change each other's keys do not wait in a circle. */
export const LOCK = statement<{ ids: readonly string[]; account: string; livemode: boolean }, ApiKeyRow>(
  'api_key_lock',
  `select ${COLUMNS} from {schema}.api_keys
    where id = any(:ids::text[]) and account = :account and livemode = :livemode
    order by id for update`,
);

export const LIST = statement<{ account: string }, ApiKeyRow>(
  'api_key_list',
  `select ${COLUMNS} from {schema}.api_keys where account = :account order by id desc`,
);

const FILTER = `account = :account and livemode = :livemode
  and (:createdGte::timestamptz is null or created_at >= :createdGte)
  and (:createdLte::timestamptz is null or created_at <= :createdLte)`;

export const LIST_OLDER = statement<ApiKeyFilter, ApiKeyRow>(
  'api_key_list_older',
  `select ${COLUMNS} from {schema}.api_keys where ${FILTER} and (:cursor::text is null or id < :cursor)
    order by id desc limit :limit`,
);

export const LIST_NEWER = statement<ApiKeyFilter, ApiKeyRow>(
  'api_key_list_newer',
  `select ${COLUMNS} from {schema}.api_keys where ${FILTER} and id > :cursor order by id limit :limit`,
);

export const ROTATE = statement<{ id: string; now: Date; replacedBy: string; expiresAt: Date }, ApiKeyRow>(
  'api_key_rotate',
  `update {schema}.api_keys set status = 'rotating', rotated_at = :now, replaced_by = :replacedBy, expires_at = :expiresAt
    where id = :id returning ${COLUMNS}`,
);

/** A new end is announced anew. */
export const UPDATE = statement<
  {
    id: string;
    label: string;
    scopes: readonly string[];
    ipAllowlist: readonly string[];
    apiVersion: string | null;
    expiresAt: Date | null;
  },
  ApiKeyRow
>(
  'api_key_update',
  `update {schema}.api_keys
      set label = :label, scopes = :scopes::text[], ip_allowlist = :ipAllowlist::text[], api_version = :apiVersion,
          expiring_at = case when expires_at is distinct from :expiresAt::timestamptz then null else expiring_at end,
          expires_at = :expiresAt::timestamptz
    where id = :id returning ${COLUMNS}`,
);

export const REVOKE = statement<{ id: string; now: Date }, ApiKeyRow>(
  'api_key_revoke',
  `update {schema}.api_keys set status = 'revoked', revoked_at = :now where id = :id returning ${COLUMNS}`,
);

/** Takes one key that ends within the notice and was not announced. Another process takes another one. */
export const ANNOUNCE_EXPIRING = statement<{ now: Date; until: Date }, ApiKeyRow>(
  'api_key_announce_expiring',
  `update {schema}.api_keys set expiring_at = :now
    where id = (select id from {schema}.api_keys
                 where status = 'active' and expiring_at is null and expires_at > :now and expires_at <= :until
                 order by expires_at limit 1 for update skip locked)
   returning ${COLUMNS}`,
);
