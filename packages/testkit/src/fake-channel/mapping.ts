import { isCurrency, type Money } from '@itpay/core';
import {
  RailError,
  type ChannelFailure,
  type Credit,
  type OrderRequest,
  type OrderStatus,
  type RefundRequest,
  type RefundStatus,
} from '@itpay/kernel';
import type { WireOrderRequest, WireRefundRequest } from '../fake-rail/wire.js';

type Body = Readonly<Record<string, unknown>>;

export function orderToWire(request: OrderRequest, ifExists: 'same' | 'refuse'): WireOrderRequest {
  return {
    reference: request.reference,
    ...moneyToRail(request.amount),
    capture_method: request.captureMethod,
    description: request.description,
    expires_at: request.expiresAt.toISOString(),
    notify_url: request.notifyUrl,
    if_exists: ifExists,
  };
}

export function refundToWire(request: RefundRequest): WireRefundRequest {
  return {
    refund_reference: request.refundReference,
    transaction_id: request.channelTransactionId,
    ...moneyToRail(request.amount),
    reason: request.reason,
  };
}

export function moneyToRail({ currency, value }: Money): { readonly amount: string; readonly currency: string } {
  return { amount: String(value), currency };
}

/** @throws RailError `mismatch` unless each field says what we know */
export function requireSame(body: Body, expected: Readonly<Record<string, string>>): void {
  for (const [field, value] of Object.entries(expected)) {
    if (body[field] !== value) throw new RailError({ category: 'mismatch', message: `${field} is another one.` });
  }
}

export function statusOf(body: Body): OrderStatus {
  const { status } = body;
  switch (status) {
    case 'open':
      return { status: 'pending' };
    case 'scanned':
    case 'closed':
      return { status };
    case 'authorized': {
      const { channelTransactionId, amount } = readCredit(body.payment);
      return { status, channelTransactionId, amount };
    }
    case 'captured':
      return { status, credit: readCredit(body.payment) };
    default:
      throw unreadable('status');
  }
}

export function refundStatusOf({ status }: Body): RefundStatus {
  if (status === 'processing' || status === 'succeeded') return { status };
  // The rail had accepted it and could not carry it out: final, and nobody's mistake.
  const failure: ChannelFailure = { category: 'declined', rawCode: 'refund_failed' };
  if (status === 'failed') return { status, failure };
  throw unreadable('status');
}

/** @throws RailError `unmapped` naming the field that is missing or malformed */
export function readCredit(value: unknown): Credit {
  if (typeof value !== 'object' || value === null) throw unreadable('payment');
  const body = value as Body;
  const paidAt = readText(body, 'paid_at');
  // Exactly what the rail writes, because Date reads almost anything.
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(paidAt) || Number.isNaN(Date.parse(paidAt)))
    throw unreadable('paid_at');
  return {
    channelTransactionId: readText(body, 'transaction_id'),
    amount: readMoney(body),
    paidAt: new Date(paidAt),
  };
}

export function readMoney(body: Body): Money {
  const amount = readText(body, 'amount');
  const currency = readText(body, 'currency');
  if (!/^[1-9]\d{0,17}$/.test(amount)) throw unreadable('amount');
  if (!isCurrency(currency)) throw unreadable('currency');
  return { currency, value: BigInt(amount) };
}

export function readText(body: Body, field: string): string {
  const value = body[field];
  if (typeof value !== 'string' || value === '') throw unreadable(field);
  return value;
}

function unreadable(field: string): RailError {
  return new RailError({ category: 'unmapped', message: `${field} is missing or malformed.` });
}
