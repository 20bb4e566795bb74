import {
  actorOf,
  defineRoute,
  listAnswer,
  listQuery,
  listSchema,
  pageOf,
  type Route,
  type RouteAnswer,
} from '@itpay/kernel';
import { z } from 'zod';
import type { DeliveryAttempt } from '../delivery/delivery.js';
import { replayRange } from '../delivery/replay.js';
import type { WebhookServices } from '../services.js';
import { endpointNotFound } from './change.js';
import {
  createEndpoint,
  deleteEndpoint,
  reactivateEndpoint,
  rotateSecret,
  testEndpoint,
  updateEndpoint,
  type Answer,
} from './manage.js';
import { endpointSchema, endpointWithSecretSchema, toWireEndpoint } from './wire.js';

const TAG = 'Webhook endpoints';
const PATH = '/v1/webhook-endpoints';
const READ = 'webhooks:read';
const WRITE = 'webhooks:write';
const params = z.object({ id: z.string() });
const inputErrors = [
  'URL_INVALID',
  'EVENT_TYPE_INVALID',
  'API_VERSION_UNSUPPORTED',
  'RESOURCE_ALREADY_EXISTS',
] as const;
const stateErrors = ['WEBHOOK_ENDPOINT_NOT_FOUND', 'INVALID_STATE_TRANSITION'] as const;

/** Protocol, chapter 12, row 26. */
export function endpointRoutes(services: WebhookServices): readonly Route[] {
  const { database, endpoints, deliveries } = services;

  const create = defineRoute({
    method: 'POST',
    path: PATH,
    summary: 'Add a webhook endpoint',
    description: 'The answer shows the signing secret, once. At most ten endpoints per account and mode.',
    tag: TAG,
    access: WRITE,
    body: createBody,
    answers: { 201: { description: 'The endpoint and its secret', schema: endpointWithSecretSchema } },
    errors: [...inputErrors, 'LIMIT_EXCEEDED'],
    async run(request) {
      const { body, idempotencyKey } = request;
      const input = {
        url: body.url,
        description: body.description ?? null,
        enabledEvents: body.enabled_events,
        publicKey: body.public_key ?? null,
        apiVersion: body.api_version ?? request.apiVersion,
      };
      return createEndpoint(services, actorOf(request), input, idempotencyKey);
    },
  });

  const list = defineRoute({
    method: 'GET',
    path: PATH,
    summary: 'List webhook endpoints, newest first',
    tag: TAG,
    access: READ,
    query: listQuery('we', {}),
    answers: { 200: { description: 'One page', schema: listSchema('WebhookEndpointList', endpointSchema) } },
    errors: ['CURSOR_INVALID'],
    async run(request) {
      const { account, livemode } = actorOf(request);
      const page = pageOf(request.query);
      const found = await endpoints.list(
        {
          account,
          livemode,
          createdGte: page.createdGte ?? null,
          createdLte: page.createdLte ?? null,
          cursor: page.endingBefore ?? page.startingAfter ?? null,
          limit: page.limit + 1,
        },
        page.endingBefore !== undefined,
      );
      return { status: 200, body: listAnswer(PATH, found.map(toWireEndpoint), page) };
    },
  });

  const get = defineRoute({
    method: 'GET',
    path: `${PATH}/{id}`,
    summary: 'Read a webhook endpoint',
    tag: TAG,
    access: READ,
    params,
    answers: { 200: { description: 'The endpoint', schema: endpointSchema } },
    errors: ['WEBHOOK_ENDPOINT_NOT_FOUND'],
    async run(request) {
      const { id } = request.params;
      const found = await endpoints.find(database, actorOf(request), id);
      if (found === null) throw endpointNotFound(id);
      return { status: 200, body: toWireEndpoint(found) };
    },
  });

  const update = defineRoute({
    method: 'PATCH',
    path: `${PATH}/{id}`,
    summary: 'Change or disable a webhook endpoint',
    tag: TAG,
    access: WRITE,
    params,
    body: updateBody,
    answers: { 200: { description: 'The endpoint afterwards', schema: endpointSchema } },
    errors: [...inputErrors, ...stateErrors],
    async run(request) {
      const { params: path, body, idempotencyKey } = request;
      const changes = {
        url: body.url,
        description: body.description,
        enabledEvents: body.enabled_events,
        publicKey: body.public_key,
        apiVersion: body.api_version,
        status: body.status,
      };
      return toRouteAnswer(await updateEndpoint(services, actorOf(request), path.id, changes, idempotencyKey));
    },
  });

  const remove = defineRoute({
    method: 'DELETE',
    path: `${PATH}/{id}`,
    summary: 'Delete a webhook endpoint',
    tag: TAG,
    access: WRITE,
    params,
    answers: { 204: { description: 'It is gone; what was still to be sent to it ended as failed_delivery' } },
    errors: ['WEBHOOK_ENDPOINT_NOT_FOUND'],
    async run(request) {
      const { params: path, idempotencyKey } = request;
      const { replayed } = await deleteEndpoint(services, actorOf(request), path.id, idempotencyKey);
      return { status: 204, replayed };
    },
  });

  const rotate = defineRoute({
    method: 'POST',
    path: `${PATH}/{id}/rotate-secret`,
    summary: 'Make a new signing secret',
    description: 'The answer shows it, once. For 24 hours the secret before signs beside it.',
    tag: TAG,
    access: WRITE,
    params,
    answers: { 200: { description: 'The endpoint and its new secret', schema: endpointWithSecretSchema } },
    errors: ['WEBHOOK_ENDPOINT_NOT_FOUND'],
    async run(request) {
      return rotateSecret(services, actorOf(request), request.params.id, request.idempotencyKey);
    },
  });

  const reactivate = defineRoute({
    method: 'POST',
    path: `${PATH}/{id}/reactivate`,
    summary: 'Enable a disabled webhook endpoint',
    description: 'It hears of what happens from now on. What it missed, a replay brings.',
    tag: TAG,
    access: WRITE,
    params,
    answers: { 200: { description: 'The endpoint afterwards', schema: endpointSchema } },
    errors: stateErrors,
    async run(request) {
      const { id } = request.params;
      return toRouteAnswer(await reactivateEndpoint(services, actorOf(request), id, request.idempotencyKey));
    },
  });

  const test = defineRoute({
    method: 'POST',
    path: `${PATH}/{id}/test`,
    summary: 'Send a test event to a webhook endpoint',
    description: 'A webhook_endpoint.test goes to this endpoint alone, whatever it subscribes to. Read its attempts.',
    tag: TAG,
    access: WRITE,
    params,
    answers: { 202: { description: 'It is on its way', schema: endpointSchema } },
    errors: stateErrors,
    async run(request) {
      const { id } = request.params;
      return toRouteAnswer(await testEndpoint(services, actorOf(request), id, request.idempotencyKey));
    },
  });

  const replay = defineRoute({
    method: 'POST',
    path: `${PATH}/{id}/replay`,
    summary: 'Send the events of a span of time again',
    description: 'Same event ids, fresh schedule; also what happened while the endpoint was disabled.',
    tag: TAG,
    access: WRITE,
    params,
    body: replayBody,
    answers: { 202: { description: 'They are on their way', schema: replaySchema } },
    errors: ['EVENT_TYPE_INVALID', ...stateErrors],
    async run(request) {
      const { params: path, body, idempotencyKey } = request;
      const range = {
        from: new Date(body.from),
        to: new Date(body.to),
        types: body.types ?? null,
        onlyFailed: body.only_failed ?? false,
      };
      return toRouteAnswer(await replayRange(services, actorOf(request), path.id, range, idempotencyKey));
    },
  });

  const attempts = defineRoute({
    method: 'GET',
    path: `${PATH}/{id}/attempts`,
    summary: 'List what was sent to a webhook endpoint, newest first',
    tag: TAG,
    access: READ,
    params,
    query: listQuery('att', {}),
    answers: { 200: { description: 'One page', schema: listSchema('DeliveryAttemptList', attemptSchema) } },
    errors: ['WEBHOOK_ENDPOINT_NOT_FOUND', 'CURSOR_INVALID'],
    async run(request) {
      const { id } = request.params;
      if ((await endpoints.find(database, actorOf(request), id)) === null) throw endpointNotFound(id);
      const page = pageOf(request.query);
      const found = await deliveries.listAttempts(
        {
          endpointId: id,
          createdGte: page.createdGte ?? null,
          createdLte: page.createdLte ?? null,
          cursor: page.endingBefore ?? page.startingAfter ?? null,
          limit: page.limit + 1,
        },
        page.endingBefore !== undefined,
      );
      return { status: 200, body: listAnswer(`${PATH}/${id}/attempts`, found.map(toWireAttempt), page) };
    },
  });

  return [create, list, get, update, remove, rotate, reactivate, test, replay, attempts];
}

/** An answer over HTTP. */
export function toRouteAnswer({ status, body, replayed }: Answer): RouteAnswer {
  return { status, body: JSON.parse(body) as object, replayed };
}

/** The answer to a replay. */
export const replaySchema = z
  .object({ object: z.literal('replay'), count: z.int().meta({ description: 'How many deliveries begin anew' }) })
  .meta({ id: 'Replay' });

// PostgreSQL text cannot hold U+0000, and a lone surrogate is no character at all.
const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => !value.includes('\0') && value.isWellFormed(), {
      message: 'it holds a character that cannot be stored',
    });

const url = text(2_048).meta({ description: 'https; plain http in test mode, or where the host allows it' });
const enabledEvents = z
  .array(z.string().max(100))
  .min(1)
  .max(200)
  .meta({ description: 'Types (payment_intent.succeeded), families (refund.*), or * for all' });
const publicKey = z.string().max(200).meta({ description: 'X25519, base64 of 32 bytes: bodies are encrypted to it' });
const apiVersion = z.string().max(20).meta({ description: 'The wire version of its events' });

const createBody = z
  .strictObject({
    url,
    description: text(500).optional(),
    enabled_events: enabledEvents,
    public_key: publicKey.optional(),
    api_version: apiVersion.optional(),
  })
  .meta({ id: 'CreateWebhookEndpoint' });

const updateBody = z
  .strictObject({
    url: url.optional(),
    description: text(500).nullable().optional(),
    enabled_events: enabledEvents.optional(),
    public_key: publicKey.nullable().optional().meta({ description: 'null: bodies are no longer encrypted' }),
    api_version: apiVersion.optional(),
    status: z.literal('disabled').optional().meta({ description: 'To enable it again, reactivate it' }),
  })
  .meta({ id: 'UpdateWebhookEndpoint' });

// JavaScript and PostgreSQL write years before 1 and after 9999 differently.
const moment = z.iso.datetime({ offset: true }).refine((value) => {
  const year = new Date(value).getUTCFullYear();
  return year >= 1 && year <= 9999;
});
const replayBody = z
  .strictObject({
    from: moment,
    to: moment.meta({ description: 'Not included' }),
    types: z.array(z.string().max(100)).min(1).max(200).optional(),
    only_failed: z.boolean().optional().meta({ description: 'Only what ended as failed_delivery' }),
  })
  .meta({ id: 'ReplayEvents' });

const attemptSchema = z
  .object({
    id: z.string(),
    object: z.literal('delivery_attempt'),
    webhook_endpoint_id: z.string(),
    event_id: z.string(),
    status: z.int().nullable().meta({ description: 'The HTTP status of the answer; null when there was none' }),
    latency_ms: z.int(),
    error: z.string().nullable().meta({ description: 'Why there was no answer: timeout, dns, refused_address …' }),
    excerpt: z.string().nullable().meta({ description: 'The first kilobyte of the answer' }),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'DeliveryAttempt' });

function toWireAttempt(attempt: DeliveryAttempt): z.infer<typeof attemptSchema> {
  return {
    id: attempt.id,
    object: 'delivery_attempt',
    webhook_endpoint_id: attempt.endpointId,
    event_id: attempt.eventId,
    status: attempt.status,
    latency_ms: attempt.latencyMs,
    error: attempt.error,
    excerpt: attempt.excerpt,
    created_at: attempt.at.toISOString(),
  };
}
