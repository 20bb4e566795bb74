import { ItPayError } from '@itpay/core';
import { operationsOfPayment, type Operation, type OperationState, type Tx } from '@itpay/kernel';
import type { PaymentIntent } from '../intent/intent.js';

const UNDER_WAY: ReadonlySet<OperationState> = new Set(['queued', 'started', 'pending', 'unknown']);

/** A capture, or the closing of the order, that has begun and whose outcome is not known yet. */
export async function underWay(tx: Tx, paymentIntentId: string): Promise<Operation | null> {
  const operations = await operationsOfPayment(tx, paymentIntentId);
  const ends = operations.filter(({ kind }) => kind === 'capture' || kind === 'cancel');
  return ends.find(({ state }) => UNDER_WAY.has(state)) ?? null;
}

/**
 * Lets one of capture and void go to the rail at a time: whoever locked the intent first has won. (Protocol, 6.3)
 *
 * @throws ItPayError `INVALID_STATE_TRANSITION`
 */
export async function requireNothingUnderWay(
  tx: Tx,
  { id, status }: PaymentIntent,
  requested: 'capture' | 'cancel',
): Promise<void> {
  const first = await underWay(tx, id);
  if (first === null) return;
  throw new ItPayError('INVALID_STATE_TRANSITION', {
    message: `Cannot ${requested} payment intent ${id} while its ${first.kind} (${first.id}) is under way. Read the intent.`,
    details: { object: 'payment_intent', id, current: status, requested, allowed: [], operation: first.id },
  });
}
