import type { Actor, Clock, IdGenerator, Outbox, Tx } from '@itpay/kernel';
import type { EntryKind, LoyaltyEntry } from './entry.js';
import { addPoints, insertEntry, lockBalance } from './store.js';

export interface BookServices {
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly outbox: Outbox;
}

export interface Booking {
  readonly customer: string;
  readonly kind: EntryKind;
  readonly points: number;
  readonly source: string;
}

/**
 * Books points, with an event, in the caller's transaction. The same booking twice counts once.
 *
 * @returns `short` when the customer has not enough points left; nothing was written then
 */
export async function book(
  { clock, ids, outbox }: BookServices,
  tx: Tx,
  actor: Actor,
  booking: Booking,
): Promise<'booked' | 'known' | 'short'> {
  const { customer, kind, points, source } = booking;
  if (points < 0 && (await lockBalance(tx, actor, customer)) < -points) return 'short';
  const entry: LoyaltyEntry = { id: ids.next('loy'), customer, kind, points, source, at: clock.now() };
  if (!(await insertEntry(tx, actor, entry))) return 'known';
  await addPoints(tx, actor, customer, points);
  await outbox.append(tx, actor, [
    {
      type: 'custom.loyalty.points_changed',
      objectId: `loyalty:${customer}`,
      object: { id: entry.id, object: 'loyalty_entry', customer, kind, points, source },
    },
  ]);
  return 'booked';
}
