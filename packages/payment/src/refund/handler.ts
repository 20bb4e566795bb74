import { canonicalJson, ItPayError } from '@itpay/core';
import type { ChannelFailure, Operation, Outcome } from '@itpay/kernel';
import { declineCode, failed, notSentError, toOutcome } from '../operation/failure.js';
import { failedAnswer, type Asked, type OperationHandler } from '../operation/handler.js';
import type { PaymentServices } from '../services.js';
import { sha256 } from '../sha256.js';
import { refundFailed, refundSucceeded } from './conclude.js';
import { paymentAtRail } from './rail.js';
import type { RefundFailure } from './refund.js';
import { toWireRefund } from './wire.js';

/** The purpose of an operation that follows an approval; its answer is that of an update. */
export const APPROVED = 'approved';

/** What a rail tells about a refund that it made; nothing but that, when a notice or an operator says so. */
type Refunded = { readonly channelRefundId: string | null } | null;

/** Giving money back at a rail. */
export function refundHandler(services: PaymentServices): OperationHandler<Refunded> {
  const { database, channels, guard, store, refunds } = services;

  async function subjectOf(operation: Operation) {
    const refund = (await refunds.find(database, operation, operation.objectId))!;
    const { intent } = (await store.find(database, operation, operation.paymentIntentId))!;
    return { refund, payment: await paymentAtRail(services, database, intent, refund) };
  }

  return {
    wanted: async (tx, { objectId }) => (await refunds.lock(tx, objectId)).status === 'processing',

    async call(operation): Promise<Outcome<Refunded>> {
      const channel = channels.byKey(operation.channelInstance);
      // Taken out of the configuration since: nothing was sent, and it can be once it is back.
      if (channel?.refund === undefined) return failed({ category: 'not_connected' });
      const { refund, payment } = await subjectOf(operation);
      return toOutcome(
        await guard.attempt(channel, 'refund', (context) =>
          channel.refund!(
            {
              ...payment,
              refundReference: operation.reference,
              amount: refund.amount,
              reason: refund.reason,
              notifyUrl: services.callbackUrl(channel),
            },
            context,
          ),
        ),
      );
    },

    async ask(operation): Promise<Asked<Refunded>> {
      const channel = channels.byKey(operation.channelInstance);
      if (channel?.queryRefund === undefined) return { kind: 'nothing_new' };
      const { payment } = await subjectOf(operation);
      const { reference, channelTransactionId } = payment;
      const asked = await guard.attempt(channel, 'queryRefund', (context) =>
        channel.queryRefund!({ reference, channelTransactionId, refundReference: operation.reference }, context),
      );
      if (!asked.ok) return { kind: 'nothing_new', failure: asked.failure };
      const answer = asked.value;
      switch (answer.status) {
        case 'not_found':
          return { kind: 'not_found' };
        case 'processing':
          return { kind: 'outcome', outcome: { outcome: 'pending' } };
        case 'succeeded':
          return { kind: 'outcome', outcome: { outcome: 'succeeded', value: null } };
        case 'failed':
          return { kind: 'outcome', outcome: { outcome: 'declined', failure: answer.failure } };
        default:
          return { kind: 'nothing_new', failure: answer.failure };
      }
    },

    // Pending, unknown or not sent: the refund stays `processing`, and its operation says how far it is.
    async apply(tx, actor, operation, outcome) {
      if (outcome.outcome === 'declined') {
        const refund = await refunds.lock(tx, operation.objectId);
        await refundFailed(services, tx, actor, refund, failureOf(operation.failure!));
      } else if (outcome.outcome === 'succeeded') {
        const refund = await refunds.lock(tx, operation.objectId);
        const channelRefundId = outcome.value?.channelRefundId ?? null;
        const digest = sha256(canonicalJson([operation.reference, channelRefundId, outcome.outcome]));
        await refundSucceeded(services, tx, actor, refund, { channelRefundId, digest });
      }
    },

    async answer(on, operation) {
      const refund = (await refunds.find(on, operation, operation.objectId))!;
      const { state } = operation;
      const plain = toWireRefund(refund, state === 'succeeded' ? null : operation);
      switch (state) {
        case 'succeeded':
        case 'pending': {
          const status = operation.purpose === APPROVED ? 200 : 201;
          return { status, body: JSON.stringify(plain), final: true };
        }
        case 'declined': {
          const code = refund.failure?.code ?? declineCode(operation.failure!);
          const message = `The channel "${operation.channel}" declined the refund ${refund.id}. No money went back.`;
          return failedAnswer(new ItPayError(code, { message, details: { object: plain } }), true);
        }
        case 'not_sent':
          return failedAnswer(notSentError(operation, plain), false);
        default:
          return { status: 202, body: JSON.stringify(plain), final: false };
      }
    },
  };
}

/** The failure of a refund that the rail refused: whether another attempt, as a new refund, can make sense. */
function failureOf(failure: ChannelFailure): RefundFailure {
  return { code: declineCode(failure), class: CLASS_OF[failure.category] ?? 'known_no_effect' };
}

const CLASS_OF: Readonly<Partial<Record<ChannelFailure['category'], RefundFailure['class']>>> = {
  // The payee has to top up its balance at the rail, or wait for the next day.
  insufficient_funds: 'retryable',
  limit_exceeded: 'retryable',
  expired: 'permanent',
};
