import { seededNumbers } from '../kit/numbers.js';
import { chinaDay, chinaTimestamp } from '../kit/china-time.js';
import type { Act } from '../kit/server.js';
import { refuse } from './answer.js';

/** What the merchant asked for. */
export interface NativeOrder {
  readonly outTradeNo: string;
  readonly description: string;
  /** In fen, as every amount here. */
  readonly total: number;
  readonly notifyUrl: string;
  readonly attach?: string | undefined;
  readonly timeExpire?: Date | undefined;
  /** Everything that was sent, for the comparison with a repeated order. */
  readonly content: string;
}

export interface Order extends NativeOrder {
  state: 'NOTPAY' | 'SUCCESS' | 'REFUND' | 'CLOSED';
  code: { readonly url: string; readonly madeAt: Date; readonly number: number };
  scanned: boolean;
  /** Since when nobody can begin to pay: closed, or its time is over. */
  endedAt?: Date;
  payment?: {
    readonly transactionId: string;
    readonly paidAt: Date;
    /** What the payer gave; a coupon gave the rest. */
    readonly payerTotal: number;
    readonly openid: string;
  };
  readonly refunds: Refund[];
}

export interface RefundRequest {
  readonly outTradeNo?: string | undefined;
  readonly transactionId?: string | undefined;
  readonly outRefundNo: string;
  readonly refund: number;
  readonly total: number;
  readonly notifyUrl?: string | undefined;
  readonly reason?: string | undefined;
}

export interface Refund extends RefundRequest {
  readonly refundId: string;
  readonly createdAt: Date;
  readonly order: Order;
  status: 'PROCESSING' | 'SUCCESS' | 'CLOSED' | 'ABNORMAL';
  endedAt?: Date;
}

export interface BookListener {
  paid(order: Order): void;
  refundEnded(refund: Refund): void;
}

const CODE_LIFE_MS = 2 * 3_600_000;
const REFUND_WINDOW_MS = 365 * 86_400_000;
const MAX_REFUNDS = 50;

/** The orders and refunds of one merchant, and the rules for them. Amounts are in fen. */
export class WechatBook {
  readonly orders = new Map<string, Order>();
  readonly refunds = new Map<string, Refund>();
  readonly #numbers: (kind: string, ...parts: readonly (string | number)[]) => string;
  readonly #now: () => Date;
  readonly #listener: BookListener;

  constructor(seed: string, now: () => Date, listener: BookListener) {
    this.#numbers = seededNumbers(seed);
    this.#now = now;
    this.#listener = listener;
  }

  /** Opens an order, or gives its code again. @throws Refused */
  open(request: NativeOrder): Order {
    const known = this.orders.get(request.outTradeNo);
    if (known === undefined) {
      const order: Order = {
        ...request,
        state: 'NOTPAY',
        code: this.#newCode(request.outTradeNo, 1),
        scanned: false,
        refunds: [],
      };
      this.orders.set(request.outTradeNo, order);
      return order;
    }
    if (known.state === 'CLOSED') refuse('ORDER_CLOSED');
    if (known.state !== 'NOTPAY') refuse('ORDERPAID');
    if (known.content !== request.content) refuse('INVALID_REQUEST', '请求重入时，参数与首次请求时不一致');
    if (this.#now().getTime() - known.code.madeAt.getTime() >= CODE_LIFE_MS) {
      known.code = this.#newCode(request.outTradeNo, known.code.number + 1);
    }
    return known;
  }

  /** @throws Refused when there is none */
  orderOf({
    outTradeNo,
    transactionId,
  }: {
    outTradeNo?: string | undefined;
    transactionId?: string | undefined;
  }): Order {
    const order =
      outTradeNo === undefined
        ? [...this.orders.values()].find(({ payment }) => payment?.transactionId === transactionId)
        : this.orders.get(outTradeNo);
    if (order === undefined) return refuse('ORDER_NOT_EXIST');
    if (transactionId !== undefined && order.payment?.transactionId !== transactionId) return refuse('ORDER_NOT_EXIST');
    return order;
  }

  /** A number that never existed closes as well as any other. @throws Refused */
  close(outTradeNo: string): void {
    const order = this.orders.get(outTradeNo);
    if (order === undefined) return;
    if (order.state === 'CLOSED') refuse('ORDER_CLOSED');
    if (order.state !== 'NOTPAY') refuse('ORDERPAID');
    order.state = 'CLOSED';
    order.endedAt ??= this.#now();
  }

  /** Refunds once under each number. @throws Refused */
  refund(request: RefundRequest, { pending }: { readonly pending: boolean }): Refund {
    const order = this.orderOf(request);
    const known = this.refunds.get(request.outRefundNo);
    if (known !== undefined) {
      if (known.order !== order || known.refund !== request.refund || known.total !== request.total) {
        refuse('INVALID_REQUEST', '此次退款参数与首次退款时不一致');
      }
      return known;
    }
    const { payment } = order;
    if (payment === undefined) return refuse('INVALID_REQUEST', '订单未支付');
    if (request.total !== order.total) refuse('INVALID_REQUEST', '订单金额与退款请求中的订单金额不一致');
    if (this.#now().getTime() - payment.paidAt.getTime() > REFUND_WINDOW_MS)
      refuse('INVALID_REQUEST', '订单已超过退款期限');
    const standing = order.refunds.filter(({ status }) => status !== 'CLOSED');
    const refunded = standing.reduce((sum, { refund }) => sum + refund, 0);
    if (refunded + request.refund > order.total) refuse('INVALID_REQUEST', '申请退款金额大于剩余可退金额');
    if (order.refunds.length >= MAX_REFUNDS) refuse('INVALID_REQUEST', `一笔订单最多支持${MAX_REFUNDS}次退款`);

    const day = chinaDay(this.#now()).replaceAll('-', '');
    const refund: Refund = {
      ...request,
      refundId: `503${this.#numbers('refund', request.outRefundNo).slice(-9)}${day}${this.#numbers('refund', request.outRefundNo).slice(0, 9)}`,
      createdAt: this.#now(),
      order,
      status: 'PROCESSING',
    };
    order.state = 'REFUND';
    order.refunds.push(refund);
    this.refunds.set(refund.outRefundNo, refund);
    if (!pending) this.#endRefund(refund, 'SUCCESS');
    return refund;
  }

  /** What the payer does, or the passing of time. @throws Error with a sentence */
  act({ action, reference, amount, times = 1, paidAt, status }: Act): object {
    if (action === 'settle_refund') return this.#settle(reference, status);
    const order = this.orders.get(reference) ?? [...this.orders.values()].find(({ code }) => code.url === reference);
    if (order === undefined) throw new Error(`WeChat has no order "${reference}".`);
    switch (action) {
      case 'scan':
        order.scanned = true;
        break;
      case 'decline':
        this.#requireOpen(order, this.#now());
        break; // The payer goes away. The order stays open, and nobody is told.
      case 'expire':
        order.endedAt ??= this.#now();
        break; // The code stops working; WeChat closes nothing by itself.
      case 'pay':
        if (times !== 1) throw new Error('An order of WeChat is paid once. Leave out "times".');
        this.#pay(order, amount, paidAt === undefined ? this.#now() : new Date(paidAt));
    }
    return { out_trade_no: order.outTradeNo, trade_state: order.state };
  }

  #pay(order: Order, amount: string | undefined, paidAt: Date): void {
    this.#requireOpen(order, paidAt);
    const payerTotal = amount === undefined ? order.total : Number(amount);
    if (!Number.isSafeInteger(payerTotal) || payerTotal < 0 || payerTotal > order.total) {
      throw new Error(`WeChat fixes the amount at ${order.total} fen. With less, a coupon pays the rest.`);
    }
    const number = this.#numbers('transaction', order.outTradeNo);
    order.payment = {
      transactionId: `4200${number.slice(0, 6)}${chinaDay(paidAt).replaceAll('-', '')}${number.slice(-10)}`,
      paidAt,
      payerTotal,
      openid: `oSIM${this.#numbers('payer', order.outTradeNo).slice(0, 24)}`,
    };
    order.state = 'SUCCESS';
    order.scanned = true;
    this.#listener.paid(order);
  }

  #requireOpen(order: Order, at: Date): void {
    if (order.payment !== undefined) throw new Error(`The order "${order.outTradeNo}" was paid already.`);
    const ends = [order.endedAt, order.timeExpire].filter((end) => end !== undefined);
    const end = ends.toSorted((a, b) => a.getTime() - b.getTime())[0];
    if (end !== undefined && at >= end) {
      throw new Error(
        `The order "${order.outTradeNo}" ended at ${end.toISOString()}. For a payment that was under way, say "paidAt" before that.`,
      );
    }
  }

  #settle(outRefundNo: string, status: Act['status'] = 'succeeded'): object {
    const refund = this.refunds.get(outRefundNo);
    if (refund?.status !== 'PROCESSING') throw new Error(`WeChat has no open refund "${outRefundNo}".`);
    this.#endRefund(refund, ({ succeeded: 'SUCCESS', failed: 'CLOSED', abnormal: 'ABNORMAL' } as const)[status]);
    return { out_refund_no: outRefundNo, status: refund.status };
  }

  #endRefund(refund: Refund, status: 'SUCCESS' | 'CLOSED' | 'ABNORMAL'): void {
    refund.status = status;
    refund.endedAt = this.#now();
    this.#listener.refundEnded(refund);
  }

  #newCode(outTradeNo: string, number: number): Order['code'] {
    const token = BigInt(this.#numbers('code', outTradeNo, number))
      .toString(36)
      .slice(0, 11);
    return { url: `weixin://wxpay/bizpayurl?pr=${token}`, madeAt: this.#now(), number };
  }
}

/** What a payer's share of an amount is, when a coupon paid a part of the order. */
export function payerShare({ payment, total }: Order, amount: number): number {
  return Math.floor((amount * (payment?.payerTotal ?? total)) / total);
}

/** RFC 3339, or nothing. */
export const optionalTime = (at: Date | undefined): string | undefined =>
  at === undefined ? undefined : chinaTimestamp(at);
