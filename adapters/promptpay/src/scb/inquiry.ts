import type { Money } from '@itpay/core';
import { RailError } from '@itpay/kernel';
import { addDays, bangkokDay, timeOf } from '../bangkok.js';
import { isObject, textAt, type Json, type JsonObject } from '../json.js';
import { satangOf } from '../mapping.js';
import { unreadable, type ScbClient } from './client.js';
import { NO_RECORD } from './failure.js';
import { BAHT, PATHS, REVERSED, TAG_30_PAYMENT } from './wire.js';

/** A bill payment that the bank knows. */
export interface BillPayment {
  /** SCB's number of the payment. */
  readonly transactionId: string;
  readonly amount: Money;
  readonly paidAt: Date;
  readonly reference1: string;
  readonly reference2: string | null;
  readonly reference3: string | null;
  /** The bank has taken the money back, so that it does not count. */
  readonly reversed: boolean;
  /** Three digits: from which bank the money came. */
  readonly sendingBank: string | null;
}

/** Under which reference, and on which day in Bangkok (`YYYY-MM-DD`): the bank looks at one day only. */
export interface PaymentSearch {
  readonly billerId: string;
  readonly reference1: string;
  readonly day: string;
}

/**
 * The payments under a reference on one day, oldest first; none when there was none.
 *
 * @throws RailError `mismatch` when the bank tells of another reference or biller; otherwise as `ScbClient.call`
 */
export async function findPayments(
  client: ScbClient,
  search: PaymentSearch,
  signal: AbortSignal,
): Promise<readonly BillPayment[]> {
  const { billerId, reference1, day: transactionDate } = search;
  const query = new URLSearchParams({ eventCode: TAG_30_PAYMENT, billerId, reference1, transactionDate });
  const path = `${PATHS.inquiry}?${query}`;
  const data = await orNothing(client.call({ method: 'GET', path, signal }));
  const rows = Array.isArray(data) ? (data as readonly Json[]) : isObject(data) ? [data] : [];
  if (rows.length === 0 && data !== null && !Array.isArray(data)) throw unreadable('data');
  return rows
    .map((row) => paymentOf(row, search))
    .toSorted((a, b) => a.paidAt.getTime() - b.paidAt.getTime() || (a.transactionId < b.transactionId ? -1 : 1));
}

/** "There is no such record" is the answer that nothing was paid. */
export async function orNothing(data: Promise<Json>): Promise<Json> {
  try {
    return await data;
  } catch (error) {
    if (error instanceof RailError && error.failure.rawCode === NO_RECORD) return null;
    throw error;
  }
}

function paymentOf(row: Json, { billerId, reference1 }: PaymentSearch): BillPayment {
  if (!isObject(row)) throw unreadable('data');
  requireSame(row, 'payeeProxyId', billerId);
  requireSame(row, 'billPaymentRef1', reference1);
  requireSame(row, 'currencyCode', BAHT);
  const transactionId = textAt(row, 'transactionId');
  const amount = satangOf(textAt(row, 'amount') ?? '');
  const paidAt = timeOf(textAt(row, 'transactionDateandTime') ?? '');
  if (transactionId === undefined) throw unreadable('transactionId');
  if (amount === null || amount.value <= 0n) throw unreadable('amount');
  if (paidAt === null) throw unreadable('transactionDateandTime');
  return {
    transactionId,
    amount,
    paidAt,
    reference1,
    reference2: textAt(row, 'billPaymentRef2') ?? null,
    reference3: textAt(row, 'billPaymentRef3') ?? null,
    reversed: textAt(row, 'reverseFlag') === REVERSED,
    sendingBank: textAt(row, 'sendingBankCode') ?? null,
  };
}

function requireSame(row: JsonObject, field: string, expected: string): void {
  const value = textAt(row, field);
  if (value === undefined) throw unreadable(field);
  if (value !== expected) throw new RailError({ category: 'mismatch', message: `${field} is another one.` });
}

/** How many days back the first question about a reference goes; money that came earlier is found in the statement. */
export const LOOK_BACK_DAYS = 2;
/** The bank may tell of a payment a little late. */
const SETTLES_WITHIN_MS = 3_600_000;

/**
 * The days in Bangkok to ask about, oldest first.
 *
 * @param lookedThrough the last day that needs no further question; undefined when nothing is known of the reference
 */
export function daysToAsk(now: Date, lookedThrough: string | undefined): readonly string[] {
  const today = bangkokDay(now);
  const oldest = addDays(today, -LOOK_BACK_DAYS);
  const from = lookedThrough === undefined || lookedThrough < oldest ? oldest : addDays(lookedThrough, 1);
  const days: string[] = [];
  for (let day = from; day <= today; day = addDays(day, 1)) days.push(day);
  return days;
}

/** The last day on which nothing can turn up any more. For an hour after midnight it is not yesterday. */
export function lastDayOver(now: Date): string {
  return addDays(bangkokDay(new Date(now.getTime() - SETTLES_WITHIN_MS)), -1);
}

/** For each reference the day through which was looked. Forgotten ones are only looked up once more. */
export class LookedDays {
  readonly #through = new Map<string, string>();
  readonly #capacity: number;

  constructor(capacity = 10_000) {
    this.#capacity = capacity;
  }

  get(reference: string): string | undefined {
    return this.#through.get(reference);
  }

  set(reference: string, day: string): void {
    this.#through.delete(reference);
    this.#through.set(reference, day);
    if (this.#through.size > this.#capacity) this.#through.delete(this.#through.keys().next().value!);
  }
}
