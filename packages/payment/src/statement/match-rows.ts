import type { Actor, Channel, StatementRow } from '@itpay/kernel';
import { channelInstanceKey, statement, type Queryable } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import type { RowResult } from './store.js';

/**
 * Finds what we know of the rows of a rail that can be asked. Nothing else follows from them here: what differs, and what is
 * missing, reconciliation asks about.
 *
 * @returns for each row `matched` when we know the same of it, else `noted`, with what it is about where that is known
 */
export async function matchRows(
  { database }: PaymentServices,
  channel: Channel,
  { account }: Actor,
  rows: readonly { readonly row: StatementRow }[],
): Promise<ReadonlyMap<StatementRow, RowResult>> {
  const known = await readKnown(
    database,
    channel,
    rows.map(({ row }) => row),
  );
  return new Map(
    rows.map(({ row }) => [row, { ...NOTHING, account, ...(row.kind === 'refund' ? refundOf : creditOf)(row, known) }]),
  );
}

const NOTHING = { outcome: 'noted', doubt: null, paymentIntentId: null, inflowId: null, refundId: null } as const;

interface Known {
  readonly inflows: readonly KnownInflow[];
  readonly refunds: readonly KnownRefund[];
  readonly orders: readonly KnownOrder[];
}

function creditOf(row: StatementRow, { inflows, orders }: Known): Partial<RowResult> {
  if (row.kind !== 'credit') return {};
  const inflow = inflows.find(({ channel_transaction_id }) => channel_transaction_id === row.channelTransactionId);
  if (inflow !== undefined) {
    const same = inflow.amount === row.amount.value && inflow.currency === row.amount.currency;
    const { account, id: inflowId, payment_intent_id: paymentIntentId } = inflow;
    return { account, inflowId, paymentIntentId, outcome: same && row.status === 'booked' ? 'matched' : 'noted' };
  }
  const order = orders.find(({ reference, kind }) => reference === row.reference && kind === 'authorize');
  return order === undefined ? {} : { account: order.account, paymentIntentId: order.payment_intent_id };
}

function refundOf(row: StatementRow, { refunds }: Known): Partial<RowResult> {
  const refund = refunds.find(({ reference }) => reference === row.reference);
  if (refund === undefined) return {};
  const same = refund.amount === row.amount.value && refund.currency === row.amount.currency;
  const { account, id: refundId, payment_intent_id: paymentIntentId, status } = refund;
  const matches = same && row.status === 'booked' && status === 'succeeded';
  return { account, refundId, paymentIntentId, outcome: matches ? 'matched' : 'noted' };
}

async function readKnown(on: Queryable, channel: Channel, rows: readonly StatementRow[]): Promise<Known> {
  const transactions = rows.map(({ channelTransactionId }) => channelTransactionId).filter((id) => id !== null);
  const references = rows.map(({ reference }) => reference).filter((reference) => reference !== null);
  const instance = channelInstanceKey(channel);
  const { id, merchantAccount } = channel;
  return {
    inflows: await on.query(INFLOWS, { channel: id, merchantAccount, transactions }),
    refunds: await on.query(REFUNDS, { instance, references }),
    orders: await on.query(ORDERS, { instance, references }),
  };
}

interface KnownInflow {
  readonly id: string;
  readonly account: string;
  readonly channel_transaction_id: string;
  readonly payment_intent_id: string | null;
  readonly amount: bigint;
  readonly currency: string;
}

interface KnownRefund {
  readonly id: string;
  readonly account: string;
  readonly reference: string;
  readonly payment_intent_id: string;
  readonly status: string;
  readonly amount: bigint;
  readonly currency: string;
}

interface KnownOrder {
  readonly account: string;
  readonly reference: string;
  readonly kind: string;
  readonly payment_intent_id: string;
}

const INFLOWS = statement<{ channel: string; merchantAccount: string; transactions: string[] }, KnownInflow>(
  'statement_known_inflows',
  `select id, account, channel_transaction_id, payment_intent_id, amount, currency from {schema}.inflows
    where channel = :channel and merchant_account = :merchantAccount
      and channel_transaction_id = any(:transactions::text[])`,
);
const REFUNDS = statement<{ instance: string; references: string[] }, KnownRefund>(
  'statement_known_refunds',
  `select refund.id, refund.account, operation.reference, refund.payment_intent_id, refund.status, refund.amount,
     refund.currency
     from {schema}.channel_operations operation join {schema}.refunds refund on refund.id = operation.object_id
    where operation.channel_instance = :instance and operation.reference = any(:references::text[])
      and operation.kind = 'refund'`,
);
const ORDERS = statement<{ instance: string; references: string[] }, KnownOrder>(
  'statement_known_orders',
  `select account, reference, kind, payment_intent_id from {schema}.channel_operations
    where channel_instance = :instance and reference = any(:references::text[]) and kind = 'authorize'`,
);
