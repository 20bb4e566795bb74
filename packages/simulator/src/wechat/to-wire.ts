import type { RailReply } from '../kit/server.js';
import { chinaTimestamp } from '../kit/china-time.js';
import type { Merchant } from './authorization.js';
import { optionalTime, payerShare, type Order, type Refund } from './book.js';

const STATES = { NOTPAY: '订单未支付', SUCCESS: '支付成功', REFUND: '转入退款', CLOSED: '订单已关闭' } as const;
const RECEIVED_BY = '招商银行信用卡0403';

/** An order as a query answers it; the money is told of only once it came. */
export function orderToWire(order: Order, { mchid, appid }: Merchant): object {
  const { payment, state, outTradeNo, attach, total } = order;
  return {
    appid,
    mchid,
    out_trade_no: outTradeNo,
    trade_state: state,
    trade_state_desc: STATES[state],
    ...(attach !== undefined && { attach }),
    ...(payment && {
      transaction_id: payment.transactionId,
      trade_type: 'NATIVE',
      bank_type: 'OTHERS',
      success_time: chinaTimestamp(payment.paidAt),
      payer: { openid: payment.openid },
      amount: { total, payer_total: payment.payerTotal, currency: 'CNY', payer_currency: 'CNY' },
    }),
    promotion_detail: [],
  };
}

/** The plaintext of a payment notification: the order as it was when the money came. */
export function paymentNotice(order: Order, merchant: Merchant): object {
  const { promotion_detail: _, ...fields } = orderToWire({ ...order, state: 'SUCCESS' }, merchant) as {
    promotion_detail: unknown;
  };
  return { ...fields, attach: order.attach ?? '' };
}

export function refundToWire(refund: Refund): object {
  const { order, status } = refund;
  return {
    refund_id: refund.refundId,
    out_refund_no: refund.outRefundNo,
    transaction_id: order.payment!.transactionId,
    out_trade_no: order.outTradeNo,
    channel: 'ORIGINAL',
    user_received_account: RECEIVED_BY,
    ...(status === 'SUCCESS' && { success_time: optionalTime(refund.endedAt) }),
    create_time: chinaTimestamp(refund.createdAt),
    status,
    funds_account: 'AVAILABLE',
    amount: {
      total: order.total,
      refund: refund.refund,
      payer_total: order.payment!.payerTotal,
      payer_refund: payerShare(order, refund.refund),
      settlement_refund: refund.refund,
      settlement_total: order.total,
      discount_refund: 0,
      currency: 'CNY',
    },
    promotion_detail: [],
  };
}

/** The plaintext of a refund notification. */
export function refundNotice(refund: Refund, { mchid }: Merchant): object {
  const { order, status } = refund;
  return {
    mchid,
    out_trade_no: order.outTradeNo,
    transaction_id: order.payment!.transactionId,
    out_refund_no: refund.outRefundNo,
    refund_id: refund.refundId,
    refund_status: status,
    ...(status === 'SUCCESS' && { success_time: optionalTime(refund.endedAt) }),
    user_received_account: RECEIVED_BY,
    amount: {
      total: order.total,
      refund: refund.refund,
      payer_total: order.payment!.payerTotal,
      payer_refund: payerShare(order, refund.refund),
    },
  };
}

/** The same answer about another order, amount or currency. A new code names none of them, so it stays as it is. */
export function falsify(reply: RailReply, what: 'reference' | 'amount' | 'currency'): RailReply {
  if (reply.status !== 200 || 'unsigned' in reply) return reply;
  const body = JSON.parse(String(reply.body)) as {
    out_trade_no?: string;
    out_refund_no?: string;
    amount?: { total: number; refund?: number; currency: string };
  };
  if (what === 'reference') {
    if (body.out_refund_no !== undefined) body.out_refund_no = `${body.out_refund_no.slice(0, -1)}|`;
    else if (body.out_trade_no !== undefined) body.out_trade_no = `${body.out_trade_no.slice(0, -1)}|`;
  } else if (body.amount !== undefined) {
    if (what === 'currency') body.amount.currency = 'USD';
    else if (body.amount.refund !== undefined) body.amount.refund += 1;
    else body.amount.total += 1;
  }
  return { ...reply, body: JSON.stringify(body) };
}
