import { canonicalJson } from '@itpay/core';
import type { Actor, IdempotencyKey, StoredAnswer, Tx } from '@itpay/kernel';
import type { OperationAnswer } from '../operation/handler.js';
import type { PaymentServices } from '../services.js';
import { sha256 } from '../sha256.js';
import { changeRefund, invalidTransition, refundNotFound } from './change.js';
import { refundSucceeded } from './conclude.js';
import { APPROVED } from './handler.js';
import { newRefundOperation } from './rail.js';
import type { Refund } from './refund.js';
import { toWireRefund } from './wire.js';

type Replayable = { readonly replayed: boolean };

/**
 * Lets a refund go on that waited for a review: the channel is called, or an operator's turn has come.
 *
 * @throws ItPayError `REFUND_NOT_FOUND`, `INVALID_STATE_TRANSITION`, or `OUTCOME_UNKNOWN` of another operation
 */
export async function approveRefund(
  services: PaymentServices,
  actor: Actor,
  id: string,
  key: IdempotencyKey | null,
): Promise<OperationAnswer & Replayable> {
  const { database, engine, idempotency, refunds, store } = services;
  const used = key && (await idempotency.find(database, key));
  if (used === null) {
    const known = await refunds.find(database, actor, id);
    if (known === null) throw refundNotFound(id);
    if (known.status !== 'requested') throw invalidTransition(known, 'approve');
    await engine.requireSettled(known.paymentIntentId);
  }
  return engine.once(key, async (tx) => {
    const refund = await lockOwn(services, tx, actor, id);
    if (refund.status !== 'requested') throw invalidTransition(refund, 'approve');
    const approved = await changeRefund(services, tx, actor, refund, 'process');
    if (approved.manual) return { ...answerOf(approved), final: true };
    const intent = await store.lockAny(tx, approved.paymentIntentId);
    return engine.begin(tx, newRefundOperation(services, intent, approved, APPROVED));
  });
}

/**
 * Ends a refund that has not begun: the requester takes it back, or a reviewer refuses it.
 *
 * @throws ItPayError `REFUND_NOT_FOUND`, `INVALID_STATE_TRANSITION`
 */
export async function cancelRefund(
  services: PaymentServices,
  actor: Actor,
  id: string,
  word: 'cancel' | 'reject',
  key: IdempotencyKey | null,
): Promise<StoredAnswer & Replayable> {
  return services.database.transaction((tx) =>
    services.idempotency.once(tx, key, async () => {
      const refund = await lockOwn(services, tx, actor, id);
      if (refund.status !== 'requested') throw invalidTransition(refund, word);
      return answerOf(await changeRefund(services, tx, actor, refund, 'cancel'));
    }),
  );
}

export interface Completion {
  readonly reason: string;
  /** What shows that the money went back: the number of a bank transfer, say. */
  readonly evidence: string;
}

/**
 * Books that an operator sent the money back where the rail cannot. The audit log keeps a digest of reason and evidence.
 *
 * @throws ItPayError `REFUND_NOT_FOUND`, `INVALID_STATE_TRANSITION` unless it is manual and processing
 */
export async function completeRefund(
  services: PaymentServices,
  actor: Actor,
  id: string,
  { reason, evidence }: Completion,
  key: IdempotencyKey | null,
): Promise<StoredAnswer & Replayable> {
  return services.database.transaction((tx) =>
    services.idempotency.once(tx, key, async () => {
      const refund = await lockOwn(services, tx, actor, id);
      if (!refund.manual || refund.status !== 'processing') throw invalidTransition(refund, 'complete');
      const digest = sha256(canonicalJson({ reason, evidence }));
      return answerOf(await refundSucceeded(services, tx, actor, refund, { channelRefundId: null, digest }));
    }),
  );
}

/** The payment first, then the refund: everybody locks in this order. */
async function lockOwn({ refunds, store }: PaymentServices, tx: Tx, actor: Actor, id: string): Promise<Refund> {
  const known = await refunds.find(tx, actor, id);
  if (known === null) throw refundNotFound(id);
  await store.lockAny(tx, known.paymentIntentId);
  return refunds.lock(tx, id);
}

function answerOf(refund: Refund): StoredAnswer {
  return { status: 200, body: JSON.stringify(toWireRefund(refund, null)) };
}
