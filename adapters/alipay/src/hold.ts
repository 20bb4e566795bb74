import {
  RailError,
  type CallContext,
  type CaptureRequest,
  type Credit,
  type OrderRequest,
  type OrderStatus,
  type Outcome,
  type QrPresentation,
} from '@itpay/kernel';
import type { Money } from '@itpay/core';
import type { Fields } from './answer.js';
import { call } from './client.js';
import type { AlipayConfig } from './config.js';
import {
  holdToWire,
  mismatch,
  readText,
  readYuan,
  requireSame,
  requireSameMoney,
  requireYuan,
  subjectOf,
  unreadable,
  yuanOf,
} from './mapping.js';
import { creditOf, findTrade, orNull, qr } from './trade.js';
import { HOLD_PRODUCT, type TradePayContent, type UnfreezeContent } from './wire.js';

// A hold and the trade that captures it are numbered apart at Alipay (out_order_no, out_trade_no), and a hold is captured
// once here. So both have the number of our order: asking for the trade tells of the capture, and refunds find it.

/** Opens an order that asks for a hold. */
export async function createVoucher(
  config: AlipayConfig,
  request: OrderRequest,
  { signal }: CallContext,
): Promise<Outcome<QrPresentation>> {
  const content = holdToWire(config, request);
  const options = { signal, notifyUrl: request.notifyUrl };
  const { inProgress, fields } = await call(config, 'alipay.fund.auth.order.voucher.create', content, options);
  requireSame(fields, { out_order_no: request.reference, out_request_no: request.reference });
  requireSameMoney(fields, 'amount', request.amount);
  requireYuan(fields);
  return inProgress ? { outcome: 'pending' } : { outcome: 'succeeded', value: qr(readText(fields, 'code_value')) };
}

/** A hold as Alipay's books have it. */
export interface Hold {
  readonly state: 'open' | 'held' | 'captured' | 'ended';
  readonly authNo: string;
  /** What is still held. */
  readonly rest: Money;
  readonly title: string | null;
}

/** @returns null when there is none under this number, or nobody has scanned its code */
export async function findHold(config: AlipayConfig, reference: string, { signal }: CallContext): Promise<Hold | null> {
  const content = { out_order_no: reference, out_request_no: reference };
  const answer = await orNull('AUTH_ORDER_NOT_EXIST', () =>
    orNull('AUTH_OPERATION_NOT_EXIST', () =>
      call(config, 'alipay.fund.auth.operation.detail.query', content, { signal }),
    ),
  );
  if (answer === null) return null;
  requireSame(answer.fields, content);
  requireYuan(answer.fields);
  return holdOf(answer.fields);
}

export function holdOf(fields: Fields): Hold {
  const title = fields['order_title'];
  const none = { currency: 'CNY', value: 0n };
  const paid = fields['total_pay_amount'] === undefined ? none : readYuan(fields, 'total_pay_amount');
  const about = {
    authNo: String(fields['auth_no'] ?? ''),
    rest: none,
    title: typeof title === 'string' ? title : null,
  };
  switch (fields['order_status']) {
    case 'INIT':
      return { ...about, state: 'open' };
    case 'AUTHORIZED':
      return {
        ...about,
        state: paid.value > 0n ? 'captured' : 'held',
        authNo: readText(fields, 'auth_no'),
        rest: readYuan(fields, 'rest_amount'),
      };
    case 'FINISH':
    case 'CLOSED':
      return { ...about, state: paid.value > 0n ? 'captured' : 'ended' };
    default:
      throw unreadable('order_status');
  }
}

/** @throws RailError `mismatch` for a hold of which somebody took money under another number than ours */
export function holdStatusOf({ state, authNo, rest }: Hold): OrderStatus {
  switch (state) {
    case 'open':
      return { status: 'pending' };
    case 'held':
      return { status: 'authorized', channelTransactionId: authNo, amount: rest };
    case 'ended':
      return { status: 'closed' };
    case 'captured':
      throw mismatch('total_pay_amount');
  }
}

/** Takes an amount out of a hold; Alipay releases the rest. */
export async function capture(
  config: AlipayConfig,
  request: CaptureRequest,
  context: CallContext,
): Promise<Outcome<Credit>> {
  const hold = await findHold(config, request.reference, context);
  if (hold === null) throw new RailError({ category: 'not_found', message: 'There is no hold under this number.' });
  if (hold.state === 'captured' || hold.state === 'ended') {
    const earlier = await earlierCapture(config, request, context);
    if (earlier !== null) return earlier;
    if (hold.state === 'captured') throw mismatch('total_pay_amount');
    return { outcome: 'declined', failure: { category: 'expired', rawCode: 'hold_ended' } };
  }
  if (hold.state === 'open') {
    return { outcome: 'not_sent', failure: { category: 'not_processed', message: 'The payer has not agreed yet.' } };
  }
  if (request.amount.value > hold.rest.value) {
    return { outcome: 'declined', failure: { category: 'limit_exceeded', rawCode: 'rest_amount' } };
  }
  try {
    return await pay(config, request, hold, context);
  } catch (error) {
    // Somebody was faster with the same number.
    const category = error instanceof RailError ? error.failure.category : null;
    if (category !== 'already_paid' && category !== 'duplicate') throw error;
    const earlier = await earlierCapture(config, request, context);
    if (earlier === null) throw error;
    return earlier;
  }
}

async function pay(
  config: AlipayConfig,
  { reference, amount }: CaptureRequest,
  { authNo, title }: Hold,
  { signal }: CallContext,
): Promise<Outcome<Credit>> {
  const content: TradePayContent = {
    out_trade_no: reference,
    auth_no: authNo,
    total_amount: yuanOf(amount),
    subject: subjectOf(title, reference),
    seller_id: config.sellerId,
    product_code: HOLD_PRODUCT,
    auth_confirm_mode: 'COMPLETE',
  };
  const { inProgress, fields } = await call(config, 'alipay.trade.pay', content, { signal });
  requireSame(fields, { out_trade_no: reference });
  requireYuan(fields);
  if (inProgress) return { outcome: 'pending' };
  const credit = creditOf(fields, 'gmt_payment');
  if (credit.amount.value !== amount.value) throw mismatch('total_amount');
  return { outcome: 'succeeded', value: credit };
}

/** @returns null when no money was taken; it throws `mismatch` when another amount was */
async function earlierCapture(
  config: AlipayConfig,
  { reference, amount }: CaptureRequest,
  context: CallContext,
): Promise<Outcome<Credit> | null> {
  const trade = await findTrade(config, reference, context);
  if (trade?.status === 'scanned') return { outcome: 'pending' };
  if (trade?.status !== 'captured') return null;
  if (trade.credit.amount.value !== amount.value) throw mismatch('total_amount');
  return { outcome: 'succeeded', value: trade.credit };
}

/** Releases a hold, or ends one that the payer has not agreed to. `captured`: there is nothing left to release. */
export async function release(
  config: AlipayConfig,
  reference: string,
  hold: Hold,
  { signal }: CallContext,
): Promise<'released' | 'captured' | 'in_progress'> {
  if (hold.state === 'captured') return 'captured';
  if (hold.state === 'ended') return 'released';
  const { inProgress } = await (hold.state === 'held'
    ? unfreeze(config, reference, hold, signal)
    : cancelOperation(config, reference, signal));
  return inProgress ? 'in_progress' : 'released';
}

async function unfreeze(config: AlipayConfig, reference: string, { authNo, rest }: Hold, signal: AbortSignal) {
  const content: UnfreezeContent = {
    auth_no: authNo,
    // The same for every attempt: a hold is released once.
    out_request_no: `${reference}_release`,
    amount: yuanOf(rest),
    remark: 'released',
  };
  const answer = await call(config, 'alipay.fund.auth.order.unfreeze', content, { signal });
  requireSame(answer.fields, { auth_no: authNo, out_request_no: content.out_request_no });
  return answer;
}

async function cancelOperation(config: AlipayConfig, reference: string, signal: AbortSignal) {
  const content = { out_order_no: reference, out_request_no: reference, remark: 'cancelled' };
  const answer = await call(config, 'alipay.fund.auth.operation.cancel', content, { signal });
  requireSame(answer.fields, { out_order_no: reference, out_request_no: reference });
  return answer;
}
