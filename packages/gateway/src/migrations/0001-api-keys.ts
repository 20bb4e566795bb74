import type { Migration } from '@itpay/kernel';

export const apiKeysTable: Migration = {
  name: '0001-api-keys',
  up: `
-- The secret itself is shown once and never stored. \`key_id\` is the public part, by which a key is looked up.
create table {schema}.api_keys (
  id text primary key,
  account text not null references {schema}.accounts (id),
  livemode boolean not null,
  key_id text not null unique,
  secret_hash bytea not null,
  last4 text not null,
  lineage text not null,
  label text not null,
  scopes text[] not null,
  status text not null check (status in ('active', 'revoked')),
  expires_at timestamptz,
  created_at timestamptz not null,
  revoked_at timestamptz,
  check ((status = 'revoked') = (revoked_at is not null))
);
create index api_keys_by_account on {schema}.api_keys (account, id);
`,
};
