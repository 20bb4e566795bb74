import type { Migration } from '@itpay/kernel';

export const payment0007: Migration = {
  name: '0007-routing',
  up: `
alter table {schema}.payment_intents
  -- the channels that can take it, in order of preference; null in older rows, which have the one channel
  add column allowed_channels text[],
  -- seconds, as its creator asked; null: what is usual on its channel
  add column expires_in int;
`,
};
