import { createHash } from 'node:crypto';
import type { Money } from '@itpay/core';
import { booksOf, newEntry, type BookedPayment, type BookedRefund, type BookEntry, type RailBooks } from './books.js';
import { Refusal } from './refusal.js';
import { Statements } from './statement.js';
import { amountOf, equal, orderOnWire, paymentOnWire, refundOnWire } from './to-wire.js';
import type {
  RailOperation,
  WireCapture,
  WireCaptureRequest,
  WireEvent,
  WireOrder,
  WireOrderRequest,
  WireRefund,
  WireRefundRequest,
} from './wire.js';

export interface BankOptions {
  readonly seed: string;
  /** Called for everything that changes the books, before anybody hears of it. */
  readonly journal: (entry: object) => void;
  /** Called with every callback that the bank wants to send. */
  readonly notify: (event: WireEvent, url: string) => void;
}

export interface BankSettings {
  /** Closed and expired orders can still be paid, as on rails whose codes nobody can take back. */
  payableAfterClose: boolean;
  /** The bank's time. Null: the machine's, and then no order expires by itself. */
  now: Date | null;
}

/** What a payer does. Left out amount and currency: what the order asks for. */
export interface Payment {
  readonly amount?: bigint;
  readonly currency?: string;
  /** How often; each is a payment of its own. */
  readonly times?: number;
  readonly paidAt?: Date;
}

/** A bank without a network: orders, payments, captures and refunds, each once per reference. */
export class Bank {
  readonly settings: BankSettings = { payableAfterClose: false, now: null };
  readonly #options: BankOptions;
  readonly statements = new Statements(() => [...this.#entries.values()]);
  readonly #entries = new Map<string, BookEntry>();

  constructor(options: BankOptions) {
    this.#options = options;
  }

  books(): RailBooks {
    return booksOf([...this.#entries.values()]);
  }

  /** Counts a request, whatever becomes of it. */
  receive(operation: RailOperation, merchant: string, reference: string, key: string | null): void {
    this.#entry(merchant, reference).received[operation] += 1;
    this.#options.journal({ type: 'received', operation, merchant, reference, key });
  }

  // What the merchant asks.

  authorize(merchant: string, request: WireOrderRequest): WireOrder {
    const entry = this.#entry(merchant, request.reference);
    const amount = amountOf(request);
    const { order } = entry;
    if (order !== null) {
      const same =
        equal(order.amount, amount) &&
        order.captureMethod === request.capture_method &&
        order.description === request.description &&
        order.expiresAt === request.expires_at;
      if (!same || request.if_exists === 'refuse') throw new Refusal('duplicate', 'The order number is taken.');
      this.#expireIfDue(entry);
      if (order.status === 'closed') throw new Refusal('already_closed', 'The order is closed.');
      if (order.status === 'captured' || order.status === 'authorized') {
        throw new Refusal('already_paid', 'The order is paid.');
      }
      return orderOnWire(entry);
    }
    if (amount.value <= 0n) throw new Refusal('invalid_request', 'The amount is above zero.');
    if (this.settings.now !== null && new Date(request.expires_at) <= this.settings.now) {
      throw new Refusal('expired', 'The order has expired before it was opened.');
    }
    entry.order = {
      status: 'open',
      amount,
      captureMethod: request.capture_method,
      description: request.description,
      expiresAt: request.expires_at,
      notifyUrl: request.notify_url,
    };
    this.#journal('order', entry, { amount });
    return orderOnWire(entry);
  }

  query(merchant: string, reference: string): WireOrder {
    const entry = this.#opened(merchant, reference);
    this.#expireIfDue(entry);
    return orderOnWire(entry);
  }

  /** Closes an unpaid order or releases a hold; a paid order stays as it is. */
  close(merchant: string, reference: string): WireOrder {
    const entry = this.#opened(merchant, reference);
    if (entry.order.status !== 'captured' && entry.order.status !== 'closed') {
      entry.order.status = 'closed';
      entry.hold = null;
      this.#journal('close', entry, {});
    }
    return orderOnWire(entry);
  }

  capture(merchant: string, reference: string, request: WireCaptureRequest): WireCapture {
    const entry = this.#opened(merchant, reference);
    const amount = amountOf(request);
    let capture = entry.captures.find((one) => one.captureReference === request.capture_reference);
    if (capture !== undefined && !equal(capture.amount, amount)) {
      throw new Refusal('duplicate', 'The capture number is taken.');
    }
    if (capture === undefined) {
      if (entry.order.status === 'captured') throw new Refusal('already_paid', 'The hold was captured before.');
      if (entry.order.status === 'closed') throw new Refusal('already_closed', 'The hold was released.');
      if (entry.hold === null) throw new Refusal('invalid_request', 'There is no hold.');
      if (amount.currency !== entry.hold.amount.currency || amount.value <= 0n) {
        throw new Refusal('invalid_request', 'The amount does not fit the hold.');
      }
      if (amount.value > entry.hold.amount.value) throw new Refusal('limit_exceeded', 'The hold is smaller.');
      const payment = this.#payment(entry, 'capture', amount);
      capture = { captureReference: request.capture_reference, ...payment };
      entry.captures.push(capture);
      this.#journal('capture', entry, capture);
      this.#book(entry, payment);
    }
    return { merchant, reference, capture_reference: capture.captureReference, ...paymentOnWire(capture) };
  }

  refund(
    merchant: string,
    reference: string,
    request: WireRefundRequest,
    status: 'processing' | 'succeeded',
  ): WireRefund {
    const entry = this.#opened(merchant, reference);
    const amount = amountOf(request);
    const known = entry.refunds.find((one) => one.refundReference === request.refund_reference);
    if (known !== undefined) {
      if (!equal(known.amount, amount) || known.transactionId !== request.transaction_id) {
        throw new Refusal('duplicate', 'The refund number is taken.');
      }
      return refundOnWire(entry, known);
    }
    const payment = entry.payments.find(({ transactionId }) => transactionId === request.transaction_id);
    if (payment === undefined) throw new Refusal('not_found', 'There is no such payment.');
    if (amount.currency !== payment.amount.currency || amount.value <= 0n) {
      throw new Refusal('invalid_request', 'The amount does not fit the payment.');
    }
    const before = entry.refunds.filter(
      (one) => one.transactionId === payment.transactionId && one.status !== 'failed',
    );
    if (before.reduce((sum, one) => sum + one.amount.value, amount.value) > payment.amount.value) {
      throw new Refusal('limit_exceeded', 'The refunds would be more than the payment.');
    }
    const refund: BookedRefund = {
      refundReference: request.refund_reference,
      refundId: this.#id('R', entry, entry.refunds.length),
      transactionId: payment.transactionId,
      amount,
      createdAt: (this.settings.now ?? new Date()).toISOString(),
      status: 'processing',
    };
    entry.refunds.push(refund);
    this.#journal('refund', entry, refund);
    if (status === 'succeeded') this.#settle(entry, refund, status);
    return refundOnWire(entry, refund);
  }

  queryRefund(merchant: string, reference: string, refundReference: string): WireRefund {
    const entry = this.#opened(merchant, reference);
    const refund = entry.refunds.find((one) => one.refundReference === refundReference);
    if (refund === undefined) throw new Refusal('not_found', 'There is no such refund.');
    return refundOnWire(entry, refund);
  }

  // What the payer and the bank itself do.

  scan(reference: string): void {
    const entry = this.#byReference(reference);
    this.#requirePayable(entry);
    if (entry.order.status === 'open') entry.order.status = 'scanned';
    this.#notify(entry, { kind: 'scanned' });
  }

  /** Pays, or agrees to a hold where the order asks for one. */
  pay(reference: string, { amount, currency, times = 1, paidAt }: Payment = {}): BookedPayment[] {
    const entry = this.#byReference(reference);
    if (entry.order.captureMethod === 'manual') return [this.authorizeHold(reference)];
    return Array.from({ length: times }, () => {
      this.#requirePayable(entry);
      const asked = entry.order.amount;
      const sent = { currency: currency ?? asked.currency, value: amount ?? asked.value };
      const payment = this.#payment(entry, 'payment', sent, paidAt);
      this.#journal('payment', entry, payment);
      this.#book(entry, payment);
      return payment;
    });
  }

  authorizeHold(reference: string): BookedPayment {
    const entry = this.#byReference(reference);
    this.#requirePayable(entry);
    if (entry.order.captureMethod !== 'manual') throw new Refusal('unsupported', 'The order does not ask for a hold.');
    if (entry.hold !== null) throw new Refusal('already_paid', 'The money is held already.');
    entry.hold = this.#payment(entry, 'hold', entry.order.amount);
    entry.order.status = 'authorized';
    this.#journal('hold', entry, entry.hold);
    this.#notify(entry, { kind: 'authorized', ...paymentOnWire(entry.hold) });
    return entry.hold;
  }

  /** The payer says no, or the time is over: the order is closed, and the rail says so. */
  end(reference: string): void {
    const entry = this.#byReference(reference);
    if (entry.order.status === 'captured') throw new Refusal('already_paid', 'The order is paid.');
    if (entry.order.status !== 'closed') this.#close(entry);
  }

  settleRefund(refundReference: string, status: 'succeeded' | 'failed'): void {
    for (const entry of this.#entries.values()) {
      const refund = entry.refunds.find((one) => one.refundReference === refundReference);
      if (refund !== undefined) return this.#settle(entry, refund, status);
    }
    throw new Refusal('not_found', `There is no refund "${refundReference}".`);
  }

  #settle(entry: BookEntry, refund: BookedRefund, status: 'succeeded' | 'failed'): void {
    if (refund.status !== 'processing') throw new Refusal('already_closed', 'The refund is settled.');
    refund.status = status;
    this.#journal('refund_settled', entry, refund);
    const { refund_id, amount, currency } = refundOnWire(entry, refund);
    this.#notify(entry, { kind: 'refund', refund_id, amount, currency, status }, refund.refundReference);
  }

  #book(entry: BookEntry, payment: BookedPayment): void {
    entry.payments.push(payment);
    if (entry.order) entry.order.status = 'captured';
    this.#notify(entry, { kind: 'payment', ...paymentOnWire(payment) });
  }

  #close(entry: BookEntry): void {
    if (entry.order) entry.order.status = 'closed';
    entry.hold = null;
    this.#journal('close', entry, {});
    this.#notify(entry, { kind: 'closed' });
  }

  #requirePayable(entry: Opened): void {
    this.#expireIfDue(entry);
    if (entry.order.status === 'closed' && !this.settings.payableAfterClose) {
      throw new Refusal('already_closed', 'The order is closed; set payableAfterClose to let payers pay late.');
    }
  }

  #expireIfDue(entry: BookEntry): void {
    const { now } = this.settings;
    const { status, expiresAt } = entry.order ?? {};
    if (now === null || expiresAt === undefined || (status !== 'open' && status !== 'scanned')) return;
    if (new Date(expiresAt) <= now) this.#close(entry);
  }

  #payment(entry: BookEntry, kind: string, amount: Money, paidAt?: Date): BookedPayment {
    const at = paidAt ?? this.settings.now ?? new Date();
    const transactionId = this.#id(kind === 'hold' ? 'H' : 'T', entry, entry.payments.length);
    return { transactionId, amount, paidAt: at.toISOString() };
  }

  /** Depends on nothing but the seed and what it numbers, so that runs can be compared. */
  #id(prefix: string, { merchant, reference }: BookEntry, n: number): string {
    const digest = createHash('sha256').update(`${this.#options.seed}|${prefix}|${merchant}|${reference}|${n}`);
    return prefix + digest.digest('hex').slice(0, 20).toUpperCase();
  }

  #events = 0;
  #notify(entry: BookEntry, event: object, reference = entry.reference): void {
    const { merchant } = entry;
    const event_id = this.#id('E', { ...entry, reference }, this.#events++);
    this.#options.notify({ event_id, merchant, reference, ...event } as WireEvent, entry.order?.notifyUrl ?? '');
  }

  #journal(type: string, { merchant, reference }: BookEntry, facts: object): void {
    this.#options.journal({ type, merchant, reference, ...facts });
  }

  #entry(merchant: string, reference: string): BookEntry {
    const key = JSON.stringify([merchant, reference]);
    const entry = this.#entries.get(key) ?? newEntry(merchant, reference);
    this.#entries.set(key, entry);
    return entry;
  }

  #opened(merchant: string, reference: string): Opened {
    const entry = this.#entry(merchant, reference);
    if (!isOpened(entry)) throw new Refusal('not_found', 'There is no such order.');
    return entry;
  }

  #byReference(reference: string): Opened {
    const found = [...this.#entries.values()].find((entry) => entry.reference === reference && isOpened(entry));
    if (found === undefined) throw new Refusal('not_found', `There is no order "${reference}".`);
    return found as Opened;
  }
}

type Opened = BookEntry & { order: NonNullable<BookEntry['order']> };

function isOpened(entry: BookEntry): entry is Opened {
  return entry.order !== null;
}
