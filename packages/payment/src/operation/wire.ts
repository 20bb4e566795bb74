import { moneyToWire } from '@itpay/core';
import { operationMachine, OUTCOMES, type Operation } from '@itpay/kernel';
import { z } from 'zod';

/** A channel operation as it stands in answers and events. */
export const operationSchema = z
  .object({
    id: z.string(),
    object: z.literal('operation'),
    livemode: z.boolean(),
    object_type: z.enum(['payment_intent', 'refund']),
    object_id: z.string(),
    payment_intent_id: z.string(),
    kind: z.enum(['authorize', 'capture', 'cancel', 'refund']),
    channel: z.string(),
    reference: z.string().meta({ description: 'Our number at the channel, the same for every attempt' }),
    ordinal: z.int(),
    state: z.enum(operationMachine.states),
    outcome: z.enum(OUTCOMES).nullable(),
    amount: z.object({ currency: z.string(), value: z.int() }).nullable(),
    queries: z.int(),
    next_query_at: z.iso.datetime().nullable(),
    operator_required: z.boolean(),
    error: z.object({ category: z.string(), channel_code: z.string().nullable() }).nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Operation' });

export function toPlainOperation(operation: Operation): z.infer<typeof operationSchema> {
  const { state, failure } = operation;
  return {
    id: operation.id,
    object: 'operation',
    livemode: operation.livemode,
    object_type: operation.object,
    object_id: operation.objectId,
    payment_intent_id: operation.paymentIntentId,
    kind: operation.kind,
    channel: operation.channel,
    reference: operation.reference,
    ordinal: operation.ordinal,
    state,
    outcome: state === 'queued' || state === 'started' ? null : state,
    amount: operation.amount && moneyToWire(operation.amount),
    queries: operation.queries,
    next_query_at: operation.nextQueryAt && operation.nextQueryAt.toISOString(),
    operator_required: operation.operatorRequired,
    error: failure && { category: failure.category, channel_code: failure.rawCode ?? null },
    created_at: operation.createdAt.toISOString(),
    updated_at: operation.updatedAt.toISOString(),
  };
}
