import { allowedActions, ItPayError, next, type Money } from '@itpay/core';
import { channelInstanceKey, type Actor, type Channel, type Tx } from '@itpay/kernel';
import { intentNotFound } from '../intent/change.js';
import type { PaymentIntent } from '../intent/intent.js';
import { recordMovements } from '../ledger/ledger.js';
import { requestInflowRefund } from '../refund/request-inflow-refund.js';
import { placedOrders, wasPlacedAt, type PlacedOrder } from '../routing/rail-of-order.js';
import type { PaymentServices } from '../services.js';
import { bookPayment, concludeOrder } from './book-payment.js';
import { decideApply, type ApplyRefusal } from './decide-apply.js';
import { inflowMachine, type Inflow, type InflowAction } from './inflow.js';
import { announce, applyEarlier, capture } from './receive.js';
import { receiveUnattributed } from './unattributed.js';

/** Money that an operator has seen at the bank. */
export interface SeenMoney {
  readonly channel: string;
  readonly channelTransactionId: string;
  readonly amount: Money;
  readonly paidAt: Date;
  /** The payment that it is for; null when nobody knows. */
  readonly intentId: string | null;
  readonly reason: string;
  readonly evidenceDigest: Uint8Array;
}

/**
 * Books money that an operator has seen. For a known payment the merchant's policies apply as to every other arrival.
 *
 * @returns `isNew: false` when exactly this was booked before; nothing changed then
 * @throws ItPayError `PAYMENT_INTENT_NOT_FOUND`, `CHANNEL_NOT_SUPPORTED`, `CURRENCY_NOT_SUPPORTED`,
 *   `RESOURCE_ALREADY_EXISTS` when that transaction was booked as something else
 */
export async function recordSeenMoney(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  seen: SeenMoney,
): Promise<{ readonly inflow: Inflow; readonly isNew: boolean }> {
  const { store, inflows, audit } = services;
  const channel = requireChannel(services, actor, seen);
  const intent = seen.intentId === null ? null : await store.lock(tx, actor, seen.intentId);
  if (seen.intentId !== null && intent === null) throw intentNotFound(seen.intentId, 'payment_intent_id');
  // A payment keeps the merchant account that it was created with, whatever is configured now.
  const order = intent && (await requireOrderAt(tx, intent, seen.channel));
  const { merchantAccount } = order ?? channel;
  const { channelTransactionId } = seen;

  const known =
    (await inflows.findByTransaction(tx, { channel: seen.channel, merchantAccount, channelTransactionId })) ??
    (await toldByStatement(services, tx, actor, seen, { ...channel, merchantAccount }));
  if (known !== null) return { inflow: requireSame(known, actor, seen), isNew: false };

  const credit = { channelTransactionId, amount: seen.amount, paidAt: seen.paidAt };
  const arrival = { credit, source: 'operator', channelReference: null } as const;
  const booked =
    intent === null
      ? await receiveUnattributed(services, tx, actor, { ...arrival, channel })
      : await bookPayment(services, tx, actor, {
          ...arrival,
          intentId: intent.id,
          channelReference: order!.reference === intent.channelReference ? null : order!.reference,
        });
  const inflow = decided(services, actor, booked, { note: seen.reason });
  await inflows.save(tx, inflow);
  // The digest on the inflow is over what was reported; this one is over what the operator shows for it.
  await audit.append(tx, actor, [
    {
      action: 'record',
      objectId: inflow.id,
      fromState: inflow.status,
      toState: inflow.status,
      evidenceDigest: seen.evidenceDigest,
    },
  ]);
  return { inflow, isNew: true };
}

/** A statement books under a key of its own; the bank's number of the row is what an operator sees. */
async function toldByStatement(
  { statements, inflows }: PaymentServices,
  tx: Tx,
  actor: Actor,
  { channelTransactionId, amount }: SeenMoney,
  channel: Pick<Channel, 'id' | 'mode' | 'merchantAccount'>,
): Promise<Inflow | null> {
  const told = await statements.creditsOf(tx, channelInstanceKey(channel), channelTransactionId);
  const same = told.find(({ value }) => value === amount.value);
  return same === undefined ? null : inflows.find(tx, actor, same.inflowId);
}

/** An operator's decision about one inflow. */
export interface InflowDecision {
  readonly inflowId: string;
  readonly reason: string;
}

/**
 * Lets money that lies aside count for a payment, which is paid with that.
 *
 * @throws ItPayError `INFLOW_NOT_FOUND`, `PAYMENT_INTENT_NOT_FOUND`, `PARAMETER_MISSING` when no payment is known,
 *   `INVALID_STATE_TRANSITION` when it cannot count for that payment; the message says what can be done
 */
export async function applyInflow(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  decision: InflowDecision & { readonly intentId: string | null; readonly acceptUnder: boolean },
): Promise<Inflow> {
  const { inflows } = services;
  const { inflow, intent } = await lockForApply(services, tx, actor, decision);
  const waiting = (await inflows.ofIntent(tx, intent.id)).filter(
    ({ id, kind, status }) => id !== inflow.id && kind === 'under' && status === 'parked',
  );
  const verdict = decideApply(inflow, {
    status: intent.status,
    asked: intent.amount,
    parked: waiting.reduce((sum, { amount }) => sum + amount.value, 0n),
    acceptUnder: decision.acceptUnder,
  });
  if (!verdict.ok) throw cannotCount(inflow, intent, verdict.refusal);

  const uncounted = inflow.amount.value - inflow.counted;
  const applied = decided(services, actor, inflow, {
    status: 'applied',
    kind: inflow.kind === 'unattributed' ? verdict.decision.kind : inflow.kind,
    policy: 'accept',
    counted: inflow.amount.value,
    paymentIntentId: intent.id,
    note: decision.reason,
  });
  await inflows.save(tx, applied);
  await announce(services, tx, actor, applied, inflow.status);
  await recordMovements(tx, services.ids, applied, {
    paymentIntentId: intent.id,
    objectId: applied.id,
    currency: applied.amount.currency,
    at: applied.updatedAt,
    movements: [{ from: 'payee_parked', to: 'payee_receivable', value: uncounted }],
  });
  for (const earlier of waiting) await applyEarlier(services, tx, actor, earlier);
  await capture(services, tx, actor, intent, applied, verdict.decision);
  return applied;
}

/**
 * Sends parked money back to whoever paid it.
 *
 * @throws ItPayError `INFLOW_NOT_FOUND`, `INVALID_STATE_TRANSITION`, `CHANNEL_CAPABILITY_UNSUPPORTED` on a rail without
 *   refunds and without refund files
 */
export async function refundInflow(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  { inflowId, reason }: InflowDecision,
): Promise<Inflow> {
  const { inflows, channels } = services;
  const inflow = await lockInflow(services, tx, actor, inflowId);
  requireAction(inflow, 'refund');
  // The money goes back over the channel over which it came.
  const { channel, livemode } = inflow;
  const rail = channels.get(channel, livemode ? 'live' : 'test');
  if (rail?.refund === undefined && rail?.refundFile === undefined) {
    throw new ItPayError('CHANNEL_CAPABILITY_UNSUPPORTED', {
      message: `The channel "${channel}" cannot send money back. Give it back at the bank, then keep ${inflow.id}.`,
      details: { channel, capability: 'refund' },
    });
  }
  const refunding = decided(services, actor, inflow, { status: 'refunding', note: reason });
  await inflows.save(tx, refunding);
  await announce(services, tx, actor, refunding, inflow.status);
  return requestInflowRefund(services, tx, actor, refunding);
}

/**
 * Leaves money with the payee, counted for nothing: it was settled with the payer in another way.
 *
 * @throws ItPayError `INFLOW_NOT_FOUND`, `INVALID_STATE_TRANSITION`
 */
export async function keepInflow(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  { inflowId, reason }: InflowDecision,
): Promise<Inflow> {
  const inflow = await lockInflow(services, tx, actor, inflowId);
  // Money that fits no payment is put aside first: that nothing fits is a decision too.
  const steps: readonly InflowAction[] = inflow.status === 'needs_match' ? ['park', 'keep'] : ['keep'];
  requireAction(inflow, steps[0]!);
  const kept = decided(services, actor, inflow, { status: 'kept', note: reason });
  await services.inflows.save(tx, kept);
  let from = inflow.status;
  for (const action of steps) {
    const to = next(inflowMachine, from, action)!;
    await announce(services, tx, actor, { ...kept, status: to }, from);
    from = to;
  }
  return kept;
}

/** An inflow with what an operator decided about it. */
function decided(
  { clock }: PaymentServices,
  actor: Actor,
  inflow: Inflow,
  change: Partial<Pick<Inflow, 'status' | 'kind' | 'policy' | 'counted' | 'paymentIntentId'>> & {
    readonly note: string;
  },
): Inflow {
  return { ...inflow, ...change, resolvedBy: actor.id, sequence: inflow.sequence + 1, updatedAt: clock.now() };
}

function requireChannel({ channels }: PaymentServices, { livemode }: Actor, seen: SeenMoney): Channel {
  const mode = livemode ? 'live' : 'test';
  const channel = channels.get(seen.channel, mode);
  if (channel === undefined) {
    throw new ItPayError('CHANNEL_NOT_SUPPORTED', {
      param: 'channel',
      details: { channel: seen.channel, allowed: channels.list(mode).map(({ id }) => id) },
    });
  }
  if (!channel.currencies.includes(seen.amount.currency)) {
    throw new ItPayError('CURRENCY_NOT_SUPPORTED', {
      param: 'amount.currency',
      details: { channel: channel.id, allowed: channel.currencies },
    });
  }
  return channel;
}

/** Its latest order on that rail; after a fail-over it has been on more than one. */
async function requireOrderAt(tx: Tx, intent: PaymentIntent, channel: string): Promise<PlacedOrder> {
  const order = (await placedOrders(tx, intent)).findLast((one) => one.channel === channel);
  if (order !== undefined) return order;
  throw new ItPayError('PARAMETER_INVALID', {
    message: `${intent.id} is paid over "${intent.channel}"; money on "${channel}" cannot be for it.`,
    param: 'channel',
  });
}

function requireSame(known: Inflow, actor: Actor, seen: SeenMoney): Inflow {
  const ours = known.account === actor.account && known.livemode === actor.livemode;
  const { amount, paymentIntentId } = known;
  const same =
    amount.currency === seen.amount.currency &&
    amount.value === seen.amount.value &&
    (seen.intentId === null || seen.intentId === paymentIntentId);
  if (ours && same) return known;
  throw new ItPayError('RESOURCE_ALREADY_EXISTS', {
    message: ours
      ? `This transaction was booked before, as ${known.id}. Read it, and decide there what it counts for.`
      : 'This transaction of the channel was booked before.',
    param: 'channel_transaction_id',
    ...(ours && { details: { object: 'inflow', id: known.id } }),
  });
}

async function lockForApply(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  { inflowId, intentId }: { readonly inflowId: string; readonly intentId: string | null },
): Promise<{ readonly inflow: Inflow; readonly intent: PaymentIntent }> {
  const seen = await findInflow(services, tx, actor, inflowId);
  const wanted = intentId ?? seen.paymentIntentId;
  if (wanted === null) {
    throw new ItPayError('PARAMETER_MISSING', {
      message: `Nobody knows which payment ${inflowId} is for. Name it in payment_intent_id.`,
      param: 'payment_intent_id',
    });
  }
  const inflow = await lockInflow(services, tx, actor, inflowId, [wanted]);
  requireAction(inflow, 'apply');
  await concludeOrder(
    services,
    tx,
    actor,
    { intentId: wanted, channelReference: inflow.channelReference },
    async () => {},
  );
  const intent = (await services.store.lock(tx, actor, wanted))!;
  if (!(await wasPlacedAt(tx, intent, inflow))) {
    throw new ItPayError('PARAMETER_INVALID', {
      message: `${wanted} is paid over "${intent.channel}"; money on "${inflow.channel}" cannot be for it.`,
      param: 'payment_intent_id',
    });
  }
  // A part of it counts for the payment that it came for; the rest cannot pay another one.
  if (inflow.counted > 0n && inflow.paymentIntentId !== wanted) throw cannotCount(inflow, intent, 'counted_elsewhere');
  return { inflow, intent };
}

/** Locks the payment of an inflow, and others, in an order that all share; then reads the inflow again. */
async function lockInflow(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  inflowId: string,
  others: readonly string[] = [],
): Promise<Inflow> {
  const { paymentIntentId } = await findInflow(services, tx, actor, inflowId);
  const payments = new Set([...others, ...(paymentIntentId === null ? [] : [paymentIntentId])]);
  for (const id of [...payments].toSorted()) {
    if ((await services.store.lock(tx, actor, id)) === null) throw intentNotFound(id, 'payment_intent_id');
  }
  return findInflow(services, tx, actor, inflowId);
}

async function findInflow({ inflows }: PaymentServices, tx: Tx, actor: Actor, id: string): Promise<Inflow> {
  const inflow = await inflows.find(tx, actor, id);
  if (inflow === null) throw inflowNotFound(id);
  return inflow;
}

export function inflowNotFound(id: string): ItPayError {
  return new ItPayError('INFLOW_NOT_FOUND', { param: 'id', details: { object: 'inflow', id } });
}

function requireAction(inflow: Inflow, action: InflowAction): void {
  if (next(inflowMachine, inflow.status, action) !== null) return;
  const { id, status } = inflow;
  throw new ItPayError('INVALID_STATE_TRANSITION', {
    details: { object: 'inflow', id, current: status, requested: action, allowed: waysOut(inflow) },
  });
}

function cannotCount(inflow: Inflow, intent: PaymentIntent, refusal: ApplyRefusal | 'counted_elsewhere'): ItPayError {
  const { id, status } = inflow;
  return new ItPayError('INVALID_STATE_TRANSITION', {
    message: `${id} cannot count for ${intent.id}: ${REASONS[refusal]}`,
    details: {
      object: 'inflow',
      id,
      current: status,
      requested: 'apply',
      allowed: waysOut(inflow).filter((action) => action !== 'apply'),
      payment_intent: { id: intent.id, status: intent.status },
    },
  });
}

const REASONS: Readonly<Record<ApplyRefusal | 'counted_elsewhere', string>> = {
  paid: 'that payment is paid already. Refund the money, keep it, or apply it to another payment.',
  counted_elsewhere: 'a part of it counts for another payment. Refund the rest or keep it.',
  other_currency: 'that payment asks for another currency. Refund the money or keep it.',
  too_little: 'together it is less than was asked for. Wait for the rest, or send accept_under: true to accept less.',
  too_little_for_closed: 'that payment is closed, and it is less than was asked for. Refund the money or keep it.',
};

/** What an operator can do with an inflow as it is. */
function waysOut({ status }: Inflow): readonly InflowAction[] {
  if (status === 'needs_match') return ['apply', 'keep'];
  return status === 'parked' ? allowedActions(inflowMachine, status) : [];
}
