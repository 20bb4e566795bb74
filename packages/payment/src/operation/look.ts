import type { Channel, Operation, OrderStatus } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import { sameMoney } from '../same-money.js';
import { channelOf } from './channel-of.js';

/** Asks the rail for the state of an order. A rail that answers no questions knows of nothing that we do not. */
export async function lookAtOrder({ channels, guard }: PaymentServices, order: Operation): Promise<OrderStatus> {
  const channel = channelOf(channels, order);
  if (channel.query === undefined) return { status: 'closed' };
  const asked = await guard.attempt(channel, 'query', (context) => channel.query!(order.reference, context));
  if (!asked.ok) return { status: 'unknown', failure: asked.failure };
  return contradicts(channel, order, asked.value)
    ? { status: 'unknown', failure: { category: 'mismatch' } }
    : asked.value;
}

// Where the payer cannot change the amount, another one is no over- or underpayment: the answer is not to be trusted. A
// hold may be taken in part, so there the amount of the order says nothing.
function contradicts({ capabilities }: Channel, { amount }: Operation, answer: OrderStatus): boolean {
  if (answer.status !== 'captured' || amount === null) return false;
  if (!capabilities.includes('amount_locked') || capabilities.includes('manual_capture')) return false;
  return !sameMoney(answer.credit.amount, amount);
}
