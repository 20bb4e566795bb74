import { isItPayError, type Money } from '@itpay/core';
import { RailError, type ChannelFailure, type Credit, type OrderStatus, type RefundStatus } from '@itpay/kernel';
import type { Json } from './client.js';
import { amountFromSnap, timeIn } from './mapping.js';
import { readQris } from './read.js';
import { STATUS } from './wire.js';

/**
 * What `latestTransactionStatus` makes of an order.
 *
 * @throws RailError `unmapped` for an answer that lacks what it needs
 */
export function orderStatusOf(body: Json): OrderStatus {
  switch (body.latestTransactionStatus) {
    case STATUS.success:
      return { status: 'captured', credit: readCredit(body) };
    case STATUS.initiated:
    case STATUS.paying: // DANA: taken from the payer, and not final.
    case STATUS.pending:
    case STATUS.notFound: // Of a payment. A code that has ended closes by our own clock.
      return { status: 'pending' };
    case STATUS.refunded:
      // The money that came is gone again, unless the list says that a part of it stayed.
      return isPartlyRefunded(body) ? { status: 'captured', credit: readCredit(body) } : { status: 'closed' };
    case STATUS.cancelled:
    case STATUS.failed:
      return { status: 'closed' };
    default:
      throw unreadable('latestTransactionStatus');
  }
}

/**
 * What became of a refund, from the state of its order.
 *
 * @param inParts the acquirer lists its refunds; without a list there is one, of everything
 */
export function refundStatusOf(body: Json, refundReference: string, inParts: boolean): RefundStatus {
  const status = body.latestTransactionStatus;
  if (!inParts) {
    if (status === STATUS.refunded) return { status: 'succeeded' };
    if (status === STATUS.success) return { status: 'not_found' };
    throw unreadable('latestTransactionStatus');
  }
  if (status !== STATUS.success && status !== STATUS.refunded) throw unreadable('latestTransactionStatus');
  const entry = refundsIn(body).find(({ partnerRefundNo }) => partnerRefundNo === refundReference);
  if (entry === undefined) return { status: 'not_found' };
  switch (entry.refundStatus) {
    case STATUS.success:
      return { status: 'succeeded' };
    case STATUS.initiated:
    case STATUS.paying:
    case STATUS.pending:
      return { status: 'processing' };
    case STATUS.cancelled:
    case STATUS.failed:
      return { status: 'failed', failure: { category: 'declined', rawCode: `refund_${entry.refundStatus}` } };
    default:
      throw unreadable('refundStatus');
  }
}

/** The payment in an answer or a notification. The amount is read from its text. */
export function readCredit(body: Json, otherwisePaidAt?: Date): Credit {
  const amount = amountFromSnap(body.amount);
  if (amount === null) throw unreadable('amount');
  const paidAt = paidAtIn(body) ?? otherwisePaidAt;
  if (paidAt === undefined) throw unreadable('paidTime');
  return { channelTransactionId: readText(body, 'originalReferenceNo'), amount, paidAt };
}

// Acquirers have different words for it; the notification of the standard has none.
const PAID_TIMES = ['paidTime', 'finishedTime', 'transactionDate', 'paymentDate'];

function paidAtIn(body: Json): Date | undefined {
  const places = [body, (body.additionalInfo ?? {}) as Json];
  const stated = places.flatMap((place) => PAID_TIMES.map((name) => place[name])).find((text) => text !== undefined);
  if (stated === undefined || stated === '') return undefined;
  const paidAt = timeIn(stated);
  if (paidAt === null) throw unreadable('paidTime');
  return paidAt;
}

/**
 * Checks a new code before a payer sees it.
 *
 * @throws RailError `mismatch` unless it is a merchant code for exactly this amount
 */
export function requirePayable(qrContent: string, amount: Money): void {
  const reading = readQris(qrContent);
  if (!reading.ok) throw mismatch(`The new code is not usable. ${reading.reason}`);
  if (reading.code.amount?.value !== amount.value) throw mismatch('The new code asks for another amount.');
  // With a tip the payer sends what nobody expects.
  if (reading.code.tip !== null) throw mismatch('The new code asks for a tip. Have the acquirer switch tips off.');
}

/** @throws RailError `mismatch` unless each field says what we know */
export function requireSame(body: Json, expected: Readonly<Record<string, string>>): void {
  for (const [field, value] of Object.entries(expected)) {
    if (body[field] !== value) throw mismatch(`${field} is another one.`);
  }
}

/** @throws RailError `mismatch` unless the field states this amount */
export function requireAmount(body: Json, field: string, expected: Money): void {
  const amount = amountFromSnap(body[field]);
  if (amount?.value !== expected.value) throw mismatch(`${field} is another one.`);
}

export function readText(body: Json, field: string): string {
  const value = body[field];
  if (typeof value !== 'string' || value === '') throw unreadable(field);
  return value;
}

/** For `Channel.mapError`: what this adapter throws. An amount that cannot be written was certainly not sent. */
export function failureOf(error: unknown): ChannelFailure | undefined {
  if (error instanceof RailError) return error.failure;
  if (isItPayError(error) && UNWRITABLE.includes(error.code))
    return { category: 'invalid_request', rawCode: error.code };
  return undefined;
}

const UNWRITABLE: readonly string[] = [
  'AMOUNT_PRECISION_UNSUPPORTED',
  'AMOUNT_TOO_SMALL',
  'AMOUNT_EXCEEDED',
  'CURRENCY_NOT_SUPPORTED',
];

interface RefundEntry {
  readonly partnerRefundNo?: unknown;
  readonly refundStatus?: unknown;
  readonly refundAmount?: unknown;
}

function refundsIn(body: Json): readonly RefundEntry[] {
  const list = body.refundHistory ?? (body.additionalInfo as Json | undefined)?.refundHistory ?? [];
  if (!Array.isArray(list)) throw unreadable('refundHistory');
  return list.filter((entry): entry is RefundEntry => typeof entry === 'object' && entry !== null);
}

function isPartlyRefunded(body: Json): boolean {
  const amount = amountFromSnap(body.amount)?.value;
  const made = refundsIn(body).filter(({ refundStatus }) => refundStatus === STATUS.success);
  if (amount === undefined || made.length === 0) return false;
  const sum = made.reduce((total, { refundAmount }) => total + (amountFromSnap(refundAmount)?.value ?? amount), 0n);
  return sum < amount;
}

function mismatch(message: string): RailError {
  return new RailError({ category: 'mismatch', message });
}

function unreadable(field: string): RailError {
  return new RailError({ category: 'unmapped', message: `${field} is missing or malformed.` });
}
