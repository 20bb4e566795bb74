import {
  defineChannel,
  RailError,
  railFailure,
  type CallContext,
  type CaptureRequest,
  type Channel,
  type ChannelPlugin,
  type Credit,
  type OrderRequest,
  type OrderStatus,
  type Outcome,
  type QrPresentation,
  type RefundRequest,
  type RefundStatus,
} from '@itpay/kernel';
import { rejectCallback, verifyCallback } from './callback.js';
import { fetchStatement, STATEMENT_DAYS } from './statement.js';
import { call } from './client.js';
import { configOf, type FakeChannelConfig, type FakeChannelOptions } from './config.js';
import {
  moneyToRail,
  orderToWire,
  readCredit,
  readText,
  refundStatusOf,
  refundToWire,
  requireSame,
  statusOf,
} from './mapping.js';

/**
 * The adapter of the fake rail: everything that an adapter of a real rail with a network has to do, at a bank that a test
 * controls. Further options make further instances, such as a live one beside the test one.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the option that is wrong
 */
export function fakeChannel(options: FakeChannelOptions, ...others: FakeChannelOptions[]): ChannelPlugin {
  return defineChannel(channelOf(configOf(options)), ...others.map((one) => channelOf(configOf(one))));
}

function channelOf(config: FakeChannelConfig): Channel {
  const { timeoutMs, limits, qrTtlMs, defaultExpiryMs, expiryGraceMs, refundWindowMs } = config;
  const can = new Set(config.capabilities);
  return {
    id: config.id ?? 'fake',
    displayName: config.displayName ?? 'Fake Bank',
    mode: config.mode,
    merchantAccount: config.merchantAccount,
    countries: ['CN', 'TH', 'US'],
    currencies: config.currencies ?? ['CNY', 'THB', 'USD'],
    capabilities: config.capabilities,
    reference: { maxLength: 32, alphabet: '0123456789ABCDEFGHJKMNPQRSTVWXYZ' },
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(limits !== undefined && { limits }),
    ...(qrTtlMs !== undefined && { qrTtlMs }),
    ...(defaultExpiryMs !== undefined && { defaultExpiryMs }),
    ...(expiryGraceMs !== undefined && { expiryGraceMs }),
    ...(refundWindowMs !== undefined && { refundWindowMs }),
    authorize: (request, context) => authorize(config, request, context),
    query: (reference, context) => query(config, reference, context),
    ...(can.has('deep_link') && { deepLink: (qrData) => `fakewallet://pay?code=${encodeURIComponent(qrData)}` }),
    ...(can.has('close_order') && { cancel: (reference, context) => cancel(config, reference, context) }),
    ...(can.has('manual_capture') && { capture: (request, context) => capture(config, request, context) }),
    ...(can.has('refund') && {
      refund: (request, context) => refund(config, request, context),
      queryRefund: (request, context) => queryRefund(config, request, context),
    }),
    ...(can.has('callback') && { verifyCallback: (callback) => verifyCallback(config, callback), rejectCallback }),
    ...(can.has('statement') && {
      fetchStatement: (day, context) => fetchStatement(config, day, context),
      statementDays: STATEMENT_DAYS,
    }),
    mapError: railFailure,
  };
}

async function authorize(
  config: FakeChannelConfig,
  request: OrderRequest,
  { signal }: CallContext,
): Promise<Outcome<QrPresentation>> {
  const order = orderToWire(request, config.capabilities.includes('authorize_idempotent') ? 'same' : 'refuse');
  const { status, body } = await call(config, 'POST', ordersPath(config), order, signal);
  requireSame(body, { ...identity(config, request.reference), ...moneyToRail(request.amount) });
  if (status === 202) return { outcome: 'pending' };
  if (body.status !== 'open' && body.status !== 'scanned') throw unpayable();
  return { outcome: 'succeeded', value: { kind: 'qr', qrStandard: 'proprietary', qrData: readText(body, 'qr') } };
}

async function query(config: FakeChannelConfig, reference: string, { signal }: CallContext): Promise<OrderStatus> {
  return orNotFound(async () => {
    const { status, body } = await call(config, 'GET', orderPath(config, reference), null, signal);
    requireSame(body, identity(config, reference));
    return status === 202 ? { status: 'pending' } : statusOf(body);
  });
}

async function cancel(
  config: FakeChannelConfig,
  reference: string,
  { signal }: CallContext,
): Promise<Outcome<{ readonly result: 'closed' | 'already_paid' }>> {
  const { status, body } = await call(config, 'POST', `${orderPath(config, reference)}/close`, {}, signal);
  requireSame(body, identity(config, reference));
  if (status === 202) return { outcome: 'pending' };
  if (body.status === 'closed') return { outcome: 'succeeded', value: { result: 'closed' } };
  if (body.status === 'captured') return { outcome: 'succeeded', value: { result: 'already_paid' } };
  throw unpayable();
}

async function capture(
  config: FakeChannelConfig,
  { reference, captureReference, amount }: CaptureRequest,
  { signal }: CallContext,
): Promise<Outcome<Credit>> {
  const expected = { capture_reference: captureReference, ...moneyToRail(amount) };
  const { status, body } = await call(config, 'POST', `${orderPath(config, reference)}/captures`, expected, signal);
  requireSame(body, { ...identity(config, reference), ...expected });
  return status === 202 ? { outcome: 'pending' } : { outcome: 'succeeded', value: readCredit(body) };
}

async function refund(
  config: FakeChannelConfig,
  request: RefundRequest,
  { signal }: CallContext,
): Promise<Outcome<{ readonly channelRefundId: string }>> {
  const { reason: _, ...expected } = refundToWire(request);
  const path = `${orderPath(config, request.reference)}/refunds`;
  const { status, body } = await call(config, 'POST', path, refundToWire(request), signal);
  requireSame(body, { ...identity(config, request.reference), ...expected });
  if (status === 202 || body.status === 'processing') return { outcome: 'pending' };
  const result = refundStatusOf(body);
  if (result.status === 'failed') return { outcome: 'declined', failure: result.failure };
  return { outcome: 'succeeded', value: { channelRefundId: readText(body, 'refund_id') } };
}

async function queryRefund(
  config: FakeChannelConfig,
  { reference, refundReference }: Pick<RefundRequest, 'reference' | 'refundReference'>,
  { signal }: CallContext,
): Promise<RefundStatus> {
  return orNotFound(async () => {
    const path = `${orderPath(config, reference)}/refunds/${encodeURIComponent(refundReference)}`;
    const { status, body } = await call(config, 'GET', path, null, signal);
    requireSame(body, { ...identity(config, reference), refund_reference: refundReference });
    return status === 202 ? { status: 'processing' } : refundStatusOf(body);
  });
}

/** To a question, "I do not know it" is an answer and no failure. */
async function orNotFound<T>(ask: () => Promise<T>): Promise<T | { readonly status: 'not_found' }> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof RailError && error.failure.category === 'not_found') return { status: 'not_found' };
    throw error;
  }
}

function identity({ merchantAccount }: FakeChannelConfig, reference: string) {
  return { merchant: merchantAccount, reference };
}

function ordersPath({ merchantAccount }: FakeChannelConfig): string {
  return `/v1/${encodeURIComponent(merchantAccount)}/orders`;
}

function orderPath(config: FakeChannelConfig, reference: string): string {
  return `${ordersPath(config)}/${encodeURIComponent(reference)}`;
}

function unpayable(): RailError {
  return new RailError({
    category: 'unmapped',
    message: 'The order is in a state that does not fit the request.',
  });
}
