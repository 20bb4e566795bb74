import type { Migration } from '@itpay/kernel';

export const payment0003: Migration = {
  name: '0003-operations',
  up: `
-- The body as the channel sent it, sealed under secretKey, and since when it is here. It goes after 90 days; the row, which
-- keeps the event from being processed twice, stays.
alter table {schema}.notifications
  add column sealed_body bytea,
  add column body_at timestamptz;
create index notifications_with_body on {schema}.notifications (body_at) where sealed_body is not null;

-- What is counted when somebody collects metrics.
create index inflows_aside on {schema}.inflows (status) where status in ('needs_match', 'parked');
create index operations_unresolved on {schema}.channel_operations (operator_required)
  where state = 'unknown' or operator_required;
`,
};
