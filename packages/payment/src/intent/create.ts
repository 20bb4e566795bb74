import { isItPayError, ItPayError } from '@itpay/core';
import {
  channelInstanceKey,
  KEY_RETENTION_MS,
  type Actor,
  type IdempotencyKey,
  type Queryable,
  type Tx,
} from '@itpay/kernel';
import { toPlainCharge } from '../qr-charge/wire.js';
import type { PaymentServices } from '../services.js';
import { CREATE_INTENT, type CreateIntentParams } from './create-statement.js';
import type { CreateIntentBody } from './input.js';
import type { PresentedIntent } from './intent.js';
import { planIntent, type IntentPlan } from './plan.js';
import { toPlain, type PlainIntent } from './wire.js';

/** A new intent, or the one that an earlier call with the same idempotency key created. */
export interface Created {
  readonly replayed: boolean;
  /** The answer as it was, or will be, stored. */
  readonly plain: PlainIntent;
  /** The intent as it is now, with the QR that is shown now. */
  readonly presented: PresentedIntent;
}

/**
 * Creates an intent with its QR: reads the clock, decides, and writes everything with one statement.
 *
 * @param within a host's transaction; the rows then commit or vanish with the host's
 * @throws ItPayError when no rail can take the payment as asked (nothing is written), or the key belongs to another request
 */
export async function createIntent(
  deps: PaymentServices,
  actor: Actor,
  body: CreateIntentBody,
  key: IdempotencyKey | null,
  within: Tx | null,
): Promise<Created> {
  const on: Queryable = within ?? deps.database;
  let plan: IntentPlan;
  try {
    plan = planIntent(body, {
      account: actor.account,
      livemode: actor.livemode,
      now: deps.clock.now(),
      intentId: deps.ids.next('pi'),
      chargeId: deps.ids.next('qr'),
      channels: deps.channels,
    });
  } catch (refusal) {
    // A stored answer wins over today's limits: a request that would be refused now may have been answered before.
    const stored = key && isItPayError(refusal) ? await deps.idempotency.find(on, key) : null;
    if (stored === null) throw refusal;
    return replay(deps, on, actor, stored.body);
  }

  const plain = toPlain(plan.intent);
  const [verdict] = await on.query(CREATE_INTENT, toParams(deps, actor, plan, plain, key));
  if (verdict?.created) {
    // Wakes the relay and nobody else: no one waits yet for an intent that did not exist.
    const announce = () => deps.outbox.announce([]);
    if (within) within.afterCommit(announce);
    else announce();
    return { replayed: false, plain, presented: plan };
  }
  if (key === null) throw new Error('A new intent without an idempotency key was not written.');
  if (verdict?.body && verdict.request_hash?.equals(key.requestHash)) return replay(deps, on, actor, verdict.body);
  // Another request with this key runs, or won the race, or was a different one: the key's row knows.
  const stored = await deps.idempotency.find(on, key);
  if (stored === null) throw new ItPayError('IDEMPOTENCY_IN_PROGRESS');
  return replay(deps, on, actor, stored.body);
}

async function replay(deps: PaymentServices, on: Queryable, actor: Actor, body: string): Promise<Created> {
  const plain = JSON.parse(body) as PlainIntent;
  const presented = await deps.store.find(on, actor, plain.id);
  if (presented === null) throw new Error(`The intent ${plain.id} of a stored answer does not exist.`);
  return { replayed: true, plain, presented };
}

function toParams(
  { ids, clock }: PaymentServices,
  actor: Actor,
  { intent, qr, channel }: IntentPlan,
  plain: PlainIntent,
  key: IdempotencyKey | null,
): CreateIntentParams {
  const answer = JSON.stringify(plain);
  return {
    scopeHash: key && key.scopeHash,
    requestHash: key && key.requestHash,
    keyExpiresAt: new Date(clock.now().getTime() + KEY_RETENTION_MS),
    answer,
    now: intent.createdAt,
    intentId: intent.id,
    account: intent.account,
    livemode: intent.livemode,
    amount: intent.amount.value,
    currency: intent.amount.currency,
    description: intent.description,
    orderReference: intent.orderReference,
    payerAgentId: intent.payer && intent.payer.agentId,
    payerHumanId: intent.payer && intent.payer.humanId,
    channel: intent.channel,
    channelInstance: channelInstanceKey(channel),
    merchantAccount: intent.merchantAccount,
    reference: intent.channelReference,
    metadata: JSON.stringify(intent.metadata),
    returnUrl: intent.returnUrl,
    expiresAt: intent.expiresAt,
    chargeId: qr.id,
    qrStandard: qr.qrStandard,
    qrData: qr.qrData,
    operationId: ids.next('op'),
    actor: actor.id,
    requestId: actor.requestId,
    createdAuditId: ids.next('aud'),
    presentedAuditId: ids.next('aud'),
    chargeAuditId: ids.next('aud'),
    createdEventId: ids.next('evt'),
    presentedEventId: ids.next('evt'),
    chargeEventId: ids.next('evt'),
    createdData: JSON.stringify({ object: { ...plain, status: 'pending' } }),
    presentedData: `{"object":${answer}}`,
    chargeData: JSON.stringify({ object: toPlainCharge(qr) }),
  };
}
