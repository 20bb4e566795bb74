import { moneyFromWire, type WireMoney } from '@itpay/core';
import { statement } from '@itpay/kernel';
import { listSource, type BatchParams, type Placed } from './source.js';

interface ExceptionRow extends Placed {
  readonly class: string;
  readonly status: string;
  readonly channel: string;
  readonly merchant_account: string;
  readonly reference: string | null;
  readonly channel_transaction_id: string | null;
  readonly channel_amount: WireMoney | null;
  readonly here_amount: WireMoney | null;
  readonly payment_intent_id: string | null;
  readonly inflow_id: string | null;
  readonly refund_id: string | null;
  readonly statement_row_id: string | null;
  readonly note: string | null;
  readonly resolution: string | null;
  readonly resolved_by: string | null;
  readonly reason: string | null;
  readonly created_at: Date;
  readonly resolved_at: Date | null;
}

/** Differences between the books and the files of the channels that were first seen in this time, and what became of them. */
export const reconciliation = listSource<ExceptionRow>(
  [
    { kind: 'plain', name: 'exception_id', of: ({ id }) => id },
    { kind: 'plain', name: 'class', of: (row) => row.class },
    { kind: 'plain', name: 'status', of: ({ status }) => status },
    { kind: 'plain', name: 'channel', of: ({ channel }) => channel },
    { kind: 'text', name: 'merchant_account', of: (row) => row.merchant_account },
    { kind: 'text', name: 'channel_reference', of: ({ reference }) => reference },
    { kind: 'text', name: 'channel_transaction_id', of: (row) => row.channel_transaction_id },
    { kind: 'currency', name: 'channel_currency', of: (row) => row.channel_amount?.currency ?? '' },
    { kind: 'money', name: 'channel_amount', of: (row) => row.channel_amount && moneyFromWire(row.channel_amount) },
    { kind: 'currency', name: 'here_currency', of: (row) => row.here_amount?.currency ?? '' },
    { kind: 'money', name: 'here_amount', of: (row) => row.here_amount && moneyFromWire(row.here_amount) },
    { kind: 'plain', name: 'payment_intent_id', of: (row) => row.payment_intent_id },
    { kind: 'plain', name: 'inflow_id', of: (row) => row.inflow_id },
    { kind: 'plain', name: 'refund_id', of: (row) => row.refund_id },
    { kind: 'plain', name: 'statement_row_id', of: (row) => row.statement_row_id },
    { kind: 'text', name: 'note', of: ({ note }) => note },
    { kind: 'plain', name: 'resolution', of: ({ resolution }) => resolution },
    { kind: 'text', name: 'resolved_by', of: (row) => row.resolved_by },
    { kind: 'text', name: 'reason', of: ({ reason }) => reason },
    { kind: 'plain', name: 'created_at', of: (row) => row.created_at },
    { kind: 'plain', name: 'resolved_at', of: (row) => row.resolved_at },
  ],
  statement<BatchParams, ExceptionRow>(
    'report_reconciliation',
    `select id, created_at::text as place, class, status, channel, merchant_account, facts->>'reference' as reference,
            facts->>'channelTransactionId' as channel_transaction_id, facts->'channel'->'amount' as channel_amount,
            facts->'here'->'amount' as here_amount, payment_intent_id, inflow_id, refund_id, statement_row_id,
            facts->>'note' as note, resolution, resolved_by, reason, created_at, resolved_at
       from {schema}.reconciliation_exceptions
      where account = :account and livemode = :livemode and (:channel::text is null or channel = :channel)
        and created_at >= :from and created_at < :until
        and (created_at, id) > (:cursorAt::timestamptz, :cursorId)
      order by created_at, id limit :limit::int`,
  ),
);
