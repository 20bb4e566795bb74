import { z } from 'zod';
import { voidMachine, type Void } from './void.js';

/** A void as it stands in answers and events. */
export const voidSchema = z
  .object({
    id: z.string(),
    object: z.literal('void'),
    livemode: z.boolean(),
    target_type: z.enum(['payment_intent']),
    target_id: z.string(),
    reason: z.string().nullable(),
    refund_id: z.string().nullable(),
    status: z.enum(voidMachine.states),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Void' });

export type PlainVoid = z.infer<typeof voidSchema>;

export function toPlainVoid(voided: Void): PlainVoid {
  return {
    id: voided.id,
    object: 'void',
    livemode: voided.livemode,
    target_type: voided.targetType,
    target_id: voided.targetId,
    reason: voided.reason,
    refund_id: voided.refundId,
    status: voided.status,
    created_at: voided.createdAt.toISOString(),
    updated_at: voided.updatedAt.toISOString(),
  };
}
