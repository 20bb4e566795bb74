import { defineMachine, next } from '@itpay/core';
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
      // A notice of the payment may overtake the answer to the order.
      capture: 'captured',
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

export interface Step {
  readonly from: IntentStatus;
  readonly to: IntentStatus;
  readonly action: IntentAction;
}

/** An intent after one or several steps. */
export interface Advanced {
  readonly intent: PaymentIntent;
  readonly steps: readonly Step[];
}

/**
 * Takes steps, one after the other, as one change.
 *
 * @returns null when one of them cannot happen from where the intent is
 */
export function advance(intent: PaymentIntent, actions: readonly IntentAction[], at: Date): Advanced | null {
  const steps: Step[] = [];
  let status = intent.status;
  for (const action of actions) {
    const to = next(intentMachine, status, action);
    if (to === null) return null;
    steps.push({ from: status, to, action });
    status = to;
  }
  const reached = (wanted: IntentStatus) => steps.some(({ to }) => to === wanted);
  return {
    steps,
    intent: {
      ...intent,
      status,
      version: intent.version + 1,
      sequence: intent.sequence + steps.length,
      updatedAt: at,
      authorizedAt: reached('authorized') ? at : intent.authorizedAt,
      capturedAt: reached('captured') ? at : intent.capturedAt,
      succeededAt: reached('succeeded') ? at : intent.succeededAt,
      closedAt: isClosed(status) ? at : intent.closedAt,
    },
  };
}
