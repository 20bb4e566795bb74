import { findByReference, type Actor, type Operation, type Tx } from '@itpay/kernel';
import { EXPIRE, newCancel } from '../operation/new-cancel.js';
import { channelActor } from '../operation/channel-actor.js';
import { lookAtOrder } from '../operation/look.js';
import { applyOrderStatus } from '../operation/order-news.js';
import { closeOrder, orderOf } from '../operation/order.js';
import { underWay } from '../operation/under-way.js';
import type { PaymentServices } from '../services.js';
import { changeIntent } from './change.js';
import type { PaymentIntent } from './intent.js';
import { isOpen } from './machine.js';

const BATCH = 50;
/** An intent that could not be closed yet is looked at again after this time. */
const AGAIN_MS = 60_000;

/**
 * Closes intents whose time is over: the order is closed at the rail, the rail is asked once more, then the intent expires.
 * An order whose outcome is unknown keeps its intent open until it is known: what may be paid has not expired.
 *
 * @returns whether there was anything to do
 */
export async function expireDue(services: PaymentServices): Promise<boolean> {
  const now = services.clock.now();
  const due = await services.store.takeDue(now, new Date(now.getTime() + AGAIN_MS), BATCH);
  for (const id of due) {
    // One whose channel is configured no more keeps no other from closing.
    await expireOne(services, id).catch((error: unknown) => {
      services.logger.error({ err: error, intent: id }, 'An intent whose time is over could not be closed.');
    });
  }
  return due.length > 0;
}

async function expireOne(services: PaymentServices, intentId: string): Promise<void> {
  const order = await orderOf(services.database, { paymentIntentId: intentId });
  switch (order.state) {
    case 'succeeded':
    case 'pending':
      return (await closeAtChannel(services, order)) ? undefined : expireHere(services, order);
    case 'declined':
    case 'not_sent':
      return services.database.transaction((tx) => expireIfOpen(services, tx, order));
    default:
      // It is on its way, or may exist: what may be paid has not expired.
      return;
  }
}

/** @returns false when the rail closes no orders, or has refused to close this one */
async function closeAtChannel(services: PaymentServices, order: Operation): Promise<boolean> {
  if (services.channels.byKey(order.channelInstance)?.cancel === undefined) return false;
  const cancel = newCancel(services.ids, order, EXPIRE);
  const before = await services.database.transaction(async (tx) => {
    const intent = await services.store.lockAny(tx, order.paymentIntentId);
    // Where a void is closing the order already, this looks again when that has ended.
    if (!isOpen(intent.status) || (await underWay(tx, intent.id)) !== null) return cancel;
    const found = await findByReference(tx, order.channelInstance, cancel.reference);
    return found ?? services.engine.queue(tx, cancel);
  });
  return !('state' in before) || before.state !== 'declined';
}

/** The order cannot be closed, so the last word before the decision is a question. Paid wins. */
async function expireHere(services: PaymentServices, order: Operation): Promise<void> {
  const last = await lookAtOrder(services, order);
  if (last.status === 'unknown') return;
  await services.database.transaction(async (tx) => {
    await services.store.lockAny(tx, order.paymentIntentId);
    await applyOrderStatus(services, tx, channelActor(order), order, last);
    await expireIfOpen(services, tx, order);
  });
}

async function expireIfOpen(services: PaymentServices, tx: Tx, { paymentIntentId }: Operation): Promise<void> {
  const intent = await services.store.lockAny(tx, paymentIntentId);
  if (isOpen(intent.status)) await expireNow(services, tx, schedulerOf(intent), intent);
}

/** Expires an open intent whose order cannot be paid any more, or on a rail where that cannot be prevented. */
export async function expireNow(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  intent: PaymentIntent,
): Promise<PaymentIntent> {
  await closeOrder(tx, await orderOf(tx, { paymentIntentId: intent.id }), services.clock.now());
  return changeIntent(services, tx, actor, intent, ['expire']);
}

function schedulerOf({ account, livemode }: PaymentIntent): Actor {
  return { account, livemode, id: 'scheduler', requestId: null };
}
