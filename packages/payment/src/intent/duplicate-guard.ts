import { canonicalJson } from '@itpay/core';
import { statement, type Tx } from '@itpay/kernel';
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

const REMEMBER = statement<{ intentId: string; until: Date }, object>(
  'guard_remember',
  `update {schema}.duplicate_guards set expires_at = :until where object_id = :intentId`,
);
const FORGET = statement<{ intentId: string }, object>(
  'guard_forget',
  `delete from {schema}.duplicate_guards where object_id = :intentId`,
);
