import type { Money } from '@itpay/core';
import type { BookedPayment, BookedRefund, BookEntry } from './books.js';
import { Refusal } from './refusal.js';
import type { WireOrder, WirePayment, WireRefund } from './wire.js';

const QR_START = 'fakepay://';

/** The order number in the text of a code; any other text is one already. */
export function referenceIn(text: string): string {
  if (!text.startsWith(QR_START)) return text;
  const [, reference = ''] = text.slice(QR_START.length).split(/[/?]/);
  return decodeURIComponent(reference);
}

export function amountOf({ amount, currency }: { readonly amount: string; readonly currency: string }): Money {
  if (!/^\d{1,18}$/.test(amount) || !/^[A-Z]{3}$/.test(currency)) {
    throw new Refusal('invalid_request', 'The amount is an integer of minor units, as text, with a currency.');
  }
  return { currency, value: BigInt(amount) };
}

export function equal(a: Money, b: Money): boolean {
  return a.currency === b.currency && a.value === b.value;
}

export function orderOnWire({ merchant, reference, order, hold, payments }: BookEntry): WireOrder {
  if (order === null) throw new Refusal('not_found', 'There is no such order.');
  const { amount, status, captureMethod, expiresAt } = order;
  const payment = status === 'captured' ? payments[0] : status === 'authorized' ? hold : null;
  return {
    merchant,
    reference,
    status,
    amount: String(amount.value),
    currency: amount.currency,
    capture_method: captureMethod,
    expires_at: expiresAt,
    qr: `${QR_START}${encodeURIComponent(merchant)}/${encodeURIComponent(reference)}?${amount.currency}=${amount.value}`,
    payment: payment ? paymentOnWire(payment) : null,
  };
}

export function paymentOnWire({ transactionId, amount, paidAt }: BookedPayment): WirePayment {
  return { transaction_id: transactionId, amount: String(amount.value), currency: amount.currency, paid_at: paidAt };
}

export function refundOnWire({ merchant, reference }: BookEntry, refund: BookedRefund): WireRefund {
  return {
    merchant,
    reference,
    refund_reference: refund.refundReference,
    refund_id: refund.refundId,
    transaction_id: refund.transactionId,
    amount: String(refund.amount.value),
    currency: refund.amount.currency,
    status: refund.status,
  };
}
