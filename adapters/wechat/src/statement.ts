import { parseDecimal, type Money } from '@itpay/core';
import type { StatementRow } from '@itpay/kernel';
import { readBill, unreadable, type BillRow, type BillSummary } from './csv.js';

export interface ParseBillOptions {
  /** The merchant whose bill it has to be. Left out: any one. */
  readonly mchid?: string;
}

/**
 * Reads a trade bill (`bill_type` ALL, SUCCESS or REFUND) as it comes: every payment of a day, and every refund that was
 * accepted on it, with the state that it had when the bill was made. The sums at its end are compared with the rows, so the
 * rows count only once the iteration has ended without an error.
 *
 * @throws ItPayError `PARAMETER_INVALID` when the file is no trade bill, is cut off, or its sums do not fit
 * @see https://pay.weixin.qq.com/docs/merchant/products/bill-download/format-trade.html
 */
export async function* parseTradeBill(
  file: AsyncIterable<Uint8Array>,
  { mchid }: ParseBillOptions = {},
): AsyncGenerator<StatementRow, void> {
  yield* checked(file, TRADE_SUMS, (row) => tradeRow(row, mchid));
}

/**
 * Reads a fund flow bill: everything that changed the merchant's balance on a day, fees and withdrawals too. As with the
 * trade bill, its rows count only once the iteration has ended.
 *
 * @throws ItPayError `PARAMETER_INVALID` when the file is no fund flow bill, is cut off, or its sums do not fit
 * @see https://pay.weixin.qq.com/docs/merchant/products/bill-download/format-fundflow.html
 */
export async function* parseFundFlowBill(file: AsyncIterable<Uint8Array>): AsyncGenerator<StatementRow, void> {
  yield* checked(file, FUND_FLOW_SUMS, fundFlowRow);
}

/** Sums are kept with five decimals: fees are told in parts of a fen. */
const SUM_DECIMALS = 5;
const ONE = 10n ** BigInt(SUM_DECIMALS);

/** What a row adds to each field of the summary. */
type Sums = Readonly<Record<string, (row: BillRow) => bigint>>;

const sumOf =
  (...columns: readonly string[]) =>
  (row: BillRow): bigint =>
    decimal(row, columns, SUM_DECIMALS) ?? 0n;

const TRADE_SUMS: Sums = {
  总交易单数: () => ONE,
  应结订单总金额: sumOf('应结订单金额'),
  退款总金额: sumOf('退款金额'),
  充值券退款总金额: sumOf('充值券退款金额'),
  手续费总金额: sumOf('手续费'),
  订单总金额: sumOf('订单金额'),
  申请退款总金额: sumOf('申请退款金额'),
};

// The brackets are full-width in some files, and not in others.
const FLOW_AMOUNT = ['收支金额(元)', '收支金额（元）'] as const;
const FLOW_BALANCE = ['账户结余(元)', '账户结余（元）'] as const;

const isIncome = (row: BillRow): boolean => required(row, '收支类型') === '收入';
const flowAmount = sumOf(...FLOW_AMOUNT);

const FUND_FLOW_SUMS: Sums = {
  资金流水总笔数: () => ONE,
  收入笔数: (row) => (isIncome(row) ? ONE : 0n),
  收入金额: (row) => (isIncome(row) ? flowAmount(row) : 0n),
  支出笔数: (row) => (isIncome(row) ? 0n : ONE),
  支出金额: (row) => (isIncome(row) ? 0n : flowAmount(row)),
};

async function* checked(
  file: AsyncIterable<Uint8Array>,
  sums: Sums,
  toRow: (row: BillRow) => StatementRow,
): AsyncGenerator<StatementRow, void> {
  const rows = readBill(file);
  const totals = new Map(Object.keys(sums).map((field) => [field, 0n]));
  for (;;) {
    const { done, value } = await rows.next();
    if (done === true) return requireSums(value, totals);
    for (const [field, add] of Object.entries(sums)) totals.set(field, totals.get(field)! + add(value));
    yield toRow(value);
  }
}

/** Bills of one kind of trade have fewer fields in their summary; the number of rows is in every one. */
function requireSums(summary: BillSummary, totals: ReadonlyMap<string, bigint>): void {
  const [countField] = totals.keys();
  if (summary[countField!] === undefined) throw unreadable('Its summary does not tell the number of rows.');
  for (const [field, total] of totals) {
    const told = summary[field];
    if (told !== undefined && parseDecimal(told, SUM_DECIMALS) !== total) {
      throw unreadable(`${field} of the summary is not the sum of the rows.`);
    }
  }
}

function tradeRow(row: BillRow, mchid: string | undefined): StatementRow {
  if (mchid !== undefined && required(row, '商户号') !== mchid) {
    throw unreadable('It is the bill of another merchant.', row.line);
  }
  const currency = required(row, '货币种类');
  if (currency !== 'CNY') throw unreadable(`The currency ${currency} is not expected.`, row.line);
  const about = {
    text: [row.values['商品名称'], row.values['商户数据包']].filter(Boolean).join(' '),
    position: `line ${row.line}`,
    ...feeOf(row),
  };
  const state = required(row, '交易状态');
  if (state === 'SUCCESS') {
    const channelTransactionId = required(row, '微信订单号');
    return {
      ...about,
      kind: 'credit',
      dedupeKey: `trade|${channelTransactionId}`,
      channelTransactionId,
      reference: required(row, '商户订单号'),
      amount: positive(row, ['订单金额', '应结订单金额']),
      bookedAt: chinaTime(row, '交易时间'),
      status: 'booked',
    };
  }
  if (state !== 'REFUND' && state !== 'REVOKED') throw unreadable(`The state ${state} is not expected.`, row.line);
  const channelTransactionId = required(row, '微信退款单号');
  return {
    ...about,
    kind: state === 'REFUND' ? 'refund' : 'reversal',
    dedupeKey: `trade|${channelTransactionId}`,
    channelTransactionId,
    reference: required(row, '商户退款单号'),
    amount: positive(row, ['申请退款金额', '退款金额']),
    bookedAt: chinaTime(row, '交易时间'),
    status: REFUND_STATUS[row.values['退款状态'] ?? ''] ?? 'info',
  };
}

/** The state of the moment in which the bill was made; it is not updated in later bills. */
const REFUND_STATUS: Readonly<Record<string, StatementRow['status']>> = { SUCCESS: 'booked', PROCESSING: 'pending' };

/**
 * Fees are told with five decimals, and what was taken in fen is in the fund flow bill. Here a fee is passed on where it is
 * a whole number of fen; negative where it was given back.
 */
function feeOf(row: BillRow): { readonly fee?: Money } {
  const fee = decimal(row, ['手续费'], SUM_DECIMALS);
  const fen = 10n ** BigInt(SUM_DECIMALS - 2);
  return fee === null || fee % fen !== 0n ? {} : { fee: { currency: 'CNY', value: fee / fen } };
}

function fundFlowRow(row: BillRow): StatementRow {
  const bookedAt = chinaTime(row, '记账时间');
  const amount = positive(row, FLOW_AMOUNT);
  const channelTransactionId = required(row, '微信支付业务单号');
  const words = ['业务名称', '业务类型', '收支类型'].map((column) => required(row, column));
  const balance = decimal(row, FLOW_BALANCE, 2);
  return {
    kind: kindOfFlow(row, words),
    // No column of this bill is unique by itself: one payment and its fee share their numbers.
    dedupeKey: [
      'flow',
      bookedAt.toISOString(),
      channelTransactionId,
      row.values['资金流水单号'],
      ...words,
      amount.value,
      balance,
    ].join('|'),
    channelTransactionId,
    reference: row.values['业务凭证号'] || null,
    text: [words[0], row.values['备注']].filter(Boolean).join(' '),
    amount,
    bookedAt,
    status: 'booked',
    position: `line ${row.line}`,
  };
}

function kindOfFlow(row: BillRow, [name = '', type = '', direction = '']: readonly string[]): StatementRow['kind'] {
  if (direction !== '收入' && direction !== '支出') throw unreadable('收支类型 is neither 收入 nor 支出.', row.line);
  const isFee = name.includes('手续费') || name.includes('服务费') || type.includes('手续费');
  const isRefund = type === '退款';
  if (direction === '支出') return isFee ? 'fee' : isRefund ? 'refund' : 'debit';
  return isFee ? 'reversal' : isRefund ? 'return' : 'credit';
}

function positive(row: BillRow, columns: readonly string[]): Money {
  const value = decimal(row, columns, 2);
  if (value === null || value <= 0n) throw unreadable(`${columns[0]} is not an amount above 0.`, row.line);
  return { currency: 'CNY', value };
}

/** The first of the columns that is there, in the smallest unit of so many decimals. Null: the bill has none of them. */
function decimal(row: BillRow, columns: readonly string[], decimals: number): bigint | null {
  const column = columns.find((name) => row.values[name] !== undefined);
  if (column === undefined) return null;
  try {
    return parseDecimal(row.values[column]!, decimals);
  } catch {
    throw unreadable(`${column} is not a number with at most ${decimals} decimals.`, row.line);
  }
}

function required(row: BillRow, column: string): string {
  const value = row.values[column];
  if (value === undefined || value === '') throw unreadable(`${column} is missing.`, row.line);
  return value;
}

/** Bills tell the time of China, without saying so. */
function chinaTime(row: BillRow, column: string): Date {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)\s+(\d\d:\d\d:\d\d)$/.exec(required(row, column)) ?? [];
  const at = new Date(`${day}T${time}+08:00`);
  if (Number.isNaN(at.getTime())) throw unreadable(`${column} is not a time.`, row.line);
  return at;
}
