import { maybeOne, type AuditLog, type Clock, type Database, type Outbox, type Sweep } from '@itpay/kernel';
import { toApiKey, toWireKey } from './api-key.js';
import { ANNOUNCE_EXPIRING } from './store.js';

/** How long before its end a key is announced, in milliseconds: 7 days. */
export const EXPIRY_NOTICE_MS = 7 * 24 * 3_600_000;

/** Writes `api_key.expiring` once for each key that comes near its end. A rotated key has a successor and needs none. */
export function announceExpiring(database: Database, clock: Clock, outbox: Outbox, audit: AuditLog): Sweep {
  let nextLookMs = -Infinity;
  return {
    name: 'api-keys-expiring',
    async run() {
      const now = clock.now();
      if (now.getTime() < nextLookMs) return false;
      nextLookMs = now.getTime() + LOOK_EVERY_MS; // before the first wait: an overlapping run has nothing to do

      const until = new Date(now.getTime() + EXPIRY_NOTICE_MS);
      let any = false;
      while (await announceOne()) any = true;
      return any;

      async function announceOne(): Promise<boolean> {
        return database.transaction(async (tx) => {
          const row = await maybeOne(tx, ANNOUNCE_EXPIRING, { now, until });
          if (row === null) return false;
          const { id, account, livemode } = row;
          const actor = { account, livemode, id: 'api-keys', requestId: null };
          await audit.append(tx, actor, [
            { action: 'api_key.expiring', objectId: id, fromState: 'active', toState: 'active' },
          ]);
          await outbox.append(tx, actor, [
            { type: 'api_key.expiring', objectId: id, object: toWireKey(toApiKey(row, now)) },
          ]);
          return true;
        });
      }
    },
  };
}

const LOOK_EVERY_MS = 60_000;
