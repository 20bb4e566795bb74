import { SWEEP_TOPIC, type LogReader } from '@itpay/kernel';
import type { WebhookServices } from '../services.js';

/** Turns each event into one delivery for every endpoint that is to hear of it, in the order of the log. */
export function fanOut({ deliveries, clock, pubsub }: WebhookServices): LogReader {
  return {
    name: 'webhook.fan-out',
    async read(tx, events) {
      const made = await deliveries.fanOut(
        tx,
        events.map(({ id }) => id),
        clock.now(),
      );
      if (made > 0) tx.afterCommit(() => pubsub.publish(SWEEP_TOPIC, ''));
    },
  };
}
