import type { Migration } from './migrate/migration.js';

/**
 * The tables that every service shares. Ids are text made in Node; times are timestamptz; hashes are bytea.
 */
export const kernelMigrations: readonly Migration[] = [
  {
    name: '0001-kernel',
    up: `
-- One random id per installation: a host's transaction is compared with it, so that we never write into another database.
create table {schema}.installation (
  id text primary key,
  singleton boolean not null default true unique check (singleton)
);
insert into {schema}.installation (id) values (gen_random_uuid()::text);

create table {schema}.accounts (
  id text primary key,
  name text not null unique,
  created_at timestamptz not null
);

-- One row per idempotency key that was used. A row without an answer belongs to an operation that still runs.
create table {schema}.idempotency_keys (
  scope_hash bytea primary key,
  request_hash bytea not null,
  recovery_point text not null check (recovery_point in ('started', 'finished')),
  object_id text,
  status smallint,
  body text,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

-- Append-only: who changed what, from which state to which.
create table {schema}.audit_entries (
  id text primary key,
  account text not null,
  at timestamptz not null,
  actor text not null,
  action text not null,
  object_id text not null,
  from_state text,
  to_state text,
  evidence_digest bytea,
  request_id text
);
create index audit_by_object on {schema}.audit_entries (object_id, id);

-- Written in the transaction that changes the state. \`position\` is given after the commit, in one order for all readers.
create table {schema}.events (
  id text primary key,
  account text not null,
  livemode boolean not null,
  type text not null,
  object_id text not null,
  sequence int not null,
  position bigint,
  at timestamptz not null,
  data text not null,
  unique (object_id, sequence)
);
create index events_without_position on {schema}.events (id) where position is null;
create unique index events_by_position on {schema}.events (position) where position is not null;

create table {schema}.event_log (
  singleton boolean primary key default true check (singleton),
  last_position bigint not null
);
insert into {schema}.event_log (last_position) values (0);

-- How far each in-process subscriber has read the log.
create table {schema}.event_subscribers (
  name text primary key,
  position bigint not null,
  created_at timestamptz not null
);

-- Work that must happen. A job exists only if the transaction that asked for it commits.
create table {schema}.jobs (
  id text primary key,
  name text not null,
  key text not null,
  payload jsonb not null,
  run_at timestamptz not null,
  attempts int not null default 0,
  lease_owner text,
  lease_expires_at timestamptz,
  last_error text,
  created_at timestamptz not null,
  unique (name, key)
);
create index jobs_due on {schema}.jobs (run_at);

-- Every call that can change something at a channel, with the reference that the channel sees.
create table {schema}.channel_operations (
  id text primary key,
  account text not null,
  object text not null,
  object_id text not null,
  kind text not null,
  channel text not null,
  channel_instance text not null,
  reference text not null,
  ordinal int not null,
  state text not null,
  outcome text,
  order_open boolean not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index operations_by_reference on {schema}.channel_operations (channel_instance, reference);
create unique index operations_one_open_order on {schema}.channel_operations (object_id) where order_open;
`,
  },
  {
    name: '0002-operations',
    up: `
-- What the merchant wants to happen with money that is not what was asked for.
alter table {schema}.accounts add column policy jsonb not null default '{}';

-- A key of an operation that talks to a channel points to the operation, which knows how far it has come.
alter table {schema}.idempotency_keys
  add column operation_id text collate "C",
  drop constraint idempotency_keys_recovery_point_check,
  add constraint idempotency_keys_recovery_point_check check (recovery_point in ('started', 'recorded', 'finished'));
create index idempotency_by_operation on {schema}.idempotency_keys (operation_id) where recovery_point = 'recorded';
create index idempotency_expiring on {schema}.idempotency_keys (expires_at) where recovery_point = 'finished';

alter table {schema}.channel_operations
  add column livemode boolean not null default false,
  add column payment_intent_id text collate "C" not null default '',
  add column amount bigint,
  add column currency text,
  add column unattended boolean not null default false,
  add column purpose text,
  add column failure jsonb,
  add column lease_expires_at timestamptz,
  add column queries int not null default 0,
  add column unknown_since timestamptz,
  add column not_found_since timestamptz,
  add column next_query_at timestamptz,
  add column operator_required boolean not null default false;
update {schema}.channel_operations set payment_intent_id = object_id where object = 'payment_intent';
create index operations_by_payment on {schema}.channel_operations (payment_intent_id);
create index operations_by_account on {schema}.channel_operations (account, livemode, id desc);
-- what the sweep takes up
create index operations_queued on {schema}.channel_operations (id) where state = 'queued';
create index operations_leased on {schema}.channel_operations (lease_expires_at) where state = 'started';
create index operations_due on {schema}.channel_operations (next_query_at) where next_query_at is not null;
`,
  },
  {
    name: '0003-audit',
    up: `
-- Entries of before take the mode of the object's events. One that never had any counts as a test, and so does what a
-- process of the release before still writes.
alter table {schema}.audit_entries
  add column livemode boolean not null default false,
  add column actor_kind text;
update {schema}.audit_entries set livemode = true
 where object_id in (select object_id from {schema}.events where livemode);

create index audit_by_account on {schema}.audit_entries (account, livemode, id desc);

-- Append-only for everybody, the owner of the table included.
create function {schema}.refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'The audit log is append-only: % of an entry is refused.', lower(tg_op) using errcode = '42501';
end $$;
create trigger audit_is_append_only before update or delete or truncate on {schema}.audit_entries
  for each statement execute function {schema}.refuse_audit_change();
`,
  },
  {
    name: '0004-lanes',
    up: `
-- What a job shares a limit with, and how urgent it is: lower runs first. A process of the release before adds jobs without.
alter table {schema}.jobs
  add column lane text,
  add column priority smallint not null default 50;
`,
  },
  {
    name: '0005-secret-keys',
    up: `
-- The public name of each secret key that a process used first, and when one did so for the last time.
create table {schema}.secret_keys (
  id text primary key,
  last_first_at timestamptz not null
);
`,
  },
  {
    name: '0006-growth',
    up: `
-- When a process last had the subscriber. One that nobody has any more holds up no retention. Those of before count from now.
alter table {schema}.event_subscribers add column seen_at timestamptz not null default now();

-- What came to anything but success: few of many, for their lists.
create index operations_unsettled on {schema}.channel_operations (account, livemode, state, id collate "POSIX" desc)
  where state <> 'succeeded';

-- Lists are in an order that only their own indexes have: see listStatements.
drop index {schema}.operations_by_account;
create index operations_by_account on {schema}.channel_operations (account, livemode, id collate "POSIX" desc);
drop index {schema}.audit_by_account;
create index audit_by_account on {schema}.audit_entries (account, livemode, id collate "POSIX" desc);
-- How a list is read best depends on how much its account has, so that is counted more often than tables are by default.
alter table {schema}.channel_operations set (autovacuum_analyze_scale_factor = 0.02);
alter table {schema}.audit_entries set (autovacuum_analyze_scale_factor = 0.02);
alter table {schema}.events set (autovacuum_analyze_scale_factor = 0.02);
`,
  },
  {
    name: '0007-audit-by-time',
    up: `
-- What the report of the audit log reads, in the order in which it reads it.
create index audit_by_time on {schema}.audit_entries (account, livemode, at, id);
`,
  },
];
