import { ItPayError } from '@itpay/core';
import {
  actorOf,
  CAPABILITIES,
  defineRoute,
  listAnswer,
  listSchema,
  type Actor,
  type Channel,
  type ChannelFigures,
  type Route,
} from '@itpay/kernel';
import { z } from 'zod';
import type { PaymentServices } from '../services.js';

const TAG = 'Channels';

const channelSchema = z
  .object({
    id: z.string().meta({ example: 'promptpay' }),
    object: z.literal('channel'),
    display_name: z.string(),
    mode: z.enum(['live', 'test']),
    simulated: z.boolean().meta({ description: 'Nobody can pay its codes: a simulator stands in for the rail' }),
    currencies: z.array(z.string()),
    countries: z.array(z.string()),
    capabilities: z.array(z.enum(CAPABILITIES)),
    limits: z
      .record(z.string(), z.object({ min: z.int().nullable(), max: z.int().nullable() }))
      .meta({ description: 'Smallest and largest payment per currency, in minor units; null: the rail sets none' }),
  })
  .meta({ id: 'Channel' });

const healthSchema = z
  .object({
    id: z.string(),
    object: z.literal('channel_health'),
    healthy: z.boolean().meta({ description: 'Calls go out: its circuit breaker is closed' }),
    breaker: z.enum(['closed', 'open', 'half_open']),
    calls: z.int().meta({ description: 'Since this process started' }),
    failures: z.record(z.string(), z.int()).meta({ description: 'Of those calls, by category' }),
    latency_ms: z.int().nullable().meta({ description: 'Of the latest call; null before the first' }),
  })
  .meta({ id: 'ChannelHealth' });

/** The rails that a caller can use, and how they are. */
export function channelRoutes({ channels, guard }: PaymentServices): readonly Route[] {
  const list = defineRoute({
    method: 'GET',
    path: '/v1/channels',
    summary: 'List the channels of the caller’s mode, in the order in which they are preferred',
    tag: TAG,
    access: 'channels:read',
    answers: { 200: { description: 'All of them', schema: listSchema('ChannelList', channelSchema) } },
    errors: [],
    async run(request) {
      const all = channels.list(modeOf(actorOf(request))).map(toWire);
      return { status: 200, body: listAnswer('/v1/channels', all, { limit: all.length }) };
    },
  });

  const health = defineRoute({
    method: 'GET',
    path: '/v1/channels/{channel}/health',
    summary: 'Read how a channel is',
    description: 'As this process sees it: each process has its own circuit breaker and figures.',
    tag: TAG,
    access: 'channels:read',
    params: z.object({ channel: z.string() }),
    answers: { 200: { description: 'Its health', schema: healthSchema } },
    errors: ['CHANNEL_NOT_FOUND'],
    async run(request) {
      const id = request.params.channel;
      const channel = channels.get(id, modeOf(actorOf(request)));
      if (channel === undefined) {
        throw new ItPayError('CHANNEL_NOT_FOUND', { param: 'channel', details: { object: 'channel', id } });
      }
      return { status: 200, body: healthOf(id, guard.figures(channel)) };
    },
  });

  return [list, health];
}

function toWire(channel: Channel): z.infer<typeof channelSchema> {
  const limits = Object.entries(channel.limits ?? {}).map(([currency, { min, max }]) => [
    currency,
    { min: min === undefined ? null : Number(min), max: max === undefined ? null : Number(max) },
  ]);
  return {
    id: channel.id,
    object: 'channel',
    display_name: channel.displayName,
    mode: channel.mode,
    simulated: channel.simulated ?? false,
    currencies: [...channel.currencies],
    countries: [...channel.countries],
    capabilities: [...channel.capabilities],
    limits: Object.fromEntries(limits),
  };
}

function healthOf(id: string, figures: ChannelFigures): z.infer<typeof healthSchema> {
  const { breaker, calls, failures, latencyMs } = figures;
  return {
    id,
    object: 'channel_health',
    healthy: breaker === 'closed',
    breaker,
    calls,
    failures: { ...failures },
    latency_ms: latencyMs,
  };
}

const modeOf = ({ livemode }: Actor) => (livemode ? 'live' : 'test');
