import type { Migration } from '@itpay/kernel';

// Ids are compared byte by byte (collate "C"), so that their order is the order of creation in every database locale.
// There are no foreign keys: rows are written together by one statement, and a key check would cost every create.
export const payment0001: Migration = {
  name: '0001-payment',
  up: `
create table {schema}.payment_intents (
  id text collate "C" primary key,
  account text not null,
  livemode boolean not null,
  type text not null,
  status text not null,
  status_rank smallint not null,
  amount bigint not null check (amount > 0),
  currency text not null,
  amount_captured bigint not null check (amount_captured >= 0),
  description text,
  order_reference text,
  payer_agent_id text,
  payer_human_id text,
  channel text not null,
  merchant_account text not null,
  capture_method text not null,
  channel_reference text not null,
  channel_transaction_id text,
  metadata jsonb not null,
  return_url text,
  version int not null,
  sequence int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  expires_at timestamptz not null,
  captured_at timestamptz,
  succeeded_at timestamptz,
  closed_at timestamptz
);
-- lists, newest first
create index intents_by_account on {schema}.payment_intents (account, livemode, id desc);
-- "which payment belongs to my order?"
create index intents_by_order on {schema}.payment_intents (account, order_reference) where order_reference is not null;

create table {schema}.qr_charges (
  id text collate "C" primary key,
  payment_intent_id text collate "C" not null,
  account text not null,
  livemode boolean not null,
  channel text not null,
  channel_reference text not null,
  qr_standard text not null,
  qr_data text not null,
  status text not null,
  sequence int not null,
  expires_at timestamptz not null,
  created_at timestamptz not null
);
-- at most one QR of an intent can be paid
create unique index qr_charges_one_active on {schema}.qr_charges (payment_intent_id) where status in ('active', 'scanned');
`,
};
