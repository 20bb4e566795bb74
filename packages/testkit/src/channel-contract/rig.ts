import { randomUUID } from 'node:crypto';
import {
  channelReference,
  ChannelGuard,
  FAILURE_CATEGORIES,
  systemClock,
  type CallContext,
  type CaptureRequest,
  type Channel,
  type ChannelFailure,
  type Credit,
  type OperationKind,
  type OrderRequest,
  type OrderStatus,
  type Outcome,
  type QrPresentation,
  type RefundRequest,
  type RefundStatus,
} from '@itpay/kernel';
import { capturedLogger } from '../captured-logger.js';
import { sampleRequest } from './channel-samples.js';
import { expect } from '../vitest.js';
import { offered, type ContractRail } from './contract-rail.js';

/** A channel under test with the rail at its other end; calls go out as the framework makes them. */
export interface Rig {
  readonly channel: Channel;
  readonly rail: Required<ContractRail>;
  authorize(request: OrderRequest): Promise<Outcome<QrPresentation>>;
  query(reference: string): Promise<OrderStatus>;
  cancel(reference: string): Promise<Outcome<{ readonly result: 'closed' | 'already_paid' }>>;
  capture(request: CaptureRequest): Promise<Outcome<Credit>>;
  refund(request: RefundRequest): Promise<Outcome<{ readonly channelRefundId: string }>>;
  queryRefund(request: RefundRequest): Promise<RefundStatus>;
}

/** Where the rail of a contract would send its notifications. Nobody listens: the suite takes them from the rail. */
const NOTIFY_URL = 'http://127.0.0.1:9/v1/channels/contract/callback';

export function rigOf(channel: Channel, rail: ContractRail | undefined): Rig {
  const call = async <T>(
    name: string,
    work: (context: CallContext) => Promise<T>,
  ): Promise<T | { failure: ChannelFailure }> => {
    // A guard of its own for each call, so that the breaker stays closed whatever the rail does.
    const guard = new ChannelGuard(systemClock, capturedLogger());
    const attempt = await guard.attempt(channel, name, work);
    return attempt.ok ? attempt.value : { failure: attempt.failure };
  };
  const outcome = async <T>(name: string, work: (context: CallContext) => Promise<Outcome<T>>): Promise<Outcome<T>> => {
    const result = await call(name, work);
    return 'outcome' in result
      ? result
      : { outcome: FAILURE_CATEGORIES[result.failure.category], failure: result.failure };
  };
  const status = async <T extends { status: string }>(name: string, work: (context: CallContext) => Promise<T>) => {
    const result = await call(name, work);
    return 'status' in result ? result : { status: 'unknown' as const, failure: result.failure };
  };
  return {
    channel,
    rail: offered(rail),
    authorize: (request) => outcome('authorize', (context) => channel.authorize!(request, context)),
    query: (reference) => status('query', (context) => channel.query!(reference, context)),
    cancel: (reference) => outcome('cancel', (context) => channel.cancel!(reference, context)),
    capture: (request) => outcome('capture', (context) => channel.capture!(request, context)),
    refund: (request) => outcome('refund', (context) => channel.refund!(request, context)),
    queryRefund: (request) => status('queryRefund', (context) => channel.queryRefund!(request, context)),
  };
}

/** A number that no run before has used: the books of a sandbox are never empty. */
export function freshReference(channel: Channel, kind: OperationKind = 'authorize'): string {
  return channelReference({ objectId: randomUUID(), kind, ordinal: 1 }, channel.reference);
}

export function freshOrder(channel: Channel, change: Partial<OrderRequest> = {}): OrderRequest {
  return {
    ...sampleRequest(channel),
    reference: freshReference(channel),
    expiresAt: new Date(Date.now() + 15 * 60_000),
    captureMethod: 'automatic',
    notifyUrl: NOTIFY_URL,
    ...change,
  };
}

/** An order that can be paid. */
export async function openOrder(rig: Rig, change: Partial<OrderRequest> = {}): Promise<OrderRequest> {
  const order = freshOrder(rig.channel, change);
  expect(await rig.authorize(order)).toMatchObject({ outcome: 'succeeded' });
  return order;
}

/** An unpaid order that the rail can close. */
export async function closableOrder(rig: Rig): Promise<OrderRequest> {
  const order = await openOrder(rig);
  await rig.rail.makeClosable(order.reference);
  return order;
}

export async function paidOrder(rig: Rig): Promise<{ readonly order: OrderRequest; readonly credit: Credit }> {
  const order = await openOrder(rig);
  await rig.rail.pay(order.reference);
  return { order, credit: await creditOf(rig, order.reference) };
}

export function heldOrder(rig: Rig): Promise<OrderRequest> {
  return openOrder(rig, { captureMethod: 'manual' }).then(async (order) => {
    await rig.rail.pay(order.reference);
    return order;
  });
}

export async function creditOf(rig: Rig, reference: string): Promise<Credit> {
  const status = await rig.query(reference);
  if (status.status !== 'captured') expect.fail(`The order is paid, but query says ${describe(status)}.`);
  return status.credit;
}

export function refundOf(rig: Rig, order: OrderRequest, credit: Credit, value = credit.amount.value): RefundRequest {
  return {
    reference: order.reference,
    channelTransactionId: credit.channelTransactionId,
    refundReference: freshReference(rig.channel, 'refund'),
    amount: { ...credit.amount, value },
    total: credit.amount,
    reason: 'customer_request',
    notifyUrl: NOTIFY_URL,
  };
}

function describe(status: OrderStatus): string {
  return 'failure' in status ? `${status.status} (${status.failure.category})` : status.status;
}
