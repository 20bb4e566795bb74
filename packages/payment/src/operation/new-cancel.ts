import type { IdGenerator, NewOperation, Operation } from '@itpay/kernel';

/** The purpose of a cancel because the time of the intent is over. Any other purpose is the id of a void. */
export const EXPIRE = 'expire';

/** The purpose of a cancel after which the order is opened again under the next number. */
export const REPLACE = 'replace';

/** A new operation that closes the order, or releases the hold, of an intent. */
export function newCancel(ids: IdGenerator, order: Operation, purpose: string, ordinal = order.ordinal): NewOperation {
  return {
    id: ids.next('op'),
    account: order.account,
    livemode: order.livemode,
    object: 'payment_intent',
    objectId: order.objectId,
    paymentIntentId: order.paymentIntentId,
    kind: 'cancel',
    channel: order.channel,
    channelInstance: order.channelInstance,
    // Rails close an order by the order's own number; this one is ours, so that the row is unique.
    reference: `${order.reference}:cancel:${ordinal}:${purpose}`,
    ordinal,
    amount: null,
    purpose,
  };
}
