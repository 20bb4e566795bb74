import type { Migration } from '@itpay/kernel';

export const rateLimitTables: Migration = {
  name: '0003-rate-limits',
  up: `
-- Counters for processes that share their limits. Unlogged: after a crash of the server everybody begins anew.
-- Times are milliseconds since 1970, with fractions.
create unlogged table {schema}.rate_buckets (
  key text primary key,
  full_at double precision not null,
  busy_since double precision not null
);
create index rate_buckets_by_full_at on {schema}.rate_buckets (full_at);
-- One row for each caller, so that its lock puts those who enter into a row. \`ids\` and \`untils\` belong together.
create unlogged table {schema}.rate_places (
  key text primary key,
  ids text[] not null,
  untils double precision[] not null,
  free_at double precision not null
);
create index rate_places_by_free_at on {schema}.rate_places (free_at);
`,
};
