import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Product } from './products.js';

export interface Order {
  readonly id: string;
  readonly product: string;
  readonly status: 'open' | 'paid';
  readonly paymentIntentId: string | null;
}

/** The shop's own table, through the knex instance that the shop shares with ItPay. */
export async function createOrders(knex: Knex) {
  await knex.raw(`create table if not exists shop_orders (
    id text primary key, product text not null, status text not null, payment_intent_id text,
    placed_at timestamptz not null default now())`);

  return {
    async place(trx: Knex.Transaction, product: Product): Promise<Order> {
      const order = { id: randomUUID(), product: product.name, status: 'open' as const };
      await trx('shop_orders').insert(order);
      return { ...order, paymentIntentId: null };
    },
    async rememberPayment(trx: Knex.Transaction, id: string, paymentIntentId: string): Promise<void> {
      await trx('shop_orders').where({ id }).update({ payment_intent_id: paymentIntentId });
    },
    async markPaid(trx: Knex.Transaction, id: string | null): Promise<void> {
      if (id !== null) await trx('shop_orders').where({ id }).update({ status: 'paid' });
    },
    async find(id: string): Promise<Order | null> {
      const row = await knex('shop_orders').where({ id }).first();
      return row === undefined
        ? null
        : { id: row.id, product: row.product, status: row.status, paymentIntentId: row.payment_intent_id };
    },
  };
}
