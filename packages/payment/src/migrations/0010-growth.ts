import type { Migration } from '@itpay/kernel';

export const payment0010: Migration = {
  name: '0010-growth',
  up: `
-- Lists are in an order that only their own indexes have, the kernel's listStatements says why; and those that are narrowed to
-- what few of many payments have find each page in one of their own.
drop index {schema}.intents_by_account;
create index intents_by_account on {schema}.payment_intents (account, livemode, id collate "POSIX" desc);
drop index {schema}.intents_by_order;
create index intents_by_order on {schema}.payment_intents (account, livemode, order_reference, id collate "POSIX" desc)
  where order_reference is not null;
create index intents_by_status on {schema}.payment_intents (account, livemode, status, id collate "POSIX" desc);
create index intents_by_agent on {schema}.payment_intents (account, livemode, payer_agent_id, id collate "POSIX" desc)
  where payer_agent_id is not null;
create index intents_by_human on {schema}.payment_intents (account, livemode, payer_human_id, id collate "POSIX" desc)
  where payer_human_id is not null;
-- open payments of an amount, for money that names none
create index intents_open_by_amount on {schema}.payment_intents (account, livemode, amount, id collate "POSIX" desc)
  where status_rank < 2;
drop index {schema}.inflows_by_account;
create index inflows_by_account on {schema}.inflows (account, livemode, id collate "POSIX" desc);
create index inflows_by_status on {schema}.inflows (account, livemode, status, id collate "POSIX" desc);
drop index {schema}.refunds_by_account;
create index refunds_by_account on {schema}.refunds (account, livemode, id collate "POSIX" desc);
create index refunds_by_status on {schema}.refunds (account, livemode, status, id collate "POSIX" desc);

drop index {schema}.operations_unresolved;
create index operations_unresolved on {schema}.channel_operations (account, livemode, operator_required, id collate "POSIX" desc)
  where state = 'unknown' or operator_required;

-- How a list is read best depends on how much its account has, so that is counted more often than tables are by default.
alter table {schema}.payment_intents set (autovacuum_analyze_scale_factor = 0.02);
alter table {schema}.qr_charges set (autovacuum_analyze_scale_factor = 0.02);
alter table {schema}.inflows set (autovacuum_analyze_scale_factor = 0.02);
alter table {schema}.refunds set (autovacuum_analyze_scale_factor = 0.02);

-- all codes and voids of a payment, closed ones as well
create index qr_charges_by_intent on {schema}.qr_charges (payment_intent_id, id desc);
create index voids_by_target on {schema}.voids (target_id);

-- Guards of paid purchases are over after a few minutes.
create index guards_expiring on {schema}.duplicate_guards (expires_at) where expires_at < 'infinity';

-- Nothing reads along these.
drop index {schema}.ledger_by_account;
drop index {schema}.notifications_by_time;
drop index {schema}.statement_rows_by_time;
`,
};
