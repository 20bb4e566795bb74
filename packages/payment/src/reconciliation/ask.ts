import type { Operation } from '@itpay/kernel';
import { bookPayment } from '../inflow/book-payment.js';
import { channelActor } from '../operation/channel-actor.js';
import { lookAtOrder } from '../operation/look.js';
import { isOpenQuestion } from '../operation/routes.js';
import { paymentAtRail } from '../refund/rail.js';
import type { PaymentServices } from '../services.js';

/**
 * Asks the rail about an order or a refund that a file tells otherwise, and books what it says. A file itself books nothing
 * on such a rail.
 *
 * @returns the rail's word, or null where it cannot be asked
 */
export async function askAbout(services: PaymentServices, operation: Operation): Promise<string | null> {
  switch (operation.kind) {
    case 'authorize':
      return askAboutOrder(services, operation);
    case 'refund':
      return askAboutRefund(services, operation);
    default:
      return null;
  }
}

async function askAboutOrder(services: PaymentServices, operation: Operation): Promise<string | null> {
  const { channels, database, engine, store } = services;
  if (channels.byKey(operation.channelInstance)?.query === undefined) return null;
  if (isOpenQuestion(operation, true)) {
    const { state } = await engine.askNow(operation);
    return state === 'succeeded' ? 'answered' : state;
  }
  // Nobody waits for this order any more, so the question must not begin its schedule again.
  const order = await lookAtOrder(services, operation);
  if (order.status === 'captured') {
    await database.transaction(async (tx) => {
      const { id: intentId } = await store.lockAny(tx, operation.paymentIntentId);
      const { credit } = order;
      const channelReference = operation.reference;
      await bookPayment(services, tx, channelActor(operation), { intentId, credit, source: 'query', channelReference });
    });
  }
  return order.status;
}

async function askAboutRefund(services: PaymentServices, operation: Operation): Promise<string | null> {
  const { channels, database, engine, guard, refunds, store } = services;
  const channel = channels.byKey(operation.channelInstance);
  if (channel?.queryRefund === undefined) return null;
  if (isOpenQuestion(operation, false)) return (await engine.askNow(operation)).state;
  if (operation.state !== 'succeeded') return null;
  // It is settled here, so that the answer changes nothing; the operator sees it.
  const refund = await refunds.find(database, operation, operation.objectId);
  const found = await store.find(database, operation, operation.paymentIntentId);
  if (refund === null || found === null) return null;
  const payment = await paymentAtRail(services, database, found.intent, refund);
  const { reference, channelTransactionId } = payment;
  const asked = await guard.attempt(channel, 'queryRefund', (context) =>
    channel.queryRefund!({ reference, channelTransactionId, refundReference: operation.reference }, context),
  );
  return asked.ok ? asked.value.status : 'unknown';
}
