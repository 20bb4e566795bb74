import type { Money } from '@itpay/core';
import type { IntentStatus } from '../intent/machine.js';
import { decideArrival, type ArrivalDecision } from './decide.js';
import type { Inflow } from './inflow.js';

/** What is known of the payment for which an operator wants money to count. */
export interface ApplyContext {
  readonly status: IntentStatus;
  readonly asked: Money;
  /** The sum of other underpayments that lie parked for it. */
  readonly parked: bigint;
  /** The operator accepts less than was asked for. */
  readonly acceptUnder: boolean;
}

/** Why money cannot count for a payment. */
export type ApplyRefusal =
  /** It is paid, and what it was paid with does not change. */
  | 'paid'
  | 'other_currency'
  | 'too_little'
  /** It is closed, and only the whole amount opens it again. */
  | 'too_little_for_closed';

export type ApplyDecision =
  | { readonly ok: true; readonly decision: ArrivalDecision & { readonly captured: bigint } }
  | { readonly ok: false; readonly refusal: ApplyRefusal };

/**
 * Decides whether money that lies aside can count for a payment when an operator says so. Pure. The operator's word stands
 * over the merchant's policies for late and for too much money; less than was asked for needs a word of its own.
 */
export function decideApply(inflow: Pick<Inflow, 'amount' | 'counted'>, context: ApplyContext): ApplyDecision {
  const { status, asked, parked, acceptUnder } = context;
  const uncounted = { currency: inflow.amount.currency, value: inflow.amount.value - inflow.counted };
  const decision = decideArrival(uncounted, {
    status,
    asked,
    parked,
    policy: { late: 'accept', over: 'accept', under: acceptUnder ? 'accept' : 'park' },
    canRefund: false,
  });
  const { captured, kind } = decision;
  if (captured !== null) return { ok: true, decision: { ...decision, captured } };
  return { ok: false, refusal: REFUSALS[kind] ?? 'too_little' };
}

const REFUSALS: Readonly<Partial<Record<ArrivalDecision['kind'], ApplyRefusal>>> = {
  duplicate: 'paid',
  wrong_currency: 'other_currency',
  under: 'too_little',
  late: 'too_little_for_closed',
};
