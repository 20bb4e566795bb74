import {
  defineChannel,
  RailError,
  Routes,
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
import { call, railOf, type Json, type Rail } from './client.js';
import { configOf, type QrisOptions, type SnapConfig } from './config.js';
import { QRIS } from './facts.js';
import { amountToSnap, timestampOf } from './mapping.js';
import { staticChannels } from './static.js';
import {
  failureOf,
  orderStatusOf,
  readText,
  refundStatusOf,
  requireAmount,
  requirePayable,
  requireSame,
} from './status.js';
import { tokenRoute } from './token-endpoint.js';
import { SERVICES } from './wire.js';

/**
 * QRIS: an Indonesian wallet or bank app scans the code. Over an acquirer that speaks SNAP (`live`, `test`), or with the code
 * that a merchant has on the counter (`static`).
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the option that is wrong
 */
export function qris(options: QrisOptions): ChannelPlugin {
  const config = configOf(options);
  if (config.kind === 'static') return defineChannel(...staticChannels(config.payload, config.statement));

  const [first, ...others] = config.merchants;
  const plugin = defineChannel(snapChannel(first), ...others.map(snapChannel));
  const askingForTokens = config.merchants.filter(({ profile }) => profile.notifySignature === 'hmac');
  if (askingForTokens.length === 0) return plugin;
  return {
    ...plugin,
    register(registry) {
      plugin.register?.(registry);
      registry.contribute(Routes, [], () => tokenRoute(askingForTokens));
    },
  };
}

function snapChannel(config: SnapConfig): Channel {
  const rail = railOf(config);
  const { profile } = config;
  const { refunds, refundWindowMs, paths } = profile;
  return {
    ...QRIS,
    displayName: 'QRIS',
    mode: config.mode,
    ...(config.simulated && { simulated: true }),
    merchantAccount: config.merchantId,
    capabilities: [
      'qr_dynamic',
      // The amount is in the code, and wallets do not let it be changed.
      'amount_locked',
      'callback',
      ...(paths.cancel === null ? [] : (['close_order'] as const)),
      ...(refunds === 'none' ? [] : (['refund'] as const)),
      ...(refunds === 'history' ? (['partial_refund', 'multiple_refunds'] as const) : []),
    ],
    // A wallet that has read the code may pay a little later than it ends.
    expiryGraceMs: 5 * 60_000,
    ...(refundWindowMs !== undefined && refunds !== 'none' && { refundWindowMs }),
    authorize: (request, context) => authorize(rail, request, context),
    query: async (reference, context) => {
      const found = await query(rail, reference, context);
      return found === null ? { status: 'not_found' } : orderStatusOf(found);
    },
    ...(paths.cancel !== null && { cancel: (reference, context) => cancel(rail, reference, context) }),
    ...(refunds !== 'none' && {
      refund: (request, context) => refund(rail, request, context),
      queryRefund: (request, context) => queryRefund(rail, request, context),
    }),
    verifyCallback: (callback) => verifyCallback(config, callback),
    rejectCallback: (reason) => rejectCallback(config, reason),
    callbackPaths: [profile.notifyPath],
    mapError: failureOf,
  };
}

async function authorize(
  rail: Rail,
  { reference, amount, expiresAt }: OrderRequest,
  { signal }: CallContext,
): Promise<Outcome<QrPresentation>> {
  const { config } = rail;
  const { pending, body } = await call(rail, {
    path: config.profile.paths.generate,
    content: {
      partnerReferenceNo: reference,
      amount: amountToSnap(amount),
      merchantId: config.merchantId,
      validityPeriod: timestampOf(expiresAt, config.profile.timestamp),
      ...config.orderFields,
    },
    reference,
    signal,
  });
  requireSame(body, { partnerReferenceNo: reference });
  if (pending) return { outcome: 'pending' };
  const qrData = readText(body, 'qrContent');
  requirePayable(qrData, amount);
  return { outcome: 'succeeded', value: { kind: 'qr', qrStandard: 'emvco', qrData } };
}

/** What the acquirer says about an order of ours; null when it does not know it. */
async function query(rail: Rail, reference: string, { signal }: CallContext): Promise<Json | null> {
  const { merchantId, profile } = rail.config;
  try {
    const { body } = await call(rail, {
      path: profile.paths.query,
      content: { originalPartnerReferenceNo: reference, serviceCode: SERVICES.generate, merchantId },
      signal,
    });
    requireSame(body, { originalPartnerReferenceNo: reference });
    return body;
  } catch (error) {
    if (error instanceof RailError && error.failure.category === 'not_found') return null;
    throw error;
  }
}

type Cancelled = Outcome<{ readonly result: 'closed' | 'already_paid' }>;

// Some acquirers void a paid order when it is cancelled, so a paid one is not sent there.
async function cancel(rail: Rail, reference: string, context: CallContext): Promise<Cancelled> {
  const { merchantId, profile } = rail.config;
  const found = await query(rail, reference, context);
  if (found === null) throw new RailError({ category: 'not_found', message: 'The acquirer does not know the order.' });
  const before = ended(orderStatusOf(found));
  if (before !== null) return before;
  try {
    const { pending, body } = await call(rail, {
      path: profile.paths.cancel!,
      content: {
        originalPartnerReferenceNo: reference,
        ...(typeof found.originalReferenceNo === 'string' && { originalReferenceNo: found.originalReferenceNo }),
        merchantId,
        reason: 'The order is not wanted any more.',
        ...(found.amount !== undefined && { amount: found.amount }),
      },
      signal: context.signal,
    });
    requireSame(body, { originalPartnerReferenceNo: reference });
    return pending ? { outcome: 'pending' } : { outcome: 'succeeded', value: { result: 'closed' } };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // Paid or closed in between. The reason differs between acquirers; the state does not.
    const after = await query(rail, reference, context);
    const settled = after && ended(orderStatusOf(after));
    if (settled === null) throw error;
    return settled;
  }
}

function ended({ status }: OrderStatus): Cancelled | null {
  if (status === 'captured') return { outcome: 'succeeded', value: { result: 'already_paid' } };
  return status === 'closed' ? { outcome: 'succeeded', value: { result: 'closed' } } : null;
}

/** The acquirer said no in words of its own about this order; nothing about the network. */
function isRefusal(error: unknown): boolean {
  const refusals = ['declined', 'already_paid', 'already_closed', 'expired'];
  return error instanceof RailError && refusals.includes(error.failure.category);
}

async function refund(
  rail: Rail,
  { reference, channelTransactionId, refundReference, amount, reason }: RefundRequest,
  { signal }: CallContext,
): Promise<Outcome<{ readonly channelRefundId: string }>> {
  const { merchantId, profile } = rail.config;
  const { pending, body } = await call(rail, {
    path: profile.paths.refund!,
    content: {
      merchantId,
      originalPartnerReferenceNo: reference,
      originalReferenceNo: channelTransactionId,
      partnerRefundNo: refundReference,
      refundAmount: amountToSnap(amount),
      reason,
    },
    reference: refundReference,
    signal,
  });
  requireSame(body, { originalPartnerReferenceNo: reference, partnerRefundNo: refundReference });
  requireAmount(body, 'refundAmount', amount);
  if (pending) return { outcome: 'pending' };
  return { outcome: 'succeeded', value: { channelRefundId: readText(body, 'refundNo') } };
}

async function queryRefund(
  rail: Rail,
  { reference, refundReference }: Pick<RefundRequest, 'reference' | 'refundReference'>,
  context: CallContext,
): Promise<RefundStatus> {
  const found = await query(rail, reference, context);
  if (found === null) return { status: 'not_found' };
  return refundStatusOf(found, refundReference, rail.config.profile.refunds === 'history');
}
