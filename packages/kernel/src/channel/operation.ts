import { defineMachine, type Money } from '@itpay/core';
import type { ChannelFailure, OutcomeName } from './outcome.js';

/** What can change something at a channel. */
export type OperationKind = 'authorize' | 'capture' | 'cancel' | 'refund';

/**
 * The life of a channel operation. The row, with the reference that the channel will see, is committed before the call;
 * afterwards only evidence moves it. An operation that is `unknown` can still turn out to be anything.
 */
export const operationMachine = defineMachine({
  name: 'operation',
  states: ['queued', 'started', 'succeeded', 'pending', 'declined', 'not_sent', 'unknown'],
  actions: ['start', 'succeed', 'pend', 'decline', 'not_send', 'lose_track'],
  initial: ['queued', 'started', 'succeeded'],
  final: ['succeeded', 'declined'],
  table: {
    queued: { start: 'started' },
    started: {
      succeed: 'succeeded',
      pend: 'pending',
      decline: 'declined',
      not_send: 'not_sent',
      lose_track: 'unknown',
    },
    pending: { succeed: 'succeeded', decline: 'declined' },
    unknown: { succeed: 'succeeded', pend: 'pending', decline: 'declined', not_send: 'not_sent' },
    not_sent: { start: 'started' },
    succeeded: {},
    declined: {},
  },
});

export type OperationState = (typeof operationMachine.states)[number];
export type OperationAction = (typeof operationMachine.actions)[number];

/** What an outcome does to the operation. */
export const ACTION_OF: Readonly<Record<OutcomeName, OperationAction>> = {
  succeeded: 'succeed',
  pending: 'pend',
  declined: 'decline',
  not_sent: 'not_send',
  unknown: 'lose_track',
};

/** One logical operation at a channel: however often it is tried, it is one row and one reference. */
export interface Operation {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly object: 'payment_intent' | 'refund';
  readonly objectId: string;
  /** The payment that it belongs to; its row is locked before this one. */
  readonly paymentIntentId: string;
  readonly kind: OperationKind;
  readonly channel: string;
  readonly channelInstance: string;
  /** Our number at the channel: unique per instance, committed before the call, the same for every attempt. */
  readonly reference: string;
  /** 1 for the first of its kind on the object; the next exists only when the one before is known to be closed. */
  readonly ordinal: number;
  readonly state: OperationState;
  /** The payer can still pay this order. At most one open order exists per intent. */
  readonly orderOpen: boolean;
  readonly amount: Money | null;
  /** Nobody waits for it: it was queued, or was unknown once. What was certainly not sent is sent again by a sweep. */
  readonly unattended: boolean;
  /** Why it is done, where one kind serves several ends: `expire`, or the id of a void. */
  readonly purpose: string | null;
  readonly failure: ChannelFailure | null;
  readonly leaseExpiresAt: Date | null;
  /** How often was asked since the outcome became unknown or pending. */
  readonly queries: number;
  readonly unknownSince: Date | null;
  /** When the channel first said that it does not know it. */
  readonly notFoundSince: Date | null;
  readonly nextQueryAt: Date | null;
  readonly operatorRequired: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What a new operation is about; everything else follows from that. */
export type NewOperation = Pick<
  Operation,
  | 'id'
  | 'account'
  | 'livemode'
  | 'object'
  | 'objectId'
  | 'paymentIntentId'
  | 'kind'
  | 'channel'
  | 'channelInstance'
  | 'reference'
  | 'ordinal'
  | 'amount'
> & { readonly purpose?: string };

/** An operation that waits to be started: its call follows after the commit, from whichever process is there. */
export function queuedOperation(operation: NewOperation, now: Date): Operation {
  return {
    purpose: null,
    unattended: true,
    ...operation,
    state: 'queued',
    orderOpen: operation.kind === 'authorize',
    failure: null,
    leaseExpiresAt: null,
    queries: 0,
    unknownSince: null,
    notFoundSince: null,
    nextQueryAt: null,
    operatorRequired: false,
    createdAt: now,
    updatedAt: now,
  };
}
