import { money } from '@itpay/core';
import { ChannelRegistry, type Channel } from '@itpay/kernel';
import type { CreateIntentBody } from '../src/intent/input.js';
import type { PaymentIntent } from '../src/intent/intent.js';
import type { PlanContext } from '../src/intent/plan.js';
import type { QrCharge } from '../src/qr-charge/qr-charge.js';

export const NOW = new Date('2025-01-01T00:00:00.000Z');
export const INTENT_ID = 'pi_06b2m6vk0dtf5d5cq0m3vz8x4r';
export const CHARGE_ID = 'qr_06b2m6vk0dtf5d5cq0m3vz8x4s';
export const AGENT_ID = 'agent_06b2m6vk0dtf5d5cq0m3vz8x4t';
export const HUMAN_ID = 'human_06b2m6vk0dtf5d5cq0m3vz8x4v';

/** An open intent over 199.00 THB with a QR, except for what the test is about. */
export function anIntent(change: Partial<PaymentIntent> = {}): PaymentIntent {
  return {
    id: INTENT_ID,
    account: 'm_06b2m6vk0dtf5d5cq0m3vz8x4w',
    livemode: false,
    type: 'one_time',
    status: 'qr_generated',
    amount: money('THB', 19_900n),
    amountCaptured: 0n,
    amountRefunded: 0n,
    description: 'Two bowls of noodles',
    orderReference: 'order-1001',
    payer: { agentId: AGENT_ID, humanId: HUMAN_ID },
    channel: 'rail',
    allowedChannels: ['rail'],
    merchantAccount: 'shop-1',
    captureMethod: 'automatic',
    channelReference: 'REF0123456789ABC',
    channelTransactionId: null,
    latePayment: false,
    failure: null,
    metadata: { cart: 'c-17' },
    returnUrl: 'https://shop.example/thanks',
    version: 1,
    sequence: 2,
    createdAt: NOW,
    updatedAt: NOW,
    expiresAt: new Date(NOW.getTime() + 900_000),
    expiresIn: null,
    authorizedAt: null,
    capturedAt: null,
    succeededAt: null,
    closedAt: null,
    ...change,
  };
}

/** The QR of `anIntent`. */
export function aCharge(change: Partial<QrCharge> = {}): QrCharge {
  const { id, account, livemode, channel, channelReference, expiresAt, createdAt } = anIntent();
  return {
    id: CHARGE_ID,
    paymentIntentId: id,
    account,
    livemode,
    channel,
    channelReference,
    qrStandard: 'emvco',
    qrData: '00020101-canary-of-the-qr-6304ABCD',
    status: 'active',
    sequence: 1,
    expiresAt,
    createdAt,
    ...change,
  };
}

/** A rail in test mode that takes baht in any amount and draws everything it was asked into its code. */
export function aChannel(change: Partial<Channel> = {}): Channel {
  return {
    id: 'rail',
    displayName: 'Rail',
    mode: 'test',
    merchantAccount: 'shop-1',
    countries: ['TH'],
    currencies: ['THB'],
    capabilities: ['qr_dynamic'],
    reference: { maxLength: 16, alphabet: '0123456789ABCDEFGHJKMNPQRSTVWXYZ' },
    encode: ({ reference, amount, description, expiresAt }) => ({
      kind: 'qr',
      qrStandard: 'emvco',
      qrData: [reference, amount.currency, amount.value, description, expiresAt.toISOString()].join('|'),
    }),
    ...change,
  };
}

export function aBody(change: Partial<CreateIntentBody> = {}): CreateIntentBody {
  return { amount: { currency: 'THB', value: 19_900 }, ...change };
}

/** A test principal at `NOW`, with these channels in this order. */
export function aContext(channels: readonly Channel[] = [aChannel()], change: Partial<PlanContext> = {}): PlanContext {
  return {
    account: 'm_06b2m6vk0dtf5d5cq0m3vz8x4w',
    livemode: false,
    now: NOW,
    intentId: INTENT_ID,
    chargeId: CHARGE_ID,
    channels: new ChannelRegistry(channels),
    isAway: () => false,
    ...change,
  };
}
