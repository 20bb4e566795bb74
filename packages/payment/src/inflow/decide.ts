import type { Money } from '@itpay/core';
import { STATUS_RANK, type IntentStatus } from '../intent/machine.js';
import type { InflowKind, PaymentPolicy, Policy } from './inflow.js';

/** What is known of the payment when money arrives for it. */
export interface ArrivalContext {
  readonly status: IntentStatus;
  readonly asked: Money;
  /** The sum of earlier underpayments that lie parked, in the currency of `asked`. */
  readonly parked: bigint;
  readonly policy: PaymentPolicy;
  /** The rail can send money back. */
  readonly canRefund: boolean;
}

/** What an arrival means, and what follows from it. */
export interface ArrivalDecision {
  readonly kind: InflowKind;
  readonly policy: Policy | null;
  /** What becomes of the part that is not counted; `applied` when all of it is counted. */
  readonly inflow: 'applied' | 'refunding' | 'parked';
  /** How much of this arrival is counted, in minor units. */
  readonly counted: bigint;
  /** The intent succeeds with this much captured; null: it stays as it is. */
  readonly captured: bigint | null;
}

/**
 * Decides about money that arrived for a known payment. Pure; the table of late, over, under, duplicate and wrong-currency
 * money is this function. Earlier parked underpayments count together with the arrival that completes the sum.
 */
export function decideArrival(amount: Money, context: ArrivalContext): ArrivalDecision {
  const { asked, policy, parked, canRefund } = context;
  const sendBack = canRefund ? 'refunding' : 'parked';
  const sum = amount.value + parked;
  const whole = (kind: InflowKind, by: Policy | null): ArrivalDecision => ({
    kind,
    policy: by,
    inflow: 'applied',
    counted: amount.value,
    captured: sum,
  });
  const aside = (kind: InflowKind, by: Policy): ArrivalDecision => ({
    kind,
    policy: by,
    inflow: by === 'auto_refund' ? sendBack : 'parked',
    counted: 0n,
    captured: null,
  });

  if (amount.currency !== asked.currency) return aside('wrong_currency', 'park');
  const rank = STATUS_RANK[context.status];
  if (rank >= 4) return aside('duplicate', 'auto_refund');
  if (rank === 3) {
    // An amount that is too small as well cannot make a closed payment whole, whatever the policy for late money.
    return policy.late === 'accept' && sum >= asked.value ? whole('late', 'accept') : aside('late', policy.late);
  }
  if (sum === asked.value) return whole('exact', null);
  if (sum < asked.value) return policy.under === 'accept' ? whole('under', 'accept') : aside('under', policy.under);
  if (policy.over === 'accept') return whole('over', 'accept');
  return { ...aside('over', policy.over), counted: asked.value - parked, captured: asked.value };
}
