import { createHash } from 'node:crypto';
import { allowedActions, canonicalJson, ItPayError, moneyToWire } from '@itpay/core';
import { CLOSE_ORDER, type Actor, type NewEvent, type Tx } from '@itpay/kernel';
import { forgetImage } from '../qr-charge/image-jobs.js';
import { toPlainCharge } from '../qr-charge/wire.js';
import type { PaymentServices } from '../services.js';
import type { PaymentIntent } from './intent.js';
import { applyCapture, intentMachine, STATUS_RANK, type CaptureEvidence } from './machine.js';
import { toPlain } from './wire.js';

/**
 * Books money that the rail says has arrived: captured, then succeeded, in the caller's transaction.
 *
 * The caller has verified where the evidence comes from. Evidence that was booked before changes nothing.
 *
 * @throws ItPayError `PAYMENT_INTENT_NOT_FOUND`, or `INVALID_STATE_TRANSITION` when the intent is closed
 */
export async function captureFromChannel(
  deps: PaymentServices,
  tx: Tx,
  actor: Actor,
  intentId: string,
  evidence: CaptureEvidence,
): Promise<PaymentIntent> {
  const intent = await deps.store.lock(tx, actor, intentId);
  if (intent === null) throw notFound(intentId);

  const decision = applyCapture(intent, evidence, deps.clock.now());
  if (!decision.ok) throw refusal(intent, decision.refusal);
  if (decision.steps.length === 0) return intent;

  const captured = { ...decision.intent, sequence: intent.sequence + decision.steps.length };
  await deps.store.saveCapture(tx, captured);
  const charge = await deps.charges.consume(tx, intentId);
  await tx.query(CLOSE_ORDER, { objectId: intentId, now: captured.updatedAt });

  const plain = toPlain(captured);
  const events: NewEvent[] = decision.steps.map((step, index) => ({
    type: `payment_intent.${step.to}` as NewEvent['type'],
    objectId: intentId,
    sequence: intent.sequence + index + 1,
    object: { ...plain, status: step.to },
  }));
  if (charge !== null) {
    events.push({
      type: 'qr_charge.consumed',
      objectId: charge.id,
      sequence: charge.sequence,
      object: toPlainCharge(charge),
    });
  }
  await deps.outbox.append(tx, actor, events);
  const evidenceDigest = digestOf(evidence);
  await deps.audit.append(
    tx,
    actor,
    decision.steps.map((step) => ({
      action: step.to === 'captured' ? 'capture' : 'settle',
      objectId: intentId,
      fromState: step.from,
      toState: step.to,
      evidenceDigest,
    })),
  );
  if (charge !== null) {
    await deps.audit.append(tx, actor, [
      { action: 'consume', objectId: charge.id, fromState: 'active', toState: 'consumed' },
    ]);
    await forgetImage(deps.jobs, tx, charge.id);
  }
  return captured;
}

export function notFound(id: string): ItPayError {
  return new ItPayError('PAYMENT_INTENT_NOT_FOUND', { param: 'id', details: { object: 'payment_intent', id } });
}

function refusal(intent: PaymentIntent, reason: 'state' | 'amount'): ItPayError {
  if (reason === 'amount') {
    return new ItPayError('AMOUNT_INVALID', {
      message: `The rail reports another amount than ${intent.id} asks for.`,
      details: { object: 'payment_intent', id: intent.id },
    });
  }
  return new ItPayError('INVALID_STATE_TRANSITION', {
    details: {
      object: 'payment_intent',
      id: intent.id,
      current: intent.status,
      requested: 'capture',
      allowed: STATUS_RANK[intent.status] < 3 ? allowedActions(intentMachine, intent.status) : [],
    },
  });
}

function digestOf(evidence: CaptureEvidence): Buffer {
  const text = canonicalJson({ amount: moneyToWire(evidence.amount), id: evidence.channelTransactionId });
  return createHash('sha256').update(text).digest();
}
