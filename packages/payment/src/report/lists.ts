import { statement } from '@itpay/kernel';
import { amountOf, listSource, type BatchParams, type Placed } from './source.js';

interface TransactionRow extends Placed {
  readonly order_reference: string | null;
  readonly channel: string;
  readonly merchant_account: string;
  readonly channel_reference: string;
  readonly channel_transaction_id: string | null;
  readonly status: string;
  readonly currency: string;
  readonly amount: bigint;
  readonly amount_captured: bigint;
  readonly amount_refunded: bigint;
  readonly late_payment: boolean;
  readonly created_at: Date;
  readonly succeeded_at: Date;
}

/** Payments that succeeded in this time. */
export const transactions = listSource<TransactionRow>(
  [
    { kind: 'plain', name: 'payment_intent_id', of: ({ id }) => id },
    { kind: 'text', name: 'order_reference', of: (row) => row.order_reference },
    { kind: 'plain', name: 'channel', of: ({ channel }) => channel },
    { kind: 'text', name: 'merchant_account', of: (row) => row.merchant_account },
    { kind: 'text', name: 'channel_reference', of: (row) => row.channel_reference },
    { kind: 'text', name: 'channel_transaction_id', of: (row) => row.channel_transaction_id },
    { kind: 'plain', name: 'status', of: ({ status }) => status },
    { kind: 'currency', name: 'currency', of: ({ currency }) => currency },
    { kind: 'money', name: 'amount', of: (row) => amountOf(row, row.amount) },
    { kind: 'money', name: 'amount_captured', of: (row) => amountOf(row, row.amount_captured) },
    { kind: 'money', name: 'amount_refunded', of: (row) => amountOf(row, row.amount_refunded) },
    { kind: 'plain', name: 'late_payment', of: (row) => row.late_payment },
    { kind: 'plain', name: 'created_at', of: (row) => row.created_at },
    { kind: 'plain', name: 'succeeded_at', of: (row) => row.succeeded_at },
  ],
  statement<BatchParams, TransactionRow>(
    'report_transactions',
    `select id, succeeded_at::text as place, order_reference, channel, merchant_account, channel_reference,
            channel_transaction_id, status, currency, amount, amount_captured, amount_refunded, late_payment, created_at,
            succeeded_at
       from {schema}.payment_intents
      where account = :account and livemode = :livemode and (:channel::text is null or channel = :channel)
        and succeeded_at >= :from and succeeded_at < :until
        and (succeeded_at, id) > (:cursorAt::timestamptz, :cursorId)
      order by succeeded_at, id limit :limit::int`,
  ),
);

interface RefundRow extends Placed {
  readonly payment_intent_id: string;
  readonly inflow_id: string | null;
  readonly order_reference: string | null;
  readonly channel: string;
  readonly merchant_account: string;
  readonly channel_refund_reference: string;
  readonly channel_refund_id: string | null;
  readonly reason: string;
  readonly manual: boolean;
  readonly currency: string;
  readonly amount: bigint;
  readonly created_at: Date;
  readonly succeeded_at: Date;
}

/** Money that went back in this time. */
export const refunds = listSource<RefundRow>(
  [
    { kind: 'plain', name: 'refund_id', of: ({ id }) => id },
    { kind: 'plain', name: 'payment_intent_id', of: (row) => row.payment_intent_id },
    { kind: 'plain', name: 'inflow_id', of: (row) => row.inflow_id },
    { kind: 'text', name: 'order_reference', of: (row) => row.order_reference },
    { kind: 'plain', name: 'channel', of: ({ channel }) => channel },
    { kind: 'text', name: 'merchant_account', of: (row) => row.merchant_account },
    { kind: 'text', name: 'channel_refund_reference', of: (row) => row.channel_refund_reference },
    { kind: 'text', name: 'channel_refund_id', of: (row) => row.channel_refund_id },
    { kind: 'plain', name: 'reason', of: ({ reason }) => reason },
    { kind: 'plain', name: 'manual', of: ({ manual }) => manual },
    { kind: 'currency', name: 'currency', of: ({ currency }) => currency },
    { kind: 'money', name: 'amount', of: (row) => amountOf(row, row.amount) },
    { kind: 'plain', name: 'created_at', of: (row) => row.created_at },
    { kind: 'plain', name: 'succeeded_at', of: (row) => row.succeeded_at },
  ],
  statement<BatchParams, RefundRow>(
    'report_refunds',
    `select r.id, r.succeeded_at::text as place, r.payment_intent_id, r.inflow_id, i.order_reference,
            coalesce(f.channel, i.channel) as channel, coalesce(f.merchant_account, i.merchant_account) as merchant_account,
            r.channel_refund_reference, r.channel_refund_id, r.reason, r.manual, r.currency, r.amount,
            r.created_at, r.succeeded_at
       from {schema}.refunds r join {schema}.payment_intents i on i.id = r.payment_intent_id
       left join {schema}.inflows f on f.id = r.inflow_id
      where r.account = :account and r.livemode = :livemode
        and (:channel::text is null or coalesce(f.channel, i.channel) = :channel)
        and r.succeeded_at >= :from and r.succeeded_at < :until
        and (r.succeeded_at, r.id) > (:cursorAt::timestamptz, :cursorId)
      order by r.succeeded_at, r.id limit :limit::int`,
  ),
);

interface FeeRow extends Placed {
  readonly statement_id: string;
  readonly channel: string;
  readonly kind: string;
  readonly reference: string | null;
  readonly channel_transaction_id: string | null;
  readonly payment_intent_id: string | null;
  readonly currency: string;
  /** What the fee was taken for; null where the line is the fee itself. */
  readonly amount: bigint | null;
  readonly fee: bigint;
  readonly booked_at: Date;
  readonly value_date: string | null;
}

/**
 * Lines of statements that moved money and tell a fee, as `r`. A fee that two files tell counts once: by the line of its own,
 * which is what was taken, and not by the note beside the payment.
 */
export const FEE_ROWS = `
  r.status = 'booked' and (r.fee is not null or r.kind = 'fee')
  and not (r.kind <> 'fee' and exists (
    select 1 from {schema}.statement_rows f
     where f.channel_instance = r.channel_instance and f.channel_transaction_id = r.channel_transaction_id
       and f.kind = 'fee' and f.status = 'booked'))`;
/** The fee of such a line: above zero when the payee paid it. */
export const FEE_OF_ROW = `case when r.kind <> 'fee' then r.fee when r.direction = 'in' then -r.amount else r.amount end`;

/** What channels took for themselves, as their statements tell it. */
export const fees = listSource<FeeRow>(
  [
    { kind: 'plain', name: 'statement_row_id', of: ({ id }) => id },
    { kind: 'plain', name: 'statement_id', of: (row) => row.statement_id },
    { kind: 'plain', name: 'channel', of: ({ channel }) => channel },
    { kind: 'plain', name: 'kind', of: ({ kind }) => kind },
    { kind: 'text', name: 'reference', of: ({ reference }) => reference },
    { kind: 'text', name: 'channel_transaction_id', of: (row) => row.channel_transaction_id },
    { kind: 'plain', name: 'payment_intent_id', of: (row) => row.payment_intent_id },
    { kind: 'currency', name: 'currency', of: ({ currency }) => currency },
    { kind: 'money', name: 'amount', of: (row) => (row.amount === null ? null : amountOf(row, row.amount)) },
    { kind: 'money', name: 'fee', of: (row) => amountOf(row, row.fee) },
    { kind: 'plain', name: 'booked_at', of: (row) => row.booked_at },
    { kind: 'plain', name: 'value_date', of: (row) => row.value_date },
  ],
  statement<BatchParams, FeeRow>(
    'report_fees',
    `select r.id, r.booked_at::text as place, r.statement_id, r.channel, r.kind, r.reference, r.channel_transaction_id,
            r.payment_intent_id, r.currency, case when r.kind <> 'fee' then r.amount end as amount, ${FEE_OF_ROW} as fee,
            r.booked_at, r.value_date
       from {schema}.statement_rows r
      where r.account = :account and r.livemode = :livemode and (:channel::text is null or r.channel = :channel)
        and r.booked_at >= :from and r.booked_at < :until and ${FEE_ROWS}
        and (r.booked_at, r.id) > (:cursorAt::timestamptz, :cursorId)
      order by r.booked_at, r.id limit :limit::int`,
  ),
);

interface UnattributedRow extends Placed {
  readonly status: string;
  readonly kind: string;
  readonly channel: string;
  readonly merchant_account: string;
  readonly channel_reference: string | null;
  readonly channel_transaction_id: string;
  readonly payment_intent_id: string | null;
  readonly currency: string;
  readonly amount: bigint;
  readonly counted: bigint;
  readonly paid_at: Date;
  readonly created_at: Date;
}

/** Money that came in this time and lies aside now: it fits nothing, or waits for a decision. */
export const unattributed = listSource<UnattributedRow>(
  [
    { kind: 'plain', name: 'inflow_id', of: ({ id }) => id },
    { kind: 'plain', name: 'status', of: ({ status }) => status },
    { kind: 'plain', name: 'kind', of: ({ kind }) => kind },
    { kind: 'plain', name: 'channel', of: ({ channel }) => channel },
    { kind: 'text', name: 'merchant_account', of: (row) => row.merchant_account },
    { kind: 'text', name: 'channel_reference', of: (row) => row.channel_reference },
    { kind: 'text', name: 'channel_transaction_id', of: (row) => row.channel_transaction_id },
    { kind: 'plain', name: 'payment_intent_id', of: (row) => row.payment_intent_id },
    { kind: 'currency', name: 'currency', of: ({ currency }) => currency },
    { kind: 'money', name: 'amount', of: (row) => amountOf(row, row.amount) },
    { kind: 'money', name: 'aside', of: (row) => amountOf(row, row.amount - row.counted) },
    { kind: 'plain', name: 'paid_at', of: (row) => row.paid_at },
    { kind: 'plain', name: 'created_at', of: (row) => row.created_at },
  ],
  statement<BatchParams, UnattributedRow>(
    'report_unattributed',
    `select id, paid_at::text as place, status, kind, channel, merchant_account, channel_reference, channel_transaction_id,
            payment_intent_id, currency, amount, counted, paid_at, created_at
       from {schema}.inflows
      where account = :account and livemode = :livemode and (:channel::text is null or channel = :channel)
        and status in ('needs_match', 'parked')
        and paid_at >= :from and paid_at < :until and (paid_at, id) > (:cursorAt::timestamptz, :cursorId)
      order by paid_at, id limit :limit::int`,
  ),
);
