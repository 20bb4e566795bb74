import { money } from '@itpay/core';
import type { Inflow } from '../src/inflow/inflow.js';
import type { PaymentIntent } from '../src/intent/intent.js';
import type { Refund } from '../src/refund/refund.js';
import { anIntent, INTENT_ID, NOW } from './samples.js';

export const REFUND_ID = 'ref_06b2m6vk0dtf5d5cq0m3vz8x50';
export const INFLOW_ID = 'inf_06b2m6vk0dtf5d5cq0m3vz8x51';

/** An intent over 199.00 THB that was paid at `NOW`. */
export function aPaidIntent(change: Partial<PaymentIntent> = {}): PaymentIntent {
  return anIntent({
    status: 'succeeded',
    amountCaptured: 19_900n,
    amountRefunded: 0n,
    channelTransactionId: 'tx-1',
    latePayment: false,
    failure: null,
    authorizedAt: null,
    capturedAt: NOW,
    succeededAt: NOW,
    ...change,
  });
}

/** A refund of 50.00 THB that the rail works on. */
export function aRefund(change: Partial<Refund> = {}): Refund {
  const { account, livemode } = anIntent();
  return {
    id: REFUND_ID,
    account,
    livemode,
    paymentIntentId: INTENT_ID,
    inflowId: null,
    amount: money('THB', 5_000n),
    reason: 'customer_request',
    description: null,
    status: 'processing',
    decision: 'automatic',
    manual: false,
    channelRefundReference: 'REFUND0123456789',
    channelRefundId: null,
    failure: null,
    metadata: { ticket: 't-9' },
    sequence: 2,
    version: 1,
    createdAt: NOW,
    updatedAt: NOW,
    succeededAt: null,
    ...change,
  };
}

/** The money that paid `aPaidIntent`. */
export function anInflow(change: Partial<Inflow> = {}): Inflow {
  const { account, livemode, channel, merchantAccount, channelReference } = anIntent();
  return {
    id: INFLOW_ID,
    account,
    livemode,
    channel,
    merchantAccount,
    channelReference,
    channelTransactionId: 'tx-1',
    amount: money('THB', 19_900n),
    counted: 19_900n,
    paidAt: NOW,
    source: 'callback',
    evidenceDigest: new Uint8Array(32),
    paymentIntentId: INTENT_ID,
    kind: 'exact',
    policy: null,
    status: 'applied',
    refundId: null,
    resolvedBy: null,
    note: null,
    sequence: 1,
    createdAt: NOW,
    updatedAt: NOW,
    ...change,
  };
}
