import type { Knex } from 'knex';
import { hashPassword } from './users.js';

/** Who can sign in on a fresh database. */
export const DEMO_USERS = [
  { email: 'mali@example.com', name: 'Mali', password: 'slow-morning-coffee', staff: false },
  { email: 'somchai@example.com', name: 'Somchai', password: 'two-cups-a-day', staff: false },
  { email: 'staff@example.com', name: 'Nok (staff)', password: 'counting-the-till', staff: true },
] as const;

const PRODUCTS = [
  ['doi-chang', 'bag', 'Doi Chang, 250 g', 'Medium roast. Cocoa, roasted almond, a little orange.', 29_000, '#7a4a2b'],
  ['pang-khon', 'bag', 'Pang Khon, 250 g', 'Light roast, washed. Jasmine, peach, honey.', 34_000, '#b3742d'],
  ['mae-chaem', 'bag', 'Mae Chaem, 250 g', 'Dark roast for the moka pot. Molasses and smoke.', 26_500, '#3d2b22'],
  ['cold-brew', 'bottle', 'Cold brew, 500 ml', 'Steeped for eighteen hours. Keep it cold.', 14_500, '#2c5a57'],
  [
    'dripper',
    'dripper',
    'Ceramic dripper',
    'Fired in Lampang, glazed by hand. For one or two cups.',
    59_000,
    '#8a8175',
  ],
  ['grinder', 'grinder', 'Hand grinder', 'Steel burrs, thirty-six steps. Fits into a rucksack.', 189_000, '#4b5563'],
] as const;

/** Fills a shop that has no products yet. */
export async function fillWithDemoData(db: Knex): Promise<void> {
  if ((await db('shop.products').first('id')) !== undefined) return;
  const users = await Promise.all(
    DEMO_USERS.map(async ({ password, ...user }) => ({ ...user, password_hash: await hashPassword(password) })),
  );
  await db.transaction(async (trx) => {
    await trx('shop.users').insert(users);
    await trx('shop.products').insert(
      PRODUCTS.map(([id, kind, name, words, price_satang, colour], place) => {
        return { id, kind, name, words, price_satang, colour, place };
      }),
    );
  });
}
