import { defineMachine } from '@itpay/core';
import type { Statement } from '../statement.js';
import { statement } from '../statement.js';
import type { Outcome } from './outcome.js';

/** What can change something at a channel. */
export type OperationKind = 'authorize';

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

/** The column values of a new operation row, in the order of `OPERATION_COLUMNS`. */
export interface OperationRow {
  readonly id: string;
  readonly account: string;
  readonly object: string;
  readonly objectId: string;
  readonly kind: OperationKind;
  readonly channel: string;
  readonly channelInstance: string;
  /** Our order number at the channel: unique per channel instance, never depends on the attempt. */
  readonly reference: string;
  readonly ordinal: number;
  readonly state: (typeof operationMachine.states)[number];
  readonly outcome: Outcome | null;
  /** True while the payer can still pay this order. At most one open order exists per object. */
  readonly orderOpen: boolean;
}

/** Marks the open order of an object as closed: paid, expired or cancelled. */
export const CLOSE_ORDER: Statement<{ objectId: string; now: Date }, { id: string }> = statement(
  'operation_close_order',
  `update {schema}.channel_operations set order_open = false, updated_at = :now
    where object_id = :objectId and order_open
   returning id`,
);
