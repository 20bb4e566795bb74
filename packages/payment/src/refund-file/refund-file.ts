import { defineMachine, type Money } from '@itpay/core';

/** The life of a file: it is there to be sent, or somebody said that it never was. */
export const refundFileMachine = defineMachine({
  name: 'refund_file',
  states: ['ready', 'cancelled'],
  actions: ['cancel'],
  initial: ['ready'],
  final: ['cancelled'],
  table: {
    ready: { cancel: 'cancelled' },
    cancelled: {},
  },
});

export type RefundFileStatus = (typeof refundFileMachine.states)[number];

/** Refunds of one file. */
export const MAX_REFUNDS = 1_000;

/**
 * Why a refund is not in a file. `not_manual`: the rail sends it by itself. `not_processing`: it waits for approval, or is
 * done. `other_channel`: its payment came on another one. `in_another_file`. `payer_unknown`: no line of a statement says
 * from which account the payment came, and who holds it. `several_payers`: its payment came from more than one account.
 * `payment_returned`: a statement says that the payment itself went back. `not_expressible`: the file cannot carry it, because
 * of the field in `field`.
 */
export const LEFT_OUT_REASONS = [
  'not_manual',
  'not_processing',
  'other_channel',
  'in_another_file',
  'payer_unknown',
  'several_payers',
  'payment_returned',
  'not_expressible',
] as const;

export interface LeftOut {
  readonly refundId: string;
  readonly reason: (typeof LEFT_OUT_REASONS)[number];
  /** With `not_expressible`: `account`, `name`, `amount`. Null otherwise. */
  readonly field: string | null;
}

/** A file for the bank, with refunds that it shall send. */
export interface RefundFile {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly channel: string;
  readonly merchantAccount: string;
  readonly status: RefundFileStatus;
  readonly refundIds: readonly string[];
  /** One per currency. */
  readonly totals: readonly Money[];
  readonly leftOut: readonly LeftOut[];
  readonly extension: string;
  readonly contentType: string;
  /** SHA-256. */
  readonly digest: Uint8Array;
  readonly sequence: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly cancelledAt: Date | null;
}
