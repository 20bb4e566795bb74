import type { Migration } from '@itpay/kernel';

export const payment0002: Migration = {
  name: '0002-money',
  up: `
alter table {schema}.payment_intents
  add column amount_refunded bigint not null default 0,
  add column late_payment boolean not null default false,
  add column failure jsonb,
  add column authorized_at timestamptz,
  -- when somebody looks whether its time is over: first at its expiry, or after the rail's grace time
  add column close_at timestamptz,
  add constraint refunded_within_captured check (amount_refunded between 0 and amount_captured);
update {schema}.payment_intents set close_at = expires_at;
-- what the sweep closes
create index intents_to_close on {schema}.payment_intents (close_at) where status_rank < 2;

alter table {schema}.qr_charges add column closed_reason text;

-- One open or recent purchase per payer, payee, amount and order: a fresh key for the same purchase finds it.
create table {schema}.duplicate_guards (
  guard_hash bytea primary key,
  object_id text collate "C" not null,
  expires_at timestamptz not null
);
create index guards_by_object on {schema}.duplicate_guards (object_id);

-- Every verified arrival of money, exactly once.
create table {schema}.inflows (
  id text collate "C" primary key,
  account text not null,
  livemode boolean not null,
  channel text not null,
  merchant_account text not null,
  channel_reference text,
  channel_transaction_id text not null,
  amount bigint not null check (amount > 0),
  currency text not null,
  counted bigint not null check (counted between 0 and amount),
  paid_at timestamptz not null,
  source text not null,
  evidence_digest bytea not null,
  payment_intent_id text collate "C",
  kind text not null,
  policy text,
  status text not null,
  refund_id text collate "C",
  resolved_by text,
  note text,
  sequence int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (channel, merchant_account, channel_transaction_id)
);
create index inflows_by_intent on {schema}.inflows (payment_intent_id);
create index inflows_by_account on {schema}.inflows (account, livemode, id desc);

create table {schema}.refunds (
  id text collate "C" primary key,
  account text not null,
  livemode boolean not null,
  payment_intent_id text collate "C" not null,
  inflow_id text collate "C",
  amount bigint not null check (amount > 0),
  currency text not null,
  reason text not null,
  description text,
  status text not null,
  decision text not null,
  manual boolean not null,
  channel_refund_reference text not null,
  channel_refund_id text,
  failure jsonb,
  metadata jsonb not null,
  sequence int not null,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  succeeded_at timestamptz
);
create index refunds_by_intent on {schema}.refunds (payment_intent_id);
create index refunds_by_account on {schema}.refunds (account, livemode, id desc);

create table {schema}.voids (
  id text collate "C" primary key,
  account text not null,
  livemode boolean not null,
  target_type text not null,
  target_id text collate "C" not null,
  reason text,
  status text not null,
  refund_id text collate "C",
  sequence int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index voids_by_refund on {schema}.voids (refund_id) where refund_id is not null;

-- Double entry, of information only: append-only, and each transaction balances per currency.
create table {schema}.ledger_entries (
  id text collate "C" primary key,
  transaction_id text collate "C" not null,
  account text not null,
  livemode boolean not null,
  payment_intent_id text collate "C",
  object_id text collate "C" not null,
  ledger_account text not null,
  direction text not null check (direction in ('debit', 'credit')),
  amount bigint not null check (amount > 0),
  currency text not null,
  at timestamptz not null
);
create index ledger_by_intent on {schema}.ledger_entries (payment_intent_id);
create index ledger_by_account on {schema}.ledger_entries (account, livemode, at);

-- What a channel told us, claimed before it is processed.
create table {schema}.notifications (
  id text collate "C" primary key,
  channel_instance text not null,
  event_key text not null,
  state text not null,
  lease_expires_at timestamptz,
  body_digest bytea not null,
  reason text,
  received_at timestamptz not null,
  processed_at timestamptz,
  unique (channel_instance, event_key)
);
create index notifications_by_time on {schema}.notifications (received_at);
`,
};
