import { next } from '@itpay/core';
import type { Actor, Tx } from '@itpay/kernel';
import { inflowMachine, type Inflow, type InflowAction } from '../inflow/inflow.js';
import { announce } from '../inflow/receive.js';
import { noteOnIntent } from '../intent/change.js';
import { recordMovements, refundMovements } from '../ledger/ledger.js';
import type { PaymentServices } from '../services.js';
import { concludeVoidOfRefund } from '../void/conclude.js';
import { changeRefund } from './change.js';
import type { Refund, RefundFailure } from './refund.js';

export interface RefundEvidence {
  readonly channelRefundId: string | null;
  /** SHA-256, for the audit log. */
  readonly digest: Uint8Array;
}

/**
 * Books that the money went back: the refund, the totals of the intent or the inflow that it came from, the ledger. The
 * caller has locked the payment and the refund.
 *
 * @throws ItPayError `INVALID_STATE_TRANSITION`
 */
export async function refundSucceeded(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  refund: Refund,
  { channelRefundId, digest }: RefundEvidence,
): Promise<Refund> {
  const done = await changeRefund(services, tx, actor, refund, 'succeed', {
    fields: { channelRefundId, failure: null, succeededAt: services.clock.now() },
    evidenceDigest: digest,
  });
  await recordMovements(tx, services.ids, refund, {
    paymentIntentId: refund.paymentIntentId,
    objectId: refund.id,
    currency: refund.amount.currency,
    at: done.updatedAt,
    movements: refundMovements(refund.amount.value, refund.inflowId === null ? 'payee_receivable' : 'payee_parked'),
  });
  if (refund.inflowId === null) await addToTotals(services, tx, actor, refund);
  else await moveInflow(services, tx, actor, refund, 'refund_succeeded');
  await concludeVoidOfRefund(services, tx, actor, refund.id, 'voided');
  return done;
}

/** Books that the rail refused: the money stays where it was. The caller has locked the payment and the refund. */
export async function refundFailed(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  refund: Refund,
  failure: RefundFailure,
): Promise<Refund> {
  const failed = await changeRefund(services, tx, actor, refund, 'fail', { fields: { failure } });
  if (refund.inflowId !== null) await moveInflow(services, tx, actor, refund, 'refund_failed');
  await concludeVoidOfRefund(services, tx, actor, refund.id, 'failed');
  return failed;
}

async function addToTotals(services: PaymentServices, tx: Tx, actor: Actor, refund: Refund): Promise<void> {
  const intent = await services.store.lockAny(tx, refund.paymentIntentId);
  const amountRefunded = intent.amountRefunded + refund.amount.value;
  // The catalogue has no event of the intent for this; whoever waits for the intent is woken all the same.
  await noteOnIntent(services, tx, actor, intent, null, { amountRefunded });
  tx.afterCommit(() => services.outbox.announce([intent.id]));
}

async function moveInflow(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  refund: Refund,
  action: InflowAction,
): Promise<void> {
  const inflow = (await services.inflows.find(tx, refund, refund.inflowId!))!;
  const status = next(inflowMachine, inflow.status, action);
  if (status === null) throw new Error(`The inflow ${inflow.id} of ${refund.id} is ${inflow.status}, not refunding.`);
  const moved: Inflow = { ...inflow, status, sequence: inflow.sequence + 1, updatedAt: services.clock.now() };
  await services.inflows.save(tx, moved);
  await announce(services, tx, actor, moved, inflow.status);
}
