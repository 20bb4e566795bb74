import type { Migration } from '@itpay/kernel';

export const keyLifecycle: Migration = {
  name: '0002-key-lifecycle',
  up: `
-- A rotated key works on until expires_at, beside the one that replaced it. That a key has expired is told by its time.
alter table {schema}.api_keys
  drop constraint api_keys_status_check,
  add constraint api_keys_status_check check (status in ('active', 'rotating', 'revoked')),
  add column rotated_at timestamptz,
  add column replaced_by text,
  add column ip_allowlist text[] not null default '{}',
  -- Sealed under the installation's secret key. Null: requests with the key are not signed.
  add column signing_secret bytea,
  -- Null: the newest.
  add column api_version text,
  -- When the event api_key.expiring was written for the present expires_at.
  add column expiring_at timestamptz,
  add constraint api_keys_rotated_check check ((rotated_at is null) = (replaced_by is null));
-- A key has one successor, whoever asks at the same time.
create unique index api_keys_one_active on {schema}.api_keys (lineage) where status = 'active';
create index api_keys_expiring on {schema}.api_keys (expires_at) where status = 'active' and expiring_at is null;

-- Signatures that were used, for as long as their time would let them through again. (Protocol, 11.1)
create table {schema}.signature_nonces (
  key text not null,
  signature bytea not null,
  expires_at timestamptz not null,
  primary key (key, signature)
);
create index signature_nonces_by_expiry on {schema}.signature_nonces (expires_at);
`,
};
