import { operationsOfPayment, type Operation, type Queryable } from '@itpay/kernel';
import type { PaymentIntent } from '../intent/intent.js';

/** The channel that moves the money of an order, and who receives it there. */
export interface Rail {
  readonly channel: string;
  readonly merchantAccount: string;
}

/** An order of a payment, and where it was opened. */
export interface PlacedOrder extends Rail {
  readonly reference: string;
}

/** Where the orders of a payment were opened, the first one in front. It has more than one after a fail-over. */
export async function placedOrders(on: Queryable, { id }: Pick<PaymentIntent, 'id'>): Promise<PlacedOrder[]> {
  const orders = (await operationsOfPayment(on, id)).filter(({ kind }) => kind === 'authorize');
  return orders.toSorted((a, b) => a.ordinal - b.ordinal).map(placed);
}

/**
 * The rail under whose order money came. It may be an earlier one than where the intent is now: a channel that had refused
 * the order may report money for it all the same.
 *
 * @param reference the order; null when nobody said
 */
export async function railOfOrder(on: Queryable, intent: PaymentIntent, reference: string | null): Promise<Rail> {
  if (reference === null || reference === intent.channelReference) return intent;
  return (await placedOrders(on, intent)).find((order) => order.reference === reference) ?? intent;
}

/** Whether a payment has, or had, an order there. */
export async function wasPlacedAt(on: Queryable, intent: PaymentIntent, rail: Rail): Promise<boolean> {
  return sameRail(intent, rail) || (await placedOrders(on, intent)).some((order) => sameRail(order, rail));
}

export const sameRail = (a: Rail, b: Rail): boolean =>
  a.channel === b.channel && a.merchantAccount === b.merchantAccount;

// An instance is written `channel:mode:merchant account`, and only the last part may hold a colon.
function placed({ channel, channelInstance, reference }: Operation): PlacedOrder {
  const [, , ...merchantAccount] = channelInstance.split(':');
  return { channel, merchantAccount: merchantAccount.join(':'), reference };
}
