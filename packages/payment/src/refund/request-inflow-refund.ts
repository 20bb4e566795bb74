import { ItPayError, money } from '@itpay/core';
import type { Actor, Tx } from '@itpay/kernel';
import type { Inflow, InflowKind } from '../inflow/inflow.js';
import type { PaymentServices } from '../services.js';
import { insertRefund } from './change.js';
import { newRefundOperation, railOf, refundReference } from './rail.js';
import type { Refund, RefundReason } from './refund.js';

const REASON_OF: Readonly<Record<InflowKind, RefundReason>> = {
  late: 'late_payment',
  over: 'overpayment',
  under: 'underpayment',
  duplicate: 'duplicate',
  exact: 'other',
  wrong_currency: 'other',
  unattributed: 'other',
};

/**
 * Sends the part of an inflow back that was not counted, in the caller's transaction. A sweep calls the channel after the
 * commit. The caller has locked the payment, and checked that the inflow may be refunded.
 *
 * @returns the inflow, `refunding`, with its refund
 * @throws ItPayError `INVALID_STATE_TRANSITION` for money of no payment: no rail knows under which order to give it back
 */
export async function requestInflowRefund(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  inflow: Inflow,
): Promise<Inflow> {
  if (inflow.paymentIntentId === null) throw belongsToNoPayment(inflow);
  const intent = await services.store.lockAny(tx, inflow.paymentIntentId);
  await requireNoneYet(services, tx, inflow);

  const rail = railOf(services, inflow);
  const id = services.ids.next('ref');
  const now = services.clock.now();
  const refund: Refund = {
    id,
    account: inflow.account,
    livemode: inflow.livemode,
    paymentIntentId: intent.id,
    inflowId: inflow.id,
    amount: money(inflow.amount.currency, inflow.amount.value - inflow.counted),
    reason: REASON_OF[inflow.kind],
    description: null,
    status: 'processing',
    decision: 'automatic',
    manual: !railCan(rail, inflow),
    channelRefundReference: refundReference(id, rail),
    channelRefundId: null,
    failure: null,
    metadata: {},
    sequence: 2,
    version: 1,
    createdAt: now,
    updatedAt: now,
    succeededAt: null,
  };
  await insertRefund(services, tx, actor, refund);
  if (!refund.manual) await services.engine.queue(tx, newRefundOperation(services, inflow, refund));

  const refunding: Inflow = {
    ...inflow,
    status: 'refunding',
    refundId: id,
    sequence: inflow.sequence + 1,
    updatedAt: now,
  };
  await services.inflows.save(tx, refunding);
  return refunding;
}

/** Whether the rail can give this part back itself; otherwise an operator does. */
function railCan(rail: ReturnType<typeof railOf>, { counted }: Inflow): boolean {
  if (rail === null || !rail.capabilities.includes('refund')) return false;
  return counted === 0n || rail.capabilities.includes('partial_refund');
}

// An inflow whose refund failed is parked again and may be refunded once more; never twice at once.
async function requireNoneYet({ refunds }: PaymentServices, tx: Tx, inflow: Inflow): Promise<void> {
  const earlier = (await refunds.ofIntent(tx, inflow.paymentIntentId!)).find(
    ({ inflowId, status }) => inflowId === inflow.id && status !== 'failed' && status !== 'cancelled',
  );
  if (earlier === undefined) return;
  throw new ItPayError(earlier.status === 'succeeded' ? 'ALREADY_REFUNDED' : 'REFUND_IN_PROGRESS', {
    details: { object: 'inflow', id: inflow.id, refund: earlier.id },
  });
}

function belongsToNoPayment({ id, status }: Inflow): ItPayError {
  return new ItPayError('INVALID_STATE_TRANSITION', {
    message: `Cannot refund inflow ${id} because it belongs to no payment. Match it first, or keep it.`,
    details: { object: 'inflow', id, current: status, requested: 'refund', allowed: ['apply', 'keep'] },
  });
}
