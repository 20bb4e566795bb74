import { moneyToWire } from '@itpay/core';
import { z } from 'zod';
import { INFLOW_KINDS, INFLOW_SOURCES, inflowMachine, POLICIES, type Inflow } from './inflow.js';

/** An inflow as it stands in answers and events. */
export const inflowSchema = z
  .object({
    id: z.string(),
    object: z.literal('inflow'),
    livemode: z.boolean(),
    channel: z.string(),
    merchant_account: z.string(),
    channel_reference: z.string().nullable(),
    channel_transaction_id: z.string(),
    amount: z.object({ currency: z.string(), value: z.int() }),
    counted: z.int().meta({ description: 'Minor units of it that count for the payment' }),
    paid_at: z.iso.datetime(),
    evidence: z.object({ source: z.enum(INFLOW_SOURCES), digest: z.string() }),
    payment_intent_id: z.string().nullable(),
    kind: z.enum(INFLOW_KINDS),
    policy: z.enum(POLICIES).nullable(),
    status: z.enum(inflowMachine.states),
    refund_id: z.string().nullable(),
    resolved_by: z.string().nullable(),
    note: z.string().nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Inflow' });

export type PlainInflow = z.infer<typeof inflowSchema>;

export function toPlainInflow(inflow: Inflow): PlainInflow {
  return {
    id: inflow.id,
    object: 'inflow',
    livemode: inflow.livemode,
    channel: inflow.channel,
    merchant_account: inflow.merchantAccount,
    channel_reference: inflow.channelReference,
    channel_transaction_id: inflow.channelTransactionId,
    amount: moneyToWire(inflow.amount),
    counted: Number(inflow.counted),
    paid_at: inflow.paidAt.toISOString(),
    evidence: { source: inflow.source, digest: Buffer.from(inflow.evidenceDigest).toString('hex') },
    payment_intent_id: inflow.paymentIntentId,
    kind: inflow.kind,
    policy: inflow.policy,
    status: inflow.status,
    refund_id: inflow.refundId,
    resolved_by: inflow.resolvedBy,
    note: inflow.note,
    created_at: inflow.createdAt.toISOString(),
    updated_at: inflow.updatedAt.toISOString(),
  };
}
