import { isId, ItPayError } from '@itpay/core';
import { defineRoute, type Actor, type Route, type RouteRequest } from '@itpay/kernel';
import { z } from 'zod';
import { notFound } from './capture-from-channel.js';
import type { PaymentServices } from '../services.js';
import { createIntent } from './create.js';
import { createIntentBody } from './input.js';
import type { PresentedIntent } from './intent.js';
import { intentMachine } from './machine.js';
import { intentSchema, toWire, withPresentation } from './wire.js';

const TAG = 'Payment intents';
const expandQuery = { expand: z.literal('qr').optional().meta({ description: 'Adds the text of the QR code' }) };

/** The actor of a request that the gateway let through with a principal. */
export function actorOf({ principal, requestId }: RouteRequest): Actor {
  if (principal === null) throw new ItPayError('API_KEY_MISSING');
  return { account: principal.account, livemode: principal.livemode, id: principal.id, requestId };
}

export function intentRoutes(deps: PaymentServices): readonly Route[] {
  const { links, store, database, waiters } = deps;

  const create = defineRoute({
    method: 'POST',
    path: '/v1/payment-intents',
    summary: 'Create a payment intent and its QR code',
    tag: TAG,
    access: 'payments:write',
    body: createIntentBody,
    answers: { 201: { description: 'The intent, with a QR code to show', schema: intentSchema } },
    errors: [
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
    ],
    async run(request) {
      const actor = actorOf(request);
      const created = await createIntent(deps, actor, request.body, request.idempotencyKey, null);
      const body = withPresentation(created.plain, created.presented.qr, links, true);
      return { status: 201, body, replayed: created.replayed };
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
      if (found === null) throw notFound(request.params.id);
      return { status: 200, body: toWire(found, links, request.query.expand === 'qr') };
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
      const expand = query.expand === 'qr';
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
      if (result === null) throw notFound(id);
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

  return [create, get, list, wait];
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
  if (found === null) throw notFound(id);
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
  limit: z.coerce.number().int().min(1).max(100).default(25),
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
  timeout: z.coerce.number().int().min(0).max(30).default(25).meta({ description: 'Seconds' }),
  cursor: z.coerce.number().int().min(0).optional().meta({ description: 'The `cursor` of the answer before' }),
});

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
