import type { Knex } from 'knex';

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly words: string;
  readonly priceSatang: number;
  /** What its picture shows: `bag`, `bottle`, `dripper` or `grinder`. */
  readonly kind: string;
  readonly colour: string;
}

export interface CartLine {
  readonly product: Product;
  readonly quantity: number;
}

export const MOST_OF_ONE = 20;

export async function listProducts(db: Knex): Promise<readonly Product[]> {
  return (await db('shop.products').orderBy('place')).map(toProduct);
}

export async function readCart(db: Knex, sessionId: string | undefined): Promise<readonly CartLine[]> {
  if (sessionId === undefined) return [];
  const rows = await db('shop.cart_items as c')
    .join('shop.products as p', 'p.id', 'c.product_id')
    .where('c.session_id', sessionId)
    .orderBy('p.place')
    .select('p.*', 'c.quantity');
  return rows.map((row) => ({ product: toProduct(row), quantity: row.quantity }));
}

/** One more of it; false when there is no such product. */
export async function addToCart(db: Knex, sessionId: string, productId: string): Promise<boolean> {
  const { rows } = await db.raw(
    `insert into shop.cart_items (session_id, product_id, quantity) select ?, id, 1 from shop.products where id = ?
     on conflict (session_id, product_id) do update set quantity = least(shop.cart_items.quantity + 1, ?) returning 1`,
    [sessionId, productId, MOST_OF_ONE],
  );
  return rows.length === 1;
}

/** Zero takes it out. */
export async function setQuantity(db: Knex, sessionId: string, productId: string, quantity: number): Promise<void> {
  const item = db('shop.cart_items').where({ session_id: sessionId, product_id: productId });
  await (quantity === 0 ? item.delete() : item.update({ quantity }));
}

export const totalOf = (lines: readonly CartLine[]): number =>
  lines.reduce((sum, { product, quantity }) => sum + product.priceSatang * quantity, 0);

function toProduct(row: any): Product {
  const { id, name, words, price_satang, kind, colour } = row;
  return { id, name, words, priceSatang: price_satang, kind, colour };
}
