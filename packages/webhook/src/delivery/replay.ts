import { ItPayError } from '@itpay/core';
import { SWEEP_TOPIC, type Actor, type IdempotencyKey } from '@itpay/kernel';
import { wrongState } from '../endpoint/change.js';
import { isEventType } from '../endpoint/event-types.js';
import { lockOwn, once, type Answer } from '../endpoint/manage.js';
import type { WebhookServices } from '../services.js';

export interface ReplayRange {
  readonly from: Date;
  /** Not included. */
  readonly to: Date;
  /** Left out: all that the endpoint subscribes to. */
  readonly types: readonly string[] | null;
  /** Only what ended as `failed_delivery`. */
  readonly onlyFailed: boolean;
}

/**
 * Sends what happened in a span of time again, to one endpoint, under the same event ids.
 *
 * @throws ItPayError `WEBHOOK_ENDPOINT_NOT_FOUND`, `INVALID_STATE_TRANSITION` while it is disabled, `EVENT_TYPE_INVALID`,
 *   `PARAMETER_INVALID` for a span that ends before it begins
 */
export async function replayRange(
  services: WebhookServices,
  actor: Actor,
  endpointId: string,
  range: ReplayRange,
  key: IdempotencyKey | null,
): Promise<Answer> {
  const unknown = range.types?.find((type) => !isEventType(type));
  if (unknown !== undefined) {
    throw new ItPayError('EVENT_TYPE_INVALID', { message: `There is no event "${unknown}".`, param: 'types' });
  }
  if (range.from >= range.to) {
    throw new ItPayError('PARAMETER_INVALID', { message: 'to must be later than from.', param: 'to' });
  }
  return once(services, key, async (tx) => {
    const endpoint = await lockOwn(services, tx, actor, endpointId);
    if (endpoint.status !== 'enabled') throw wrongState(endpoint, 'replay');
    const { deliveries, clock, audit, pubsub } = services;
    const count = await deliveries.replayRange(tx, { endpointId, ...range, now: clock.now() });
    const { status } = endpoint;
    await audit.append(tx, actor, [
      { action: 'webhook_endpoint.replay', objectId: endpointId, fromState: status, toState: status },
    ]);
    tx.afterCommit(() => pubsub.publish(SWEEP_TOPIC, ''));
    return answerOf(count);
  });
}

/**
 * Sends one event again: to one endpoint, whatever it subscribes to, or to all that subscribe to it.
 *
 * @throws ItPayError `RESOURCE_NOT_FOUND`, `WEBHOOK_ENDPOINT_NOT_FOUND`, `INVALID_STATE_TRANSITION` while it is disabled
 */
export async function replayEvent(
  services: WebhookServices,
  actor: Actor,
  eventId: string,
  endpointId: string | null,
  key: IdempotencyKey | null,
): Promise<Answer> {
  const { events, deliveries, clock, audit, pubsub } = services;
  return once(services, key, async (tx) => {
    if ((await events.find(tx, actor, eventId)) === null) throw eventNotFound(eventId);
    if (endpointId !== null) {
      const endpoint = await lockOwn(services, tx, actor, endpointId, 'webhook_endpoint_id');
      if (endpoint.status !== 'enabled') throw wrongState(endpoint, 'replay');
    }
    const count = await deliveries.replayEvent(tx, eventId, endpointId, clock.now());
    await audit.append(tx, actor, [{ action: 'event.replay', objectId: eventId, fromState: null, toState: null }]);
    tx.afterCommit(() => pubsub.publish(SWEEP_TOPIC, ''));
    return answerOf(count);
  });
}

export function eventNotFound(id: string): ItPayError {
  return new ItPayError('RESOURCE_NOT_FOUND', {
    message: `There is no event ${id} in this account and mode, or its time is over: events are kept for a while only.`,
    param: 'id',
    details: { object: 'event', id },
  });
}

const answerOf = (count: number) => ({ status: 202, body: JSON.stringify({ object: 'replay', count }) });
