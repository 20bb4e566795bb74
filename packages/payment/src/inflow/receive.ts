import { canonicalJson, moneyToWire, type Money } from '@itpay/core';
import { operationsOfPayment, statement, type Actor, type Credit, type Tx } from '@itpay/kernel';
import { changeIntent, noteOnIntent, type IntentFields } from '../intent/change.js';
import type { PaymentIntent } from '../intent/intent.js';
import { STATUS_RANK, type IntentAction } from '../intent/machine.js';
import { arrivalMovements, recordMovements } from '../ledger/ledger.js';
import { requestInflowRefund } from '../refund/request-inflow-refund.js';
import { placedOrders, railOfOrder, sameRail, type Rail } from '../routing/rail-of-order.js';
import type { PaymentServices } from '../services.js';
import { sha256 } from '../sha256.js';
import { policyOf } from './policy.js';
import { decideArrival, type ArrivalDecision } from './decide.js';
import type { Inflow, InflowSource } from './inflow.js';
import { toPlainInflow } from './wire.js';

/** Verified money for a payment that we know. */
export interface Arrival {
  readonly intentId: string;
  readonly credit: Credit;
  readonly source: InflowSource;
  /** The order under which it came. */
  readonly channelReference: string | null;
}

/**
 * Books money that arrived for a payment: the inflow, what it means for the intent, the ledger, a refund where the policy
 * asks for one. In the caller's transaction; the caller has verified where the evidence comes from.
 *
 * The same arrival may be reported any number of times, by callback, query and statement: it is booked once.
 */
export async function receiveMoney(services: PaymentServices, tx: Tx, actor: Actor, arrival: Arrival): Promise<Inflow> {
  const { inflows, store } = services;
  const intent = await store.lockAny(tx, arrival.intentId);
  const rail = await railOfOrder(tx, intent, arrival.channelReference);
  const { channel, merchantAccount } = rail;
  const { channelTransactionId } = arrival.credit;
  const known = await inflows.findByTransaction(tx, { channel, merchantAccount, channelTransactionId });
  if (known !== null) return known;

  const before = await inflows.ofIntent(tx, intent.id);
  const waiting = before.filter(({ kind, status }) => kind === 'under' && status === 'parked');
  const decision = decideArrival(arrival.credit.amount, {
    status: intent.status,
    asked: await askedFor(tx, intent),
    parked: waiting.reduce((sum, inflow) => sum + inflow.amount.value, 0n),
    policy: await policyOf(tx, intent.account),
    canRefund: canRefund(services, intent, rail),
  });
  const inflow = newInflow(services, intent, rail, arrival, decision);
  // Without the payment's lock somebody may have booked it for no payment a moment ago; it counts when it is matched.
  if (!(await inflows.insert(tx, inflow))) return (await inflows.findByTransaction(tx, inflow))!;
  await announce(services, tx, actor, inflow, null);
  await recordMovements(tx, services.ids, intent, {
    paymentIntentId: intent.id,
    objectId: inflow.id,
    currency: inflow.amount.currency,
    at: inflow.createdAt,
    movements: arrivalMovements(inflow.amount, inflow.counted),
  });
  if (decision.captured !== null) {
    for (const earlier of waiting) await applyEarlier(services, tx, actor, earlier);
    await capture(services, tx, actor, intent, inflow, decision);
  } else if (decision.kind !== 'wrong_currency') {
    await noteOnIntent(services, tx, actor, intent, EVENT_OF[decision.kind] ?? null);
  }
  return inflow.status === 'refunding' ? requestInflowRefund(services, tx, actor, inflow) : inflow;
}

const EVENT_OF = {
  late: 'payment_intent.late_payment',
  over: 'payment_intent.overpaid',
  under: 'payment_intent.underpaid',
  duplicate: 'payment_intent.duplicate_payment',
  exact: null,
  wrong_currency: null,
  unattributed: null,
} as const;

/** The intent succeeds with what is counted now, and its order is closed. */
export async function capture(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  intent: PaymentIntent,
  inflow: Inflow,
  { kind, captured }: ArrivalDecision,
): Promise<void> {
  const late = STATUS_RANK[intent.status] === 3;
  const actions: IntentAction[] = late ? ['accept_late', 'settle'] : ['capture', 'settle'];
  const paid = await changeIntent(services, tx, actor, intent, actions, {
    evidenceDigest: inflow.evidenceDigest,
    fields: {
      ...(await railOfPayment(tx, intent, inflow)),
      amountCaptured: captured!,
      channelTransactionId: inflow.channelTransactionId,
      latePayment: late || intent.latePayment,
    },
  });
  await tx.query(CLOSE_ORDERS, { intentId: intent.id, now: paid.updatedAt });
  const event = EVENT_OF[kind];
  if (event !== null) await noteOnIntent(services, tx, actor, paid, event);
}

// An underpayment that waited for the rest is part of the sum now.
export async function applyEarlier(services: PaymentServices, tx: Tx, actor: Actor, inflow: Inflow): Promise<void> {
  const applied: Inflow = {
    ...inflow,
    status: 'applied',
    counted: inflow.amount.value,
    sequence: inflow.sequence + 1,
    updatedAt: services.clock.now(),
  };
  await services.inflows.save(tx, applied);
  await announce(services, tx, actor, applied, inflow.status);
  await recordMovements(tx, services.ids, inflow, {
    paymentIntentId: inflow.paymentIntentId,
    objectId: inflow.id,
    currency: inflow.amount.currency,
    at: applied.updatedAt,
    movements: [{ from: 'payee_parked', to: 'payee_receivable', value: inflow.amount.value }],
  });
}

/** Writes the event and the audit entry of an inflow's new state. `refunding` has no event of its own; its refund has. */
export async function announce(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  inflow: Inflow,
  fromState: string | null,
): Promise<void> {
  const { status } = inflow;
  if (status !== 'refunding') {
    await services.outbox.append(tx, actor, [
      { type: `inflow.${status}`, objectId: inflow.id, object: toPlainInflow(inflow) },
    ]);
  }
  await services.audit.append(tx, actor, [
    {
      action: 'inflow',
      objectId: inflow.id,
      fromState,
      toState: status,
      evidenceDigest: inflow.evidenceDigest,
    },
  ]);
}

// Of a hold, exactly as much is asked for as the capture takes; the rest is released and never arrives.
async function askedFor(tx: Tx, intent: PaymentIntent): Promise<Money> {
  if (intent.captureMethod !== 'manual') return intent.amount;
  const captures = (await operationsOfPayment(tx, intent.id)).filter(({ kind }) => kind === 'capture');
  return captures.at(-1)?.amount ?? intent.amount;
}

function newInflow(
  services: PaymentServices,
  intent: PaymentIntent,
  { channel, merchantAccount }: Rail,
  { credit, source, channelReference }: Arrival,
  { kind, policy, inflow: status, counted }: ArrivalDecision,
): Inflow {
  const now = services.clock.now();
  return {
    id: services.ids.next('inf'),
    account: intent.account,
    livemode: intent.livemode,
    channel,
    merchantAccount,
    channelReference,
    channelTransactionId: credit.channelTransactionId,
    amount: credit.amount,
    counted,
    paidAt: credit.paidAt,
    source,
    evidenceDigest: digestOf(credit),
    paymentIntentId: intent.id,
    kind,
    policy,
    status,
    refundId: null,
    resolvedBy: null,
    note: null,
    sequence: 1,
    createdAt: now,
    updatedAt: now,
  };
}

/** SHA-256 over what the rail reported, for the audit log. */
export function digestOf({ amount, channelTransactionId, paidAt }: Credit): Buffer {
  return sha256(canonicalJson([moneyToWire(amount), channelTransactionId, paidAt.toISOString()]));
}

function canRefund({ channels }: PaymentServices, { livemode }: PaymentIntent, { channel }: Rail): boolean {
  return channels.get(channel, livemode ? 'live' : 'test')?.refund !== undefined;
}

/** Of a payment that moved on to another channel and was then paid at an earlier one, that one is its channel again. */
async function railOfPayment(tx: Tx, intent: PaymentIntent, inflow: Inflow): Promise<IntentFields> {
  if (sameRail(intent, inflow)) return {};
  const orders = (await placedOrders(tx, intent)).filter((order) => sameRail(order, inflow));
  const order = orders.find(({ reference }) => reference === inflow.channelReference) ?? orders.at(-1);
  if (order === undefined) throw new Error(`The payment ${intent.id} has no order where ${inflow.id} came from.`);
  const { channel, merchantAccount, reference } = order;
  return { channel, merchantAccount, channelReference: reference };
}

/** The order of a paid intent is closed: nobody asks about it any more. */
const CLOSE_ORDERS = statement<{ intentId: string; now: Date }, object>(
  'operations_close_orders',
  `update {schema}.channel_operations
      set order_open = false, next_query_at = case when state = 'succeeded' then null else next_query_at end,
          updated_at = :now
    where payment_intent_id = :intentId and kind = 'authorize' and order_open`,
);
