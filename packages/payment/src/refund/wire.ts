import { moneyToWire } from '@itpay/core';
import { OUTCOMES } from '@itpay/kernel';
import { z } from 'zod';
import type { OperationMark } from '../intent/intent.js';
import { REFUND_REASONS, refundMachine, type Refund } from './refund.js';

const time = z.iso.datetime().meta({ description: 'ISO 8601, UTC, with milliseconds' });

/** A refund as it stands in answers. */
export const refundSchema = z
  .object({
    id: z.string().meta({ example: 'ref_06b2m6vk0dtf5d5cq0m3vz8x50' }),
    object: z.literal('refund'),
    livemode: z.boolean(),
    payment_intent_id: z.string(),
    inflow_id: z.string().nullable().meta({
      description: 'The arrival of money that goes back without having counted; null: the payment itself',
    }),
    amount: z.object({ currency: z.string(), value: z.int() }),
    reason: z.enum(REFUND_REASONS),
    description: z.string().nullable(),
    status: z.enum(refundMachine.states),
    decision: z.enum(['automatic', 'manual']).meta({ description: '`manual`: it waited for somebody to approve it' }),
    manual: z.boolean().meta({
      description: 'The rail cannot send the money back; somebody does it and completes the refund with evidence',
    }),
    channel_refund_reference: z.string().meta({ description: 'Our number of the refund at the channel' }),
    channel_refund_id: z.string().nullable().meta({ description: "The channel's own number of the refund" }),
    failure: z
      .object({
        code: z.string(),
        class: z.enum(['known_no_effect', 'retryable', 'outcome_unknown', 'permanent']),
      })
      .nullable(),
    metadata: z.record(z.string(), z.string()),
    version: z.int(),
    created_at: time,
    updated_at: time,
    succeeded_at: time.nullable(),
    operation: z
      .object({
        id: z.string(),
        kind: z.enum(['authorize', 'capture', 'cancel', 'refund']),
        outcome: z.enum(OUTCOMES).nullable(),
        next_query_at: time.nullable(),
      })
      .nullable()
      .meta({ description: 'The call to the channel, unless it has succeeded. `unknown`: wait, do not refund again' }),
    next_action: z.object({ type: z.enum(['wait', 'none']) }),
    duplicate_of_existing: z.boolean().meta({
      description: 'The same refund was asked for a moment ago; this is it',
    }),
  })
  .meta({ id: 'Refund' });

export type WireRefund = z.infer<typeof refundSchema>;
/** A refund as it stands in events. */
export type PlainRefund = Omit<WireRefund, 'operation' | 'next_action' | 'duplicate_of_existing'>;

export function toPlainRefund(refund: Refund): PlainRefund {
  return {
    id: refund.id,
    object: 'refund',
    livemode: refund.livemode,
    payment_intent_id: refund.paymentIntentId,
    inflow_id: refund.inflowId,
    amount: moneyToWire(refund.amount),
    reason: refund.reason,
    description: refund.description,
    status: refund.status,
    decision: refund.decision,
    manual: refund.manual,
    channel_refund_reference: refund.channelRefundReference,
    channel_refund_id: refund.channelRefundId,
    failure: refund.failure && { code: refund.failure.code, class: refund.failure.class },
    metadata: refund.metadata,
    version: refund.version,
    created_at: refund.createdAt.toISOString(),
    updated_at: refund.updatedAt.toISOString(),
    succeeded_at: refund.succeededAt && refund.succeededAt.toISOString(),
  };
}

/**
 * A refund as it stands in answers: with its call to the channel, and whether there is something to wait for.
 *
 * @param operation null when there is none, or it has succeeded
 */
export function toWireRefund(refund: Refund, operation: OperationMark | null, duplicate = false): WireRefund {
  const { status, manual } = refund;
  return {
    ...toPlainRefund(refund),
    operation: operation && {
      id: operation.id,
      kind: operation.kind,
      outcome: operation.state === 'queued' || operation.state === 'started' ? null : operation.state,
      next_query_at: operation.nextQueryAt && operation.nextQueryAt.toISOString(),
    },
    next_action: { type: status === 'processing' && !manual ? 'wait' : 'none' },
    duplicate_of_existing: duplicate,
  };
}
