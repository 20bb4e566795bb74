import { statement, type Clock, type Database, type Sweep } from '@itpay/kernel';

/** How long the body of a notification is kept, in milliseconds: as long as a dispute may ask for it. (Protocol, G19) */
export const BODY_RETENTION_MS = 90 * 86_400_000;

/** Nobody waits for it, so a look per minute is often enough. */
const LOOK_EVERY_MS = 60_000;
/** Bodies are up to 256 kB, so few enough that the rows are not locked for long. */
const BATCH = 200;

/** Drops the bodies of old notifications. The rows stay: they tell a repeated notification from a new one. */
export function bodyRetention({ database, clock }: { database: Database; clock: Clock }): Sweep {
  let nextLookMs = -Infinity;
  return {
    name: 'payment.notification-retention',
    async run() {
      const now = clock.now().getTime();
      if (now < nextLookMs) return false;
      nextLookMs = now + LOOK_EVERY_MS; // before the first wait: an overlapping run has nothing to do

      let dropped = 0;
      for (let full = true; full;) {
        const { length } = await database.query(DROP_BODIES, {
          before: new Date(now - BODY_RETENTION_MS),
          limit: BATCH,
        });
        dropped += length;
        full = length === BATCH;
      }
      return dropped > 0;
    },
  };
}

// Another process may drop at the same time; it takes other rows. One that is being worked on is left alone.
const DROP_BODIES = statement<{ before: Date; limit: number }, { id: string }>(
  'notification_drop_bodies',
  `update {schema}.notifications set sealed_body = null, body_at = null
    where id = any(array(
      select id from {schema}.notifications
       where sealed_body is not null and body_at <= :before and state <> 'claimed'
       order by body_at limit :limit::int for update skip locked))
   returning id`,
);
