import { ItPayError, moneyToWire } from '@itpay/core';
import type { Actor, HookSubject, IdempotencyKey, Operation, Tx } from '@itpay/kernel';
import { intentNotFound } from '../intent/change.js';
import type { PaymentIntent } from '../intent/intent.js';
import type { OperationAnswer } from '../operation/handler.js';
import type { PaymentServices } from '../services.js';
import { insertRefund } from './change.js';
import { canRefund, sameRefund, type RefundDecision, type RefundDemand } from './decide.js';
import { countedPayment, newRefundOperation, railOf, refundReference } from './rail.js';
import type { Refund } from './refund.js';
import { toWireRefund } from './wire.js';

/** Money of a paid intent that shall go back. */
export interface RefundRequest extends RefundDemand {
  readonly description: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** It waits until somebody approves it. */
  readonly requireApproval: boolean;
  /** Makes a second refund of the same amount for the same reason on purpose. */
  readonly confirmDuplicate: boolean;
}

/**
 * Gives money of a paid intent back. The refund is committed first, then the channel is called. Where the rail cannot do
 * it the refund waits for an operator, and with `requireApproval` for a reviewer.
 *
 * @returns the answer as things stand afterwards: 201; 200 for the same refund a moment ago; 402, 502 or 503 as a failed
 *   answer; 202 when the outcome is unknown
 * @throws ItPayError when the refund is not possible (nothing is written), or another money operation of this payment is
 *   unknown
 */
export async function createRefund(
  services: PaymentServices,
  actor: Actor,
  paymentIntentId: string,
  request: RefundRequest,
  key: IdempotencyKey | null,
): Promise<OperationAnswer & { readonly replayed: boolean }> {
  const subject: HookSubject = {
    point: 'refund.create',
    actor,
    request: {
      payment_intent_id: paymentIntentId,
      reason: request.reason,
      metadata: request.metadata,
      ...(request.amount !== null && { amount: moneyToWire(request.amount) }),
    },
    objectId: null,
  };
  // A stored answer, or a refund that has begun under this key, wins over what would stand against a new one.
  const used = key && (await services.idempotency.find(services.database, key));
  if (used === null) {
    const known = await services.store.find(services.database, actor, paymentIntentId);
    if (known === null) throw intentNotFound(paymentIntentId, 'payment_intent_id');
    await services.engine.requireSettled(paymentIntentId);
    await services.hooks.before(subject);
  }
  return services.engine.once(key, async (tx) => {
    const intent = await services.store.lock(tx, actor, paymentIntentId);
    if (intent === null) throw intentNotFound(paymentIntentId, 'payment_intent_id');
    const { refund, operation, duplicate } = await refundPayment(services, tx, actor, intent, request);
    if (!duplicate) await services.hooks.within(tx, subject, toWireRefund(refund, operation));
    if (operation !== null) return operation;
    const running = duplicate ? (await services.refunds.operationsOf(tx, [refund])).get(refund.id) : undefined;
    const body = JSON.stringify(toWireRefund(refund, running ?? null, duplicate));
    return { status: duplicate ? 200 : 201, body, final: true };
  });
}

/** A refund that was written, or was there. */
export interface RequestedRefund {
  readonly refund: Refund;
  /** Started; `services.engine.perform` calls the channel once the transaction has committed. Null: nothing to call. */
  readonly operation: Operation | null;
  /** The same refund was asked for a moment ago; this is it. */
  readonly duplicate: boolean;
}

/**
 * The first phase of a refund, in the caller's transaction. The caller has locked the intent.
 *
 * @param purpose of the operation, when something else waits for its outcome
 * @throws ItPayError when the refund is not possible
 */
export async function refundPayment(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  intent: PaymentIntent,
  request: RefundRequest,
  purpose?: string,
): Promise<RequestedRefund> {
  const now = services.clock.now();
  const refunds = await services.refunds.ofIntent(tx, intent.id);
  const same = request.confirmDuplicate ? null : sameRefund(intent, refunds, request, now);
  if (same !== null) return { refund: same, operation: null, duplicate: true };

  const rail = railOf(services, intent);
  const payment = countedPayment(intent, await services.inflows.ofIntent(tx, intent.id));
  const decision = canRefund(intent, refunds, request, { rail, payment, now });
  if (!decision.ok) throw refused(decision);

  const id = services.ids.next('ref');
  const refund: Refund = {
    id,
    account: intent.account,
    livemode: intent.livemode,
    paymentIntentId: intent.id,
    inflowId: null,
    amount: decision.amount,
    reason: request.reason,
    description: request.description,
    status: request.requireApproval ? 'requested' : 'processing',
    decision: request.requireApproval ? 'manual' : 'automatic',
    manual: decision.manual,
    channelRefundReference: refundReference(id, rail),
    channelRefundId: null,
    failure: null,
    metadata: request.metadata,
    sequence: request.requireApproval ? 1 : 2,
    version: 1,
    createdAt: now,
    updatedAt: now,
    succeededAt: null,
  };
  await insertRefund(services, tx, actor, refund);
  const calls = refund.status === 'processing' && !refund.manual;
  const operation = calls
    ? await services.engine.begin(tx, newRefundOperation(services, intent, refund, purpose))
    : null;
  return { refund, operation, duplicate: false };
}

function refused({ code, message, param, details }: Extract<RefundDecision, { ok: false }>): ItPayError {
  return new ItPayError(code, { message, param, details });
}
