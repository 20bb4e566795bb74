import type { Migration } from '@itpay/kernel';

export const webhook0002: Migration = {
  name: '0002-growth',
  up: `
-- Lists are in an order that only their own indexes have: the kernel's listStatements says why.
drop index {schema}.events_by_account;
create index events_by_account on {schema}.events (account, livemode, id collate "POSIX" desc);
drop index {schema}.webhook_attempts_by_endpoint;
create index webhook_attempts_by_endpoint on {schema}.webhook_attempts (endpoint_id, id collate "POSIX" desc);
`,
};
