import { ItPayError } from '@itpay/core';
import type { Actor, HookSubject, IdempotencyKey, Operation, Tx } from '@itpay/kernel';
import { intentNotFound, invalidTransition, changeIntent } from '../intent/change.js';
import { STATUS_RANK } from '../intent/machine.js';
import { toPlain } from '../intent/wire.js';
import { newCancel } from '../operation/new-cancel.js';
import type { OperationAnswer } from '../operation/handler.js';
import { closeOrder, orderOf } from '../operation/order.js';
import { requireNothingUnderWay } from '../operation/under-way.js';
import type { PaymentServices } from '../services.js';
import { refundPayment } from '../refund/request.js';
import { toPlainRefund } from '../refund/wire.js';
import { concludeVoid } from './conclude.js';
import { findVoid, insertVoid } from './store.js';
import type { Void } from './void.js';
import { toPlainVoid } from './wire.js';

/** A void of a payment that was paid already is a refund; these are its answers. */
export async function voidByRefund(
  services: PaymentServices,
  actor: Actor,
  { intentId, reason, key }: VoidRequest,
): Promise<OperationAnswer & { readonly replayed: boolean }> {
  const subject: HookSubject = {
    point: 'refund.create',
    actor,
    request: { payment_intent_id: intentId, reason: 'void' },
    objectId: null,
  };
  const used = key && (await services.idempotency.find(services.database, key));
  if (used === null) {
    await services.engine.requireSettled(intentId);
    await services.hooks.before(subject);
  }
  return services.engine.once(key, async (tx) => {
    const intent = await services.store.lock(tx, actor, intentId);
    if (intent === null) throw intentNotFound(intentId);
    const demand = { amount: null, reason: 'void', description: reason, metadata: {} } as const;
    const flags = { requireApproval: false, confirmDuplicate: true };
    const { refund, operation } = await refundPayment(services, tx, actor, intent, { ...demand, ...flags });
    await insertVoid(tx, { ...newVoid(services, actor, intentId, reason), refundId: refund.id });
    await services.hooks.within(tx, subject, toPlainRefund(refund));
    return operation ?? { status: 201, body: JSON.stringify(toPlainRefund(refund)), final: true };
  });
}

export interface VoidRequest {
  readonly intentId: string;
  readonly reason: string | null;
  readonly key: IdempotencyKey | null;
}

/**
 * Ends an intent before money moves: the order is closed, or the hold released, at the rail, which is asked once more; paid
 * wins. On a rail that cannot close an order the intent is cancelled here, and money that still comes is late money.
 *
 * @returns the answer `{ intent, void }`
 * @throws ItPayError `INVALID_STATE_TRANSITION` once it is paid or closed, `OUTCOME_UNKNOWN` while a call is in doubt
 */
export async function voidIntent(
  services: PaymentServices,
  actor: Actor,
  { intentId, reason, key }: VoidRequest,
): Promise<OperationAnswer & { readonly replayed: boolean }> {
  const subject: HookSubject = {
    point: 'payment_intent.cancel',
    actor,
    request: reason === null ? {} : { reason },
    objectId: intentId,
  };
  const used = key && (await services.idempotency.find(services.database, key));
  if (used === null) {
    await lookOnce(services, actor, intentId);
    await services.engine.requireSettled(intentId);
    await services.hooks.before(subject);
  }
  return services.engine.once(key, async (tx) => {
    const intent = await services.store.lock(tx, actor, intentId);
    if (intent === null) throw intentNotFound(intentId);
    if (STATUS_RANK[intent.status] >= 3) throw invalidTransition(intent, 'cancel');
    await requireNothingUnderWay(tx, intent, 'cancel');
    const order = await orderOf(tx, { paymentIntentId: intentId });
    const requested = newVoid(services, actor, intentId, reason);
    await insertVoid(tx, requested);
    await services.hooks.within(tx, subject, toPlain(intent));
    if (order.state === 'succeeded' && services.channels.byKey(order.channelInstance)?.cancel) {
      return services.engine.begin(tx, newCancel(services.ids, order, requested.id));
    }
    if (order.state === 'queued' || order.state === 'started' || order.state === 'pending') {
      throw invalidTransition(intent, 'cancel');
    }
    if (order.state === 'unknown') {
      throw new ItPayError('OUTCOME_UNKNOWN', { details: { object: 'operation', id: order.id, retry_after: 5 } });
    }
    return cancelHere(services, tx, actor, requested, order);
  });
}

// Nothing can be closed at this rail, so the last word before the decision is a question, where the rail answers any.
async function lookOnce(
  { store, database, channels, engine }: PaymentServices,
  actor: Actor,
  id: string,
): Promise<void> {
  const found = await store.find(database, actor, id);
  if (found === null) throw intentNotFound(id);
  const order = await orderOf(database, { paymentIntentId: id });
  const channel = channels.byKey(order.channelInstance);
  if (order.state === 'succeeded' && channel?.query && !channel.cancel) await engine.askNow(order);
}

async function cancelHere(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  { id, targetId }: Void,
  order: Operation,
): Promise<OperationAnswer> {
  await closeOrder(tx, order, services.clock.now());
  const intent = await services.store.lockAny(tx, targetId);
  const cancelled = await changeIntent(services, tx, actor, intent, ['cancel']);
  await concludeVoid(services, tx, actor, id, 'voided');
  const voided = await findVoid(tx, actor, id);
  const body = JSON.stringify({ intent: toPlain(cancelled), void: toPlainVoid(voided!) });
  return { status: 200, body, final: true };
}

function newVoid({ ids, clock }: PaymentServices, actor: Actor, targetId: string, reason: string | null): Void {
  const now = clock.now();
  return {
    id: ids.next('void'),
    account: actor.account,
    livemode: actor.livemode,
    targetType: 'payment_intent',
    targetId,
    reason,
    refundId: null,
    status: 'requested',
    sequence: 0,
    createdAt: now,
    updatedAt: now,
  };
}
