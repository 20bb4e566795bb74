import type { Migration } from '@itpay/kernel';

/** Fixed once released: the list only grows. `{schema}` is that of ItPay. */
export const migrations: readonly Migration[] = [
  {
    name: '0001-points',
    up: `
create table {schema}.loyalty_balances (
  account text not null,
  livemode boolean not null,
  customer text not null,
  -- whoever cannot pay the points back cannot have the refund
  points bigint not null check (points >= 0),
  primary key (account, livemode, customer)
);
create table {schema}.loyalty_entries (
  id text collate "C" primary key,
  account text not null,
  livemode boolean not null,
  customer text not null,
  kind text not null,
  points bigint not null,
  source text not null,
  at timestamptz not null,
  -- a job that runs twice, or an event that comes twice, books once
  unique (source, kind)
);
create index loyalty_entries_by_customer on {schema}.loyalty_entries (account, livemode, customer, id desc);
`,
  },
];
