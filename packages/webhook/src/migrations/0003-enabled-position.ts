import type { Migration } from '@itpay/kernel';

export const webhook0003: Migration = {
  name: '0003-enabled-position',
  up: `
-- Where an endpoint begins in the log of events: behind this place, and without those that had committed and waited for their
-- place. The defaults, for endpoints of before and for those that a process of the release before enables, leave out nothing
-- that the log's reader has still to come to.
alter table {schema}.webhook_endpoints
  add column enabled_position bigint not null default 0,
  add column enabled_unplaced text[] not null default '{}';
`,
};
