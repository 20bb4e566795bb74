import type { Knex } from 'knex';
import { readCart, totalOf } from './cart.js';
import type { Session } from './sessions.js';
import type { User } from './users.js';

export interface Order {
  readonly id: string;
  readonly userId: number;
  readonly status: 'unpaid' | 'paid' | 'refunded';
  readonly totalSatang: number;
  readonly placedAt: Date;
  readonly paidAt: Date | null;
}

export interface OrderLine {
  readonly name: string;
  readonly quantity: number;
  readonly priceSatang: number;
}

/** Makes an order out of a cart and empties it. Null when the cart was empty, as in a second tab. */
export async function placeOrder(trx: Knex.Transaction, session: Session): Promise<Order | null> {
  // Two tabs that order at once: the second waits here, and finds nothing.
  await trx('shop.sessions').where({ id: session.id }).forUpdate().select('id');
  const cart = await readCart(trx, session.id);
  if (cart.length === 0) return null;

  const [row] = await trx('shop.orders')
    .insert({ user_id: session.user!.id, total_satang: totalOf(cart) })
    .returning('*');
  await trx('shop.order_lines').insert(
    cart.map(({ product, quantity }) => ({
      order_id: row.id,
      product_id: product.id,
      name: product.name,
      quantity,
      price_satang: product.priceSatang,
    })),
  );
  await trx('shop.cart_items').where({ session_id: session.id }).delete();
  return toOrder(row);
}

/** Null for somebody else's order, as for none. Staff sees all. */
export async function findOrder(db: Knex, user: User, id: string): Promise<Order | null> {
  const row = await db('shop.orders').where({ id }).first();
  return row !== undefined && (user.staff || row.user_id === user.id) ? toOrder(row) : null;
}

export async function linesOf(db: Knex, orderId: string): Promise<readonly OrderLine[]> {
  const rows = await db('shop.order_lines').where({ order_id: orderId }).orderBy('name');
  return rows.map(({ name, quantity, price_satang }) => ({ name, quantity, priceSatang: price_satang }));
}

/** Newest first; of everybody for null. */
export async function listOrders(db: Knex, user: User | null): Promise<readonly Order[]> {
  const orders = db('shop.orders').orderBy('placed_at', 'desc').limit(100);
  return (await (user === null ? orders : orders.where({ user_id: user.id }))).map(toOrder);
}

/** Nobody else changes the order until the transaction ends. */
export async function lockOrder(trx: Knex.Transaction, id: string): Promise<Order> {
  return toOrder(await trx('shop.orders').where({ id }).forUpdate().first());
}

export async function markPaid(db: Knex, id: string): Promise<void> {
  await db('shop.orders').where({ id, status: 'unpaid' }).update({ status: 'paid', paid_at: new Date() });
}

export async function markRefunded(db: Knex, id: string): Promise<void> {
  await db('shop.orders').where({ id, status: 'paid' }).update({ status: 'refunded' });
}

function toOrder(row: any): Order {
  return {
    id: row.id,
    userId: row.user_id,
    status: row.status,
    totalSatang: row.total_satang,
    placedAt: row.placed_at,
    paidAt: row.paid_at,
  };
}
