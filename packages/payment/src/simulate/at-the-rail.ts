import { isItPayError, ItPayError, type Money } from '@itpay/core';
import {
  findByReference,
  type Channel,
  type IdempotencyKey,
  type NetworkedSimulatedRail,
  type Operation,
  type PayerAct,
} from '@itpay/kernel';
import { invalidTransition } from '../intent/change.js';
import { expireNow } from '../intent/expire.js';
import type { PaymentIntent, PresentedIntent } from '../intent/intent.js';
import { isOpen, STATUS_RANK } from '../intent/machine.js';
import { channelActor } from '../operation/channel-actor.js';
import { lookAtOrder } from '../operation/look.js';
import { EXPIRE, newCancel } from '../operation/new-cancel.js';
import { applyOrderStatus } from '../operation/order-news.js';
import { underWay } from '../operation/under-way.js';
import type { PaymentServices } from '../services.js';
import { lessThan, moreThan } from './amounts.js';
import type { SimulatedEvent } from './event.js';

/** Whoever pays late began to pay a moment before the order ended. */
const BEFORE_THE_END_MS = 1_000;

/** A payer at the simulator of a networked rail, and the channel that it pays through. */
export interface PayerAtTheRail {
  readonly channel: Channel;
  readonly rail: NetworkedSimulatedRail;
}

export interface ActRequest {
  readonly shown: PresentedIntent;
  /** The latest order of the payment. */
  readonly order: Operation;
  readonly event: SimulatedEvent;
  readonly key: IdempotencyKey | null;
  /** The payer may have done this under the key already. */
  readonly repeated: boolean;
}

/**
 * Lets the payer act at the rail. No transaction is open meanwhile, and of repetitions under one key the payer does one.
 *
 * @throws ItPayError `INVALID_STATE_TRANSITION`, `CHANNEL_CAPABILITY_UNSUPPORTED`, or what the payer says
 */
export async function actAtTheRail(
  services: PaymentServices,
  { channel, rail }: PayerAtTheRail,
  { shown, order, event, key, repeated }: ActRequest,
): Promise<void> {
  const { intent } = shown;
  requirePossible(channel, event);
  // A closed or paid intent shows nothing; whoever repeats a request may have paid it.
  if (event !== 'paid_late' && shown.qr === null && !repeated) throw invalidTransition(intent, 'capture');
  const act =
    event === 'paid_late'
      ? await lateAct(services, channel, intent, order)
      : actOn(shown.qr?.qrData ?? order.reference, event, intent.amount);
  try {
    await rail.play({ ...act, ...(key && { key: nameOf(key) }) });
  } catch (error) {
    // The rail refuses what was done already. When it knew more than we did, that is the reason.
    if (isItPayError(error) && error.code === 'PARAMETER_INVALID') await requireStillOpen(services, order, event);
    throw error;
  }
}

function actOn(reference: string, event: Exclude<SimulatedEvent, 'paid_late'>, asked: Money): PayerAct {
  switch (event) {
    case 'scanned':
      return { action: 'scan', reference };
    case 'declined':
      return { action: 'decline', reference };
    case 'paid':
      return { action: 'pay', reference };
    case 'underpaid':
      return { action: 'pay', reference, amount: lessThan(asked) };
    case 'overpaid':
      return { action: 'pay', reference, amount: moreThan(asked) };
    case 'paid_twice':
      return { action: 'pay', reference, times: 2 };
  }
}

/** Where a code is bound to one order and its amount, it is paid with that, and once. */
function requirePossible({ id, capabilities }: Channel, event: SimulatedEvent): void {
  if (!capabilities.includes('amount_locked')) return;
  if (event !== 'underpaid' && event !== 'overpaid' && event !== 'paid_twice') return;
  throw new ItPayError('CHANNEL_CAPABILITY_UNSUPPORTED', {
    message:
      `A payer of "${id}" pays what the code asks for, and once. Use scanned, paid, declined or paid_late; ${event} is for ` +
      'rails without amount_locked.',
    param: 'event',
    details: { channel: id, capability: 'simulate' },
  });
}

async function lateAct(
  services: PaymentServices,
  channel: Channel,
  intent: PaymentIntent,
  order: Operation,
): Promise<PayerAct> {
  // An order of which nobody knows whether it exists cannot be ended here.
  if (isOpen(intent.status) && order.state !== 'succeeded') throw invalidTransition(intent, 'expire');
  const closedAt = intent.closedAt ?? services.clock.now();
  const end = Math.min(closedAt.getTime(), intent.expiresAt.getTime());
  await expire(services, channel, order);
  return { action: 'pay', reference: order.reference, paidAt: new Date(end - BEFORE_THE_END_MS) };
}

/** Money is late for an intent that is closed; an open one expires first, and its order is closed at the rail. */
async function expire(services: PaymentServices, { cancel }: Channel, order: Operation): Promise<void> {
  const { database, store } = services;
  const closing = cancel && (await close(services, order));
  const left = await database.transaction(async (tx) => {
    const intent = await store.lockAny(tx, order.paymentIntentId);
    const rest = isOpen(intent.status) && (closing === undefined || closing?.state === 'declined');
    return rest ? expireNow(services, tx, channelActor(order), intent) : intent;
  });
  if (STATUS_RANK[left.status] !== STATUS_RANK.expired) throw invalidTransition(left, 'expire');
}

/** @returns how the closing went; null when the intent is not open, or something else is under way */
async function close({ database, engine, ids, store }: PaymentServices, order: Operation): Promise<Operation | null> {
  const cancel = newCancel(ids, order, EXPIRE);
  const begun = await database.transaction(async (tx) => {
    const intent = await store.lockAny(tx, order.paymentIntentId);
    if (!isOpen(intent.status) || (await underWay(tx, intent.id)) !== null) return null;
    const known = await findByReference(tx, order.channelInstance, cancel.reference);
    return known ?? engine.begin(tx, cancel);
  });
  if (begun === null) return null;
  return begun.id === cancel.id ? engine.perform(begun) : engine.resume(begun.id);
}

async function requireStillOpen(services: PaymentServices, order: Operation, event: SimulatedEvent): Promise<void> {
  if (event === 'paid_late') return;
  await hearTheRail(services, order);
  const now = (await services.store.findForPayer(order.paymentIntentId))!;
  if (now.qr === null) throw invalidTransition(now.intent, 'capture');
}

/**
 * Asks the rail for the order and books what it says, because a notification may still be on its way. The questions that are
 * planned keep their rhythm.
 */
export async function hearTheRail(services: PaymentServices, order: Operation): Promise<void> {
  const status = await lookAtOrder(services, order);
  await services.database.transaction(async (tx) => {
    await services.store.lockAny(tx, order.paymentIntentId);
    await applyOrderStatus(services, tx, channelActor(order), order, status);
  });
}

/** What the rail knows a repetition by. */
const nameOf = ({ scopeHash, requestHash }: IdempotencyKey) => Buffer.concat([scopeHash, requestHash]).toString('hex');
