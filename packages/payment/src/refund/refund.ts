import { defineMachine, type Money } from '@itpay/core';

/** The life of a refund. Once it is `processing` the rail may have it, and nobody can cancel it any more. */
export const refundMachine = defineMachine({
  name: 'refund',
  states: ['requested', 'processing', 'succeeded', 'failed', 'cancelled'],
  actions: ['process', 'succeed', 'fail', 'cancel'],
  initial: ['requested'],
  final: ['succeeded', 'failed', 'cancelled'],
  table: {
    requested: { process: 'processing', cancel: 'cancelled' },
    processing: { succeed: 'succeeded', fail: 'failed' },
    succeeded: {},
    failed: {},
    cancelled: {},
  },
});

export type RefundState = (typeof refundMachine.states)[number];
export type RefundAction = (typeof refundMachine.actions)[number];

export const REFUND_REASONS = [
  'customer_request',
  'duplicate',
  'fraudulent',
  'service_cancellation',
  'late_payment',
  'overpayment',
  'underpayment',
  'void',
  'dispute',
  'other',
] as const;
export type RefundReason = (typeof REFUND_REASONS)[number];

/** Money that goes back to a payer: out of a paid intent, or out of an inflow that was not counted. */
export interface Refund {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly paymentIntentId: string;
  /** The inflow whose uncounted part goes back; null: it is the payment that was counted. */
  readonly inflowId: string | null;
  readonly amount: Money;
  readonly reason: RefundReason;
  readonly description: string | null;
  readonly status: RefundState;
  readonly decision: 'automatic' | 'manual';
  /** The rail has no refunds: an operator sends the money and says so with evidence. */
  readonly manual: boolean;
  /** Our number at the channel, the same for every attempt. */
  readonly channelRefundReference: string;
  readonly channelRefundId: string | null;
  readonly failure: RefundFailure | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly sequence: number;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly succeededAt: Date | null;
}

export interface RefundFailure {
  readonly code: string;
  readonly class: 'known_no_effect' | 'retryable' | 'outcome_unknown' | 'permanent';
}
