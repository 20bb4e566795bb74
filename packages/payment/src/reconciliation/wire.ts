import { z } from 'zod';
import {
  EXCEPTION_CLASSES,
  exceptionMachine,
  FILE_STATES,
  RUN_STATUSES,
  TRIGGERS,
  type Reconciliation,
  type ReconciliationException,
} from './reconciliation.js';

const time = z.iso.datetime();
const day = z.string().meta({ example: '2026-03-02' });

/** A reconciliation as it stands in answers and events. */
export const reconciliationSchema = z
  .object({
    id: z.string(),
    object: z.literal('reconciliation'),
    livemode: z.boolean(),
    channel: z.string(),
    merchant_account: z.string(),
    from: day.meta({ description: 'The first day, in the calendar of the channel' }),
    to: day.meta({ description: 'The last day' }),
    trigger: z.enum(TRIGGERS),
    status: z.enum(RUN_STATUSES),
    days: z.array(
      z.object({
        day,
        file: z.enum(FILE_STATES).meta({ description: 'Only on a day that is `read` can something be missing there' }),
      }),
    ),
    counts: z.object({
      matched: z.int().meta({ description: 'Lines of the files that agree with what is known here' }),
      healed: z.int().meta({ description: 'Differences that went away when the channel was asked' }),
      waiting: z.int().meta({ description: 'Exceptions that may be a difference of time' }),
      open: z.int().meta({ description: 'Exceptions that somebody has to look at' }),
      resolved: z.int().meta({ description: 'Exceptions of earlier runs that are gone' }),
      classes: z
        .record(z.string(), z.int())
        .meta({ description: 'Of those that wait or are open, how many of each class' }),
    }),
    failure: z.string().nullable(),
    created_at: time,
    finished_at: time.nullable(),
  })
  .meta({ id: 'Reconciliation' });

export type PlainReconciliation = z.infer<typeof reconciliationSchema>;

export function toPlainRun(run: Reconciliation): PlainReconciliation {
  return {
    id: run.id,
    object: 'reconciliation',
    livemode: run.livemode,
    channel: run.channel,
    merchant_account: run.merchantAccount,
    from: run.fromDay,
    to: run.toDay,
    trigger: run.trigger,
    status: run.status,
    days: [...run.days],
    counts: { ...run.counts, classes: { ...run.counts.classes } as Record<string, number> },
    failure: run.failure,
    created_at: run.createdAt.toISOString(),
    finished_at: run.finishedAt && run.finishedAt.toISOString(),
  };
}

const side = z.object({ amount: z.object({ currency: z.string(), value: z.int() }), status: z.string() }).nullable();

/** An exception as it stands in answers and events. */
export const exceptionSchema = z
  .object({
    id: z.string(),
    object: z.literal('reconciliation_exception'),
    livemode: z.boolean(),
    channel: z.string(),
    merchant_account: z.string(),
    reconciliation_id: z.string().meta({ description: 'The latest run that saw it' }),
    class: z.enum(EXCEPTION_CLASSES),
    status: z.enum(exceptionMachine.states).meta({
      description: '`waiting`: it may be a difference of time, and is `open` once a later run sees it too',
    }),
    note: z.string(),
    channel_says: side,
    known_here: side,
    asked: z.string().nullable().meta({ description: 'What the channel said when it was asked about it' }),
    statement_row_id: z.string().nullable(),
    inflow_id: z.string().nullable(),
    refund_id: z.string().nullable(),
    payment_intent_id: z.string().nullable(),
    channel_reference: z.string().nullable(),
    channel_transaction_id: z.string().nullable(),
    occurred_at: time,
    resolution: z
      .object({
        by: z.enum(['automatic', 'operator']).meta({ description: '`automatic`: a later run found that it is gone' }),
        resolved_by: z.string(),
        reason: z.string().nullable(),
        resolved_at: time,
      })
      .nullable(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'ReconciliationException' });

export type PlainException = z.infer<typeof exceptionSchema>;

export function toPlainException(exception: ReconciliationException): PlainException {
  const { facts, resolution } = exception;
  return {
    id: exception.id,
    object: 'reconciliation_exception',
    livemode: exception.livemode,
    channel: exception.channel,
    merchant_account: exception.merchantAccount,
    reconciliation_id: exception.reconciliationId,
    class: exception.class,
    status: exception.status,
    note: facts.note,
    channel_says: facts.channel,
    known_here: facts.here,
    asked: facts.asked,
    statement_row_id: facts.statementRowId,
    inflow_id: facts.inflowId,
    refund_id: facts.refundId,
    payment_intent_id: facts.paymentIntentId,
    channel_reference: facts.reference,
    channel_transaction_id: facts.channelTransactionId,
    occurred_at: facts.occurredAt,
    resolution: resolution && {
      by: resolution,
      resolved_by: exception.resolvedBy!,
      reason: exception.reason,
      resolved_at: exception.resolvedAt!.toISOString(),
    },
    created_at: exception.createdAt.toISOString(),
    updated_at: exception.updatedAt.toISOString(),
  };
}
