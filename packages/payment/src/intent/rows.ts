import { money } from '@itpay/core';
import type { OperationKind, OperationState, QrStandard } from '@itpay/kernel';
import type { QrCharge, QrChargeStatus } from '../qr-charge/qr-charge.js';
import type { PaymentIntent, PresentedIntent } from './intent.js';
import type { IntentStatus } from './machine.js';

/** Columns of an intent, for every statement that reads one. */
export const INTENT_COLUMNS = `
  i.id, i.account, i.livemode, i.type, i.status, i.amount, i.currency, i.amount_captured, i.amount_refunded, i.description,
  i.order_reference, i.payer_agent_id, i.payer_human_id, i.channel, i.allowed_channels, i.merchant_account,
  i.capture_method, i.channel_reference, i.channel_transaction_id, i.late_payment, i.failure, i.metadata, i.return_url, i.version, i.sequence,
  i.created_at, i.updated_at, i.expires_at, i.expires_in, i.authorized_at, i.captured_at, i.succeeded_at, i.closed_at`;

export interface IntentRow {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly type: 'one_time';
  readonly status: IntentStatus;
  readonly amount: bigint;
  readonly currency: string;
  readonly amount_captured: bigint;
  readonly amount_refunded: bigint;
  readonly description: string | null;
  readonly order_reference: string | null;
  readonly payer_agent_id: string | null;
  readonly payer_human_id: string | null;
  readonly channel: string;
  readonly allowed_channels: string[] | null;
  readonly merchant_account: string;
  readonly capture_method: PaymentIntent['captureMethod'];
  readonly channel_reference: string;
  readonly channel_transaction_id: string | null;
  readonly late_payment: boolean;
  readonly failure: PaymentIntent['failure'];
  readonly metadata: Record<string, string>;
  readonly return_url: string | null;
  readonly version: number;
  readonly sequence: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly expires_at: Date;
  readonly expires_in: number | null;
  readonly authorized_at: Date | null;
  readonly captured_at: Date | null;
  readonly succeeded_at: Date | null;
  readonly closed_at: Date | null;
}

export function intentFromRow(row: IntentRow): PaymentIntent {
  return {
    id: row.id,
    account: row.account,
    livemode: row.livemode,
    type: row.type,
    status: row.status,
    amount: money(row.currency, row.amount),
    amountCaptured: row.amount_captured,
    amountRefunded: row.amount_refunded,
    description: row.description,
    orderReference: row.order_reference,
    payer:
      row.payer_agent_id === null && row.payer_human_id === null
        ? null
        : { agentId: row.payer_agent_id, humanId: row.payer_human_id },
    channel: row.channel,
    allowedChannels: row.allowed_channels ?? [row.channel],
    merchantAccount: row.merchant_account,
    captureMethod: row.capture_method,
    channelReference: row.channel_reference,
    channelTransactionId: row.channel_transaction_id,
    latePayment: row.late_payment,
    failure: row.failure,
    metadata: row.metadata,
    returnUrl: row.return_url,
    version: row.version,
    sequence: row.sequence,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
    expiresIn: row.expires_in,
    authorizedAt: row.authorized_at,
    capturedAt: row.captured_at,
    succeededAt: row.succeeded_at,
    closedAt: row.closed_at,
  };
}

/** What `PRESENTED` adds to an intent: the QR that is shown now, and the operation that has not succeeded. */
export const PRESENTED_COLUMNS = `
  q.id as qr_id, q.qr_standard, q.qr_data, q.status as qr_status, q.sequence as qr_sequence,
  q.expires_at as qr_expires_at, q.created_at as qr_created_at,
  o.id as operation_id, o.kind as operation_kind, o.state as operation_state, o.next_query_at as operation_next_query_at`;

export const PRESENTED = `
  left join {schema}.qr_charges q on q.payment_intent_id = i.id and q.status in ('active', 'scanned')
  left join lateral (
    select id, kind, state, next_query_at from {schema}.channel_operations
     where payment_intent_id = i.id and state <> 'succeeded'
       -- an order that came to nothing is history once another took its place, or the money came all the same
       and (kind <> 'authorize' or (reference = i.channel_reference and i.status_rank < 4))
     order by id desc limit 1) o on true`;

export interface PresentedRow extends IntentRow {
  readonly qr_id: string | null;
  readonly qr_standard: QrStandard;
  readonly qr_data: string;
  readonly qr_status: QrChargeStatus;
  readonly qr_sequence: number;
  readonly qr_expires_at: Date;
  readonly qr_created_at: Date;
  readonly operation_id: string | null;
  readonly operation_kind: OperationKind;
  readonly operation_state: OperationState;
  readonly operation_next_query_at: Date | null;
}

export function presentedFromRow(row: PresentedRow): PresentedIntent {
  const intent = intentFromRow(row);
  const operation =
    row.operation_id === null
      ? null
      : {
          id: row.operation_id,
          kind: row.operation_kind,
          state: row.operation_state,
          nextQueryAt: row.operation_next_query_at,
        };
  if (row.qr_id === null) return { intent, qr: null, operation };
  const qr: QrCharge = {
    id: row.qr_id,
    paymentIntentId: intent.id,
    account: intent.account,
    livemode: intent.livemode,
    channel: intent.channel,
    channelReference: intent.channelReference,
    qrStandard: row.qr_standard,
    qrData: row.qr_data,
    status: row.qr_status,
    sequence: row.qr_sequence,
    expiresAt: row.qr_expires_at,
    createdAt: row.qr_created_at,
  };
  return { intent, qr, operation };
}
