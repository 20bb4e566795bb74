import type { Migration } from '@itpay/kernel';

export const payment0009: Migration = {
  name: '0009-statement-references',
  up: `
-- A statement brings the number of a refund back that an operator sent.
create index refunds_by_reference on {schema}.refunds (channel_refund_reference) where manual;
-- A line that takes an earlier one back has its number.
create index statement_rows_by_transaction on {schema}.statement_rows (channel_instance, channel_transaction_id)
  where channel_transaction_id is not null;
`,
};
