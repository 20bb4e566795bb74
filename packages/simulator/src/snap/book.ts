import { seededNumbers } from '../kit/numbers.js';
import type { Act } from '../kit/server.js';
import { refuse } from './answer.js';
import type { Dialect } from './dialect.js';
import { writeQr } from './qr.js';

/** What the merchant asked for. Amounts are whole rupiah. */
export interface OrderRequest {
  readonly partnerReferenceNo: string;
  readonly rupiah: bigint;
  readonly validUntil: Date | undefined;
  /** Everything that was sent, for the comparison with a repeated order. */
  readonly content: string;
}

export interface Order extends OrderRequest {
  readonly referenceNo: string;
  readonly qrContent: string;
  readonly createdAt: Date;
  /** `latestTransactionStatus`. */
  status: '01' | '00' | '04' | '05';
  paidAt?: Date;
  /** Since when nobody can begin to pay. */
  endedAt?: Date;
  readonly refunds: Refund[];
}

export interface RefundRequest {
  readonly originalPartnerReferenceNo: string;
  readonly originalReferenceNo: string | undefined;
  readonly partnerRefundNo: string;
  readonly rupiah: bigint;
}

export interface Refund extends RefundRequest {
  readonly refundNo: string;
  readonly createdAt: Date;
  /** As of transactions: done, under way, failed. */
  status: '00' | '03' | '06';
}

/** The orders and refunds of one merchant, and the rules for them. */
export class SnapBook {
  readonly orders = new Map<string, Order>();
  readonly refunds = new Map<string, Refund>();
  readonly #dialect: Dialect;
  readonly #numbers: (kind: string, ...parts: readonly (string | number)[]) => string;
  readonly #now: () => Date;
  readonly #paid: (order: Order) => void;

  /** @param paid hears of every payment */
  constructor(dialect: Dialect, seed: string, now: () => Date, paid: (order: Order) => void) {
    this.#dialect = dialect;
    this.#numbers = seededNumbers(seed);
    this.#now = now;
    this.#paid = paid;
  }

  /** Opens an order. A number is taken once. @throws Refused */
  open(request: OrderRequest): Order {
    const known = this.orders.get(request.partnerReferenceNo);
    if (known !== undefined) return refuse(known.content === request.content ? 'DUPLICATE' : 'INCONSISTENT');
    const referenceNo = this.#numbers('order', request.partnerReferenceNo).slice(-22);
    const order: Order = {
      ...request,
      referenceNo,
      qrContent: writeQr({ rupiah: request.rupiah, referenceNo }),
      createdAt: this.#now(),
      status: '01',
      refunds: [],
    };
    this.orders.set(request.partnerReferenceNo, order);
    return order;
  }

  /** @throws Refused when there is none */
  orderOf(partnerReferenceNo: string, referenceNo?: string): Order {
    const order = this.orders.get(partnerReferenceNo);
    if (order === undefined) return refuse('NOT_FOUND');
    if (referenceNo !== undefined && referenceNo !== order.referenceNo) return refuse('INCONSISTENT');
    return order;
  }

  /** What became of the payment. A code that has ended has none. */
  statusOf(order: Order): string {
    return order.status === '01' && this.#hasEnded(order, this.#now()) ? '07' : order.status;
  }

  /** @throws Refused */
  cancel(order: Order): Order {
    if (order.status === '05') return refuse('CANCELLED');
    if (order.status !== '01' && this.#dialect.cancelPaid === 'refuse') return refuse('PAID');
    order.status = '05';
    order.endedAt ??= this.#now();
    return order;
  }

  /** Refunds once under each number. @throws Refused */
  refund(request: RefundRequest, { pending }: { readonly pending: boolean }): Refund {
    const order = this.orderOf(request.originalPartnerReferenceNo, request.originalReferenceNo);
    const known = this.refunds.get(request.partnerRefundNo);
    if (known !== undefined) {
      const same = known.originalPartnerReferenceNo === order.partnerReferenceNo && known.rupiah === request.rupiah;
      return same ? known : refuse('INCONSISTENT');
    }
    if (order.paidAt === undefined || order.status === '05') return refuse('NOT_PERMITTED', 'the order is not paid');
    const gone = order.refunds.filter(({ status }) => status !== '06').reduce((sum, { rupiah }) => sum + rupiah, 0n);
    if (gone + request.rupiah > order.rupiah) return refuse('INVALID_AMOUNT', 'more than was paid');
    if (this.#dialect.refunds === 'full' && request.rupiah !== order.rupiah) {
      return refuse('INVALID_AMOUNT', 'only the whole amount');
    }
    const refund: Refund = {
      ...request,
      refundNo: this.#numbers('refund', request.partnerRefundNo).slice(-20),
      createdAt: this.#now(),
      status: '03',
    };
    this.refunds.set(refund.partnerRefundNo, refund);
    order.refunds.push(refund);
    if (!pending) this.#endRefund(order, refund, '00');
    return refund;
  }

  /** What the payer does, or the passing of time. @throws Error with a sentence */
  act({ action, reference, amount, times = 1, paidAt, status }: Act): object {
    if (action === 'settle_refund') return this.#settle(reference, status);
    const order =
      this.orders.get(reference) ?? [...this.orders.values()].find(({ qrContent }) => qrContent === reference);
    if (order === undefined) throw new Error(`The acquirer has no order "${reference}".`);
    switch (action) {
      case 'scan':
      case 'decline':
        break; // The payer looks and goes away. The order stays open, and nobody is told.
      case 'expire':
        order.endedAt ??= this.#now();
        break;
      case 'pay':
        if (times !== 1) throw new Error('A dynamic code is paid once. Leave out "times".');
        if (amount !== undefined && amount !== String(order.rupiah * 100n)) {
          throw new Error(`The amount is in the code: ${order.rupiah * 100n} minor units. Leave out "amount".`);
        }
        this.#pay(order, paidAt === undefined ? this.#now() : new Date(paidAt));
    }
    return { partnerReferenceNo: order.partnerReferenceNo, status: this.statusOf(order) };
  }

  #pay(order: Order, paidAt: Date): void {
    if (order.paidAt !== undefined) throw new Error(`The order "${order.partnerReferenceNo}" was paid already.`);
    if (this.#hasEnded(order, paidAt)) {
      throw new Error(
        `The code of "${order.partnerReferenceNo}" has ended. For a payment that was under way, say "paidAt" before that.`,
      );
    }
    order.paidAt = paidAt;
    order.status = '00';
    this.#paid(order);
  }

  #hasEnded({ endedAt, validUntil }: Order, at: Date): boolean {
    return [endedAt, validUntil].some((end) => end !== undefined && at >= end);
  }

  #settle(partnerRefundNo: string, status: Act['status'] = 'succeeded'): object {
    const refund = this.refunds.get(partnerRefundNo);
    if (refund?.status !== '03') throw new Error(`The acquirer has no open refund "${partnerRefundNo}".`);
    const order = this.orders.get(refund.originalPartnerReferenceNo)!;
    this.#endRefund(order, refund, status === 'succeeded' ? '00' : '06');
    return { partnerRefundNo, status: refund.status };
  }

  #endRefund(order: Order, refund: Refund, status: '00' | '06'): void {
    refund.status = status;
    if (status === '00') order.status = '04';
  }
}
