import { moneyToWire } from '@itpay/core';
import { OUTCOMES, QR_STANDARDS, type ChannelRegistry } from '@itpay/kernel';
import { z } from 'zod';
import type { Links } from '../links.js';
import { instructionsSchema } from '../qr-charge/wire.js';
import { amountSchema } from './input.js';
import type { PaymentIntent, PresentedIntent } from './intent.js';
import { intentMachine, isOpen } from './machine.js';

const time = z.iso.datetime().meta({ description: 'ISO 8601, UTC, with milliseconds' });
const wireMoney = z.object({ currency: z.string(), value: z.int() }).meta({ id: 'Money' });

/** A payment intent as it stands in answers. */
export const intentSchema = z
  .object({
    id: z.string().meta({ example: 'pi_06b2m6vk0dtf5d5cq0m3vz8x4r' }),
    object: z.literal('payment_intent'),
    livemode: z.boolean(),
    type: z.literal('one_time'),
    status: z.enum(intentMachine.states),
    amount: amountSchema,
    settlement: z.object({ currency: z.string(), value: z.int(), rate: z.string() }),
    description: z.string().nullable(),
    order_reference: z.string().nullable(),
    payer: z.object({ agent_id: z.string().nullable(), human_id: z.string().nullable() }).nullable(),
    payee: z.object({ merchant_account: z.string() }),
    channel: z.string(),
    allowed_channels: z.array(z.string()).meta({
      description: 'Those that can take it, the preferred first. Until a QR is shown it may move from one to the next',
      example: ['wechat', 'alipay'],
    }),
    presentation: z.literal('qr'),
    authorization: z.literal('human_scan'),
    capture_method: z.enum(['automatic', 'manual']),
    amount_captured: wireMoney,
    amount_refunded: wireMoney,
    refund_status: z.enum(['none', 'partial', 'full']),
    late_payment: z.boolean(),
    failure: z.object({ code: z.string(), category: z.string(), message: z.string() }).nullable(),
    channel_reference: z.string(),
    channel_transaction_id: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
    return_url: z.string().nullable(),
    version: z.int(),
    created_at: time,
    updated_at: time,
    expires_at: time,
    authorized_at: time.nullable(),
    captured_at: time.nullable(),
    succeeded_at: time.nullable(),
    closed_at: time.nullable(),
    qr: z
      .object({
        charge_id: z.string(),
        scan_url: z.string(),
        qr_image_url: z.string(),
        qr_image_svg_url: z.string(),
        expires_at: time,
        qr_standard: z.enum(QR_STANDARDS).optional().meta({ description: 'At creation, and with expand=qr' }),
        qr_data: z
          .string()
          .optional()
          .meta({ description: 'The text of the QR code. At creation, and with expand=qr' }),
        instructions: instructionsSchema,
      })
      .nullable()
      .meta({
        description: 'Null once there is nothing to pay any more',
        example: {
          charge_id: 'qr_06b2m6vk0dtf5d5cq0m3vz8x4s',
          scan_url: 'https://shop.example/itpay/pay/pi_06b2m6vk0dtf5d5cq0m3vz8x4r?t=…',
          qr_image_url: 'https://shop.example/itpay/v1/qr-charges/qr_06b2m6vk0dtf5d5cq0m3vz8x4s/image.png?t=…',
          qr_image_svg_url: 'https://shop.example/itpay/v1/qr-charges/qr_06b2m6vk0dtf5d5cq0m3vz8x4s/image.svg?t=…',
          expires_at: '2026-11-22T09:45:00.000Z',
        },
      }),
    operation: z
      .object({
        id: z.string(),
        kind: z.enum(['authorize', 'capture', 'cancel', 'refund']),
        outcome: z.enum(OUTCOMES).nullable(),
        next_query_at: time.nullable(),
      })
      .nullable()
      .meta({
        description: 'A call to the channel that has not succeeded. `unknown`: wait and query, do not pay again',
      }),
    next_action: z.object({ type: z.enum(['show_qr', 'wait', 'none']) }),
    duplicate_of_existing: z.boolean().meta({ description: 'The same purchase was open or paid already; this is it' }),
    pay_url: z.string().meta({ description: 'The hosted page for the payer; whoever has it can see this payment' }),
  })
  .meta({ id: 'PaymentIntent' });

export type WireIntent = z.infer<typeof intentSchema>;
/** An intent as it stands in events and stored answers: without QR payload, token or link. */
export type PlainIntent = Omit<WireIntent, 'qr' | 'operation' | 'next_action' | 'duplicate_of_existing' | 'pay_url'>;

/** Everything about an intent that may be kept and pushed. It holds no secret. */
export function toPlain(intent: PaymentIntent): PlainIntent {
  const amount = moneyToWire(intent.amount);
  return {
    id: intent.id,
    object: 'payment_intent',
    livemode: intent.livemode,
    type: intent.type,
    status: intent.status,
    amount,
    settlement: { ...amount, rate: '1' },
    description: intent.description,
    order_reference: intent.orderReference,
    payer: intent.payer && { agent_id: intent.payer.agentId, human_id: intent.payer.humanId },
    payee: { merchant_account: intent.merchantAccount },
    channel: intent.channel,
    allowed_channels: [...intent.allowedChannels],
    presentation: 'qr',
    authorization: 'human_scan',
    capture_method: intent.captureMethod,
    amount_captured: { currency: amount.currency, value: Number(intent.amountCaptured) },
    amount_refunded: { currency: amount.currency, value: Number(intent.amountRefunded) },
    refund_status: refundStatus(intent),
    late_payment: intent.latePayment,
    failure: intent.failure,
    channel_reference: intent.channelReference,
    channel_transaction_id: intent.channelTransactionId,
    metadata: intent.metadata,
    return_url: intent.returnUrl,
    version: intent.version,
    created_at: intent.createdAt.toISOString(),
    updated_at: intent.updatedAt.toISOString(),
    expires_at: intent.expiresAt.toISOString(),
    authorized_at: intent.authorizedAt && intent.authorizedAt.toISOString(),
    captured_at: intent.capturedAt && intent.capturedAt.toISOString(),
    succeeded_at: intent.succeededAt && intent.succeededAt.toISOString(),
    closed_at: intent.closedAt && intent.closedAt.toISOString(),
  };
}

function refundStatus({ amountRefunded, amountCaptured }: PaymentIntent): PlainIntent['refund_status'] {
  if (amountRefunded === 0n) return 'none';
  return amountRefunded < amountCaptured ? 'partial' : 'full';
}

export interface PresentationOptions {
  /** With the text of the code, for whoever draws it, and with what its channel says to type instead. */
  readonly expand: ChannelRegistry | null;
  readonly duplicate?: boolean;
}

/**
 * Adds to a plain intent what the payer needs now: the QR that is shown, and what to do next. A closed or paid intent
 * carries no QR.
 */
export function withPresentation(
  plain: PlainIntent,
  { qr, operation }: Pick<PresentedIntent, 'qr' | 'operation'>,
  links: Links,
  { expand, duplicate = false }: PresentationOptions,
): WireIntent {
  const urls = qr && links.forCharge(plain.id, qr.id);
  const channel = qr && expand?.get(qr.channel, qr.livemode ? 'live' : 'test');
  const unknown = operation?.state === 'unknown';
  const waits = isOpen(plain.status) || plain.status === 'authorized' || unknown;
  return {
    ...plain,
    qr: qr &&
      urls && {
        charge_id: qr.id,
        scan_url: urls.payPage,
        qr_image_url: urls.png,
        qr_image_svg_url: urls.svg,
        expires_at: qr.expiresAt.toISOString(),
        ...(expand && { qr_standard: qr.qrStandard, qr_data: qr.qrData }),
        ...(channel?.instructions && { instructions: [...channel.instructions(qr.qrData)] }),
      },
    operation: operation && {
      id: operation.id,
      kind: operation.kind,
      outcome: operation.state === 'queued' || operation.state === 'started' ? null : operation.state,
      next_query_at: operation.nextQueryAt && operation.nextQueryAt.toISOString(),
    },
    next_action: { type: qr && !unknown ? 'show_qr' : waits ? 'wait' : 'none' },
    duplicate_of_existing: duplicate,
    pay_url: urls ? urls.payPage : links.payPage(plain.id),
  };
}

export function toWire(presented: PresentedIntent, links: Links, expand: ChannelRegistry | null = null): WireIntent {
  return withPresentation(toPlain(presented.intent), presented, links, { expand });
}
