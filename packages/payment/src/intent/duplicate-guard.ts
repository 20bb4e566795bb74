import { canonicalJson } from '@itpay/core';
import { statement, type Clock, type Database, type Sweep, type Tx } from '@itpay/kernel';
import { sha256 } from '../sha256.js';
import type { CreateIntentBody } from './input.js';

/** How long a paid purchase still counts as the same one. */
const REMEMBERED_MS = 10 * 60_000;

/** Who buys what from whom. */
export interface Purchase {
  readonly account: string;
  readonly livemode: boolean;
  /** The API key's lineage, or the host. */
  readonly caller: string;
  readonly body: CreateIntentBody;
}

/**
 * What two requests for the same purchase have in common, whatever their idempotency keys.
 *
 * @returns null when two customers could not be told apart: a merchant that names neither payer nor order is not guarded
 */
export function purchaseHash({ account, livemode, caller, body }: Purchase): Buffer | null {
  const { payer, order_reference: order, amount } = body;
  if (payer === undefined && order === undefined) return null;
  return sha256(
    canonicalJson([account, livemode, caller, payer ?? null, order ?? null, amount.currency, amount.value]),
  );
}

/** A paid purchase is guarded a little longer: an agent that heard nothing asks again. */
export async function rememberPurchase(tx: Tx, intentId: string, paidAt: Date): Promise<void> {
  await tx.query(REMEMBER, { intentId, until: new Date(paidAt.getTime() + REMEMBERED_MS) });
}

/** A purchase that ended without money may be made again at once. */
export async function forgetPurchase(tx: Tx, intentId: string): Promise<void> {
  await tx.query(FORGET, { intentId });
}

/** Nobody waits for it, so a look per minute is often enough. */
const LOOK_EVERY_MS = 60_000;
/** The clock of another process may still see a guard in force that is over by ours. */
const CLOCK_DIFFERENCE_MS = 60_000;
const BATCH = 500;

/** Deletes the guards of purchases that were paid a while ago. One of an open purchase has no end, and stays. */
export function guardRetention({ database, clock }: { database: Database; clock: Clock }): Sweep {
  let nextLookMs = -Infinity;
  return {
    name: 'payment.guard-retention',
    async run() {
      const now = clock.now().getTime();
      if (now < nextLookMs) return false;
      nextLookMs = now + LOOK_EVERY_MS; // before the first wait: an overlapping run has nothing to do

      let deleted = 0;
      for (let full = true; full;) {
        const before = new Date(now - CLOCK_DIFFERENCE_MS);
        const { length } = await database.query(DELETE_ENDED, { before, limit: BATCH });
        deleted += length;
        full = length === BATCH;
      }
      return deleted > 0;
    },
  };
}

const REMEMBER = statement<{ intentId: string; until: Date }, object>(
  'guard_remember',
  `update {schema}.duplicate_guards set expires_at = :until where object_id = :intentId`,
);
const FORGET = statement<{ intentId: string }, object>(
  'guard_forget',
  `delete from {schema}.duplicate_guards where object_id = :intentId`,
);
// One that a request gives to a new purchase at this moment is left alone.
const DELETE_ENDED = statement<{ before: Date; limit: number }, { deleted: number }>(
  'guard_delete_ended',
  `delete from {schema}.duplicate_guards where guard_hash = any(array(
     select guard_hash from {schema}.duplicate_guards
      where expires_at < :before and expires_at < 'infinity'
      order by expires_at limit :limit::int for update skip locked))
   returning 1 as deleted`,
);
