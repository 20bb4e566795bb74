import { canonicalJson, moneyToWire, type Money } from '@itpay/core';
import type { Actor, Tx } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import { sha256 } from '../sha256.js';
import { changeIntent } from './change.js';
import { STATUS_RANK } from './machine.js';

/** Money that a rail holds for us. */
export interface Hold {
  readonly channelTransactionId: string;
  readonly amount: Money;
}

/**
 * Notes that the rail holds the money. A repeated notice, one that comes after the capture, and a hold of another amount
 * than was asked for change nothing: a hold is no money yet, and the rail releases what is not captured.
 */
export async function authorizedByChannel(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  intentId: string,
  hold: Hold,
): Promise<void> {
  const intent = await services.store.lockAny(tx, intentId);
  if (intent.captureMethod !== 'manual' || STATUS_RANK[intent.status] >= STATUS_RANK.authorized) return;
  if (hold.amount.currency !== intent.amount.currency || hold.amount.value !== intent.amount.value) return;
  const actions = intent.status === 'pending' ? (['present', 'authorize'] as const) : (['authorize'] as const);
  await changeIntent(services, tx, actor, intent, actions, {
    fields: { channelTransactionId: hold.channelTransactionId },
    evidenceDigest: sha256(canonicalJson([hold.channelTransactionId, moneyToWire(hold.amount)])),
  });
}
