import { isItPayError, ItPayError, money, type ErrorCode } from '@itpay/core';
import {
  channelReference,
  type Channel,
  type ChannelRegistry,
  type QrPresentation,
  withoutMessage,
} from '@itpay/kernel';
import type { QrCharge } from '../qr-charge/qr-charge.js';
import type { CreateIntentBody } from './input.js';
import type { PaymentIntent } from './intent.js';
import { requireRailUnit } from '../rail-unit.js';

const DEFAULT_EXPIRY_MS = 15 * 60_000;
const DEFAULT_GRACE_MS = 2 * 60_000;

export interface PlanContext {
  readonly account: string;
  readonly livemode: boolean;
  readonly now: Date;
  readonly intentId: string;
  readonly chargeId: string;
  readonly channels: ChannelRegistry;
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
  const amount = money(body.amount.currency, BigInt(body.amount.value));
  const channel = chooseChannel(body, context);
  const captureMethod = body.capture_method ?? 'automatic';
  if (captureMethod === 'manual' && !channel.capabilities.includes('manual_capture')) {
    throw new ItPayError('CHANNEL_CAPABILITY_UNSUPPORTED', {
      message: `The channel "${channel.id}" cannot hold money for a later capture. Leave capture_method out.`,
      param: 'capture_method',
      details: { channel: channel.id, capability: 'manual_capture' },
    });
  }
  checkLimits(amount.value, channel, amount.currency);
  requireRailUnit(channel, amount);

  const { now, intentId } = context;
  const wanted = body.expires_in === undefined ? channel.defaultExpiryMs : body.expires_in * 1_000;
  const expiresAt = new Date(
    now.getTime() + Math.min(wanted ?? DEFAULT_EXPIRY_MS, channel.qrTtlMs ?? Number.POSITIVE_INFINITY),
  );
  const reference = channelReference({ objectId: intentId, kind: 'authorize', ordinal: 1 }, channel.reference);
  const description = body.description ?? null;
  const presentation = encoded(channel, { reference, amount, description, expiresAt });

  const intent: PaymentIntent = {
    id: intentId,
    account: context.account,
    livemode: context.livemode,
    type: 'one_time',
    status: presentation === null ? 'pending' : 'qr_generated',
    amount,
    amountCaptured: 0n,
    amountRefunded: 0n,
    description,
    orderReference: body.order_reference ?? null,
    payer: body.payer ? { agentId: body.payer.agent_id ?? null, humanId: body.payer.human_id ?? null } : null,
    channel: channel.id,
    merchantAccount: channel.merchantAccount,
    captureMethod,
    channelReference: reference,
    channelTransactionId: null,
    latePayment: false,
    failure: null,
    metadata: body.metadata ?? {},
    returnUrl: body.return_url ?? null,
    version: 1,
    sequence: presentation === null ? 1 : 2,
    createdAt: now,
    updatedAt: now,
    expiresAt,
    authorizedAt: null,
    capturedAt: null,
    succeededAt: null,
    closedAt: null,
  };
  return { intent, qr: presentation && chargeFor(intent, presentation, context.chargeId, now), channel };
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

function chooseChannel(body: CreateIntentBody, { channels, livemode }: PlanContext): Channel {
  const mode = livemode ? 'live' : 'test';
  const { currency } = body.amount;
  if (body.channel === undefined) {
    const fitting = channels.list(mode).find((channel) => channel.currencies.includes(currency));
    if (fitting !== undefined) return fitting;
    throw new ItPayError('CURRENCY_NOT_SUPPORTED', {
      message: `No ${mode} channel takes ${currency}.`,
      param: 'amount.currency',
      details: { allowed: [...new Set(channels.list(mode).flatMap((channel) => channel.currencies))] },
    });
  }
  const channel = channels.get(body.channel, mode);
  if (channel === undefined) {
    const otherMode = livemode ? 'test' : 'live';
    throw new ItPayError('CHANNEL_NOT_SUPPORTED', {
      message:
        channels.get(body.channel, otherMode) === undefined
          ? `No channel is named "${body.channel}".`
          : `The channel "${body.channel}" is set up for ${otherMode} keys only.`,
      param: 'channel',
      details: { allowed: channels.list(mode).map(({ id }) => id) },
    });
  }
  if (!channel.currencies.includes(currency)) {
    throw new ItPayError('CURRENCY_NOT_SUPPORTED', {
      message: `The channel "${channel.id}" takes ${channel.currencies.join(', ')}, not ${currency}.`,
      param: 'amount.currency',
      details: { allowed: channel.currencies },
    });
  }
  return channel;
}

function checkLimits(value: bigint, channel: Channel, currency: string): void {
  const { min, max } = channel.limits?.[currency] ?? {};
  const refuse = (code: ErrorCode, range: string, details: { minimum: number } | { maximum: number }) => {
    throw new ItPayError(code, {
      message: `The channel "${channel.id}" takes ${range} minor units of ${currency}.`,
      param: 'amount.value',
      details: { channel: channel.id, ...details },
    });
  };
  if (min !== undefined && value < min) refuse('AMOUNT_TOO_SMALL', `at least ${min}`, { minimum: Number(min) });
  if (max !== undefined && value > max) refuse('AMOUNT_EXCEEDED', `at most ${max}`, { maximum: Number(max) });
}

/** A bug in a channel's code is named in the log without its words: they may repeat what the channel was given. */
function encoded(channel: Channel, request: Parameters<NonNullable<Channel['encode']>>[0]): QrPresentation | null {
  try {
    return channel.encode?.(request) ?? null;
  } catch (error) {
    if (isItPayError(error)) throw error;
    const details = withoutMessage(error);
    throw Object.assign(new Error(`The channel ${channel.id} could not make a code.`), { details });
  }
}
