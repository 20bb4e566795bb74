import { findByReference, type Actor, type Operation, type Tx } from '@itpay/kernel';
import { EXPIRE, newCancel } from '../operation/new-cancel.js';
import { closeOrder, orderOf } from '../operation/order.js';
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
  for (const id of due) await expireOne(services, id);
  return due.length > 0;
}

async function expireOne(services: PaymentServices, intentId: string): Promise<void> {
  const order = await orderOf(services.database, { paymentIntentId: intentId });
  const channel = services.channels.byKey(order.channelInstance);
  if (order.state === 'succeeded' && channel?.cancel) return closeAtChannel(services, order);
  if (order.state === 'succeeded' && channel?.query) await services.engine.askNow(order);
  const unsettled = order.state !== 'succeeded' && order.state !== 'not_sent' && order.state !== 'declined';
  if (unsettled) return;
  await services.database.transaction(async (tx) => {
    const intent = await services.store.lockAny(tx, intentId);
    if (isOpen(intent.status)) await expireNow(services, tx, schedulerOf(intent), intent);
  });
}

async function closeAtChannel(services: PaymentServices, order: Operation): Promise<void> {
  const cancel = newCancel(services.ids, order, EXPIRE);
  const refused = await services.database.transaction(async (tx) => {
    const intent = await services.store.lockAny(tx, order.paymentIntentId);
    if (!isOpen(intent.status)) return null;
    const before = await findByReference(tx, order.channelInstance, cancel.reference);
    if (before === null) await services.engine.queue(tx, cancel);
    return before?.state === 'not_sent' ? before : null;
  });
  // The rail would not close it a minute ago; the same request may be sent again.
  if (refused !== null) await services.engine.resume(refused.id);
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
