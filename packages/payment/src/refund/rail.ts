import { money } from '@itpay/core';
import { channelInstanceKey, channelReference, type Channel, type NewOperation, type Queryable } from '@itpay/kernel';
import type { Inflow } from '../inflow/inflow.js';
import type { PaymentIntent } from '../intent/intent.js';
import { sameRail, type Rail } from '../routing/rail-of-order.js';
import type { PaymentServices } from '../services.js';
import type { CountedPayment } from './decide.js';
import type { Refund } from './refund.js';

/** The rail over which money came: that of a paid intent, or of an inflow. */
type PaidRail = Rail & Pick<PaymentIntent, 'livemode'>;

/** The form of a number for which no rail says its own. */
const ANY_RAIL = { maxLength: 32, alphabet: '0123456789ABCDEFGHJKMNPQRSTVWXYZ' };

/**
 * The channel instance that took a payment: rail, mode and merchant account.
 *
 * @returns null when it is no longer configured; another merchant account of the same rail knows nothing of the payment
 */
export function railOf({ channels }: PaymentServices, paid: PaidRail): Channel | null {
  return channels.byKey(instanceOf(paid)) ?? null;
}

/** Our number of a refund at its rail: the same for every attempt. */
export function refundReference(refundId: string, rail: Channel | null): string {
  return channelReference({ objectId: refundId, kind: 'refund', ordinal: 1 }, rail?.reference ?? ANY_RAIL);
}

/** The call to the rail that a refund needs. */
export function newRefundOperation(
  { ids }: PaymentServices,
  paid: PaidRail,
  refund: Refund,
  purpose?: string,
): NewOperation {
  return {
    id: ids.next('op'),
    account: refund.account,
    livemode: refund.livemode,
    object: 'refund',
    objectId: refund.id,
    paymentIntentId: refund.paymentIntentId,
    kind: 'refund',
    channel: paid.channel,
    channelInstance: instanceOf(paid),
    reference: refund.channelRefundReference,
    ordinal: 1,
    amount: refund.amount,
    ...(purpose !== undefined && { purpose }),
  };
}

/** The payment at the rail that a refund takes back. */
export interface PaymentAtRail {
  /** The order under which it came. */
  readonly reference: string;
  readonly channelTransactionId: string;
  readonly total: { readonly currency: string; readonly value: bigint };
}

/** What the rail has to know about the payment: of the inflow that goes back, or else of the one that was counted. */
export async function paymentAtRail(
  services: PaymentServices,
  on: Queryable,
  intent: PaymentIntent,
  refund: Refund,
): Promise<PaymentAtRail> {
  const inflow =
    refund.inflowId === null
      ? countedIn(intent, await services.inflows.ofIntent(on, intent.id))
      : await services.inflows.find(on, refund, refund.inflowId);
  return {
    // The money may have come under an earlier order of the intent than its latest one.
    reference: inflow?.channelReference ?? intent.channelReference,
    channelTransactionId: inflow?.channelTransactionId ?? intent.channelTransactionId ?? '',
    total: inflow?.amount ?? money(intent.amount.currency, intent.amountCaptured),
  };
}

/** The counted payment of an intent, from all money that arrived for it. */
export function countedPayment(intent: PaymentIntent, inflows: readonly Inflow[]): CountedPayment {
  const counted = countedIn(intent, inflows);
  return {
    inflowId: counted && counted.id,
    total: counted?.amount ?? money(intent.amount.currency, intent.amountCaptured),
    paidAt: counted?.paidAt ?? intent.capturedAt ?? intent.updatedAt,
    // Several underpayments that completed a sum are several payments at the rail, and one refund takes back one of them.
    single: inflows.filter((inflow) => inflow.counted > 0n).length <= 1,
  };
}

function countedIn(intent: PaymentIntent, inflows: readonly Inflow[]): Inflow | null {
  const { channelTransactionId } = intent;
  // Two rails may use the same numbers.
  return (
    inflows.find((inflow) => inflow.channelTransactionId === channelTransactionId && sameRail(inflow, intent)) ?? null
  );
}

function instanceOf({ channel, livemode, merchantAccount }: PaidRail): string {
  return channelInstanceKey({ id: channel, mode: livemode ? 'live' : 'test', merchantAccount });
}
