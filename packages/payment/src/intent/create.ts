import { isItPayError, ItPayError } from '@itpay/core';
import {
  channelInstanceKey,
  KEY_RETENTION_MS,
  nextWaitingQuery,
  OPERATION_LEASE_MS,
  SWEEP_TOPIC,
  type Actor,
  type IdempotencyKey,
  type Operation,
  type Queryable,
  type StoredAnswer,
  type Tx,
  type UsedKey,
} from '@itpay/kernel';
import { toPlainCharge } from '../qr-charge/wire.js';
import { throwIfFailed, type OperationAnswer } from '../operation/handler.js';
import { orderOf } from '../operation/order.js';
import type { PaymentServices } from '../services.js';
import { CREATE_INTENT, type CreateIntentParams, type CreateIntentVerdict } from './create-statement.js';
import { purchaseHash } from './duplicate-guard.js';
import type { CreateIntentBody } from './input.js';
import type { PresentedIntent } from './intent.js';
import { adviceFor, createSubject, withMetadata, type Ticket } from './create-hooks.js';
import { STATUS_RANK } from './machine.js';
import { closeAt, planIntent, type IntentPlan } from './plan.js';
import { toPlain, type PlainIntent } from './wire.js';

export interface CreateRequest {
  readonly body: CreateIntentBody;
  readonly key: IdempotencyKey | null;
  /** Stable over rotation of an API key: two keys of one lineage are one caller. */
  readonly caller: string;
  /** A host's transaction; the rows then commit or vanish with the host's. */
  readonly within: Tx | null;
  /** What hooks said before that transaction. */
  readonly ticket?: Ticket | undefined;
}

/** A new intent, or one that was there. */
export interface Created {
  readonly status: number;
  /** An earlier request with the same idempotency key got this answer. */
  readonly replayed: boolean;
  /** The same purchase was open or paid already; this is it. */
  readonly duplicate: boolean;
  /** The answer as it is stored. */
  readonly plain: PlainIntent;
  /** The intent as it is now. */
  readonly presented: PresentedIntent;
}

/**
 * Creates an intent. Where the rail's code is built here, one statement writes everything. On a rail with a network the
 * intent and its operation are committed first, then the order is opened; in a host's transaction it is opened after the
 * host's commit.
 *
 * @throws ItPayError when no rail can take the payment as asked (nothing is written), when the key belongs to another
 *   request, and with the channel's refusal; an order whose outcome is unknown is no error but a 202
 */
export async function createIntent(services: PaymentServices, actor: Actor, request: CreateRequest): Promise<Created> {
  const { key, within } = request;
  const on: Queryable = within ?? services.database;
  const advice = await adviceFor(services, actor, request, on);
  let plan: IntentPlan;
  try {
    plan = planIntent(withMetadata(request.body, advice), {
      account: actor.account,
      livemode: actor.livemode,
      now: services.clock.now(),
      intentId: services.ids.next('pi'),
      chargeId: services.ids.next('qr'),
      channels: services.channels,
      isAway: (channel) => !services.guard.admits(channel),
      preferred: advice.channels,
    });
  } catch (refusal) {
    // A stored answer wins over today's limits: a request that would be refused now may have been answered before.
    const used = key && isItPayError(refusal) ? await services.idempotency.find(on, key) : null;
    if (used === null) throw refusal;
    return answerAgain(services, actor, request, used);
  }

  const params = toParams(services, actor, request, plan);
  const verdict = await write(services, actor, request, plan, params);
  if (verdict?.created) return begun(services, actor, request, plan, params);
  if (verdict?.duplicate_of) return duplicate(services, actor, request, verdict.duplicate_of);
  if (key === null) throw new Error('A new intent without an idempotency key was not written.');
  const used = await services.idempotency.find(on, key);
  if (used === null) throw new ItPayError('IDEMPOTENCY_IN_PROGRESS');
  return answerAgain(services, actor, request, used);
}

/** Null: another request was faster with the same key. */
async function write(
  { database, hooks }: PaymentServices,
  actor: Actor,
  { body, key, within }: CreateRequest,
  { intent }: IntentPlan,
  params: CreateIntentParams,
): Promise<CreateIntentVerdict | null> {
  const hooked = hooks.has('payment_intent.create', 'within');
  const writeIn = async (tx: Tx) => {
    const [verdict] = await tx.query(CREATE_INTENT, params);
    if (hooked && verdict?.created) await hooks.within(tx, createSubject(actor, body), toPlain(intent));
    return verdict ?? null;
  };
  try {
    // A failed statement ends the transaction around it, so the host's is protected by a savepoint where that can happen.
    if (within && (key || hooked)) {
      return await within.trx.transaction(async (savepoint) => writeIn(await database.enlist(savepoint)));
    }
    if (within) return await writeIn(within);
    if (hooked) return await database.transaction(writeIn);
    const [verdict] = await database.query(CREATE_INTENT, params);
    return verdict ?? null;
  } catch (error) {
    const { code, constraint } = error as { code?: string; constraint?: string };
    if (code === '23505' && constraint === 'idempotency_keys_pkey') return null;
    throw error;
  }
}

async function begun(
  services: PaymentServices,
  actor: Actor,
  { within, key }: CreateRequest,
  { intent, qr }: IntentPlan,
  params: CreateIntentParams,
): Promise<Created> {
  const plain = toPlain(intent);
  const fresh = { status: 201, replayed: false, duplicate: false, plain };
  if (qr !== null || within !== null) {
    const announce = () => {
      // Wakes the relay and nobody else: no one waits yet for an intent that did not exist.
      services.outbox.announce([]);
      if (qr === null) services.pubsub.publish(SWEEP_TOPIC, params.operationId);
    };
    if (within) within.afterCommit(announce);
    else announce();
    return { ...fresh, presented: { intent, qr, operation: null } };
  }
  services.outbox.announce([]);
  const operation = await services.engine.perform(await services.engine.find(params.operationId));
  return fromAnswer(services, actor, await services.engine.answerUnder(key, operation), services.database, false);
}

// Another request made the same purchase: its intent is the answer, for this key too.
async function duplicate(
  services: PaymentServices,
  actor: Actor,
  request: CreateRequest,
  intentId: string,
): Promise<Created> {
  const { key, within } = request;
  const on = within ?? services.database;
  // Of two requests under one key, both get what the first one stored.
  const answered = async (answer: StoredAnswer): Promise<UsedKey | null> =>
    key === null || (await services.idempotency.finish(on, key, answer)) ? null : services.idempotency.find(on, key);
  let presented = await services.store.find(on, actor, intentId);
  if (presented?.operation?.kind === 'authorize' && presented.operation.state === 'not_sent' && within === null) {
    // Its order was certainly not opened, and whoever asked for it may have given up: it is opened now.
    const operation = await services.engine.resume(presented.operation.id);
    const answer = await services.engine.answer(operation);
    if (answer.status >= 400) {
      const used = answer.final ? await answered(answer) : null;
      if (used !== null) return answerAgain(services, actor, request, used);
      throwIfFailed(answer);
    }
    presented = await services.store.find(on, actor, intentId);
  }
  if (presented === null) throw new Error(`The intent ${intentId} of a duplicate guard does not exist.`);
  const plain = toPlain(presented.intent);
  const used = await answered({ status: 200, body: JSON.stringify(plain) });
  if (used !== null) return answerAgain(services, actor, request, used);
  return { status: 200, replayed: false, duplicate: true, plain, presented };
}

async function answerAgain(
  services: PaymentServices,
  actor: Actor,
  request: CreateRequest,
  used: UsedKey,
): Promise<Created> {
  const on = request.within ?? services.database;
  switch (used.verdict) {
    case 'replay':
      return fromAnswer(services, actor, { ...used.answer, final: true }, on, true);
    case 'existing':
      return duplicate(services, actor, request, used.objectId);
    case 'resume': {
      const operation = await resumeOrder(services, used.operationId);
      return fromAnswer(services, actor, await services.engine.answerUnder(request.key, operation), on, false);
    }
  }
}

/** The order that was begun under a key, or the one that took its place a moment ago. */
async function resumeOrder({ engine, database }: PaymentServices, operationId: string): Promise<Operation> {
  const operation = await engine.resume(operationId);
  const latest = await orderOf(database, operation);
  return latest.id === operation.id ? operation : engine.resume(latest.id);
}

async function fromAnswer(
  services: PaymentServices,
  actor: Actor,
  answer: OperationAnswer,
  on: Queryable,
  replayed: boolean,
): Promise<Created> {
  throwIfFailed({ ...answer, replayed });
  const plain = JSON.parse(answer.body) as PlainIntent;
  const presented = await services.store.find(on, actor, plain.id);
  if (presented === null) throw new Error(`The intent ${plain.id} of an answer does not exist.`);
  return { status: answer.status, replayed, duplicate: answer.status === 200, plain, presented };
}

function toParams(
  { ids, clock }: PaymentServices,
  actor: Actor,
  { body, key, caller, within }: CreateRequest,
  { intent, qr, channel }: IntentPlan,
): CreateIntentParams {
  const now = intent.createdAt;
  const plain = toPlain(intent);
  const answer = JSON.stringify(plain);
  // A rail with a network is called after the commit: by us, or, when that is the host's commit, by a sweep.
  const operationState = qr ? 'succeeded' : within ? 'queued' : 'started';
  return {
    guardHash: purchaseHash({ account: intent.account, livemode: intent.livemode, caller, body }),
    confirmed: body.confirm_duplicate ?? false,
    scopeHash: key && key.scopeHash,
    requestHash: key && key.requestHash,
    keyExpiresAt: new Date(clock.now().getTime() + KEY_RETENTION_MS),
    recoveryPoint: qr || within ? 'finished' : 'recorded',
    answer,
    now,
    intentId: intent.id,
    account: intent.account,
    livemode: intent.livemode,
    status: intent.status,
    statusRank: STATUS_RANK[intent.status],
    sequence: intent.sequence,
    captureMethod: intent.captureMethod,
    amount: intent.amount.value,
    currency: intent.amount.currency,
    description: intent.description,
    orderReference: intent.orderReference,
    payerAgentId: intent.payer && intent.payer.agentId,
    payerHumanId: intent.payer && intent.payer.humanId,
    channel: intent.channel,
    allowedChannels: intent.allowedChannels,
    channelInstance: channelInstanceKey(channel),
    merchantAccount: intent.merchantAccount,
    reference: intent.channelReference,
    metadata: JSON.stringify(intent.metadata),
    returnUrl: intent.returnUrl,
    expiresAt: intent.expiresAt,
    expiresIn: intent.expiresIn,
    closeAt: closeAt(intent, channel),
    chargeId: qr && qr.id,
    qrStandard: qr && qr.qrStandard,
    qrData: qr && qr.qrData,
    operationId: ids.next('op'),
    operationState,
    leaseExpiresAt: operationState === 'started' ? new Date(clock.now().getTime() + OPERATION_LEASE_MS) : null,
    nextQueryAt: qr && channel.query ? nextWaitingQuery(now, 0) : null,
    actor: actor.id,
    actorKind: actor.kind ?? null,
    requestId: actor.requestId,
    createdAuditId: ids.next('aud'),
    presentedAuditId: qr && ids.next('aud'),
    chargeAuditId: qr && ids.next('aud'),
    createdEventId: ids.next('evt'),
    presentedEventId: qr && ids.next('evt'),
    chargeEventId: qr && ids.next('evt'),
    createdData: JSON.stringify({ object: { ...plain, status: 'pending' } }),
    presentedData: qr && `{"object":${answer}}`,
    chargeData: qr && JSON.stringify({ object: toPlainCharge(qr) }),
  };
}
