import { defineMachine, type Money } from '@itpay/core';

/** The life of money that arrived. */
export const inflowMachine = defineMachine({
  name: 'inflow',
  states: ['needs_match', 'applied', 'refunding', 'parked', 'refunded', 'kept'],
  actions: ['apply', 'park', 'refund', 'keep', 'refund_succeeded', 'refund_failed'],
  initial: ['applied', 'refunding', 'parked', 'needs_match'],
  final: ['applied', 'refunded', 'kept'],
  table: {
    needs_match: { apply: 'applied', park: 'parked' },
    parked: { apply: 'applied', refund: 'refunding', keep: 'kept' },
    refunding: { refund_succeeded: 'refunded', refund_failed: 'parked' },
    applied: {},
    refunded: {},
    kept: {},
  },
});

export type InflowStatus = (typeof inflowMachine.states)[number];
export type InflowAction = (typeof inflowMachine.actions)[number];

export const INFLOW_KINDS = ['exact', 'late', 'over', 'under', 'duplicate', 'wrong_currency', 'unattributed'] as const;
export type InflowKind = (typeof INFLOW_KINDS)[number];

export const INFLOW_SOURCES = ['callback', 'query', 'statement', 'operator', 'capture'] as const;
export type InflowSource = (typeof INFLOW_SOURCES)[number];

export const POLICIES = ['accept', 'auto_refund', 'park'] as const;
export type Policy = (typeof POLICIES)[number];

/** What the merchant wants to happen with money that is not what was asked for. */
export interface PaymentPolicy {
  readonly late: Policy;
  readonly over: Policy;
  readonly under: Policy;
}
export const DEFAULT_POLICY: PaymentPolicy = { late: 'auto_refund', over: 'auto_refund', under: 'park' };

/** A verified arrival of money. What is parked lies in the payee's own account; it is only not counted. */
export interface Inflow {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly channel: string;
  readonly merchantAccount: string;
  readonly channelReference: string | null;
  readonly channelTransactionId: string;
  readonly amount: Money;
  /** How much of it is counted for the payment, in minor units. The rest goes back or lies aside. */
  readonly counted: bigint;
  readonly paidAt: Date;
  readonly source: InflowSource;
  readonly evidenceDigest: Uint8Array;
  readonly paymentIntentId: string | null;
  readonly kind: InflowKind;
  readonly policy: Policy | null;
  readonly status: InflowStatus;
  readonly refundId: string | null;
  readonly resolvedBy: string | null;
  readonly note: string | null;
  readonly sequence: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
