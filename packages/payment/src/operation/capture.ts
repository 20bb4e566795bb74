import { type Credit, type Operation } from '@itpay/kernel';
import { receiveMoney } from '../inflow/receive.js';
import { changeIntent } from '../intent/change.js';
import { sameMoney } from '../same-money.js';
import type { PaymentServices } from '../services.js';
import { answerWithIntent } from './answer.js';
import { channelOf } from './channel-of.js';
import { declineCode, failed, toOutcome } from './failure.js';
import type { Asked, OperationHandler } from './handler.js';
import { lookAtOrder } from './look.js';
import { orderOf } from './order.js';

/** Taking money that the rail holds. */
export function captureHandler(services: PaymentServices): OperationHandler<Credit> {
  const { guard, channels, store, database } = services;
  return {
    wanted: async (tx, { paymentIntentId }) => (await store.lockAny(tx, paymentIntentId)).status === 'authorized',

    async call(operation) {
      const channel = channelOf(channels, operation);
      const order = await orderOf(database, operation);
      const outcome = toOutcome(
        await guard.attempt(channel, 'capture', (context) =>
          channel.capture!(
            { reference: order.reference, captureReference: operation.reference, amount: operation.amount! },
            context,
          ),
        ),
      );
      // An answer about another amount than was asked for is not an answer to the question.
      const trusted = outcome.outcome !== 'succeeded' || sameMoney(outcome.value.amount, operation.amount!);
      return trusted ? outcome : failed({ category: 'mismatch' });
    },

    async ask(operation): Promise<Asked<Credit>> {
      const order = await lookAtOrder(services, await orderOf(database, operation));
      switch (order.status) {
        case 'captured':
          return { kind: 'outcome', outcome: { outcome: 'succeeded', value: order.credit } };
        case 'closed':
          return { kind: 'outcome', outcome: { outcome: 'declined', failure: { category: 'expired' } } };
        // The hold stands. The capture may still be on its way, so it takes two such answers to say that it never was.
        case 'authorized':
        case 'not_found':
          return { kind: 'not_found' };
        default:
          return { kind: 'nothing_new' };
      }
    },

    async apply(tx, actor, operation, outcome) {
      if (outcome.outcome === 'succeeded') {
        await receiveMoney(services, tx, actor, {
          intentId: operation.paymentIntentId,
          credit: outcome.value,
          source: 'capture',
          channelReference: (await orderOf(tx, operation)).reference,
        });
        return;
      }
      if (outcome.outcome !== 'declined') return;
      const intent = await store.lockAny(tx, operation.paymentIntentId);
      if (intent.status !== 'authorized') return;
      const failure = {
        code: declineCode(operation.failure!),
        category: operation.failure!.category,
        message: 'The channel refused to take the held money.',
      };
      await changeIntent(services, tx, actor, intent, ['fail'], { fields: { failure } });
    },

    answer: (on, operation: Operation) => answerWithIntent(services, on, operation, 200),
  };
}
