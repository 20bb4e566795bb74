import {
  defineChannel,
  railFailure,
  type CallContext,
  type Capability,
  type Channel,
  type ChannelPlugin,
  type OrderStatus,
  type Outcome,
} from '@itpay/kernel';
import { rejectCallback, verifyCallback } from './callback.js';
import { configsOf, type AlipayConfig, type AlipayOptions } from './config.js';
import { capture, createVoucher, findHold, holdStatusOf, release } from './hold.js';
import { MAX_FEN, MIN_FEN } from './mapping.js';
import { closeTrade, findTrade, precreate, queryRefund, refund } from './trade.js';

const CAPABILITIES: readonly Capability[] = [
  'qr_dynamic',
  'amount_locked',
  'refund',
  'partial_refund',
  'multiple_refunds',
  'callback',
  'close_order',
  'authorize_idempotent',
];
const HOLD_CAPABILITIES: readonly Capability[] = ['manual_capture', 'partial_capture'];

const DAY_MS = 24 * 3_600_000;

/**
 * Alipay: the payer scans a code and pays yuan; where your contract has it, money is held first and taken later. Brings a
 * live instance, a test instance (Alipay's sandbox, or a simulator), or both.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the option that is wrong
 */
export function alipay(options: AlipayOptions): ChannelPlugin {
  const [first, ...others] = configsOf(options);
  return defineChannel(channelOf(first), ...others.map(channelOf));
}

function channelOf(config: AlipayConfig): Channel {
  const { mode, simulated, sellerId, holds } = config;
  return {
    id: 'alipay',
    displayName: 'Alipay',
    mode,
    ...(simulated && { simulated }),
    merchantAccount: sellerId,
    countries: ['CN'],
    currencies: ['CNY'],
    capabilities: [
      ...CAPABILITIES,
      ...(holds === null ? [] : HOLD_CAPABILITIES),
      ...(simulated ? [] : (['deep_link'] as const)),
    ],
    limits: { CNY: { min: MIN_FEN, max: MAX_FEN } },
    // The rail takes 64 letters, digits and "_"; what is left is for the number of a release.
    reference: { maxLength: 32, alphabet: '0123456789ABCDEFGHJKMNPQRSTVWXYZ' },
    qrTtlMs: DAY_MS / 12,
    refundWindowMs: 365 * DAY_MS,
    // The code is the address of a page of Alipay's that opens its app. For the codes of a simulator there is no page.
    ...(!simulated && { deepLink: (qrData) => qrData }),
    authorize: (request, context) =>
      request.captureMethod === 'manual'
        ? createVoucher(config, request, context)
        : precreate(config, request, context),
    query: (reference, context) => query(config, reference, context),
    cancel: (reference, context) => cancel(config, reference, context),
    ...(holds !== null && { capture: (request, context) => capture(config, request, context) }),
    refund: (request, context) => refund(config, request, context),
    queryRefund: (request, context) => queryRefund(config, request, context),
    verifyCallback: (callback) => verifyCallback(config, callback),
    rejectCallback,
    mapError: railFailure,
  };
}

// An order number says what it is of: a trade, a hold, or both once the hold is captured. A trade is asked for first.
async function query(config: AlipayConfig, reference: string, context: CallContext): Promise<OrderStatus> {
  const trade = await findTrade(config, reference, context);
  if (trade !== null) return trade;
  const hold = config.holds === null ? null : await findHold(config, reference, context);
  // Nothing is there until the code is scanned, so "I do not know it" is what Alipay says about every order that waits for
  // its payer. It must never count as closed. (alipay.trade.query, ACQ.TRADE_NOT_EXIST)
  if (hold === null) return { status: 'pending' };
  // Captured between the two questions.
  const captured = hold.state === 'captured' ? await findTrade(config, reference, context) : null;
  return captured ?? holdStatusOf(hold);
}

/** Closes and never gives money back: what was paid in the meantime stays paid. */
async function cancel(
  config: AlipayConfig,
  reference: string,
  context: CallContext,
): Promise<Outcome<{ readonly result: 'closed' | 'already_paid' }>> {
  const trade = await closeTrade(config, reference, context);
  if (trade === 'closed') return done('closed');
  if (trade === 'in_progress') return { outcome: 'pending' };
  if (trade === 'refused') return afterRefusal(await query(config, reference, context));

  const hold = config.holds === null ? null : await findHold(config, reference, context);
  if (hold === null) return NOT_YET;
  const released = await release(config, reference, hold, context);
  if (released === 'in_progress') return { outcome: 'pending' };
  return done(released === 'captured' ? 'already_paid' : 'closed');
}

function done(result: 'closed' | 'already_paid') {
  return { outcome: 'succeeded', value: { result } } as const;
}

/** Nobody has scanned the code, so Alipay has nothing to close. The code ends with the time that it was given. */
const NOT_YET = {
  outcome: 'declined',
  failure: {
    category: 'declined',
    rawCode: 'ACQ.TRADE_NOT_EXIST',
    message: 'Alipay closes an order only once its code was scanned. The code expires with the payment.',
  },
} as const;

function afterRefusal(order: OrderStatus): Outcome<{ readonly result: 'closed' | 'already_paid' }> {
  switch (order.status) {
    case 'captured':
      return done('already_paid');
    case 'closed':
      return done('closed');
    default:
      return { outcome: 'unknown', failure: { category: 'already_closed', rawCode: 'ACQ.TRADE_STATUS_ERROR' } };
  }
}
