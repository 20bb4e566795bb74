import { veto, type Hook } from '@itpay/kernel';
import { book, type BookServices } from './book.js';
import { pointsFor } from './entry.js';
import { entryOf } from './store.js';

export interface HookOptions {
  readonly unitsPerPoint: number;
  /** Says whether a customer may buy: the host's own service, over a network perhaps. */
  readonly isBlocked: (customer: string, signal: AbortSignal) => Promise<boolean> | boolean;
}

/** Who is blocked cannot buy; and whoever gives goods back gives their points back. */
export function loyaltyHooks(services: BookServices, { isBlocked, unitsPerPoint }: HookOptions): Hook[] {
  return [
    {
      name: 'loyalty.blocked',
      on: 'payment_intent.create',
      async before({ request }, { signal }) {
        const { customer } = (request['metadata'] ?? {}) as { customer?: string };
        if (customer !== undefined && (await isBlocked(customer, signal))) {
          throw veto('customer_blocked', 'This customer cannot buy at the moment.');
        }
      },
    },
    {
      name: 'loyalty.take_back',
      on: 'refund.create',
      // In the transaction of the refund: no refund without its points, no points gone without their refund.
      async within(subject, tx) {
        const refund = subject.object as { id: string; payment_intent_id: string; amount: { value: number } };
        const earned = await entryOf(tx, refund.payment_intent_id, 'earned');
        const points = Math.min(earned?.points ?? 0, pointsFor(refund.amount.value, unitsPerPoint));
        if (points === 0) return;
        const { customer } = earned!;
        const booking = { customer, kind: 'taken_back', points: -points, source: refund.id } as const;
        if ((await book(services, tx, subject.actor, booking)) === 'short') {
          throw veto('points_spent', `The ${points} points of this purchase are spent already.`);
        }
      },
    },
  ];
}
