import {
  RailError,
  type CallContext,
  type Credit,
  type OrderRequest,
  type OrderStatus,
  type Outcome,
  type QrPresentation,
  type RefundRequest,
  type RefundStatus,
} from '@itpay/kernel';
import type { Fields } from './answer.js';
import { call } from './client.js';
import type { AlipayConfig } from './config.js';
import { nameOf } from './failure.js';
import {
  mismatch,
  readChinaTime,
  readText,
  readYuan,
  refundToWire,
  requireSame,
  requireSameMoney,
  requireYuan,
  tradeToWire,
  unreadable,
} from './mapping.js';

/** Opens an order that is paid at once. The same request again gives a code of the same order. */
export async function precreate(
  config: AlipayConfig,
  request: OrderRequest,
  { signal }: CallContext,
): Promise<Outcome<QrPresentation>> {
  const content = tradeToWire(config, request);
  const options = { signal, notifyUrl: request.notifyUrl };
  const { inProgress, fields } = await call(config, 'alipay.trade.precreate', content, options);
  requireSame(fields, { out_trade_no: request.reference });
  requireSameMoney(fields, 'total_amount', request.amount);
  requireYuan(fields);
  return inProgress ? { outcome: 'pending' } : { outcome: 'succeeded', value: qr(readText(fields, 'qr_code')) };
}

export function qr(qrData: string): QrPresentation {
  return { kind: 'qr', qrStandard: 'proprietary', qrData };
}

/** @returns null when there is no such trade: nobody has scanned its code, or there is no such order */
export async function findTrade(
  config: AlipayConfig,
  reference: string,
  { signal }: CallContext,
): Promise<OrderStatus | null> {
  const answer = await orNull('TRADE_NOT_EXIST', () =>
    call(config, 'alipay.trade.query', { out_trade_no: reference }, { signal }),
  );
  if (answer === null) return null;
  requireSame(answer.fields, { out_trade_no: reference });
  requireYuan(answer.fields);
  return answer.inProgress ? { status: 'scanned' } : tradeStatusOf(answer.fields);
}

/** What a trade's own status says about the order. */
export function tradeStatusOf(fields: Fields): OrderStatus {
  const status = fields['trade_status'];
  switch (status) {
    // A trade comes into being when its code is scanned.
    case 'WAIT_BUYER_PAY':
      return { status: 'scanned' };
    case 'TRADE_SUCCESS':
    case 'TRADE_FINISHED':
      return { status: 'captured', credit: creditOf(fields, 'send_pay_date') };
    // Unpaid, or paid and given back as a whole. What was paid has a time of payment.
    case 'TRADE_CLOSED':
      return fields['send_pay_date'] === undefined
        ? { status: 'closed' }
        : { status: 'captured', credit: creditOf(fields, 'send_pay_date') };
    default:
      throw unreadable('trade_status');
  }
}

/** @param paidAt where the answer or notification says when: `send_pay_date` or `gmt_payment` */
export function creditOf(fields: Fields, paidAt: string): Credit {
  return {
    channelTransactionId: readText(fields, 'trade_no'),
    amount: positive(fields, 'total_amount'),
    paidAt: readChinaTime(fields, paidAt),
  };
}

export function positive(fields: Fields, field: string) {
  const amount = readYuan(fields, field);
  if (amount.value <= 0n) throw unreadable(field);
  return amount;
}

/** `missing`: nobody has scanned the code, so there is nothing yet that could be closed. `refused`: by its state. */
export async function closeTrade(
  config: AlipayConfig,
  reference: string,
  { signal }: CallContext,
): Promise<'closed' | 'missing' | 'refused' | 'in_progress'> {
  try {
    const answer = await call(config, 'alipay.trade.close', { out_trade_no: reference }, { signal });
    requireSame(answer.fields, { out_trade_no: reference });
    return answer.inProgress ? 'in_progress' : 'closed';
  } catch (error) {
    const name = error instanceof RailError ? nameOf(error.failure.rawCode) : '';
    if (name === 'TRADE_NOT_EXIST') return 'missing';
    if (SETTLED.has(name)) return 'refused';
    throw error;
  }
}

/** The trade is paid or closed; which of them, a question tells. */
const SETTLED: ReadonlySet<string> = new Set([
  'TRADE_STATUS_ERROR',
  'TRADE_HAS_SUCCESS',
  'TRADE_HAS_FINISHED',
  'TRADE_HAS_CLOSE',
]);

export async function refund(
  config: AlipayConfig,
  request: RefundRequest,
  context: CallContext,
): Promise<Outcome<{ readonly channelRefundId: string }>> {
  const content = refundToWire(request);
  const { inProgress, fields } = await call(config, 'alipay.trade.refund', content, context);
  requireSame(fields, identityOf(request));
  requireYuan(fields);
  if (inProgress) return { outcome: 'pending' };

  if (readText(fields, 'fund_change') === 'Y') {
    // The sum of all refunds of the trade, this one included. (alipay.trade.refund, "refund_fee")
    const sum = positive(fields, 'refund_fee').value;
    if (sum < request.amount.value || sum > request.total.value) throw mismatch('refund_fee');
    if (sum === request.amount.value) return refunded(request);
  }
  // A repeated request moves nothing, and beside other refunds the sum does not prove this one: then it is asked about.
  const asked = await askRefund(config, request, context);
  if (asked.status !== 'succeeded') return { outcome: 'pending' };
  if (asked.amount !== request.amount.value) throw mismatch('refund_amount');
  return refunded(request);
}

// Alipay gives refunds no number of its own.
function refunded({ refundReference }: RefundRequest): Outcome<{ readonly channelRefundId: string }> {
  return { outcome: 'succeeded', value: { channelRefundId: refundReference } };
}

type RefundName = Pick<RefundRequest, 'reference' | 'refundReference' | 'channelTransactionId'>;

export async function queryRefund(config: AlipayConfig, name: RefundName, context: CallContext): Promise<RefundStatus> {
  const { status } = await askRefund(config, name, context);
  return { status };
}

type AskedRefund =
  { readonly status: 'not_found' | 'processing' } | { readonly status: 'succeeded'; readonly amount: bigint };

async function askRefund(config: AlipayConfig, name: RefundName, { signal }: CallContext): Promise<AskedRefund> {
  const content = { ...identityOf(name), out_request_no: name.refundReference };
  const answer = await orNull('TRADE_NOT_EXIST', () =>
    call(config, 'alipay.trade.fastpay.refund.query', content, { signal }),
  );
  if (answer === null) return { status: 'not_found' };
  const { fields, inProgress } = answer;
  const expected: Record<string, string> = { ...identityOf(name), out_request_no: name.refundReference };
  // Of a refund that it does not know, Alipay repeats no number. One that it does repeat is ours.
  requireSame(fields, Object.fromEntries(Object.entries(expected).filter(([field]) => fields[field] !== undefined)));
  requireYuan(fields);
  if (inProgress) return { status: 'processing' };
  const status = fields['refund_status'] ?? '';
  if (status === 'REFUND_SUCCESS') {
    requireSame(fields, expected);
    return { status: 'succeeded', amount: positive(fields, 'refund_amount').value };
  }
  // Without a status it was not done: never received, or still on its way where the answer knows its amount.
  if (status === '' && fields['refund_amount'] === undefined) return { status: 'not_found' };
  if (status === '' || status === 'REFUND_PROCESSING') return { status: 'processing' };
  throw unreadable('refund_status');
}

function identityOf({ reference, channelTransactionId }: Pick<RefundRequest, 'reference' | 'channelTransactionId'>) {
  return { out_trade_no: reference, ...(channelTransactionId !== '' && { trade_no: channelTransactionId }) };
}

/** To a question, "I do not know it" is an answer and no failure. */
export async function orNull<T>(code: string, ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof RailError && nameOf(error.failure.rawCode) === code) return null;
    throw error;
  }
}
