import type { Response } from 'express';
import type { Knex } from 'knex';
import { readCart } from './cart.js';
import { sessionOf } from './sessions.js';
import type { Frame } from './views.js';

/** What every page shows around itself. */
export async function frameOf(db: Knex, res: Response): Promise<Frame> {
  const session = sessionOf(res);
  const cart = await readCart(db, session?.id);
  return { user: session?.user ?? null, inCart: cart.reduce((sum, { quantity }) => sum + quantity, 0) };
}
