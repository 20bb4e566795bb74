import { chinaTime } from '../kit/china-time.js';
import type { RailReply, Understood } from '../kit/server.js';
import { answer, refuse, replyOf } from './answer.js';
import type { GatewayCall } from './gateway.js';
import { holdFields, type Holds } from './holds.js';
import { fenOf, optionalPeriodMs, optionalText, text, yuan, type Json } from './money.js';
import { refunded, tradeFields, type Trade, type Trades } from './trades.js';

export interface Seller {
  readonly sellerId: string;
  readonly payeeLogonId: string;
}

/** What the methods need to be answered. */
export interface Desk {
  readonly seller: Seller;
  readonly trades: Trades;
  readonly holds: Holds;
  readonly now: () => Date;
}

type How = { readonly pending: boolean };
type Method = (
  desk: Desk,
  call: GatewayCall,
) => { readonly references: readonly string[]; perform(how: How): RailReply };

const METHODS = {
  precreate: ['alipay.trade.precreate', precreate],
  query: ['alipay.trade.query', query],
  cancel: ['alipay.trade.cancel', cancel],
  close: ['alipay.trade.close', close],
  refund: ['alipay.trade.refund', refund],
  refund_query: ['alipay.trade.fastpay.refund.query', refundQuery],
  pay: ['alipay.trade.pay', pay],
  voucher_create: ['alipay.fund.auth.order.voucher.create', voucherCreate],
  hold_query: ['alipay.fund.auth.operation.detail.query', holdQuery],
  unfreeze: ['alipay.fund.auth.order.unfreeze', unfreeze],
  hold_cancel: ['alipay.fund.auth.operation.cancel', holdCancel],
} satisfies Record<string, readonly [method: string, read: Method]>;

export type AlipayOperation = keyof typeof METHODS;
export const ALIPAY_OPERATIONS = Object.keys(METHODS) as AlipayOperation[];
export const ALIPAY_METHODS: readonly string[] = Object.values(METHODS).map(([method]) => method);

const OUT_NO = /^[0-9A-Za-z_]+$/;
const CODE_LIFE_MS = 2 * 3_600_000;
const HOLD_CODE_LIFE_MS = 15 * 86_400_000;
const BUYER = { buyer_logon_id: 'sim***@example.com', buyer_user_id: '2088000000000001' } as const;

/** Reads one method's content. @throws Refused */
export function readMethod(desk: Desk, call: GatewayCall): Understood<AlipayOperation> {
  const [operation, [, read]] = Object.entries(METHODS).find(([, [method]]) => method === call.method)!;
  const { references, perform } = (read as Method)(desk, call);
  return {
    operation: operation as AlipayOperation,
    references: references.filter((reference) => reference !== ''),
    perform: (how) => replyOf(() => perform(how)),
  };
}

const outTradeNo = (content: Json): string => text(content, 'out_trade_no', 64, OUT_NO);

/** The manual forbids characters of addresses in it. */
const subject = (content: Json): string => text(content, 'subject', 256, /^[^/=&]+$/);

/** A trade, by either of its numbers. */
function numbers(content: Json): { readonly outTradeNo: string | undefined; readonly tradeNo: string | undefined } {
  return { outTradeNo: optionalText(content, 'out_trade_no', 64), tradeNo: optionalText(content, 'trade_no', 64) };
}

function precreate({ seller, trades, now }: Desk, { content, notifyUrl }: GatewayCall): ReturnType<Method> {
  const sellerId = optionalText(content, 'seller_id', 28);
  if (sellerId !== undefined && sellerId !== seller.sellerId) refuse('ACQ.ACCESS_FORBIDDEN', 'seller_id is of another');
  const request = {
    outTradeNo: outTradeNo(content),
    total: fenOf(content, 'total_amount'),
    subject: subject(content),
    notifyUrl,
    expiresAt: expiryOf(content, now()),
    content: canonical(content, notifyUrl),
  };
  optionalText(content, 'body', 128);
  return {
    references: [request.outTradeNo],
    perform: () => {
      const { qrCode } = trades.precreate(request);
      return answer({ out_trade_no: request.outTradeNo, qr_code: qrCode });
    },
  };
}

function expiryOf(content: Json, now: Date): Date {
  const absolute = optionalText(content, 'time_expire', 19, /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/);
  const periods = ['qr_code_timeout_express', 'timeout_express'].map((name) => optionalPeriodMs(content, name));
  const ends = periods.filter((period) => period !== undefined).map((period) => now.getTime() + period);
  if (absolute !== undefined) ends.push(Date.parse(`${absolute.replace(' ', 'T')}+08:00`));
  const end = new Date(Math.min(now.getTime() + CODE_LIFE_MS, ...ends));
  if (!(end > now)) refuse('ACQ.INVALID_PARAMETER', 'the time is over already');
  return end;
}

function query({ trades }: Desk, { content }: GatewayCall): ReturnType<Method> {
  const which = numbers(content);
  return {
    references: [which.outTradeNo ?? '', which.tradeNo ?? ''],
    perform: () => {
      const trade = trades.tradeOf(which);
      return answer({ ...BUYER, ...tradeAnswer(trade) });
    },
  };
}

/** In answers the list is a list; in notifications it is the text of one. */
function tradeAnswer(trade: Trade): object {
  const { fund_bill_list: _, ...fields } = tradeFields(trade);
  if (trade.paidAt === undefined) return fields;
  const bills = [{ amount: yuan(trade.buyerPaid), fund_channel: 'ALIPAYACCOUNT' }];
  return { ...fields, send_pay_date: chinaTime(trade.paidAt), fund_bill_list: bills };
}

function cancel({ trades }: Desk, { content }: GatewayCall): ReturnType<Method> {
  const which = numbers(content);
  return {
    references: [which.outTradeNo ?? '', which.tradeNo ?? ''],
    perform: () => {
      const { trade, action } = trades.cancel(which.outTradeNo ?? trades.tradeOf(which).outTradeNo);
      const known = action === null ? {} : { trade_no: trade.tradeNo, action };
      return answer({ out_trade_no: trade.outTradeNo, retry_flag: 'N', ...known });
    },
  };
}

function close({ trades }: Desk, { content }: GatewayCall): ReturnType<Method> {
  const which = numbers(content);
  return {
    references: [which.outTradeNo ?? '', which.tradeNo ?? ''],
    perform: () => {
      const trade = trades.tradeOf(which);
      trades.close(trade);
      return answer({ trade_no: trade.tradeNo, out_trade_no: trade.outTradeNo });
    },
  };
}

function refund({ trades }: Desk, { content }: GatewayCall): ReturnType<Method> {
  const which = numbers(content);
  const amount = fenOf(content, 'refund_amount');
  const outRequestNo = optionalText(content, 'out_request_no', 64, OUT_NO);
  optionalText(content, 'refund_reason', 256);
  return {
    references: [outRequestNo ?? '', which.outTradeNo ?? '', which.tradeNo ?? ''],
    perform: (how) => {
      const trade = trades.tradeOf(which);
      if (outRequestNo === undefined && amount !== trade.total) {
        refuse('ACQ.INVALID_PARAMETER', 'a partial refund needs an out_request_no');
      }
      const moved = trades.refund(trade, { outRequestNo: outRequestNo ?? trade.outTradeNo, amount }, how);
      // All refunds of the trade together, as the manual has it ("refund_fee", 退款总金额): not only this one.
      return answer({
        ...BUYER,
        trade_no: trade.tradeNo,
        out_trade_no: trade.outTradeNo,
        fund_change: moved ? 'Y' : 'N',
        refund_fee: yuan(refunded(trade)),
        gmt_refund_pay: chinaTime(trade.refunds.at(-1)!.createdAt),
        ...(optionsOf(content).includes('refund_detail_item_list') && { send_back_fee: yuan(amount) }),
      });
    },
  };
}

function refundQuery({ trades }: Desk, { content }: GatewayCall): ReturnType<Method> {
  const which = numbers(content);
  const outRequestNo = text(content, 'out_request_no', 64);
  return {
    references: [outRequestNo, which.outTradeNo ?? '', which.tradeNo ?? ''],
    perform: () => {
      const trade = trades.tradeOf(which);
      const found = trade.refunds.findLast((one) => one.outRequestNo === outRequestNo && one.status !== 'failed');
      if (found === undefined) return answer({});
      return answer({
        trade_no: trade.tradeNo,
        out_trade_no: trade.outTradeNo,
        out_request_no: outRequestNo,
        total_amount: yuan(trade.total),
        refund_amount: yuan(found.amount),
        ...(found.status === 'REFUND_SUCCESS' && { refund_status: 'REFUND_SUCCESS' }),
        ...(optionsOf(content).includes('gmt_refund_pay') && { gmt_refund_pay: chinaTime(found.createdAt) }),
      });
    },
  };
}

/** Takes money out of a hold. The merchant does not scan payers here. */
function pay({ seller, trades, holds, now }: Desk, { content, notifyUrl }: GatewayCall): ReturnType<Method> {
  const authNo = text(content, 'auth_no', 64);
  text(content, 'product_code', 64, /^PRE_AUTH$/);
  const mode = text(content, 'auth_confirm_mode', 32, /^(COMPLETE|NOT_COMPLETE)$/);
  const sellerId = optionalText(content, 'seller_id', 28);
  if (sellerId !== undefined && sellerId !== seller.sellerId) refuse('ACQ.ACCESS_FORBIDDEN', 'seller_id is of another');
  const amount = fenOf(content, 'total_amount');
  const request = {
    outTradeNo: outTradeNo(content),
    total: amount,
    subject: subject(content),
    authNo,
    notifyUrl,
    expiresAt: new Date(now().getTime() + CODE_LIFE_MS),
    content: canonical(content, notifyUrl),
  };
  return {
    references: [request.outTradeNo, authNo],
    perform: ({ pending }) => {
      const hold = holds.holdOf({ authNo });
      if (!trades.all.has(request.outTradeNo)) holds.checkCapture(hold, amount);
      const take = () => holds.take(hold, amount, { complete: mode === 'COMPLETE' });
      const trade = trades.capture(request, take, { pending });
      const { trade_status: _, ...fields } = tradeAnswer(trade) as { trade_status: string };
      const paidAt = trade.paidAt && { gmt_payment: chinaTime(trade.paidAt) };
      return answer({ ...BUYER, ...fields, ...paidAt }, trade.paidAt === undefined ? '10003' : '10000');
    },
  };
}

function voucherCreate({ seller, holds, now }: Desk, { content, notifyUrl }: GatewayCall): ReturnType<Method> {
  const payee = optionalText(content, 'payee_user_id', 64);
  const logon = optionalText(content, 'payee_logon_id', 100);
  if (payee === undefined && logon === undefined) refuse('INVALID_PARAMETER', 'payee_user_id or payee_logon_id');
  if ((payee ?? seller.sellerId) !== seller.sellerId || (logon ?? seller.payeeLogonId) !== seller.payeeLogonId) {
    refuse('ACCESS_FORBIDDEN', 'the payee is another');
  }
  text(content, 'product_code', 64, /^PRE_AUTH$/);
  optionalText(content, 'extra_param', 300);
  const life = optionalPeriodMs(content, 'pay_timeout') ?? HOLD_CODE_LIFE_MS;
  if (life > HOLD_CODE_LIFE_MS) refuse('INVALID_PARAMETER', 'pay_timeout is between 1m and 15d');
  const request = {
    outOrderNo: text(content, 'out_order_no', 64, OUT_NO),
    outRequestNo: text(content, 'out_request_no', 64, OUT_NO),
    title: text(content, 'order_title', 100),
    amount: fenOf(content, 'amount'),
    notifyUrl,
    expiresAt: new Date(now().getTime() + life),
    content: canonical(content, notifyUrl),
  };
  return {
    references: [request.outOrderNo, request.outRequestNo],
    perform: () => {
      const { codeValue } = holds.open(request);
      return answer({
        out_order_no: request.outOrderNo,
        out_request_no: request.outRequestNo,
        code_type: 'qr_code',
        code_value: codeValue,
        code_url: `https://mobilecodec.alipay.com/show.htm?code=${codeValue.split('/').at(-1)}`,
      });
    },
  };
}

/** A hold and one of its steps, by either pair of numbers. */
function holdNumbers(content: Json) {
  return {
    outOrderNo: optionalText(content, 'out_order_no', 64),
    authNo: optionalText(content, 'auth_no', 64),
    outRequestNo: optionalText(content, 'out_request_no', 64),
    operationId: optionalText(content, 'operation_id', 64),
  };
}

function holdQuery({ holds }: Desk, { content }: GatewayCall): ReturnType<Method> {
  const which = holdNumbers(content);
  return {
    references: [which.outOrderNo ?? '', which.authNo ?? '', which.outRequestNo ?? ''],
    perform: () => {
      const hold = holds.holdOf(which);
      const fields = holdFields(hold, holds.operationOf(hold, which));
      return answer({ ...fields, order_title: hold.title, order_status: hold.state });
    },
  };
}

function unfreeze({ holds }: Desk, { content }: GatewayCall): ReturnType<Method> {
  const authNo = text(content, 'auth_no', 64);
  const outRequestNo = text(content, 'out_request_no', 64, OUT_NO);
  const amount = fenOf(content, 'amount');
  text(content, 'remark', 100);
  return {
    references: [outRequestNo, authNo],
    perform: () => {
      const hold = holds.holdOf({ authNo });
      const operation = holds.unfreeze(hold, outRequestNo, amount);
      return answer({
        auth_no: authNo,
        out_order_no: hold.outOrderNo,
        operation_id: operation.operationId,
        out_request_no: outRequestNo,
        amount: yuan(amount),
        status: operation.status,
        gmt_trans: chinaTime(operation.at),
      });
    },
  };
}

function holdCancel({ holds }: Desk, { content }: GatewayCall): ReturnType<Method> {
  const which = holdNumbers(content);
  text(content, 'remark', 100);
  return {
    references: [which.outOrderNo ?? '', which.authNo ?? '', which.outRequestNo ?? ''],
    perform: () => {
      const hold = holds.holdOf(which);
      const operation = holds.operationOf(hold, which);
      const action = holds.cancel(hold);
      return answer({
        auth_no: hold.authNo,
        out_order_no: hold.outOrderNo,
        operation_id: operation.operationId,
        out_request_no: operation.outRequestNo,
        action,
      });
    },
  };
}

function optionsOf({ query_options: options }: Json): readonly unknown[] {
  return Array.isArray(options) ? options : [];
}

/** The same content has the same text, whatever the order of its members. */
function canonical(content: Json, notifyUrl: string | undefined): string {
  const sorted = Object.entries(content).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([sorted, notifyUrl]);
}
