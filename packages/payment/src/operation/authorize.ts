import {
  nextWaitingQuery,
  saveOperation,
  type Channel,
  type Operation,
  type OrderStatus,
  type Outcome,
  type QrPresentation,
} from '@itpay/kernel';
import { changeIntent } from '../intent/change.js';
import type { PaymentIntent } from '../intent/intent.js';
import { expireNow } from '../intent/expire.js';
import { isOpen } from '../intent/machine.js';
import { presentQr } from '../intent/present.js';
import { reroute } from '../routing/reroute.js';
import type { PaymentServices } from '../services.js';
import { answerWithIntent } from './answer.js';
import { channelOf } from './channel-of.js';
import { declineCode, failed, toOutcome } from './failure.js';
import type { Asked, OperationHandler } from './handler.js';
import { lookAtOrder } from './look.js';
import { orderOf } from './order.js';
import { applyOrderStatus } from './order-news.js';
import { newCancel, REPLACE } from './new-cancel.js';

/** What is known of an order once it exists: its code, or, when the answer was lost, what a question told. */
type Opened = { readonly shown: QrPresentation } | { readonly order: OrderStatus };

/** Opening an order at a rail with a network. */
export function authorizeHandler(services: PaymentServices): OperationHandler<Opened> {
  const { clock, guard, channels, store } = services;
  const isOver = ({ expiresAt }: PaymentIntent) => expiresAt <= clock.now();

  async function open(operation: Operation, channel: Channel): Promise<Outcome<Opened>> {
    const { intent } = (await store.findForPayer(operation.paymentIntentId))!;
    const outcome = toOutcome(
      await guard.attempt(channel, 'authorize', (context) =>
        channel.authorize!(
          {
            reference: operation.reference,
            amount: intent.amount,
            description: intent.description,
            expiresAt: intent.expiresAt,
            captureMethod: intent.captureMethod,
            notifyUrl: services.callbackUrl(channel),
          },
          context,
        ),
      ),
    );
    return outcome.outcome === 'succeeded' ? { outcome: 'succeeded', value: { shown: outcome.value } } : outcome;
  }

  return {
    async wanted(tx, { paymentIntentId, reference }) {
      const intent = await store.lockAny(tx, paymentIntentId);
      return isOpen(intent.status) && intent.channelReference === reference && !isOver(intent);
    },

    call: (operation) => open(operation, channelOf(channels, operation)),

    async ask(operation): Promise<Asked<Opened>> {
      const channel = channelOf(channels, operation);
      const order = await lookAtOrder(services, operation);
      if (order.status === 'unknown') return { kind: 'nothing_new', failure: order.failure };
      if (operation.state === 'succeeded') {
        if (order.status === 'pending' || order.status === 'not_found') return { kind: 'nothing_new' };
        return { kind: 'news', apply: (tx, actor) => applyOrderStatus(services, tx, actor, operation, order) };
      }
      if (order.status === 'not_found') return { kind: 'not_found' };
      if (order.status === 'closed') return { kind: 'outcome', outcome: failed({ category: 'expired' }) };
      if (order.status === 'pending' && channel.capabilities.includes('authorize_idempotent')) {
        // The order exists and its code was lost; the identical request gives the code again. One that fails takes nothing
        // back of what the rail has just said.
        const again = await open(operation, channel);
        if (again.outcome === 'succeeded') return { kind: 'outcome', outcome: again };
        return { kind: 'nothing_new', ...('failure' in again && { failure: again.failure }) };
      }
      return { kind: 'outcome', outcome: { outcome: 'succeeded', value: { order } } };
    },

    async apply(tx, actor, operation, outcome) {
      const intent = await store.lockAny(tx, operation.paymentIntentId);
      if (outcome.outcome === 'declined' || outcome.outcome === 'not_sent') {
        // Another order has taken its place already: what became of this one says nothing about the intent.
        if (intent.channelReference !== operation.reference) return;
        if (await reroute(services, tx, actor, intent, operation)) return;
      }
      if (outcome.outcome === 'declined' && isOpen(intent.status)) {
        if (operation.failure?.category === 'expired' && isOver(intent)) {
          await expireNow(services, tx, actor, intent);
          return;
        }
        await changeIntent(services, tx, actor, intent, ['fail'], { fields: { failure: failureOf(operation) } });
      }
      if (outcome.outcome !== 'succeeded') return;
      // A notice of the payment overtook the answer: there is nothing left to show, and nothing to ask.
      if (!isOpen(intent.status)) return;
      await saveOperation(tx, { ...operation, nextQueryAt: nextWaitingQuery(services.clock.now(), 0) });
      const { value } = outcome;
      if ('shown' in value) await presentQr(services, tx, actor, intent, value.shown);
      else if (value.order.status !== 'pending') await applyOrderStatus(services, tx, actor, operation, value.order);
      // Its code was lost, and the rail gives a code only once: the order is closed, and when the rail has confirmed that,
      // the next one is opened.
      else await services.engine.queue(tx, newCancel(services.ids, operation, REPLACE));
    },

    // Whoever asked for the order wants to know of the one that it came to.
    answer: async (on, operation) => answerWithIntent(services, on, await orderOf(on, operation), 201),
  };
}

function failureOf({ failure }: Operation): NonNullable<PaymentIntent['failure']> {
  const code = declineCode(failure!);
  return { code, category: failure!.category, message: 'The channel refused the payment.' };
}
