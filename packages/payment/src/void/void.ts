import { defineMachine } from '@itpay/core';

/** The life of a void: what was asked for ends before money moves, or it does not. */
export const voidMachine = defineMachine({
  name: 'void',
  states: ['requested', 'voided', 'failed'],
  actions: ['succeed', 'fail'],
  initial: ['requested'],
  final: ['voided', 'failed'],
  table: { requested: { succeed: 'voided', fail: 'failed' }, voided: {}, failed: {} },
});

export type VoidStatus = (typeof voidMachine.states)[number];

export interface Void {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly targetType: 'payment_intent';
  readonly targetId: string;
  readonly reason: string | null;
  /** The money had moved, so the void became this refund. */
  readonly refundId: string | null;
  readonly status: VoidStatus;
  readonly sequence: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
