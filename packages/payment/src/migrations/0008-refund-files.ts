import type { Migration } from '@itpay/kernel';

export const payment0008: Migration = {
  name: '0008-refund-files',
  up: `
-- A file with which the bank sends refunds. Its bytes are kept, sealed under secretKey: they name people, and the same file
-- has to be the same for ever, whatever the version that reads it.
create table {schema}.refund_files (
  id text collate "C" primary key,
  account text not null,
  livemode boolean not null,
  channel text not null,
  merchant_account text not null,
  status text not null check (status in ('ready', 'cancelled')),
  totals jsonb not null,
  left_out jsonb not null,
  extension text not null,
  content_type text not null,
  sealed_document bytea,
  document_digest bytea not null,
  sequence int not null,
  created_by text not null,
  created_at timestamptz not null,
  cancelled_at timestamptz,
  check ((sealed_document is null) = (status = 'cancelled'))
);
create index refund_files_by_account on {schema}.refund_files (account, livemode, id desc);

create table {schema}.refund_file_items (
  refund_file_id text collate "C" not null,
  refund_id text collate "C" not null,
  -- set when the file was cancelled: the refund may go into another one
  released_at timestamptz,
  primary key (refund_file_id, refund_id)
);
-- A refund is in one file only, or its payer would be paid twice.
create unique index refund_in_one_file on {schema}.refund_file_items (refund_id) where released_at is null;
`,
};
