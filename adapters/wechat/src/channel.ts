import {
  defineChannel,
  FAILURE_CATEGORIES,
  RailError,
  railFailure,
  type CallContext,
  type Channel,
  type ChannelPlugin,
  type OrderRequest,
  type OrderStatus,
  type Outcome,
  type QrPresentation,
  type RefundRequest,
  type RefundStatus,
} from '@itpay/kernel';
import { rejectCallback, verifyCallback } from './callback.js';
import { call, railOf, type Rail } from './client.js';
import { merchantsOf, type WechatOptions } from './config.js';
import { fetchStatement, STATEMENT_DAYS } from './fetch-statement.js';
import {
  orderToWire,
  readBody,
  readFen,
  readObject,
  readText,
  refundStatusOf,
  refundToWire,
  requireSame,
  statusOf,
  unreadable,
} from './mapping.js';
import { CODE_URL, PATHS } from './wire.js';

const DAY_MS = 86_400_000;

/**
 * WeChat Pay (Native): the payer scans a code with WeChat, and the money is there. Brings an instance for each merchant that
 * the options name; the one for test mode talks to a simulator, because WeChat has no sandbox.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the option that is wrong
 */
export function wechat(options: WechatOptions): ChannelPlugin {
  const [first, ...others] = merchantsOf(options).map((config) => channelOf(railOf(config)));
  return defineChannel(first!, ...others);
}

function channelOf(rail: Rail): Channel {
  const { mode, mchid } = rail.config;
  return {
    id: 'wechat',
    displayName: 'WeChat Pay',
    mode,
    ...(mode === 'test' && { simulated: true }),
    merchantAccount: mchid,
    countries: ['CN'],
    currencies: ['CNY'],
    capabilities: [
      'qr_dynamic',
      'amount_locked',
      'refund',
      'partial_refund',
      'multiple_refunds',
      'callback',
      'close_order',
      'authorize_idempotent',
      'statement',
    ],
    limits: { CNY: { min: 1n } },
    // WeChat takes 6 to 32 of 0-9A-Za-z_-|*. These have no I, L, O and U, which people misread.
    reference: { maxLength: 32, alphabet: '0123456789ABCDEFGHJKMNPQRSTVWXYZ' },
    qrTtlMs: 2 * 3_600_000,
    refundWindowMs: 365 * DAY_MS,
    authorize: (request, context) => openOrder(rail, request, context),
    query: (reference, context) => queryOrder(rail, reference, context),
    cancel: (reference, context) => closeOrder(rail, reference, context),
    refund: (request, context) => refund(rail, request, context),
    queryRefund: (request, context) => queryRefund(rail, request, context),
    verifyCallback: (callback) => verifyCallback(rail, callback),
    rejectCallback,
    fetchStatement: (day, context) => fetchStatement(rail, day, context),
    statementDays: STATEMENT_DAYS,
    mapError: railFailure,
  };
}

async function openOrder(rail: Rail, request: OrderRequest, { signal }: CallContext): Promise<Outcome<QrPresentation>> {
  const content = orderToWire(rail.config, request);
  const { status, body } = await call(rail, { call: 'order', method: 'POST', path: PATHS.order, content, signal });
  if (status !== 200) return { outcome: 'pending' };
  // The answer is the code and nothing else: it names no order, so that the signature is all there is to compare.
  const qrData = readText(readBody(body), 'code_url');
  if (!CODE_URL.test(qrData)) throw unreadable('code_url');
  return { outcome: 'succeeded', value: { kind: 'qr', qrStandard: 'proprietary', qrData } };
}

async function queryOrder(rail: Rail, reference: string, { signal }: CallContext): Promise<OrderStatus> {
  const { mchid, appid } = rail.config;
  return orNotFound(async () => {
    const path = `${PATHS.byOrderNumber(reference)}?mchid=${mchid}`;
    const { status, body } = await call(rail, { call: 'query', method: 'GET', path, signal });
    if (status !== 200) throw withoutContent(status);
    const order = readBody(body);
    requireSame(order, { mchid, appid, out_trade_no: reference });
    return statusOf(order);
  });
}

/**
 * Closes, and asks: WeChat says "closed" of numbers that it never saw, and a payer who is typing the password may still win.
 */
async function closeOrder(
  rail: Rail,
  reference: string,
  context: CallContext,
): Promise<Outcome<{ readonly result: 'closed' | 'already_paid' }>> {
  const path = `${PATHS.byOrderNumber(reference)}/close`;
  const content = { mchid: rail.config.mchid };
  try {
    const answer = await call(rail, { call: 'close', method: 'POST', path, content, signal: context.signal });
    if (answer.status !== 204 || answer.body.length > 0) throw unreadable('status');
  } catch (error) {
    const category = railFailure(error)?.category;
    if (category !== 'already_paid' && category !== 'already_closed') throw error;
  }
  const order = await queryOrder(rail, reference, context).catch(closedOrNot);
  switch (order.status) {
    case 'closed':
      return { outcome: 'succeeded', value: { result: 'closed' } };
    case 'captured':
      return { outcome: 'succeeded', value: { result: 'already_paid' } };
    case 'pending':
      return { outcome: 'pending' };
    default:
      throw new RailError({ category: 'not_found', message: 'WeChat does not know the order that was to be closed.' });
  }
}

// The closure was sent: that the question was not does not undo it.
function closedOrNot(error: unknown): never {
  const failure = railFailure(error);
  if (failure === undefined || FAILURE_CATEGORIES[failure.category] === 'unknown') throw error;
  throw new RailError({ ...failure, category: 'channel_unavailable' }, { cause: error });
}

async function refund(
  rail: Rail,
  request: RefundRequest,
  { signal }: CallContext,
): Promise<Outcome<{ readonly channelRefundId: string }>> {
  const content = refundToWire(rail.config, request);
  const answer = await call(rail, { call: 'refund', method: 'POST', path: PATHS.refunds, content, signal });
  if (answer.status !== 200) return { outcome: 'pending' };
  const body = readBody(answer.body);
  requireSame(body, identityOf(request));
  const amount = readObject(body, 'amount');
  requireSame(amount, { currency: 'CNY' });
  const asked = [request.amount.value, request.total.value];
  if (readFen(amount, 'refund').value !== asked[0] || readFen(amount, 'total').value !== asked[1]) {
    throw new RailError({ category: 'mismatch', message: 'The amount is another one.' });
  }
  const channelRefundId = readText(body, 'refund_id');
  const result = refundStatusOf(readText(body, 'status'));
  switch (result.status) {
    case 'succeeded':
      return { outcome: 'succeeded', value: { channelRefundId } };
    case 'failed':
      return { outcome: 'declined', failure: result.failure };
    case 'unknown':
      return { outcome: 'unknown', failure: result.failure };
    default:
      return { outcome: 'pending' };
  }
}

async function queryRefund(
  rail: Rail,
  request: Pick<RefundRequest, 'reference' | 'refundReference' | 'channelTransactionId'>,
  { signal }: CallContext,
): Promise<RefundStatus> {
  return orNotFound(async () => {
    const path = PATHS.refund(request.refundReference);
    const { status, body } = await call(rail, { call: 'refund_query', method: 'GET', path, signal });
    if (status !== 200) throw withoutContent(status);
    const answer = readBody(body);
    requireSame(answer, identityOf(request));
    return refundStatusOf(readText(answer, 'status'));
  });
}

function identityOf(request: Pick<RefundRequest, 'reference' | 'refundReference' | 'channelTransactionId'>) {
  return {
    out_trade_no: request.reference,
    transaction_id: request.channelTransactionId,
    out_refund_no: request.refundReference,
  };
}

/** To a question, "I do not know it" is an answer and no failure. Whoever says so has signed it. */
async function orNotFound<T>(ask: () => Promise<T>): Promise<T | { readonly status: 'not_found' }> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof RailError && error.failure.category === 'not_found') return { status: 'not_found' };
    throw error;
  }
}

function withoutContent(status: number): RailError {
  return new RailError({
    category: 'channel_unavailable',
    rawCode: `http_${status}`,
    message: 'No answer to a question.',
  });
}
