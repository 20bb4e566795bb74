import type { Money } from '@itpay/core';
import type { StatementRow } from '@itpay/kernel';
import type { RefundState } from '../refund/refund.js';
import { sameMoney } from '../same-money.js';

/** An order of ours whose number stands in a row. */
export interface OrderCandidate {
  readonly reference: string;
  readonly paymentIntentId: string;
}

/** A refund of ours that an operator sends, and whose number stands in a row. */
export interface RefundCandidate {
  readonly id: string;
  readonly reference: string;
  readonly account: string;
  readonly paymentIntentId: string;
  readonly status: RefundState;
  readonly amount: Money;
  /** Another row was this refund already. */
  readonly isTold: boolean;
}

/** Money that an earlier row brought, or that a payment of ours has. */
export interface BookedCredit {
  readonly inflowId: string | null;
  readonly paymentIntentId: string | null;
}

/** What of ours a row may be about. */
export interface RowCandidates {
  readonly orders: readonly OrderCandidate[];
  readonly refunds: readonly RefundCandidate[];
  /** With a row that takes an earlier credit back: that credit, where it is known. */
  readonly takenBack: BookedCredit | null;
}

export const NO_CANDIDATES: RowCandidates = { orders: [], refunds: [], takenBack: null };

/** What is known of the file around a row. */
export interface RowContext {
  /** Of the statement that the row stands in. */
  readonly balancesAgree: boolean | null;
}

/** Why nobody books a row, where the file itself does not say it. */
export const DOUBTS = [
  'balances_disagree',
  'contradictory_direction',
  'returned_after_booking',
  'several_refunds',
  'refund_not_processing',
  'refund_amount_differs',
  'refund_sent_twice',
  'returned_after_refund',
] as const;
export type Doubt = (typeof DOUBTS)[number];

/** What follows from a row. */
export type RowDecision =
  | { readonly do: 'note' }
  | { readonly do: 'hold'; readonly doubt: Doubt | (string & {}); readonly about: RowSubject }
  /** Money for a payment of ours; how much and whether in time, the rules for arrivals decide. */
  | { readonly do: 'book'; readonly order: OrderCandidate }
  /** Money of which nobody knows for what it is. */
  | { readonly do: 'set_aside' }
  | { readonly do: 'refund_succeeded' | 'refund_failed'; readonly refund: RefundCandidate }
  /** It went back before, and an operator said so. */
  | { readonly do: 'refund_known'; readonly refund: RefundCandidate };

export interface RowSubject {
  readonly paymentIntentId?: string | null;
  readonly inflowId?: string | null;
  readonly refund?: RefundCandidate;
}

/**
 * Decides what a row of a file means on a rail that has no other evidence. Pure. A reference of ours with one payment behind
 * it is evidence; an amount never is. What is odd is held, and whoever runs the installation looks at it.
 */
export function decideRow(row: StatementRow, candidates: RowCandidates, { balancesAgree }: RowContext): RowDecision {
  if (row.status !== 'booked' || row.kind === 'fee') return { do: 'note' };
  if (row.doubt !== undefined) return hold(row.doubt);
  if (balancesAgree === false) return hold('balances_disagree');

  const direction = row.direction ?? USUAL_DIRECTION[row.kind];
  if (direction === undefined) return hold('contradictory_direction');
  const undoes = row.kind === 'return' || row.kind === 'reversal';
  if (!undoes && direction !== USUAL_DIRECTION[row.kind]) return hold('contradictory_direction');
  if (undoes) return direction === 'in' ? refundCameBack(row, candidates) : creditTakenBack(candidates);
  return direction === 'in' ? moneyCame(candidates) : moneyWent(row, candidates);
}

const USUAL_DIRECTION: Readonly<Partial<Record<StatementRow['kind'], 'in' | 'out'>>> = {
  credit: 'in',
  debit: 'out',
  refund: 'out',
};

function moneyCame({ orders }: RowCandidates): RowDecision {
  // A payment may have had several orders; they are one candidate.
  const payments = new Set(orders.map(({ paymentIntentId }) => paymentIntentId));
  return payments.size === 1 ? { do: 'book', order: orders[0]! } : { do: 'set_aside' };
}

function moneyWent({ amount }: StatementRow, { refunds }: RowCandidates): RowDecision {
  const [refund, second] = refunds;
  if (refund === undefined) return { do: 'note' };
  if (second !== undefined) return hold('several_refunds');
  if (refund.isTold) return hold('refund_sent_twice', { refund });
  if (!sameMoney(amount, refund.amount)) return hold('refund_amount_differs', { refund });
  if (refund.status === 'processing') return { do: 'refund_succeeded', refund };
  return refund.status === 'succeeded' ? { do: 'refund_known', refund } : hold('refund_not_processing', { refund });
}

/** A transfer that we sent has come back. */
function refundCameBack({ amount }: StatementRow, { refunds }: RowCandidates): RowDecision {
  const [refund, second] = refunds;
  if (refund === undefined) return { do: 'note' };
  if (second !== undefined) return hold('several_refunds');
  if (!sameMoney(amount, refund.amount)) return hold('refund_amount_differs', { refund });
  if (refund.status === 'processing') return { do: 'refund_failed', refund };
  return hold('returned_after_refund', { refund });
}

/** Money that had come was taken back: what was counted stays counted until somebody decides. */
function creditTakenBack({ takenBack, orders }: RowCandidates): RowDecision {
  const payments = new Set(orders.map(({ paymentIntentId }) => paymentIntentId));
  const paymentIntentId = takenBack?.paymentIntentId ?? (payments.size === 1 ? [...payments][0]! : null);
  return hold('returned_after_booking', { paymentIntentId, inflowId: takenBack?.inflowId ?? null });
}

function hold(doubt: Doubt | (string & {}), about: RowSubject = {}): RowDecision {
  return { do: 'hold', doubt, about };
}
