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
  readonly status: 'active' | 'revoked';
  readonly expires_at: Date | null;
  readonly created_at: Date;
  readonly revoked_at: Date | null;
}

const COLUMNS = `id, account, livemode, key_id, secret_hash, last4, lineage, label, scopes, status, expires_at, created_at,
  revoked_at`;

/** Inserts nothing, and returns nothing, when the account does not exist. */
export const INSERT = statement<
  {
    id: string;
    account: string;
    livemode: boolean;
    keyId: string;
    secretHash: Buffer;
    last4: string;
    label: string;
    scopes: readonly string[];
    expiresAt: Date | null;
    now: Date;
  },
  ApiKeyRow
>(
  'api_key_insert',
  `insert into {schema}.api_keys
     (id, account, livemode, key_id, secret_hash, last4, lineage, label, scopes, status, expires_at, created_at)
   select :id::text, accounts.id, :livemode::boolean, :keyId::text, :secretHash::bytea, :last4::text, :id::text,
          :label::text, :scopes::text[], 'active', :expiresAt::timestamptz, :now::timestamptz
     from {schema}.accounts where accounts.id = :account
   returning ${COLUMNS}`,
);

export const FIND_BY_KEY_ID = statement<{ keyId: string }, ApiKeyRow>(
  'api_key_find_by_key_id',
  `select ${COLUMNS} from {schema}.api_keys where key_id = :keyId`,
);

export const LOCK = statement<{ id: string }, ApiKeyRow>(
  'api_key_lock',
  `select ${COLUMNS} from {schema}.api_keys where id = :id for update`,
);

export const LIST = statement<{ account: string }, ApiKeyRow>(
  'api_key_list',
  `select ${COLUMNS} from {schema}.api_keys where account = :account order by id desc`,
);

export const REVOKE = statement<{ id: string; now: Date }, ApiKeyRow>(
  'api_key_revoke',
  `update {schema}.api_keys set status = 'revoked', revoked_at = :now where id = :id returning ${COLUMNS}`,
);
