import { ItPayError, moneyToWire, type Money } from '@itpay/core';
import {
  channelInstanceKey,
  channelReference,
  findByReference,
  type Actor,
  type HookSubject,
  type IdempotencyKey,
} from '@itpay/kernel';
import { failedAnswer, type OperationAnswer } from '../operation/handler.js';
import { requireNothingUnderWay } from '../operation/under-way.js';
import type { PaymentServices } from '../services.js';
import { intentNotFound, invalidTransition } from './change.js';
import type { PaymentIntent } from './intent.js';
import { requireRailUnit } from '../rail-unit.js';
import { toPlain } from './wire.js';

export interface CaptureRequest {
  readonly intentId: string;
  /** Null: all that is held. */
  readonly amount: Money | null;
  readonly key: IdempotencyKey | null;
}

/**
 * Takes money that the rail holds, as a whole or in part; the rest is released.
 *
 * @throws ItPayError `INVALID_STATE_TRANSITION` unless the intent is authorized, `CAPTURE_AMOUNT_EXCEEDED`,
 *   `CHANNEL_CAPABILITY_UNSUPPORTED` for a part where the rail takes all or nothing, `OUTCOME_UNKNOWN`
 */
export async function captureIntent(
  services: PaymentServices,
  actor: Actor,
  { intentId, amount: wanted, key }: CaptureRequest,
): Promise<OperationAnswer & { readonly replayed: boolean }> {
  const subject: HookSubject = {
    point: 'payment_intent.capture',
    actor,
    request: wanted === null ? {} : { amount: moneyToWire(wanted) },
    objectId: intentId,
  };
  const used = key && (await services.idempotency.find(services.database, key));
  if (used === null) {
    if ((await services.store.find(services.database, actor, intentId)) === null) throw intentNotFound(intentId);
    await services.engine.requireSettled(intentId);
    await services.hooks.before(subject);
  }
  return services.engine.once(key, async (tx) => {
    const intent = await services.store.lock(tx, actor, intentId);
    if (intent === null) throw intentNotFound(intentId);
    if (intent.status !== 'authorized') throw invalidTransition(intent, 'capture');
    await requireNothingUnderWay(tx, intent, 'capture');
    const channel = services.channels.get(intent.channel, intent.livemode ? 'live' : 'test');
    if (channel?.capture === undefined) {
      throw new ItPayError('CHANNEL_UNAVAILABLE', {
        message: `The channel "${intent.channel}" of this payment is not configured here.`,
        details: { channel: intent.channel },
      });
    }
    const amount = wanted ?? intent.amount;
    if (amount.currency !== intent.amount.currency) {
      throw new ItPayError('CURRENCY_NOT_SUPPORTED', {
        message: `The payment is in ${intent.amount.currency}; capture it in that currency.`,
        param: 'amount.currency',
        details: { allowed: [intent.amount.currency] },
      });
    }
    if (amount.value > intent.amount.value) {
      throw new ItPayError('CAPTURE_AMOUNT_EXCEEDED', {
        param: 'amount',
        details: { maximum: Number(intent.amount.value) },
      });
    }
    if (amount.value < intent.amount.value && !channel.capabilities.includes('partial_capture')) {
      throw new ItPayError('CHANNEL_CAPABILITY_UNSUPPORTED', {
        message: `The channel "${channel.id}" takes all of a hold or nothing. Leave amount out.`,
        param: 'amount',
        details: { channel: channel.id, capability: 'partial_capture' },
      });
    }
    requireRailUnit(channel, amount);
    await services.hooks.within(tx, subject, toPlain(intent));
    const instance = channelInstanceKey(channel);
    const reference = channelReference({ objectId: intentId, kind: 'capture', ordinal: 1 }, channel.reference);
    // The one before certainly did not happen, so its number may be sent again, also with another amount.
    const before = await findByReference(tx, instance, reference);
    if (before !== null) {
      if (before.amount!.value !== amount.value) await services.idempotency.finishOf(tx, before.id, replaced(intent));
      return services.engine.beginAgain(tx, { ...before, amount });
    }
    return services.engine.begin(tx, {
      id: services.ids.next('op'),
      account: intent.account,
      livemode: intent.livemode,
      object: 'payment_intent',
      objectId: intentId,
      paymentIntentId: intentId,
      kind: 'capture',
      channel: channel.id,
      channelInstance: instance,
      reference,
      ordinal: 1,
      amount,
    });
  });
}

/** For whoever still holds the key of a capture that did not happen: repeating it must not take another amount. */
function replaced({ id, status }: PaymentIntent): OperationAnswer {
  const error = new ItPayError('INVALID_STATE_TRANSITION', {
    message: `This capture of ${id} did not happen, and another one, of another amount, has taken its place. Read the intent.`,
    details: { object: 'payment_intent', id, current: status, requested: 'capture', allowed: [] },
  });
  return failedAnswer(error, true);
}
