import { money, type ErrorCode, type Money } from '@itpay/core';
import type { Channel } from '@itpay/kernel';
import type { PaymentIntent } from '../intent/intent.js';
import type { Refund, RefundReason } from './refund.js';
import { railUnit } from '../rail-unit.js';

/** How long the same refund, asked for again under a fresh idempotency key, is taken for the one that was made. */
const REMEMBERED_MS = 10 * 60_000;

/** What a rail says about refunds; the part of a channel that the decision needs. */
export type RefundRail = Pick<Channel, 'id' | 'capabilities' | 'refundWindowMs' | 'exponentOverrides'>;

/** The payment that was counted, as the rail knows it. */
export interface CountedPayment {
  /** The arrival that was counted; null when it is not known as one. */
  readonly inflowId: string | null;
  /** All that this arrival brought, also what did not count. */
  readonly total: Money;
  readonly paidAt: Date;
  /** The rail can be asked to send it back: it has one number there, not several. */
  readonly single: boolean;
}

export interface RefundFacts {
  /** The instance that took the payment; null when it is no longer configured. */
  readonly rail: RefundRail | null;
  readonly payment: CountedPayment;
  readonly now: Date;
}

export interface RefundDemand {
  /** Null: what is left. */
  readonly amount: Money | null;
  readonly reason: RefundReason;
}

export type RefundDecision =
  | {
      readonly ok: true;
      readonly amount: Money;
      /** The rail cannot send the money back; an operator does. */
      readonly manual: boolean;
    }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      readonly param?: string;
      readonly message?: string;
      readonly details: Readonly<Record<string, unknown>>;
    };

/** Money of the counted payment that is given back, or about to be. Refunds of inflows are bounded by their inflow. */
export function refundedOrPlanned(refunds: readonly Refund[]): bigint {
  return refunds.filter((refund) => refund.inflowId === null && !cameToNothing(refund)).reduce(sum, 0n);
}

/**
 * Decides whether money of a paid intent may go back. Pure. With the intent locked, two refunds at once cannot both be
 * right.
 *
 * @param refunds all of the intent, those of its inflows as well
 */
export function canRefund(
  intent: PaymentIntent,
  refunds: readonly Refund[],
  demand: RefundDemand,
  { rail, payment, now }: RefundFacts,
): RefundDecision {
  const subject = { object: 'payment_intent', id: intent.id };
  const { currency } = intent.amount;
  if (intent.status !== 'succeeded') {
    return refuse('PAYMENT_NOT_SUCCEEDED', { ...subject, current: intent.status });
  }
  if (demand.amount !== null && demand.amount.currency !== currency) {
    return {
      ...refuse('CURRENCY_NOT_SUPPORTED', { ...subject, allowed: [currency] }, 'amount.currency'),
      message: `A refund returns the currency of the payment, ${currency}.`,
    };
  }

  const left = intent.amountCaptured - refundedOrPlanned(refunds);
  if (left <= 0n) {
    const open = refunds.find(({ inflowId, status }) => inflowId === null && isOpen(status));
    return open === undefined
      ? refuse('ALREADY_REFUNDED', subject)
      : refuse('REFUND_IN_PROGRESS', { ...subject, refund: open.id });
  }
  const amount = demand.amount ?? money(currency, left);
  if (amount.value > left) {
    return refuse('REFUND_AMOUNT_EXCEEDED', { ...subject, maximum: Number(left) }, 'amount.value');
  }

  const refundableUntil = endOfWindow(rail, payment.paidAt);
  if (refundableUntil !== null && now >= refundableUntil) {
    return refuse('REFUND_WINDOW_EXPIRED', { ...subject, refundable_until: refundableUntil.toISOString() });
  }
  if (rail === null || !rail.capabilities.includes('refund') || !payment.single) {
    return { ok: true, amount, manual: true };
  }
  if (amount.value < payment.total.value && !rail.capabilities.includes('partial_refund')) {
    return lacks(rail, 'partial_refund', subject);
  }
  // The rail counts by its own payment, so what went back of the same arrival as excess counts here.
  const earlier = refunds.some(
    (refund) => (refund.inflowId === null || refund.inflowId === payment.inflowId) && !cameToNothing(refund),
  );
  if (earlier && !rail.capabilities.includes('multiple_refunds')) return lacks(rail, 'multiple_refunds', subject);
  const precision = amount.value % railUnit(rail, currency);
  if (precision !== 0n) {
    return refuse('AMOUNT_PRECISION_UNSUPPORTED', { ...subject, channel: rail.id }, 'amount.value');
  }
  return { ok: true, amount, manual: false };
}

/**
 * The refund that a repeated request asks for: agents sometimes mint a fresh key for the same purpose. Same payment, amount
 * and reason; open, or done within the last ten minutes.
 */
export function sameRefund(
  intent: PaymentIntent,
  refunds: readonly Refund[],
  { amount, reason }: RefundDemand,
  now: Date,
): Refund | null {
  const own = refunds.filter(({ inflowId }) => inflowId === null);
  const nothingLeft = refundedOrPlanned(own) >= intent.amountCaptured;
  const same = own.findLast(
    (refund) =>
      refund.reason === reason &&
      // "What is left" is what the first request took; while something is left, a second one means that.
      (amount === null ? nothingLeft : refund.amount.value === amount.value && isSameCurrency(refund.amount, amount)) &&
      (isOpen(refund.status) || isRecent(refund, now)),
  );
  return same ?? null;
}

function endOfWindow(rail: RefundRail | null, paidAt: Date): Date | null {
  return rail?.refundWindowMs === undefined ? null : new Date(paidAt.getTime() + rail.refundWindowMs);
}

function lacks(rail: RefundRail, capability: string, subject: object): RefundDecision {
  return {
    ...refuse('CHANNEL_CAPABILITY_UNSUPPORTED', { ...subject, channel: rail.id, capability }),
    message:
      capability === 'partial_refund'
        ? `The channel "${rail.id}" gives back a payment as a whole only.`
        : `The channel "${rail.id}" gives back a payment once only.`,
  };
}

function refuse(code: ErrorCode, details: Record<string, unknown>, param?: string) {
  return { ok: false, code, details, ...(param !== undefined && { param }) } as const;
}

const sum = (total: bigint, { amount }: Refund) => total + amount.value;
const isOpen = (status: Refund['status']) => status === 'requested' || status === 'processing';
const cameToNothing = ({ status }: Refund) => status === 'failed' || status === 'cancelled';
const isSameCurrency = (a: Money, b: Money) => a.currency === b.currency;
const isRecent = ({ succeededAt }: Refund, now: Date) =>
  succeededAt !== null && now.getTime() - succeededAt.getTime() < REMEMBERED_MS;
