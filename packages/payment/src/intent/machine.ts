import { defineMachine, next, type Money } from '@itpay/core';
import type { PaymentIntent } from './intent.js';

/**
 * The life of a payment intent. The table is the specification: what is not in it cannot happen.
 *
 * `capture` is evidence from the rail that the money moved; `settle` follows in the same transaction once every field of
 * the evidence was checked. `accept_late` is the merchant's policy for money that came after the intent was closed.
 */
export const intentMachine = defineMachine({
  name: 'payment_intent',
  states: [
    'pending',
    'qr_generated',
    'scanning',
    'authorized',
    'captured',
    'succeeded',
    'expired',
    'cancelled',
    'failed',
  ],
  actions: [
    'present',
    'scan',
    'abandon_scan',
    'authorize',
    'capture',
    'settle',
    'expire',
    'cancel',
    'fail',
    'accept_late',
  ],
  initial: ['pending'],
  final: ['succeeded'],
  table: {
    pending: {
      present: 'qr_generated',
      authorize: 'authorized',
      expire: 'expired',
      cancel: 'cancelled',
      fail: 'failed',
    },
    qr_generated: {
      scan: 'scanning',
      authorize: 'authorized',
      capture: 'captured',
      expire: 'expired',
      cancel: 'cancelled',
      fail: 'failed',
    },
    scanning: {
      abandon_scan: 'qr_generated',
      authorize: 'authorized',
      capture: 'captured',
      expire: 'expired',
      cancel: 'cancelled',
      fail: 'failed',
    },
    authorized: { capture: 'captured', cancel: 'cancelled', fail: 'failed' },
    captured: { settle: 'succeeded' },
    succeeded: {},
    expired: { accept_late: 'captured' },
    cancelled: { accept_late: 'captured' },
    failed: { accept_late: 'captured' },
  },
});

export type IntentStatus = (typeof intentMachine.states)[number];
export type IntentAction = (typeof intentMachine.actions)[number];

/** How far an intent has come. A rank never decreases, whatever arrives in whatever order. */
export const STATUS_RANK: Readonly<Record<IntentStatus, number>> = {
  pending: 0,
  qr_generated: 1,
  scanning: 1,
  authorized: 2,
  expired: 3,
  cancelled: 3,
  failed: 3,
  captured: 4,
  succeeded: 5,
};

/** The payer can still pay: the QR may be shown. */
export const isOpen = (status: IntentStatus): boolean => STATUS_RANK[status] < 2;

/** Nothing will happen any more unless late money arrives. */
export const isClosed = (status: IntentStatus): boolean => STATUS_RANK[status] >= 3 && status !== 'captured';

/** Money that a rail says it moved. */
export interface CaptureEvidence {
  readonly amount: Money;
  readonly channelTransactionId: string;
}

export interface Step {
  readonly from: IntentStatus;
  readonly to: IntentStatus;
}

export type Transition =
  | { readonly ok: true; readonly intent: PaymentIntent; readonly steps: readonly Step[] }
  | { readonly ok: false; readonly refusal: 'state' | 'amount' };

/**
 * Decides what a capture on a rail without a hold does: captured, then succeeded, in one go.
 *
 * A repeated notice of the same capture changes nothing and is no error.
 */
export function applyCapture(intent: PaymentIntent, evidence: CaptureEvidence, at: Date): Transition {
  if (intent.status === 'succeeded' && intent.channelTransactionId === evidence.channelTransactionId) {
    return { ok: true, intent, steps: [] };
  }
  const captured = next(intentMachine, intent.status, 'capture');
  const succeeded = captured && next(intentMachine, captured, 'settle');
  if (captured === null || succeeded === null) return { ok: false, refusal: 'state' };
  if (evidence.amount.currency !== intent.amount.currency || evidence.amount.value !== intent.amount.value) {
    return { ok: false, refusal: 'amount' };
  }
  return {
    ok: true,
    intent: {
      ...intent,
      status: succeeded,
      amountCaptured: evidence.amount.value,
      channelTransactionId: evidence.channelTransactionId,
      version: intent.version + 1,
      updatedAt: at,
      capturedAt: at,
      succeededAt: at,
      closedAt: at,
    },
    steps: [
      { from: intent.status, to: captured },
      { from: captured, to: succeeded },
    ],
  };
}
