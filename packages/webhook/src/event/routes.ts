import { ItPayError } from '@itpay/core';
import {
  actorOf,
  defineRoute,
  listAnswer,
  listQuery,
  listSchema,
  pageOf,
  toEnvelope,
  type Actor,
  type ListPage,
  type Route,
} from '@itpay/kernel';
import { z } from 'zod';
import { DELIVERY_STATES } from '../delivery/delivery.js';
import { eventNotFound, replayEvent } from '../delivery/replay.js';
import { isEventType } from '../endpoint/event-types.js';
import { replaySchema, toRouteAnswer } from '../endpoint/routes.js';
import type { WebhookServices } from '../services.js';
import { decodeCursor, encodeCursor } from './cursor.js';

const TAG = 'Events';
const PATH = '/v1/events';
const params = z.object({ id: z.string() });

/** Protocol, chapter 12, row 27. */
export function eventRoutes(services: WebhookServices): readonly Route[] {
  const { database, events, deliveries } = services;

  async function newestFirst(actor: Actor, page: ListPage, which: Which) {
    const { account, livemode } = actor;
    const found = await events.list(
      {
        account,
        livemode,
        ...which,
        createdGte: page.createdGte ?? null,
        createdLte: page.createdLte ?? null,
        cursor: page.endingBefore ?? page.startingAfter ?? null,
        limit: page.limit + 1,
      },
      page.endingBefore !== undefined,
    );
    return listAnswer(PATH, found.map(toEnvelope), page);
  }

  async function oldestFirst({ account, livemode }: Actor, after: string, limit: number, which: Which) {
    const position = after === 'beginning' ? 0n : after === 'now' ? await events.end() : decodeCursor(after);
    const read = await events.after({ account, livemode, ...which, position, limit: limit + 1 });
    const hasMore = read.events.length > limit;
    const page = read.events.slice(0, limit);
    // At the end, the place goes on to where the log ended, past the events of others. It never goes back: a cursor from
    // before the database was restored waits until the log has come that far.
    const end = read.end > position ? read.end : position;
    return {
      object: 'list',
      data: page.map(toEnvelope),
      has_more: hasMore,
      next_cursor: encodeCursor(hasMore ? page.at(-1)!.position : end),
      url: PATH,
    };
  }

  const list = defineRoute({
    method: 'GET',
    path: PATH,
    summary: 'List events, newest first, or catch up with them, oldest first',
    description:
      'With `after` the list follows the log: oldest first, and no event is ever skipped, however late its transaction ' +
      'commits. Begin with `beginning` or `now`, then send `next_cursor`, which is always there, to read on.',
    tag: TAG,
    access: 'events:read',
    query: listQuery('evt', {
      type: z.string().refine(isEventType, { error: 'EVENT_TYPE_INVALID' }).optional(),
      object_id: z.string().min(1).max(100).optional(),
      after: z
        .string()
        .max(100)
        .optional()
        .meta({ description: '`beginning`, `now`, or next_cursor of the page before' }),
    }),
    answers: { 200: { description: 'One page', schema: listSchema('EventList', eventSchema) } },
    errors: ['CURSOR_INVALID', 'EVENT_TYPE_INVALID'],
    async run(request) {
      const { query } = request;
      const page = pageOf(query);
      const which = { type: query.type ?? null, objectId: query.object_id ?? null };
      if (query.after === undefined) return { status: 200, body: await newestFirst(actorOf(request), page, which) };
      const other = ['starting_after', 'ending_before', 'created_gte', 'created_lte'] as const;
      const beside = other.find((name) => query[name] !== undefined);
      if (beside !== undefined) {
        throw new ItPayError('CURSOR_INVALID', { message: `Give after or ${beside}, not both.`, param: beside });
      }
      return { status: 200, body: await oldestFirst(actorOf(request), query.after, page.limit, which) };
    },
  });

  const get = defineRoute({
    method: 'GET',
    path: `${PATH}/{id}`,
    summary: 'Read an event, and how far its deliveries have come',
    tag: TAG,
    access: 'events:read',
    params,
    answers: { 200: { description: 'The event', schema: eventWithDeliveriesSchema } },
    errors: ['RESOURCE_NOT_FOUND'],
    async run(request) {
      const { id } = request.params;
      const found = await events.find(database, actorOf(request), id);
      if (found === null) throw eventNotFound(id);
      const states = await deliveries.statesOf(database, id);
      const told = states.map((delivery) => ({
        webhook_endpoint_id: delivery.endpointId,
        state: delivery.state,
        attempts: delivery.attemptsMade,
        next_attempt_at: delivery.nextAttemptAt && delivery.nextAttemptAt.toISOString(),
      }));
      return { status: 200, body: { ...toEnvelope(found), deliveries: told } };
    },
  });

  const replay = defineRoute({
    method: 'POST',
    path: `${PATH}/{id}/replay`,
    summary: 'Send an event again',
    description: 'Same event id, fresh schedule: to one endpoint, or to all that subscribe to it.',
    tag: TAG,
    access: 'events:write',
    params,
    body: z.strictObject({ webhook_endpoint_id: z.string().max(64).optional() }).meta({ id: 'ReplayEvent' }),
    answers: { 202: { description: 'It is on its way', schema: replaySchema } },
    errors: ['RESOURCE_NOT_FOUND', 'WEBHOOK_ENDPOINT_NOT_FOUND', 'INVALID_STATE_TRANSITION'],
    async run(request) {
      const { params: path, body, idempotencyKey } = request;
      const endpointId = body.webhook_endpoint_id ?? null;
      return toRouteAnswer(await replayEvent(services, actorOf(request), path.id, endpointId, idempotencyKey));
    },
  });

  return [list, get, replay];
}

interface Which {
  readonly type: string | null;
  readonly objectId: string | null;
}

const eventSchema = z
  .object({
    id: z.string().meta({ example: 'evt_06b2m6vk0dtf5d5cq0m3vz8x50' }),
    type: z.string(),
    timestamp: z.iso.datetime().meta({ description: 'When it happened' }),
    api_version: z.string(),
    livemode: z.boolean(),
    account: z.string(),
    sequence: z.int().meta({ description: 'Rises by object' }),
    data: z.object({
      object: z.unknown().meta({ description: 'The object after the change' }),
      previous_attributes: z.record(z.string(), z.unknown()).optional(),
    }),
  })
  .meta({ id: 'Event' });

const eventWithDeliveriesSchema = eventSchema
  .extend({
    deliveries: z.array(
      z.object({
        webhook_endpoint_id: z.string(),
        state: z.enum(DELIVERY_STATES),
        attempts: z.int().meta({ description: 'Of the schedule that runs, or ran last' }),
        next_attempt_at: z.iso.datetime().nullable(),
      }),
    ),
  })
  .meta({ id: 'EventWithDeliveries' });
