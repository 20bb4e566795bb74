import type { Migration } from '@itpay/kernel';

export const payment0004: Migration = {
  name: '0004-statements',
  up: `
-- A file of a bank or a rail that was read to its end. The same bytes are one statement, however often they come.
create table {schema}.statements (
  id text collate "C" primary key,
  account text not null,
  livemode boolean not null,
  channel text not null,
  channel_instance text not null,
  merchant_account text not null,
  file_digest bytea not null,
  file_name text,
  -- who brought it: somebody who uploaded it, or a look at the rail for a day of its calendar
  source text not null check (source in ('upload', 'fetch')),
  day text,
  -- 'reading' until every row is written down; the same file goes on where a process died
  status text not null check (status in ('reading', 'finished')),
  facts jsonb not null,
  counts jsonb not null,
  warnings jsonb not null,
  created_by text not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  unique (channel_instance, file_digest)
);
create index statements_by_account on {schema}.statements (account, livemode, id desc);
create index statements_by_instance on {schema}.statements (channel_instance, id desc);

-- Each line once, in whichever file and however often it is read.
create table {schema}.statement_rows (
  id text collate "C" primary key,
  statement_id text collate "C" not null,
  account text not null,
  livemode boolean not null,
  channel text not null,
  channel_instance text not null,
  dedupe_key text not null,
  kind text not null,
  direction text,
  status text not null,
  amount bigint not null check (amount > 0),
  currency text not null,
  fee bigint,
  reference text,
  channel_transaction_id text,
  booked_at timestamptz not null,
  value_date text,
  -- text and counterparty, sealed under secretKey: they name a person
  sealed_details bytea,
  doubt text,
  return_reason text,
  position text not null,
  -- what became of it: 'booked' money, 'matched' something that was known, 'needs_match', 'held' because something is odd,
  -- 'noted' for what is kept only to be compared
  outcome text not null check (outcome in ('booked', 'matched', 'needs_match', 'held', 'noted')),
  payment_intent_id text collate "C",
  inflow_id text collate "C",
  refund_id text collate "C",
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (channel_instance, dedupe_key)
);
create index statement_rows_by_statement on {schema}.statement_rows (statement_id, id);
create index statement_rows_by_time on {schema}.statement_rows (channel_instance, account, booked_at);
create index statement_rows_by_reference on {schema}.statement_rows (channel_instance, reference) where reference is not null;
create index statement_rows_by_inflow on {schema}.statement_rows (inflow_id) where inflow_id is not null;
create index statement_rows_by_refund on {schema}.statement_rows (refund_id) where refund_id is not null;
`,
};
