import { moneyToWire } from '@itpay/core';
import { z } from 'zod';
import { ROW_OUTCOMES, STATEMENT_SOURCES, type KeptRow, type Statement } from './statement.js';

const time = z.iso.datetime();
const moneySchema = z.object({ currency: z.string(), value: z.int() });
const count = z.int();

/** A statement as it stands in answers. */
export const statementSchema = z
  .object({
    id: z.string(),
    object: z.literal('statement'),
    livemode: z.boolean(),
    channel: z.string(),
    merchant_account: z.string(),
    file_name: z.string().nullable(),
    source: z.enum(STATEMENT_SOURCES),
    day: z.string().nullable().meta({ description: "Of one that was fetched: the day in the rail's calendar" }),
    status: z.enum(['reading', 'finished']).meta({
      description: '`reading`: not every row is written down. Send the same file again, and it goes on',
    }),
    counts: z
      .object({
        rows: count,
        booked: count,
        matched: count,
        needs_match: count,
        held: count,
        noted: count,
        known: count,
      })
      .meta({ description: 'Rows by what became of them; `known` were told by an earlier statement' }),
    warnings: z.array(
      z.discriminatedUnion('type', [
        z.object({ type: z.literal('balances_disagree'), statement_id: z.string() }),
        z.object({ type: z.literal('gap'), statement_id: z.string(), expected: moneySchema, found: moneySchema }),
      ]),
    ),
    statements: z
      .array(
        z.object({
          statement_id: z.string(),
          account: z.string().meta({ description: 'Its last four characters' }),
          currency: z.string().nullable(),
          opening: moneySchema.nullable(),
          closing: moneySchema.nullable(),
          complete: z.boolean(),
          balances_agree: z.boolean().nullable(),
          rows: count,
        }),
      )
      .meta({ description: 'What the statements in the file say about themselves' }),
    created_at: time,
    finished_at: time.nullable(),
  })
  .meta({ id: 'Statement' });
export type WireStatement = z.infer<typeof statementSchema>;

export function toWireStatement(statement: Statement): WireStatement {
  return {
    id: statement.id,
    object: 'statement',
    livemode: statement.livemode,
    channel: statement.channel,
    merchant_account: statement.merchantAccount,
    file_name: statement.fileName,
    source: statement.source,
    day: statement.day,
    status: statement.status,
    counts: inOrder(statement.counts, COUNTS),
    warnings: [...statement.warnings],
    statements: statement.facts.map((told) => inOrder(told, TOLD)),
    created_at: statement.createdAt.toISOString(),
    finished_at: statement.finishedAt && statement.finishedAt.toISOString(),
  };
}

const COUNTS = ['rows', 'booked', 'matched', 'needs_match', 'held', 'noted', 'known'] as const;
const TOLD = [
  'statement_id',
  'account',
  'currency',
  'opening',
  'closing',
  'complete',
  'balances_agree',
  'rows',
] as const;

/** jsonb keeps the order of fields in its own way; people read them in ours. */
function inOrder<T extends object, K extends keyof T>(given: T, fields: readonly K[]): Pick<T, K> {
  return Object.fromEntries(fields.map((field) => [field, given[field]])) as Pick<T, K>;
}

/** A row of a statement as it stands in answers. */
export const statementRowSchema = z
  .object({
    id: z.string(),
    object: z.literal('statement_row'),
    livemode: z.boolean(),
    statement_id: z.string(),
    position: z.string().meta({ description: 'Where in the file it stands', example: 'line 7' }),
    kind: z.enum(['credit', 'debit', 'fee', 'refund', 'reversal', 'return']),
    direction: z.enum(['in', 'out']).nullable(),
    status: z.enum(['booked', 'pending', 'info']),
    amount: moneySchema,
    fee: moneySchema.nullable(),
    booked_at: time,
    value_date: z.string().nullable(),
    reference: z.string().nullable(),
    channel_transaction_id: z.string().nullable(),
    text: z.string(),
    counterparty: z.object({ name: z.string().nullable(), account: z.string().nullable() }).nullable(),
    return_reason: z.string().nullable(),
    outcome: z.enum(ROW_OUTCOMES).meta({
      description:
        'What became of it when it was read: `booked` as money, `matched` with something known, `needs_match` (an inflow ' +
        'waits for somebody to say what it is for), `held` because of its doubt, `noted` only',
    }),
    doubt: z.string().nullable().meta({ description: 'Why nobody booked it', example: 'returned_after_booking' }),
    payment_intent_id: z.string().nullable(),
    inflow_id: z.string().nullable(),
    refund_id: z.string().nullable(),
    suggested_payment_intent_ids: z.array(z.string()).meta({
      description: 'Up to three open payments of this amount, while it waits for a match. Suggestions and nothing more',
    }),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'StatementRow' });
export type WireStatementRow = z.infer<typeof statementRowSchema>;

export function toWireStatementRow(row: KeptRow, suggested: readonly string[]): WireStatementRow {
  const { text, counterparty } = row.details;
  return {
    id: row.id,
    object: 'statement_row',
    livemode: row.livemode,
    statement_id: row.statementId,
    position: row.position,
    kind: row.kind,
    direction: row.direction,
    status: row.status,
    amount: moneyToWire(row.amount),
    fee: row.fee === null ? null : { currency: row.amount.currency, value: Number(row.fee) },
    booked_at: row.bookedAt.toISOString(),
    value_date: row.valueDate,
    reference: row.reference,
    channel_transaction_id: row.channelTransactionId,
    text,
    counterparty: counterparty ? { name: counterparty.name ?? null, account: counterparty.account ?? null } : null,
    return_reason: row.returnReason,
    outcome: row.outcome,
    doubt: row.doubt,
    payment_intent_id: row.paymentIntentId,
    inflow_id: row.inflowId,
    refund_id: row.refundId,
    suggested_payment_intent_ids: [...suggested],
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
