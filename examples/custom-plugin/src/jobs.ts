import type { Actor, Job } from '@itpay/kernel';
import { book, type BookServices } from './book.js';
import { entryOf, lockBalance } from './store.js';

/** Fixed once released: rows in the database carry it. */
export const EXPIRE = 'loyalty.expire';

export type ExpirePayload = Actor & { readonly customer: string; readonly source: string };

/** A year after they were earned points go, as far as they are still there. */
export function expireJob(services: BookServices): Job<ExpirePayload> {
  return {
    name: EXPIRE,
    run: ({ customer, source, ...actor }, { complete }) =>
      complete(async (tx) => {
        const earned = await entryOf(tx, source, 'earned');
        const left = Math.min(earned?.points ?? 0, await lockBalance(tx, actor, customer));
        if (left > 0) await book(services, tx, actor, { customer, kind: 'expired', points: -left, source });
      }),
  };
}
