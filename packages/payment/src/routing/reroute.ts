import {
  channelInstanceKey,
  insertOperation,
  nextWaitingQuery,
  operationsOfPayment,
  queuedOperation,
  saveOperation,
  type Actor,
  type NewOperation,
  type Operation,
  type Tx,
} from '@itpay/kernel';
import type { PaymentIntent } from '../intent/intent.js';
import { closeAt } from '../intent/plan.js';
import { presentQr } from '../intent/present.js';
import type { PaymentServices } from '../services.js';
import { firstOrder, type NewOrder } from './order-at.js';
import { rankChannels } from './rank.js';

/**
 * Moves an intent whose order certainly does not exist to the next channel that can take it, while no QR was shown and its
 * time is not over. In the transaction that records how the order failed; the intent is locked. Where the code is built
 * here it is shown at once, else the next order is opened after the commit. The failed operation stays as history.
 *
 * @param failed `declined` or `not_sent`: of any other outcome the order may exist
 * @returns false when there is nowhere to go, and nothing was written
 */
export async function reroute(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  intent: PaymentIntent,
  failed: Operation,
): Promise<boolean> {
  const now = services.clock.now();
  // `pending` is the state in which nobody has seen a code.
  if (intent.status !== 'pending' || intent.expiresAt <= now) return false;
  const order = await nextOrder(services, tx, intent, failed, now);
  if (order === null) return false;

  const { channel, reference, expiresAt, shown } = order;
  const moved: PaymentIntent = {
    ...intent,
    channel: channel.id,
    merchantAccount: channel.merchantAccount,
    channelReference: reference,
    expiresAt,
    version: intent.version + 1,
    updatedAt: now,
  };
  await services.store.save(tx, moved);
  await services.store.setTimes(tx, moved, closeAt(moved, channel));
  // One order at a time is open, and nobody sends this one again.
  await saveOperation(tx, { ...failed, orderOpen: false, nextQueryAt: null });
  await services.audit.append(tx, actor, [
    { action: 'rerouted', objectId: intent.id, fromState: intent.channel, toState: channel.id },
  ]);
  tx.afterCommit(() => services.outbox.announce([intent.id]));

  const operation = operationFor(services, order, failed);
  if (shown === null) {
    await services.idempotency.passOn(tx, failed.id, operation.id);
    await services.engine.beginNext(tx, operation, failed);
  } else {
    const nextQueryAt = channel.query ? nextWaitingQuery(now, 0) : null;
    await insertOperation(tx, { ...queuedOperation(operation, now), state: 'succeeded', nextQueryAt });
    await presentQr(services, tx, actor, moved, shown);
  }
  return true;
}

async function nextOrder(
  { channels, guard, logger }: PaymentServices,
  tx: Tx,
  intent: PaymentIntent,
  failed: Operation,
  now: Date,
): Promise<NewOrder | null> {
  const orders = (await operationsOfPayment(tx, intent.id)).filter(({ kind }) => kind === 'authorize');
  const tried = new Set(orders.map(({ channel }) => channel));
  const left = intent.allowedChannels
    .filter((name) => !tried.has(name))
    .flatMap((name) => channels.get(name, intent.livemode ? 'live' : 'test') ?? []);
  // What was not sent can be sent again, so it need not move to where it would not be sent either.
  const usable = failed.state === 'not_sent' ? left.filter((channel) => guard.admits(channel)) : left;
  const { ranked } = rankChannels(intent, usable, (channel) => !guard.admits(channel));
  const { id: intentId, amount, description, createdAt, expiresIn } = intent;
  const ordinal = failed.ordinal + 1;
  try {
    return firstOrder(ranked, { intentId, ordinal, amount, description, createdAt, expiresIn }, now).order;
  } catch (error) {
    // What is known of the failed order must not be lost over a bug in the code of the next channel.
    logger.error({ err: error, intent: intentId }, 'A payment could not move to the next channel.');
    return null;
  }
}

function operationFor({ ids }: PaymentServices, { channel, reference }: NewOrder, failed: Operation): NewOperation {
  return {
    id: ids.next('op'),
    account: failed.account,
    livemode: failed.livemode,
    object: failed.object,
    objectId: failed.objectId,
    paymentIntentId: failed.paymentIntentId,
    kind: 'authorize',
    channel: channel.id,
    channelInstance: channelInstanceKey(channel),
    reference,
    ordinal: failed.ordinal + 1,
    amount: failed.amount,
  };
}
