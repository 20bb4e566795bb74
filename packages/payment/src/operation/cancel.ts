import { channelReference, type Operation, type OrderStatus, type Outcome, type Tx } from '@itpay/kernel';
import { ItPayError } from '@itpay/core';
import { changeIntent } from '../intent/change.js';
import { isOpen, STATUS_RANK } from '../intent/machine.js';
import { toPlain } from '../intent/wire.js';
import type { PaymentServices } from '../services.js';
import { concludeVoid } from '../void/conclude.js';
import { findVoid } from '../void/store.js';
import { toPlainVoid } from '../void/wire.js';
import { answerWithIntent } from './answer.js';
import { channelOf } from './channel-of.js';
import { toOutcome } from './failure.js';
import { failedAnswer, type Asked, type OperationHandler } from './handler.js';
import { lookAtOrder } from './look.js';
import { applyOrderStatus } from './order-news.js';
import { closeOrder, orderOf } from './order.js';
import { EXPIRE, REPLACE } from './new-cancel.js';

/** How the closing of an order ended. When it was paid in the meantime, paid wins. */
type Closed = { readonly order: OrderStatus };

/** Closing an order: the rail closes it, then is asked once more, and then we decide. */
export function cancelHandler(services: PaymentServices): OperationHandler<Closed> {
  const { guard, channels, store, database } = services;

  const look = async (operation: Operation) => lookAtOrder(services, await orderOf(database, operation));

  /** What the rail's word about the order means for its closing. */
  function verdict(order: OrderStatus): Outcome<Closed> {
    switch (order.status) {
      case 'closed':
      case 'not_found':
        return { outcome: 'succeeded', value: { order } };
      case 'captured':
        return { outcome: 'succeeded', value: { order } };
      case 'unknown':
        return { outcome: 'unknown', failure: order.failure };
      default:
        return { outcome: 'not_sent', failure: { category: 'not_processed' } };
    }
  }

  return {
    // What we close by ourselves is only what waits for its payer: a hold is the merchant's to release.
    async wanted(tx, { paymentIntentId, purpose }) {
      const { status } = await store.lockAny(tx, paymentIntentId);
      return isOurs(purpose) ? isOpen(status) : STATUS_RANK[status] < 3;
    },

    async call(operation) {
      const channel = channelOf(channels, operation);
      const order = await orderOf(database, operation);
      const closed = toOutcome(
        await guard.attempt(channel, 'cancel', (context) => channel.cancel!(order.reference, context)),
      );
      if (closed.outcome !== 'succeeded') return closed;
      const after = await look(operation);
      // The rail said that it closed the order; a "not found" afterwards is the same.
      return verdict(after.status === 'pending' && closed.value.result === 'closed' ? { status: 'closed' } : after);
    },

    async ask(operation): Promise<Asked<Closed>> {
      const order = await look(operation);
      if (order.status === 'unknown') return { kind: 'nothing_new', failure: order.failure };
      return { kind: 'outcome', outcome: verdict(order) };
    },

    async apply(tx, actor, operation, outcome) {
      if (outcome.outcome === 'declined') await concludeVoid(services, tx, actor, operation.purpose!, 'failed');
      if (outcome.outcome !== 'succeeded') return;
      const { order } = outcome.value;
      const opened = await orderOf(tx, operation);
      if (order.status === 'captured') {
        await applyOrderStatus(services, tx, actor, opened, order);
        const { status } = await store.lockAny(tx, operation.paymentIntentId);
        // Money that does not count, too little or of another currency, has not paid it: the order is used up, and it ends.
        if (STATUS_RANK[status] > 3) return concludeVoid(services, tx, actor, operation.purpose!, 'failed');
      }
      await closeOrder(tx, opened, services.clock.now());
      await afterClosing(services, tx, operation, opened, actor);
    },

    async answer(on, operation) {
      const { account, livemode, paymentIntentId, purpose } = operation;
      const owner = { account, livemode };
      const found = await store.find(on, owner, paymentIntentId);
      const { intent } = found!;
      const refused = (message: string) =>
        failedAnswer(
          new ItPayError('INVALID_STATE_TRANSITION', {
            message,
            details: {
              object: 'payment_intent',
              id: paymentIntentId,
              current: intent.status,
              requested: 'cancel',
              allowed: [],
              intent: toPlain(intent),
            },
          }),
          true,
        );
      if (STATUS_RANK[intent.status] > 3 && purpose !== EXPIRE && operation.state !== 'unknown') {
        return refused(`${paymentIntentId} was paid before it could be cancelled. Refund it instead.`);
      }
      if (operation.state === 'declined') {
        return refused(
          `The channel does not close this order now. It ends by itself at ${intent.expiresAt.toISOString()}; ` +
            'cancel again with a fresh key before that, or wait.',
        );
      }
      const answer = await answerWithIntent(services, on, operation, 200);
      if (answer.status >= 400) return answer;
      const voided = await findVoid(on, owner, purpose!);
      const body = JSON.stringify({ intent: JSON.parse(answer.body), void: voided && toPlainVoid(voided) });
      return { ...answer, body };
    },
  };
}

async function afterClosing(
  services: PaymentServices,
  tx: Tx,
  { purpose, paymentIntentId }: Operation,
  opened: Operation,
  actor: Parameters<typeof changeIntent>[2],
): Promise<void> {
  const intent = await services.store.lockAny(tx, paymentIntentId);
  // Somebody else ended it meanwhile.
  if (STATUS_RANK[intent.status] >= 3) return concludeVoid(services, tx, actor, purpose!, 'failed');
  if (!isOurs(purpose)) {
    await changeIntent(services, tx, actor, intent, ['cancel']);
    return concludeVoid(services, tx, actor, purpose!, 'voided');
  }
  // The payer authorized it while its order was being closed: the hold went with the order.
  if (!isOpen(intent.status)) await changeIntent(services, tx, actor, intent, ['cancel']);
  else if (purpose === REPLACE) await reopen(services, tx, opened);
  else await changeIntent(services, tx, actor, intent, ['expire']);
}

/** Whether nobody asked for this closing: it is no void. */
const isOurs = (purpose: string | null | undefined) => purpose === EXPIRE || purpose === REPLACE;

/** The next order of an intent, now that the one before is known to be closed. */
async function reopen({ engine, ids, channels, store }: PaymentServices, tx: Tx, closed: Operation): Promise<void> {
  const channel = channelOf(channels, closed);
  const ordinal = closed.ordinal + 1;
  const reference = channelReference({ objectId: closed.objectId, kind: 'authorize', ordinal }, channel.reference);
  const intent = await store.lockAny(tx, closed.paymentIntentId);
  await store.save(tx, { ...intent, channelReference: reference, version: intent.version + 1 });
  await engine.queue(tx, {
    id: ids.next('op'),
    account: closed.account,
    livemode: closed.livemode,
    object: closed.object,
    objectId: closed.objectId,
    paymentIntentId: closed.paymentIntentId,
    kind: 'authorize',
    channel: closed.channel,
    channelInstance: closed.channelInstance,
    reference,
    ordinal,
    amount: closed.amount,
  });
}
