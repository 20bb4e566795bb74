import type { Migration } from '@itpay/kernel';

export const payment0006: Migration = {
  name: '0006-reports',
  up: `
-- A file about the money of an account, written by a job and kept in the blob store for 30 days.
create table {schema}.reports (
  id text collate "C" primary key,
  account text not null,
  livemode boolean not null,
  type text not null,
  format text not null check (format in ('csv', 'json')),
  byte_order_mark boolean not null,
  channel text,
  from_day text not null,
  to_day text not null,
  time_zone text not null,
  status text not null check (status in ('pending', 'ready', 'failed')),
  failure jsonb,
  -- parts that were stored before the file was finished
  parts int not null default 0,
  row_count int,
  byte_size int,
  content_digest bytea,
  created_at timestamptz not null,
  finished_at timestamptz,
  expires_at timestamptz not null,
  -- who deletes it, until when
  lease_expires_at timestamptz
);
create index reports_by_account on {schema}.reports (account, livemode, id desc);
create index reports_by_end on {schema}.reports (expires_at);

-- What reports read, in the order in which they read it.
create index intents_by_success on {schema}.payment_intents (account, livemode, succeeded_at, id)
  where succeeded_at is not null;
create index inflows_by_payment_time on {schema}.inflows (account, livemode, paid_at, id);
create index statement_rows_with_fee on {schema}.statement_rows (account, livemode, booked_at, id)
  where fee is not null or kind = 'fee';
-- whether a fee that stands beside a payment has a line of its own as well
create index statement_rows_of_fees on {schema}.statement_rows (channel_instance, channel_transaction_id)
  where kind = 'fee';
`,
};
