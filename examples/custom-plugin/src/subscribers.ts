import type { Actor, EventSubscriber, Jobs } from '@itpay/kernel';
import { book, type BookServices } from './book.js';
import { pointsFor } from './entry.js';
import { EXPIRE, type ExpirePayload } from './jobs.js';
import { entryOf } from './store.js';

const YEAR_MS = 365 * 86_400_000;

/** After a payment its customer has points; after a refund that failed, the points again that went with it. */
export function loyaltySubscribers(services: BookServices, jobs: Jobs, unitsPerPoint: number): EventSubscriber[] {
  const actorOf = ({ account, livemode }: { account: string; livemode: boolean }): Actor => {
    return { account, livemode, id: 'plugin:loyalty', requestId: null };
  };
  return [
    {
      name: 'loyalty.earn',
      pattern: 'payment_intent.succeeded',
      async handle(event, tx) {
        const { id, amount, metadata } = event.data.object;
        const points = pointsFor(amount.value, unitsPerPoint);
        const { customer } = metadata;
        if (customer === undefined || points === 0) return;
        const actor = actorOf(event);
        if ((await book(services, tx, actor, { customer, kind: 'earned', points, source: id })) !== 'booked') return;
        const payload: ExpirePayload = { ...actor, customer, source: id };
        const runAt = new Date(services.clock.now().getTime() + YEAR_MS);
        await jobs.add(tx, EXPIRE, id, payload, { runAt });
      },
    },
    {
      name: 'loyalty.give_back',
      pattern: 'refund.failed',
      async handle(event, tx) {
        const taken = await entryOf(tx, event.data.object.id, 'taken_back');
        if (taken === null) return;
        const { customer, points, source } = taken;
        await book(services, tx, actorOf(event), { customer, kind: 'given_back', points: -points, source });
      },
    },
  ];
}
