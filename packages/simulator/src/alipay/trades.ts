import { chinaTime } from '../kit/china-time.js';
import type { Act } from '../kit/server.js';
import { refuse } from './answer.js';
import { yuan } from './money.js';

export interface TradeRequest {
  readonly outTradeNo: string;
  /** In fen, as every amount here. */
  readonly total: bigint;
  readonly subject: string;
  readonly notifyUrl?: string | undefined;
  readonly expiresAt: Date;
  /** The hold that a capture takes its money from. */
  readonly authNo?: string;
  /** Everything that was sent, for the comparison with a repeated request. */
  readonly content: string;
}

export interface Trade extends TradeRequest {
  /** Before the payer scans the code there is no trade: queries do not find it. */
  state: 'not_scanned' | 'WAIT_BUYER_PAY' | 'TRADE_SUCCESS' | 'TRADE_CLOSED';
  readonly tradeNo: string;
  /** Empty for a capture, which needs no code. */
  readonly qrCode: string;
  createdAt?: Date;
  paidAt?: Date;
  /** What the payer gave himself; a voucher gave the rest. */
  buyerPaid: bigint;
  /** Since when nobody can begin to pay. */
  endedAt?: Date;
  readonly refunds: TradeRefund[];
  /** Takes the money out of a hold, for a capture that was accepted and not yet done. */
  finish?: () => void;
}

export interface TradeRefund {
  readonly outRequestNo: string;
  readonly amount: bigint;
  readonly createdAt: Date;
  status: 'processing' | 'REFUND_SUCCESS' | 'failed';
}

export interface TradeListener {
  /** `what`: the notification's kind; with a refund, `refund`. */
  changed(trade: Trade, what: 'WAIT_BUYER_PAY' | 'TRADE_SUCCESS' | 'TRADE_CLOSED' | TradeRefund): void;
}

type Numbers = (kind: string, ...parts: readonly (string | number)[]) => string;

/** The trades of one seller, and the rules for them. Amounts are in fen. */
export class Trades {
  readonly all = new Map<string, Trade>();
  readonly #numbers: Numbers;
  readonly #now: () => Date;
  readonly #listener: TradeListener;

  constructor(numbers: Numbers, now: () => Date, listener: TradeListener) {
    this.#numbers = numbers;
    this.#now = now;
    this.#listener = listener;
  }

  /** Gives the code of an order; the same one again. @throws Refused */
  precreate(request: TradeRequest): Trade {
    const known = this.#knownAsOpen(request);
    if (known !== undefined) return known;
    const token = BigInt(this.#numbers('code', request.outTradeNo)).toString(36).slice(0, 16).padEnd(16, '0');
    return this.#add(request, `https://qr.alipay.com/bax${token}`);
  }

  /**
   * A trade that takes its money out of a hold.
   *
   * @param take takes it, now or when the trade is paid later
   * @throws Refused
   */
  capture(request: TradeRequest, take: () => void, { pending }: { readonly pending: boolean }): Trade {
    const known = this.#knownAsOpen(request);
    if (known !== undefined) return known;
    const trade = this.#add(request, '');
    trade.state = 'WAIT_BUYER_PAY';
    trade.createdAt = this.#now();
    trade.finish = take;
    if (!pending) this.pay(trade, this.#now());
    return trade;
  }

  /** @throws Refused when there is none, also because nobody has scanned its code */
  tradeOf({ outTradeNo, tradeNo }: { outTradeNo?: string | undefined; tradeNo?: string | undefined }): Trade {
    if (outTradeNo === undefined && tradeNo === undefined) {
      return refuse('ACQ.INVALID_PARAMETER', 'out_trade_no and trade_no are both missing');
    }
    const trade = [...this.all.values()].find((one) =>
      tradeNo === undefined ? one.outTradeNo === outTradeNo : one.tradeNo === tradeNo,
    );
    if (trade === undefined || trade.state === 'not_scanned') return refuse('ACQ.TRADE_NOT_EXIST', '交易不存在');
    this.#lookAtTheClock(trade);
    return trade;
  }

  /** Closes what is unpaid, and nothing else. @throws Refused */
  close(trade: Trade): void {
    if (trade.state !== 'WAIT_BUYER_PAY') refuse('ACQ.TRADE_STATUS_ERROR', '交易状态不合法');
    this.#end(trade);
  }

  /** Undoes a payment whatever its state. @returns what was necessary */
  cancel(outTradeNo: string): { readonly trade: Trade; readonly action: 'close' | 'refund' | null } {
    const trade = this.all.get(outTradeNo) ?? refuse('ACQ.TRADE_NOT_EXIST', '交易不存在');
    this.#lookAtTheClock(trade);
    if (trade.state === 'not_scanned') {
      trade.endedAt ??= this.#now();
      return { trade, action: null };
    }
    if (trade.state === 'WAIT_BUYER_PAY') {
      this.#end(trade);
      return { trade, action: 'close' };
    }
    if (trade.state === 'TRADE_CLOSED') return { trade, action: trade.paidAt === undefined ? 'close' : 'refund' };
    const amount = left(trade);
    if (amount > 0n) this.refund(trade, { outRequestNo: `cancel_${trade.tradeNo}`, amount }, { pending: false });
    return { trade, action: 'refund' };
  }

  /**
   * Refunds once under each number.
   *
   * @returns whether money moved just now
   * @throws Refused
   */
  refund(
    trade: Trade,
    { outRequestNo, amount }: { readonly outRequestNo: string; readonly amount: bigint },
    { pending }: { readonly pending: boolean },
  ): boolean {
    const known = trade.refunds.find((one) => one.outRequestNo === outRequestNo && one.status !== 'failed');
    if (known !== undefined) {
      if (known.amount !== amount) refuse('ACQ.DISCORDANT_REPEAT_REQUEST', '该笔退款请求与之前的不一致');
      return false;
    }
    if (trade.state !== 'TRADE_SUCCESS') refuse('ACQ.TRADE_STATUS_ERROR', '交易状态不合法');
    if (amount > left(trade)) refuse('ACQ.REASON_TRADE_REFUND_FEE_ERR', '退款金额无效');
    const refund: TradeRefund = { outRequestNo, amount, createdAt: this.#now(), status: 'processing' };
    trade.refunds.push(refund);
    if (!pending) this.#endRefund(trade, refund);
    return !pending;
  }

  /** The payer pays, or a hold does. */
  pay(trade: Trade, paidAt: Date, buyerPaid: bigint = trade.total): void {
    trade.finish?.();
    trade.createdAt ??= paidAt;
    trade.paidAt = paidAt;
    trade.buyerPaid = buyerPaid;
    trade.state = 'TRADE_SUCCESS';
    this.#listener.changed(trade, 'TRADE_SUCCESS');
  }

  /** What the payer does, or the passing of time. @throws Error with a sentence */
  act(trade: Trade, { action, amount, times = 1, paidAt }: Act): object {
    this.#lookAtTheClock(trade);
    const at = paidAt === undefined ? this.#now() : new Date(paidAt);
    switch (action) {
      case 'scan':
        this.#requireOpen(trade, at);
        if (trade.state === 'not_scanned') {
          trade.state = 'WAIT_BUYER_PAY';
          trade.createdAt = at;
          this.#listener.changed(trade, 'WAIT_BUYER_PAY');
        }
        break;
      case 'decline':
        this.#requireOpen(trade, at);
        break; // The payer goes away. The trade stays open, and nobody is told.
      case 'expire':
        if (trade.state === 'WAIT_BUYER_PAY') this.#end(trade);
        else trade.endedAt ??= this.#now();
        break;
      case 'pay': {
        if (times !== 1) throw new Error('A trade of Alipay is paid once. Leave out "times".');
        this.#requireOpen(trade, at);
        const buyerPaid = BigInt(amount ?? trade.total);
        if (buyerPaid < 0n || buyerPaid > trade.total) {
          throw new Error(`Alipay fixes the amount at ${trade.total} fen. With less, a voucher pays the rest.`);
        }
        this.pay(trade, at, buyerPaid);
      }
    }
    return { out_trade_no: trade.outTradeNo, trade_status: trade.state };
  }

  /** @throws Error with a sentence */
  settle(outRequestNo: string, status: Act['status'] = 'succeeded'): object {
    for (const trade of this.all.values()) {
      const refund = trade.refunds.find((one) => one.outRequestNo === outRequestNo && one.status === 'processing');
      if (refund === undefined) continue;
      if (status === 'succeeded') this.#endRefund(trade, refund);
      else refund.status = 'failed';
      return { out_request_no: outRequestNo, status: refund.status };
    }
    throw new Error(`Alipay has no open refund "${outRequestNo}".`);
  }

  #knownAsOpen(request: TradeRequest): Trade | undefined {
    const known = this.all.get(request.outTradeNo);
    if (known === undefined) return undefined;
    this.#lookAtTheClock(known);
    if (known.state === 'TRADE_SUCCESS') refuse('ACQ.TRADE_HAS_SUCCESS', '交易已被支付');
    if (known.state === 'TRADE_CLOSED' || known.endedAt !== undefined) refuse('ACQ.TRADE_HAS_CLOSE', '交易已经关闭');
    if (known.content !== request.content) refuse('ACQ.CONTEXT_INCONSISTENT', '交易信息被篡改');
    return known;
  }

  #add(request: TradeRequest, qrCode: string): Trade {
    const day = chinaTime(this.#now()).slice(0, 10).replaceAll('-', '');
    const trade: Trade = {
      ...request,
      state: 'not_scanned',
      tradeNo: `${day}22001${this.#numbers('trade', request.outTradeNo).slice(-15)}`,
      qrCode,
      buyerPaid: 0n,
      refunds: [],
    };
    this.all.set(request.outTradeNo, trade);
    return trade;
  }

  #lookAtTheClock(trade: Trade): void {
    if (this.#now() < trade.expiresAt) return;
    if (trade.state === 'WAIT_BUYER_PAY') this.#end(trade, trade.expiresAt);
    else trade.endedAt ??= trade.expiresAt;
  }

  #requireOpen(trade: Trade, at: Date): void {
    if (trade.paidAt !== undefined) throw new Error(`The trade "${trade.outTradeNo}" was paid already.`);
    if (trade.endedAt !== undefined && at >= trade.endedAt) {
      throw new Error(
        `The trade "${trade.outTradeNo}" ended at ${trade.endedAt.toISOString()}. For a payment that was under way, say "paidAt" before that.`,
      );
    }
  }

  #end(trade: Trade, at = this.#now()): void {
    trade.state = 'TRADE_CLOSED';
    trade.endedAt ??= at;
    this.#listener.changed(trade, 'TRADE_CLOSED');
  }

  #endRefund(trade: Trade, refund: TradeRefund): void {
    refund.status = 'REFUND_SUCCESS';
    if (refunded(trade) === trade.total) trade.state = 'TRADE_CLOSED';
    this.#listener.changed(trade, refund);
  }
}

/** What came back so far, all refunds together. */
export function refunded(trade: Trade): bigint {
  return trade.refunds.reduce((sum, { status, amount }) => (status === 'REFUND_SUCCESS' ? sum + amount : sum), 0n);
}

/** What can still be refunded. */
function left(trade: Trade): bigint {
  return trade.refunds.reduce((rest, { status, amount }) => (status === 'failed' ? rest : rest - amount), trade.total);
}

/** The fields that queries and notifications share. */
export function tradeFields(trade: Trade): Record<string, string> {
  const paid = yuan(trade.buyerPaid);
  const bills = JSON.stringify([{ amount: paid, fundChannel: 'ALIPAYACCOUNT' }]);
  return {
    trade_no: trade.tradeNo,
    out_trade_no: trade.outTradeNo,
    trade_status: trade.state,
    total_amount: yuan(trade.total),
    ...(trade.paidAt && {
      receipt_amount: yuan(trade.total),
      buyer_pay_amount: paid,
      invoice_amount: paid,
      point_amount: '0.00',
      fund_bill_list: bills,
    }),
  };
}
