import { createHash } from 'node:crypto';
import { chinaDay, chinaTime } from '../kit/china-time.js';
import type { Merchant } from './authorization.js';
import { type Order, type Refund, type WechatBook } from './book.js';

export type BillKind = 'tradebill' | 'fundflowbill';
export type TradeBillType = 'ALL' | 'SUCCESS' | 'REFUND';

/** The fee of WeChat: six per mille, rounded to whole fen. */
const FEE_PER_MILLE = 6;
const FEE_RATE = '0.60%';

/** The bill of a day in China as WeChat writes it; null when nothing happened. */
export function bill(
  book: WechatBook,
  merchant: Merchant,
  kind: BillKind,
  day: string,
  type: TradeBillType = 'ALL',
): Buffer | null {
  const table = kind === 'tradebill' ? tradeBill(book, merchant, day, type) : fundFlowBill(book, day);
  if (table === null) return null;
  const line = (cells: readonly (string | number)[]) => cells.map((cell) => `\`${cell}`).join(',');
  const lines = [table.header, ...table.rows.map(line), table.summaryHeader, line(table.summary)];
  return Buffer.from(`\uFEFF${lines.join('\r\n')}\r\n`);
}

interface Table {
  readonly header: string;
  readonly rows: readonly (readonly string[])[];
  readonly summaryHeader: string;
  readonly summary: readonly (string | number)[];
}

const COMMON =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额';
const OF_REFUND = '微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态';
const END = '商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注';
const TRADE_SUMMARY = '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额';

function tradeBill(book: WechatBook, merchant: Merchant, day: string, type: TradeBillType): Table | null {
  const paid = type === 'REFUND' ? [] : paidOn(book, day);
  const refunds = type === 'SUCCESS' ? [] : refundedOn(book, day);
  if (paid.length + refunds.length === 0) return null;
  const fees = sum(paid, (order) => feeOf(order.total)) - sum(refunds, ({ refund }) => feeOf(refund));
  return {
    header: {
      ALL: `${COMMON},${OF_REFUND},${END}`,
      SUCCESS: `${COMMON},商品名称,商户数据包,手续费,费率,订单金额,费率备注`,
      REFUND: `${COMMON},退款申请时间,退款成功时间,${OF_REFUND},${END}`,
    }[type],
    rows: [
      ...paid.map((order) => paidRow(order, merchant, type)),
      ...refunds.map((refund) => refundRow(refund, merchant, type)),
    ],
    summaryHeader: TRADE_SUMMARY,
    summary: [
      paid.length + refunds.length,
      yuan(sum(paid, ({ total }) => total)),
      yuan(sum(refunds, ({ refund }) => refund)),
      yuan(0),
      fee(fees),
      yuan(sum(paid, ({ total }) => total)),
      yuan(sum(refunds, ({ refund }) => refund)),
    ],
  };
}

function commonCells(at: Date, order: Order, { appid, mchid }: Merchant, state: string): string[] {
  const { transactionId, openid } = order.payment!;
  const who = [chinaTime(at), appid, mchid, '0', '', transactionId, order.outTradeNo, openid];
  return [...who, 'NATIVE', state, 'OTHERS', 'CNY'];
}

/** A comma would split the cell, and WeChat writes no quotes. */
const plain = (text = ''): string => text.replace(/[,\r\n`]/g, ' ');

function paidRow(order: Order, merchant: Merchant, type: TradeBillType): string[] {
  const { payment, total, description, attach } = order;
  const cells = [
    ...commonCells(payment!.paidAt, order, merchant, 'SUCCESS'),
    yuan(total),
    yuan(total - payment!.payerTotal),
  ];
  const end = [plain(description), plain(attach), fee(feeOf(total)), FEE_RATE, yuan(total)];
  if (type === 'SUCCESS') return [...cells, ...end, ''];
  return [...cells, '0', '0', yuan(0), yuan(0), '', '', ...end, yuan(0), ''];
}

function refundRow(refund: Refund, merchant: Merchant, type: TradeBillType): string[] {
  const { order } = refund;
  const times = type === 'REFUND' ? [chinaTime(refund.createdAt), refund.endedAt ? chinaTime(refund.endedAt) : ''] : [];
  return [
    ...commonCells(refund.createdAt, order, merchant, 'REFUND'),
    yuan(0),
    yuan(0),
    ...times,
    refund.refundId,
    refund.outRefundNo,
    yuan(refund.refund),
    yuan(0),
    'ORIGINAL',
    refund.status,
    plain(order.description),
    plain(order.attach),
    fee(-feeOf(refund.refund)),
    FEE_RATE,
    yuan(0),
    yuan(refund.refund),
    '',
  ];
}

const FUND_HEADER =
  '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号';
const FUND_SUMMARY = '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额';

interface Movement {
  readonly at: Date;
  readonly number: string;
  readonly name: string;
  readonly type: string;
  /** In fen; negative when it leaves the account. */
  readonly amount: number;
  readonly voucher: string;
}

/** The account begins empty; the balance goes on from day to day. */
function fundFlowBill(book: WechatBook, day: string): Table | null {
  const all = movements(book).toSorted((a, b) => a.at.getTime() - b.at.getTime());
  let balance = 0;
  const balanced = all.map((movement) => ({ ...movement, balance: (balance += movement.amount) }));
  const today = balanced.filter(({ at }) => chinaDay(at) === day);
  if (today.length === 0) return null;
  const [income, expense] = [today.filter(({ amount }) => amount > 0), today.filter(({ amount }) => amount < 0)];
  return {
    header: FUND_HEADER,
    rows: today.map((one, index) => [
      chinaTime(one.at),
      one.number,
      `${day.replaceAll('-', '')}${String(index + 1).padStart(10, '0')}`,
      one.name,
      one.type,
      one.amount > 0 ? '收入' : '支出',
      yuan(Math.abs(one.amount)),
      yuan(one.balance),
      'system',
      '',
      one.voucher,
    ]),
    summaryHeader: FUND_SUMMARY,
    summary: [
      today.length,
      income.length,
      yuan(sum(income, ({ amount }) => amount)),
      expense.length,
      yuan(-sum(expense, ({ amount }) => amount)),
    ],
  };
}

function movements(book: WechatBook): Movement[] {
  const made: Movement[] = [];
  for (const { payment, total, outTradeNo } of book.orders.values()) {
    if (payment === undefined) continue;
    const { paidAt: at, transactionId: number } = payment;
    made.push({ at, number, name: '交易', type: '交易', amount: total, voucher: outTradeNo });
    made.push({
      at,
      number,
      name: '扣除交易手续费',
      type: '扣除交易手续费',
      amount: -feeOf(total),
      voucher: outTradeNo,
    });
  }
  for (const refund of book.refunds.values()) {
    if (refund.status === 'CLOSED') continue;
    const { createdAt: at, refundId: number, outRefundNo: voucher } = refund;
    const amount = feeOf(refund.refund) - refund.refund;
    made.push({ at, number, name: '退款', type: '退款', amount, voucher });
  }
  return made.filter(({ amount }) => amount !== 0);
}

function paidOn(book: WechatBook, day: string): Order[] {
  return [...book.orders.values()].filter(({ payment }) => payment !== undefined && chinaDay(payment.paidAt) === day);
}

function refundedOn(book: WechatBook, day: string): Refund[] {
  return [...book.refunds.values()].filter(
    ({ createdAt, status }) => status !== 'CLOSED' && chinaDay(createdAt) === day,
  );
}

export const sha1 = (content: Buffer): string => createHash('sha1').update(content).digest('hex');

const feeOf = (fen: number): number => Math.round((fen * FEE_PER_MILLE) / 1000);
const sum = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((all, item) => all + of(item), 0);

/** `12.34`, of fen. */
function yuan(fen: number): string {
  const digits = String(Math.abs(fen)).padStart(3, '0');
  return `${fen < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Fees have five decimals. */
const fee = (fen: number): string => `${yuan(fen)}000`;
