import type { Migration } from '@itpay/kernel';

export const webhook0001: Migration = {
  name: '0001-webhook',
  up: `
create table {schema}.webhook_endpoints (
  id text collate "C" primary key,
  account text not null,
  livemode boolean not null,
  url text not null,
  description text,
  enabled_events text[] not null,
  status text not null check (status in ('enabled', 'disabled', 'deleted')),
  disabled_reason text,
  api_version text not null,
  -- sealed JSON: the signing secrets, newest first, each with the time until which it signs; null once deleted
  secrets bytea,
  -- the receiver's X25519 key, and the name under which the body names it
  encryption_kid text,
  encryption_key text,
  -- since when there were only failures
  failing_since timestamptz,
  -- events that happened before are not sent to it by themselves
  enabled_at timestamptz not null,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index webhook_endpoints_by_url on {schema}.webhook_endpoints (account, livemode, url)
  where status <> 'deleted';
create index webhook_endpoints_by_account on {schema}.webhook_endpoints (account, livemode, id desc);

-- What one endpoint is to hear of one event.
create table {schema}.webhook_deliveries (
  event_id text not null,
  endpoint_id text collate "C" not null,
  state text not null check (state in ('pending', 'delivered', 'failed_delivery')),
  attempts_made int not null,
  -- where the schedule and its horizon begin: the time of the event, or of a replay
  started_at timestamptz not null,
  next_attempt_at timestamptz,
  lease_owner text,
  lease_expires_at timestamptz,
  updated_at timestamptz not null,
  primary key (event_id, endpoint_id),
  constraint pending_has_a_next_attempt check ((state = 'pending') = (next_attempt_at is not null))
);
create index webhook_deliveries_pending on {schema}.webhook_deliveries (endpoint_id, next_attempt_at)
  where state = 'pending';

-- Append-only: every request that was made, and its answer.
create table {schema}.webhook_attempts (
  id text collate "C" primary key,
  endpoint_id text collate "C" not null,
  event_id text not null,
  at timestamptz not null,
  status smallint,
  latency_ms int not null,
  error text,
  excerpt text
);
create index webhook_attempts_by_endpoint on {schema}.webhook_attempts (endpoint_id, id desc);
create index webhook_attempts_by_event on {schema}.webhook_attempts (event_id, at);

-- lists, and the reader that catches up
create index events_by_account on {schema}.events (account, livemode, id desc);
create index events_by_account_position on {schema}.events (account, livemode, position) where position is not null;

-- When an event was last needed, for the retention: null is the time of the event; 'infinity' marks the newest event of an
-- object, from which the next one takes its number.
alter table {schema}.events add column needed_at timestamptz;
create index events_to_forget on {schema}.events ((coalesce(needed_at, at)));
`,
};
