import type { Money } from '@itpay/core';
import { RAIL_OPERATIONS, type RailOperation } from './wire.js';

/** Everything that the rail knows, as `GET /books` tells it. Two equal numbers of two merchants are two entries. */
export interface RailBooks {
  readonly entries: readonly BookEntry[];
  /** All money that payers sent, by currency. */
  readonly moneyReceived: readonly Money[];
  /** All money that went back, by currency. */
  readonly moneyRefunded: readonly Money[];
}

/** One order number: what was asked about it, and what was done. */
export interface BookEntry {
  readonly merchant: string;
  readonly reference: string;
  /** How many requests with a valid signature came in, whatever they did. */
  readonly received: Record<RailOperation, number>;
  /** Null when it was never opened. There is never more than one. */
  order: BookedOrder | null;
  hold: BookedPayment | null;
  /** Money that arrived: payments, and captures of a hold. */
  readonly payments: BookedPayment[];
  readonly captures: BookedCapture[];
  readonly refunds: BookedRefund[];
}

export interface BookedOrder {
  status: 'open' | 'scanned' | 'authorized' | 'captured' | 'closed';
  readonly amount: Money;
  readonly captureMethod: 'automatic' | 'manual';
  readonly description: string | null;
  readonly expiresAt: string;
  readonly notifyUrl: string;
}

export interface BookedPayment {
  readonly transactionId: string;
  readonly amount: Money;
  readonly paidAt: string;
}

export interface BookedCapture extends BookedPayment {
  readonly captureReference: string;
}

export interface BookedRefund {
  readonly refundReference: string;
  readonly refundId: string;
  /** The payment that is given back. */
  readonly transactionId: string;
  readonly amount: Money;
  readonly createdAt: string;
  status: 'processing' | 'succeeded' | 'failed';
}

export function newEntry(merchant: string, reference: string): BookEntry {
  const received = Object.fromEntries(RAIL_OPERATIONS.map((operation) => [operation, 0])) as BookEntry['received'];
  return { merchant, reference, received, order: null, hold: null, payments: [], captures: [], refunds: [] };
}

export function booksOf(entries: readonly BookEntry[]): RailBooks {
  return {
    entries,
    moneyReceived: sums(entries.flatMap(({ payments }) => payments)),
    moneyRefunded: sums(entries.flatMap(({ refunds }) => refunds.filter(({ status }) => status === 'succeeded'))),
  };
}

function sums(items: readonly { readonly amount: Money }[]): Money[] {
  const totals = new Map<string, bigint>();
  for (const { amount } of items) totals.set(amount.currency, (totals.get(amount.currency) ?? 0n) + amount.value);
  return [...totals].map(([currency, value]) => ({ currency, value }));
}

/** Books as JSON: an amount's value is text there, because it may be larger than a double holds. */
export function booksToJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? String(item) : item));
}

export function booksFromJson<T>(json: string): T {
  return JSON.parse(json, (key, item: unknown) =>
    key === 'value' && typeof item === 'string' ? BigInt(item) : item,
  ) as T;
}
