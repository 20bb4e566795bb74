import { money } from '@itpay/core';
import type { Channel, ChannelRegistry, QrPresentation } from '@itpay/kernel';
import type { QrCharge } from '../qr-charge/qr-charge.js';
import { allowedChannels, inOrder } from '../routing/allowed.js';
import { firstOrder } from '../routing/order-at.js';
import { noChannel, rankChannels } from '../routing/rank.js';
import type { CreateIntentBody } from './input.js';
import type { PaymentIntent } from './intent.js';

const DEFAULT_GRACE_MS = 2 * 60_000;

export interface PlanContext {
  readonly account: string;
  readonly livemode: boolean;
  readonly now: Date;
  readonly intentId: string;
  readonly chargeId: string;
  readonly channels: ChannelRegistry;
  /** Whether a channel is not called just now, because its circuit breaker is open. */
  readonly isAway: (channel: Channel) => boolean;
  /** Names of channels that go before the others, by the word of a hook. */
  readonly preferred?: readonly string[] | undefined;
}

/** A new intent and the channel instance that it goes to; with its QR where the rail's code is built here. */
export interface IntentPlan {
  readonly intent: PaymentIntent;
  /** Null on a rail with a network: its order is opened after this is committed. */
  readonly qr: QrCharge | null;
  readonly channel: Channel;
}

/**
 * Decides everything about a new intent: rail, order number, expiry, QR. Pure; nothing is written yet.
 *
 * @throws ItPayError when no rail can take the payment as asked; nothing was begun
 */
export function planIntent(body: CreateIntentBody, context: PlanContext): IntentPlan {
  const { now, intentId, livemode } = context;
  const payment = {
    amount: money(body.amount.currency, BigInt(body.amount.value)),
    captureMethod: body.capture_method ?? 'automatic',
  };
  const description = body.description ?? null;
  const expiresIn = body.expires_in ?? null;
  const wanted = inOrder(allowedChannels(body, context.channels, livemode ? 'live' : 'test'), context.preferred);
  const { ranked, refusals } = rankChannels(payment, wanted, context.isAway);
  const terms = { ...payment, intentId, ordinal: 1, description, createdAt: now, expiresIn };
  const { order, refusals: inexpressible } = firstOrder(ranked, terms, now);
  const refused = [...refusals, ...inexpressible];
  if (order === null) throw noChannel(payment, refused);

  const { channel, reference, expiresAt, shown } = order;
  const intent: PaymentIntent = {
    id: intentId,
    account: context.account,
    livemode,
    type: 'one_time',
    status: shown === null ? 'pending' : 'qr_generated',
    amount: payment.amount,
    amountCaptured: 0n,
    amountRefunded: 0n,
    description,
    orderReference: body.order_reference ?? null,
    payer: body.payer ? { agentId: body.payer.agent_id ?? null, humanId: body.payer.human_id ?? null } : null,
    channel: channel.id,
    allowedChannels: wanted.filter((one) => !refused.some((refusal) => refusal.channel === one)).map(({ id }) => id),
    merchantAccount: channel.merchantAccount,
    captureMethod: payment.captureMethod,
    channelReference: reference,
    channelTransactionId: null,
    latePayment: false,
    failure: null,
    metadata: body.metadata ?? {},
    returnUrl: body.return_url ?? null,
    version: 1,
    sequence: shown === null ? 1 : 2,
    createdAt: now,
    updatedAt: now,
    expiresAt,
    expiresIn,
    authorizedAt: null,
    capturedAt: null,
    succeededAt: null,
    closedAt: null,
  };
  return { intent, qr: shown && chargeFor(intent, shown, context.chargeId, now), channel };
}

/** When its time is over: at its expiry, or, where the order cannot be closed at the rail, a grace time later. */
export function closeAt({ expiresAt }: PaymentIntent, { cancel, expiryGraceMs }: Channel): Date {
  return cancel ? expiresAt : new Date(expiresAt.getTime() + (expiryGraceMs ?? DEFAULT_GRACE_MS));
}

/** A new QR charge that shows what the rail gave. */
export function chargeFor(intent: PaymentIntent, shown: QrPresentation, chargeId: string, now: Date): QrCharge {
  return {
    id: chargeId,
    paymentIntentId: intent.id,
    account: intent.account,
    livemode: intent.livemode,
    channel: intent.channel,
    channelReference: intent.channelReference,
    qrStandard: shown.qrStandard,
    qrData: shown.qrData,
    status: 'active',
    sequence: 1,
    expiresAt: intent.expiresAt,
    createdAt: now,
  };
}
