import { moneyToWire } from '@itpay/core';
import { z } from 'zod';
import { LEFT_OUT_REASONS, refundFileMachine, type RefundFile } from './refund-file.js';

const time = z.iso.datetime();

/** A file of refunds as it stands in answers. */
export const refundFileSchema = z
  .object({
    id: z.string().meta({ example: 'rff_06b2m6vk0dtf5d5cq0m3vz8x5m' }),
    object: z.literal('refund_file'),
    livemode: z.boolean(),
    channel: z.string(),
    merchant_account: z.string(),
    status: z.enum(refundFileMachine.states),
    refund_count: z.int(),
    refund_ids: z.array(z.string()),
    totals: z.array(z.object({ currency: z.string(), value: z.int() })).meta({ description: 'One per currency' }),
    left_out: z
      .array(
        z.object({
          refund_id: z.string(),
          reason: z.enum(LEFT_OUT_REASONS),
          field: z.string().nullable().meta({ description: 'What the file cannot carry, with `not_expressible`' }),
        }),
      )
      .meta({ description: 'Refunds that are not in it, as things stood when it was made' }),
    digest: z.string().meta({ description: 'SHA-256 of the file, in hex' }),
    created_by: z.string(),
    created_at: time,
    cancelled_at: time.nullable(),
    download_url: z.string().nullable().meta({
      description:
        'Opens the file without a key, for 15 minutes; made anew with each answer. Null once it is cancelled',
    }),
  })
  .meta({ id: 'RefundFile' });

export type WireRefundFile = z.infer<typeof refundFileSchema>;

/** @param downloadUrl of this very answer; null: it is to be stored */
export function toWireRefundFile(file: RefundFile, downloadUrl: string | null): WireRefundFile {
  return {
    id: file.id,
    object: 'refund_file',
    livemode: file.livemode,
    channel: file.channel,
    merchant_account: file.merchantAccount,
    status: file.status,
    refund_count: file.refundIds.length,
    refund_ids: [...file.refundIds],
    totals: file.totals.map(moneyToWire),
    left_out: file.leftOut.map(({ refundId, reason, field }) => ({ refund_id: refundId, reason, field })),
    digest: Buffer.from(file.digest).toString('hex'),
    created_by: file.createdBy,
    created_at: file.createdAt.toISOString(),
    cancelled_at: file.cancelledAt && file.cancelledAt.toISOString(),
    download_url: file.status === 'ready' ? downloadUrl : null,
  };
}
