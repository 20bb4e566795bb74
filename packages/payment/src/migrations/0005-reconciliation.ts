import type { Migration } from '@itpay/kernel';

export const payment0005: Migration = {
  name: '0005-reconciliation',
  up: `
-- A comparison of what a rail tells in its files with what is known here, over days of the rail's calendar.
create table {schema}.reconciliations (
  id text collate "C" primary key,
  account text not null,
  livemode boolean not null,
  channel text not null,
  channel_instance text not null,
  merchant_account text not null,
  from_day text not null,
  to_day text not null,
  trigger text not null check (trigger in ('request', 'daily', 'monthly')),
  status text not null check (status in ('pending', 'running', 'completed', 'failed')),
  -- how far it has come; each step commits together with the next one's job
  step jsonb not null,
  days jsonb not null,
  counts jsonb not null,
  failure text,
  version int not null,
  created_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  finished_at timestamptz
);
create index reconciliations_by_account on {schema}.reconciliations (account, livemode, id desc);
create index reconciliations_running on {schema}.reconciliations (channel_instance, account, id) where finished_at is null;
-- what the calendar starts is started once, by whichever process looks first
create unique index reconciliations_by_calendar on {schema}.reconciliations (channel_instance, account, trigger, from_day)
  where trigger <> 'request';

-- A difference, under whose name it stands once, whichever run sees it.
create table {schema}.reconciliation_exceptions (
  id text collate "C" primary key,
  account text not null,
  livemode boolean not null,
  channel text not null,
  channel_instance text not null,
  merchant_account text not null,
  class text not null,
  subject text not null,
  -- 'waiting' may be a difference of time, and alarms nobody; 'open' does
  status text not null check (status in ('waiting', 'open', 'resolved')),
  statement_row_id text collate "C",
  inflow_id text collate "C",
  refund_id text collate "C",
  payment_intent_id text collate "C",
  facts jsonb not null,
  -- the run that saw it first, and the latest one
  first_reconciliation_id text collate "C" not null,
  reconciliation_id text collate "C" not null,
  -- 'automatic': a later run found that it is gone
  resolution text check (resolution in ('automatic', 'operator')),
  resolved_by text,
  reason text,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  resolved_at timestamptz,
  unique (channel_instance, account, class, subject)
);
create index exceptions_by_account on {schema}.reconciliation_exceptions (account, livemode, id desc);
create index exceptions_unresolved on {schema}.reconciliation_exceptions (channel_instance, account, id)
  where status <> 'resolved';

-- What a run has found: collected while it compares, and made exceptions in one transaction at its end.
create table {schema}.reconciliation_findings (
  reconciliation_id text collate "C" not null,
  account text not null,
  livemode boolean not null,
  class text not null,
  subject text not null,
  -- an earlier exception that is gone
  gone boolean not null,
  waits boolean not null,
  facts jsonb not null,
  exception_id text collate "C",
  primary key (reconciliation_id, class, subject)
);
create index findings_by_exception on {schema}.reconciliation_findings (reconciliation_id, exception_id);

-- Up to where the calendar of each channel instance was followed.
create table {schema}.reconciliation_calendars (
  channel_instance text primary key,
  next_day text not null,
  next_month text not null,
  updated_at timestamptz not null
);

create index statement_rows_by_instance_time on {schema}.statement_rows (channel_instance, booked_at, id);
create index inflows_by_time on {schema}.inflows (channel, merchant_account, paid_at, id);
create index refunds_by_time on {schema}.refunds (account, livemode, succeeded_at, id) where succeeded_at is not null;
`,
};
