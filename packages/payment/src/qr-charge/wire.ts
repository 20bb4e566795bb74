import { INSTRUCTION_FIELDS, QR_STANDARDS } from '@itpay/kernel';
import { z } from 'zod';
import { qrChargeMachine, type QrCharge } from './qr-charge.js';

export const instructionsSchema = z
  .array(z.object({ field: z.enum(INSTRUCTION_FIELDS), value: z.string() }))
  .optional()
  .meta({ description: 'What a payer types who cannot scan the code. Left out where the channel has no such form' });

/** A QR charge as it stands in answers. */
export const qrChargeSchema = z
  .object({
    id: z.string(),
    object: z.literal('qr_charge'),
    livemode: z.boolean(),
    payment_intent_id: z.string(),
    channel: z.string(),
    channel_reference: z.string(),
    status: z.enum(qrChargeMachine.states),
    expires_at: z.iso.datetime(),
    created_at: z.iso.datetime(),
    qr_standard: z.enum(QR_STANDARDS),
    qr_data: z.string(),
    qr_image_url: z.string(),
    qr_image_svg_url: z.string(),
    instructions: instructionsSchema,
  })
  .meta({ id: 'QrCharge' });

export type WireQrCharge = z.infer<typeof qrChargeSchema>;
export type PlainQrCharge = Omit<WireQrCharge, 'qr_data' | 'qr_image_url' | 'qr_image_svg_url' | 'instructions'>;

/** A charge as it stands in events: without the text of the code, which whoever reads could pay or publish. */
export function toPlainCharge(qr: QrCharge): PlainQrCharge {
  return {
    id: qr.id,
    object: 'qr_charge',
    livemode: qr.livemode,
    payment_intent_id: qr.paymentIntentId,
    channel: qr.channel,
    channel_reference: qr.channelReference,
    status: qr.status,
    expires_at: qr.expiresAt.toISOString(),
    created_at: qr.createdAt.toISOString(),
    qr_standard: qr.qrStandard,
  };
}
