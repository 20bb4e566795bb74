/** The payments of an order: one at a time, and another when the first came to nothing. */
export const orderPayments = `
  create table shop.order_payments (
    intent text primary key,
    order_id text not null references shop.orders,
    number integer generated always as identity,
    paid_minor integer,
    refunded_minor integer not null default 0
  );
  create index on shop.order_payments (order_id, number);`;
