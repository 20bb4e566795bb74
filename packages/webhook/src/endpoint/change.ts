import { ItPayError } from '@itpay/core';
import type { Actor, NewEvent, Tx } from '@itpay/kernel';
import type { WebhookServices } from '../services.js';
import type { DisabledReason, WebhookEndpoint } from './endpoint.js';
import { toWireEndpoint } from './wire.js';

/** What happens to an endpoint, and the event that tells of it. */
export type EndpointAction = 'create' | 'update' | 'rotate_secret' | 'disable' | 'reactivate' | 'delete';

const EVENT_OF = {
  create: 'webhook_endpoint.enabled',
  update: 'webhook_endpoint.updated',
  rotate_secret: 'webhook_endpoint.updated',
  disable: 'webhook_endpoint.disabled',
  reactivate: 'webhook_endpoint.enabled',
  delete: 'webhook_endpoint.deleted',
} as const satisfies Record<EndpointAction, NewEvent['type']>;

type Fields = Partial<
  Pick<
    WebhookEndpoint,
    | 'url'
    | 'description'
    | 'enabledEvents'
    | 'apiVersion'
    | 'encryption'
    | 'secrets'
    | 'status'
    | 'disabledReason'
    | 'failingSince'
    | 'enabledAt'
  >
>;

/** Writes a new endpoint with its event and audit entry. */
export async function insertEndpoint(services: WebhookServices, tx: Tx, actor: Actor, endpoint: WebhookEndpoint) {
  await services.endpoints.insert(tx, endpoint);
  await services.endpoints.startHearing(tx, actor, endpoint.id);
  await tell(services, tx, actor, 'create', endpoint, null);
}

/** Changes an endpoint, with its event and audit entry. The caller has locked it. */
export async function changeEndpoint(
  services: WebhookServices,
  tx: Tx,
  actor: Actor,
  endpoint: WebhookEndpoint,
  action: Exclude<EndpointAction, 'create'>,
  fields: Fields,
): Promise<WebhookEndpoint> {
  const changed: WebhookEndpoint = {
    ...endpoint,
    ...fields,
    version: endpoint.version + 1,
    updatedAt: services.clock.now(),
  };
  await services.endpoints.save(tx, changed);
  await tell(services, tx, actor, action, changed, endpoint.status);
  return changed;
}

/**
 * Disables an endpoint. What was still to be sent to it ends as `failed_delivery`, from where a replay takes it up. The
 * caller has locked it.
 */
export async function disableEndpoint(
  services: WebhookServices,
  tx: Tx,
  actor: Actor,
  endpoint: WebhookEndpoint,
  reason: DisabledReason,
): Promise<WebhookEndpoint> {
  const disabled = { status: 'disabled', disabledReason: reason } as const;
  const changed = await changeEndpoint(services, tx, actor, endpoint, 'disable', disabled);
  await services.deliveries.giveUp(tx, endpoint.id, services.clock.now());
  return changed;
}

// Events take their numbers from those of before, because a test event is no change and has one too.
async function tell(
  { outbox, audit }: WebhookServices,
  tx: Tx,
  actor: Actor,
  action: EndpointAction,
  endpoint: WebhookEndpoint,
  fromState: string | null,
): Promise<void> {
  await outbox.append(tx, actor, [{ type: EVENT_OF[action], objectId: endpoint.id, object: toWireEndpoint(endpoint) }]);
  await audit.append(tx, actor, [
    { action: `webhook_endpoint.${action}`, objectId: endpoint.id, fromState, toState: endpoint.status },
  ]);
}

export function endpointNotFound(id: string, param = 'id'): ItPayError {
  return new ItPayError('WEBHOOK_ENDPOINT_NOT_FOUND', { param, details: { object: 'webhook_endpoint', id } });
}

/** @param requested what was asked for: `reactivate` */
export function wrongState({ id, status }: WebhookEndpoint, requested: string): ItPayError {
  const allowed = status === 'enabled' ? ['disable', 'test', 'replay', 'delete'] : ['reactivate', 'delete'];
  return new ItPayError('INVALID_STATE_TRANSITION', {
    message:
      status === 'enabled'
        ? `Cannot ${requested} the webhook endpoint ${id} because it is enabled already.`
        : `Cannot ${requested} the webhook endpoint ${id} because it is ${status}. Reactivate it first.`,
    details: { object: 'webhook_endpoint', id, current: status, requested, allowed },
  });
}
