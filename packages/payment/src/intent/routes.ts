import { isId, ItPayError, money } from '@itpay/core';
import {
  actorOf,
  defineRoute,
  queryInteger,
  toApiVersion,
  type Actor,
  type Route,
  type RouteAnswer,
} from '@itpay/kernel';
import { z } from 'zod';
import { operatorText } from '../operation/decision-input.js';
import { toRouteAnswer, type OperationAnswer } from '../operation/handler.js';
import type { PaymentServices } from '../services.js';
import { voidIntent } from '../void/request.js';
import { captureIntent } from './capture.js';
import { intentNotFound } from './change.js';
import { createIntent } from './create.js';
import { amountSchema, createIntentBody } from './input.js';
import type { PresentedIntent } from './intent.js';
import { intentMachine, isClosed } from './machine.js';
import { refreshQr } from './refresh-qr.js';
import { streamIntent } from './stream.js';
import { intentSchema, toWire, withPresentation, type PlainIntent } from './wire.js';

const TAG = 'Payment intents';
const expandQuery = { expand: z.literal('qr').optional().meta({ description: 'Adds the text of the QR code' }) };

export function intentRoutes(deps: PaymentServices): readonly Route[] {
  const { links, store, database, waiters } = deps;

  const create = defineRoute({
    method: 'POST',
    path: '/v1/payment-intents',
    summary: 'Create a payment intent and its QR code',
    tag: TAG,
    access: 'payments:write',
    body: createIntentBody,
    answers: {
      201: { description: 'The intent, with a QR code to show', schema: intentSchema },
      200: { description: 'The same purchase was open or paid already; this is its intent', schema: intentSchema },
      202: {
        description: 'The channel has not said whether the order exists; query, do not pay again',
        schema: intentSchema,
      },
    },
    errors: [
      'OPERATION_VETOED',
      'AMOUNT_INVALID',
      'AMOUNT_TOO_SMALL',
      'AMOUNT_EXCEEDED',
      'AMOUNT_PRECISION_UNSUPPORTED',
      'CURRENCY_INVALID',
      'CURRENCY_NOT_SUPPORTED',
      'CHANNEL_NOT_SUPPORTED',
      'CHANNEL_CAPABILITY_UNSUPPORTED',
      'METADATA_INVALID',
      'URL_INVALID',
      'PAYMENT_DECLINED',
      'CHANNEL_ERROR',
      'CHANNEL_UNAVAILABLE',
    ],
    async run(request) {
      const created = await createIntent(deps, actorOf(request), {
        body: request.body,
        key: request.idempotencyKey,
        caller: request.principal?.lineage ?? request.principal?.id ?? '',
        within: null,
      });
      const { status, plain, presented, duplicate, replayed } = created;
      return {
        status,
        body: withPresentation(plain, presented, links, { expand: deps.channels, duplicate }),
        replayed,
      };
    },
  });

  const get = defineRoute({
    method: 'GET',
    path: '/v1/payment-intents/{id}',
    summary: 'Read a payment intent',
    tag: TAG,
    access: 'payments:read',
    params: z.object({ id: z.string() }),
    query: z.strictObject(expandQuery),
    answers: { 200: { description: 'The intent', schema: intentSchema } },
    errors: ['PAYMENT_INTENT_NOT_FOUND'],
    async run(request) {
      const found = await store.find(database, actorOf(request), request.params.id);
      if (found === null) throw intentNotFound(request.params.id);
      return { status: 200, body: toWire(found, links, request.query.expand === 'qr' ? deps.channels : null) };
    },
  });

  const list = defineRoute({
    method: 'GET',
    path: '/v1/payment-intents',
    summary: 'List payment intents, newest first',
    tag: TAG,
    access: 'payments:read',
    query: listQuery,
    answers: { 200: { description: 'One page', schema: listSchema } },
    errors: ['CURSOR_INVALID'],
    async run(request) {
      const { query } = request;
      if (query.starting_after !== undefined && query.ending_before !== undefined) {
        throw new ItPayError('CURSOR_INVALID', {
          message: 'Give starting_after or ending_before, not both.',
          param: 'ending_before',
        });
      }
      const { intents, hasMore } = await store.list(
        actorOf(request),
        {
          status: query.status,
          orderReference: query.order_reference,
          payer: query.payer,
          createdGte: dateOf(query.created_gte),
          createdLte: dateOf(query.created_lte),
        },
        { limit: query.limit, startingAfter: query.starting_after, endingBefore: query.ending_before },
      );
      const expand = query.expand === 'qr' ? deps.channels : null;
      // The way on: from the last one of a page of older ones, from the first one of a page of newer ones.
      const last = query.ending_before === undefined ? intents.at(-1) : intents[0];
      return {
        status: 200,
        body: {
          object: 'list',
          data: intents.map((presented) => toWire(presented, links, expand)),
          has_more: hasMore,
          next_cursor: hasMore ? (last?.intent.id ?? null) : null,
          url: '/v1/payment-intents',
        },
      };
    },
  });

  const wait = defineRoute({
    method: 'GET',
    path: '/v1/payment-intents/{id}/wait',
    rate: 'wait',
    summary: 'Wait for a payment intent to change',
    description:
      'Answers when the intent has another version than `cursor`, at once when it is paid or closed, and with a ' +
      'heartbeat of type `wait.timeout` when nothing happened. A heartbeat is not a failure: ask again.',
    tag: TAG,
    access: 'payments:read',
    displayToken: true,
    params: z.object({ id: z.string() }),
    query: waitQuery,
    answers: { 200: { description: 'The state, or a heartbeat', schema: waitSchema } },
    errors: ['PAYMENT_INTENT_NOT_FOUND'],
    async run(request) {
      const { id } = request.params;
      const payer = request.displayIntentId !== null;
      const owner = payer ? await ownerForPayer(deps, request.displayIntentId, id) : actorOf(request);
      const result = await waiters.wait(owner, {
        intentId: id,
        knownVersion: request.query.cursor ?? null,
        timeoutMs: request.query.timeout * 1_000,
        signal: request.signal,
      });
      if (result === null) throw intentNotFound(id);
      return {
        status: 200,
        body: {
          object: 'payment_intent_wait',
          type: result.changed ? 'payment_intent.state' : 'wait.timeout',
          cursor: String(result.intent.version),
          payment_intent: payer ? payerProjection(result) : toWire(result, links),
        },
      };
    },
  });

  const stream = defineRoute({
    method: 'GET',
    path: '/v1/payment-intents/{id}/stream',
    summary: 'Follow a payment intent as it changes',
    description:
      'Server-sent events of type `payment_intent.state`: the state now, then each change; `id` is the version. The stream ' +
      'ends once the intent is paid or closed, and after ten minutes: connect again with `Last-Event-ID`, which answers ' +
      '204 when nothing more will come.',
    tag: TAG,
    access: 'payments:read',
    displayToken: true,
    rate: 'wait',
    params: z.object({ id: z.string() }),
    query: streamQuery,
    answers: {
      200: { description: 'The states', contentType: EVENT_STREAM },
      204: { description: 'The client knows the last state' },
    },
    errors: ['PAYMENT_INTENT_NOT_FOUND'],
    async run(request) {
      const { id } = request.params;
      const payer = request.displayIntentId !== null;
      const owner = payer ? await ownerForPayer(deps, request.displayIntentId, id) : actorOf(request);
      const first = await store.find(database, owner, id);
      if (first === null) throw intentNotFound(id);
      const knownVersion = versionOf(request.lastEventId) ?? request.query.cursor ?? null;
      if (isClosed(first.intent.status) && knownVersion === first.intent.version) return { status: 204 };
      const project = (presented: PresentedIntent) =>
        toApiVersion(payer ? payerProjection(presented) : toWire(presented, links), request.apiVersion);
      const chunks = streamIntent(waiters, { owner, first, knownVersion, project, signal: request.signal });
      return { status: 200, stream: { type: EVENT_STREAM, chunks }, headers: STREAM_HEADERS };
    },
  });

  const capture = defineRoute({
    method: 'POST',
    path: '/v1/payment-intents/{id}/capture',
    summary: 'Take money that is held',
    description: 'Only for intents with `capture_method: manual` that are `authorized`. What is not taken is released.',
    tag: TAG,
    access: 'payments:write',
    params: z.object({ id: z.string() }),
    body: z.strictObject({ amount: amountSchema.optional() }).meta({ id: 'CapturePaymentIntent' }),
    answers: {
      200: { description: 'The intent, paid', schema: intentSchema },
      202: {
        description: 'The channel has not said whether it took the money; query, do not repeat',
        schema: intentSchema,
      },
    },
    errors: [
      'OPERATION_VETOED',
      'PAYMENT_INTENT_NOT_FOUND',
      'INVALID_STATE_TRANSITION',
      'OUTCOME_UNKNOWN',
      'CAPTURE_AMOUNT_EXCEEDED',
      'AMOUNT_PRECISION_UNSUPPORTED',
      'CURRENCY_NOT_SUPPORTED',
      'CHANNEL_CAPABILITY_UNSUPPORTED',
      'PAYMENT_DECLINED',
      'CHANNEL_ERROR',
    ],
    async run(request) {
      const actor = actorOf(request);
      const { id } = request.params;
      const { amount } = request.body;
      const answer = await captureIntent(deps, actor, {
        intentId: id,
        amount: amount === undefined ? null : money(amount.currency, BigInt(amount.value)),
        key: request.idempotencyKey,
      });
      return presentedAnswer(actor, answer, (plain: PlainIntent) => plain);
    },
  });

  const cancel = defineRoute({
    method: 'POST',
    path: '/v1/payment-intents/{id}/cancel',
    summary: 'Cancel a payment before money moves',
    description: 'The same as a void of the intent. Once it is paid, refund it instead.',
    tag: TAG,
    access: 'payments:write',
    params: z.object({ id: z.string() }),
    body: z.strictObject({ reason: operatorText(500).optional() }).meta({ id: 'CancelPaymentIntent' }),
    answers: {
      200: { description: 'The intent, cancelled', schema: intentSchema },
      202: { description: 'The channel has not said whether it closed the order; query', schema: intentSchema },
    },
    errors: [
      'PAYMENT_INTENT_NOT_FOUND',
      'INVALID_STATE_TRANSITION',
      'OUTCOME_UNKNOWN',
      'CHANNEL_ERROR',
      'OPERATION_VETOED',
    ],
    async run(request) {
      const actor = actorOf(request);
      const answer = await voidIntent(deps, actor, {
        intentId: request.params.id,
        reason: request.body.reason ?? null,
        key: request.idempotencyKey,
      });
      return presentedAnswer(actor, answer, ({ intent }: { intent: PlainIntent }) => intent);
    },
  });

  const qr = defineRoute({
    method: 'POST',
    path: '/v1/payment-intents/{id}/qr',
    summary: 'Show a fresh QR code',
    description:
      'The code that was shown before can no longer be read here. The order at the channel stays the same one.',
    tag: 'QR charges',
    access: 'payments:write',
    displayToken: true,
    params: z.object({ id: z.string() }),
    body: z
      .strictObject({ reason: z.enum(['order_not_found', 'unavailable', 'expired', 'manual']).optional() })
      .meta({ id: 'RefreshQr' }),
    answers: { 200: { description: 'The intent with the fresh code', schema: intentSchema } },
    errors: ['PAYMENT_INTENT_NOT_FOUND', 'INVALID_STATE_TRANSITION', 'OUTCOME_UNKNOWN'],
    async run(request) {
      const { id } = request.params;
      const payer = request.displayIntentId !== null;
      const owner = payer ? await ownerForPayer(deps, request.displayIntentId, id) : actorOf(request);
      const actor = payer
        ? { account: owner.account, livemode: owner.livemode, id: 'payer', requestId: request.requestId }
        : actorOf(request);
      const answer = await refreshQr(deps, actor, id, request.idempotencyKey);
      if (!payer) return presentedAnswer(actor, answer, (plain: PlainIntent) => plain);
      const presented = (await store.find(database, actor, id))!;
      return { status: 200, body: payerProjection(presented), replayed: answer.replayed };
    },
  });

  // The stored part of an answer, with what is shown now.
  async function presentedAnswer<T>(
    actor: Actor,
    answer: OperationAnswer & { readonly replayed: boolean },
    plainOf: (stored: T) => PlainIntent,
  ): Promise<RouteAnswer> {
    const stored = toRouteAnswer(answer, (plain) => plain);
    const plain = plainOf(stored.body as T);
    const presented = (await store.find(database, actor, plain.id))!;
    return { ...stored, body: withPresentation(plain, presented, links, { expand: deps.channels }) };
  }

  return [create, get, list, wait, stream, capture, cancel, qr];
}

// A payer sees that the payment moved, and nothing of the merchant's own data.
function payerProjection({ intent }: PresentedIntent) {
  return {
    id: intent.id,
    object: 'payment_intent',
    livemode: intent.livemode,
    status: intent.status,
    version: intent.version,
    expires_at: intent.expiresAt.toISOString(),
  };
}

async function ownerForPayer({ store }: PaymentServices, displayIntentId: string | null, id: string) {
  const found = displayIntentId === id ? await store.findForPayer(id) : null;
  if (found === null) throw intentNotFound(id);
  return found.intent;
}

const dateOf = (text: string | undefined) => (text === undefined ? undefined : new Date(text));

const cursor = z.string().refine((id) => isId('pi', id), { error: 'CURSOR_INVALID' });

// JavaScript and PostgreSQL write years before 1 and after 9999 differently.
const time = z.iso.datetime({ offset: true }).refine((text) => {
  const year = new Date(text).getUTCFullYear();
  return year >= 1 && year <= 9999;
});

const listQuery = z.strictObject({
  limit: queryInteger({ min: 1, max: 100 }).default(25),
  starting_after: cursor.optional(),
  ending_before: cursor.optional(),
  status: z.enum(intentMachine.states).optional(),
  order_reference: z.string().min(1).max(64).optional(),
  payer: z.string().min(1).max(40).optional().meta({ description: 'An agent id or a human id' }),
  created_gte: time.optional(),
  created_lte: time.optional(),
  ...expandQuery,
});

const listSchema = z
  .object({
    object: z.literal('list'),
    data: z.array(intentSchema),
    has_more: z.boolean(),
    next_cursor: z.string().nullable().meta({ description: 'For starting_after or ending_before, as in this request' }),
    url: z.string(),
  })
  .meta({ id: 'PaymentIntentList' });

const waitQuery = z.strictObject({
  timeout: queryInteger({ min: 0, max: 30 }).default(25).meta({ description: 'Seconds' }),
  cursor: queryInteger({ min: 0 }).optional().meta({ description: 'The `cursor` of the answer before' }),
});

const streamQuery = waitQuery.pick({ cursor: true });

const EVENT_STREAM = 'text/event-stream';
// nginx would keep the events back until its buffer is full.
const STREAM_HEADERS = { 'X-Accel-Buffering': 'no' };

const versionOf = (eventId: string | undefined) =>
  eventId !== undefined && /^\d{1,9}$/.test(eventId) ? Number(eventId) : null;

const waitSchema = z
  .object({
    object: z.literal('payment_intent_wait'),
    type: z.enum(['payment_intent.state', 'wait.timeout']),
    cursor: z.string(),
    payment_intent: z.union([
      intentSchema,
      intentSchema.pick({ id: true, object: true, livemode: true, status: true, version: true, expires_at: true }),
    ]),
  })
  .meta({ id: 'PaymentIntentWait' });
