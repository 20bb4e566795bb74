import { createHash } from 'node:crypto';
import { API_VERSION, ItPayError } from '@itpay/core';
import { API_VERSIONS, isApiVersion, type Actor, type IdempotencyKey, type StoredAnswer, type Tx } from '@itpay/kernel';
import { checkUrl } from '../addresses.js';
import { parsePublicKey } from '../encryption.js';
import type { WebhookServices } from '../services.js';
import { changeEndpoint, disableEndpoint, endpointNotFound, insertEndpoint, wrongState } from './change.js';
import { MAX_ENDPOINTS, type EncryptionKey, type WebhookEndpoint } from './endpoint.js';
import { isEventPattern } from './event-types.js';
import { toWireEndpoint } from './wire.js';

export type Answer = StoredAnswer & { readonly replayed: boolean };

export interface NewEndpoint {
  readonly url: string;
  readonly description: string | null;
  readonly enabledEvents: readonly string[];
  /** X25519, base64 of 32 bytes; null: bodies are not encrypted. */
  readonly publicKey: string | null;
  /** Left out: the one in which the caller speaks. */
  readonly apiVersion: string;
}

/**
 * Adds an endpoint. The answer carries the secret; what is stored for a repetition of the request is sealed.
 *
 * @throws ItPayError `URL_INVALID`, `EVENT_TYPE_INVALID`, `API_VERSION_UNSUPPORTED`, `PARAMETER_INVALID`,
 *   `RESOURCE_ALREADY_EXISTS` for a URL that the account has in this mode, `LIMIT_EXCEEDED` beyond ten
 */
export async function createEndpoint(
  services: WebhookServices,
  actor: Actor,
  input: NewEndpoint,
  key: IdempotencyKey | null,
): Promise<{ readonly status: number; readonly body: object; readonly replayed: boolean }> {
  const { endpoints, ids, clock, secrets } = services;
  const stored = await once(services, key, async (tx) => {
    const checked = {
      url: urlOf(services, actor, input.url),
      enabledEvents: patternsOf(input.enabledEvents),
      apiVersion: versionOf(input.apiVersion),
      encryption: input.publicKey === null ? null : encryptionOf(input.publicKey),
    };
    await endpoints.lockAccount(tx, actor);
    await requireFreeUrl(services, tx, actor, checked.url);
    if ((await endpoints.count(tx, actor)) >= MAX_ENDPOINTS) {
      throw new ItPayError('LIMIT_EXCEEDED', {
        message: `An account has at most ${MAX_ENDPOINTS} webhook endpoints in each mode. Delete one that is not used.`,
        details: { limit: 'count', maximum: MAX_ENDPOINTS },
      });
    }
    const now = clock.now();
    const { secret, sealed } = secrets.create();
    const endpoint: WebhookEndpoint = {
      id: ids.next('we'),
      account: actor.account,
      livemode: actor.livemode,
      description: input.description,
      ...checked,
      status: 'enabled',
      disabledReason: null,
      secrets: sealed,
      failingSince: null,
      enabledAt: now,
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
    await insertEndpoint(services, tx, actor, endpoint);
    return { status: 201, body: secrets.sealAnswer({ ...toWireEndpoint(endpoint), secret }) };
  });
  return { ...stored, body: secrets.openAnswer(stored.body) };
}

export interface EndpointChanges {
  readonly url?: string | undefined;
  readonly description?: string | null | undefined;
  readonly enabledEvents?: readonly string[] | undefined;
  readonly publicKey?: string | null | undefined;
  readonly apiVersion?: string | undefined;
  readonly status?: 'disabled' | undefined;
}

/**
 * Changes an endpoint, or disables it. What is left out stays.
 *
 * @throws ItPayError `WEBHOOK_ENDPOINT_NOT_FOUND`, `INVALID_STATE_TRANSITION`, and what `createEndpoint` throws
 */
export async function updateEndpoint(
  services: WebhookServices,
  actor: Actor,
  id: string,
  changes: EndpointChanges,
  key: IdempotencyKey | null,
): Promise<Answer> {
  const { status, publicKey, url, enabledEvents, apiVersion, ...given } = changes;
  return once(services, key, async (tx) => {
    // First the account, then the endpoint: everybody locks in this order.
    if (url !== undefined) await services.endpoints.lockAccount(tx, actor);
    const endpoint = await lockOwn(services, tx, actor, id);
    const fields = {
      ...(given.description !== undefined && { description: given.description }),
      ...(url !== undefined && { url: urlOf(services, actor, url) }),
      ...(enabledEvents !== undefined && { enabledEvents: patternsOf(enabledEvents) }),
      ...(apiVersion !== undefined && { apiVersion: versionOf(apiVersion) }),
      ...(publicKey !== undefined && { encryption: publicKey === null ? null : encryptionOf(publicKey) }),
    };
    if (fields.url !== undefined) await requireFreeUrl(services, tx, actor, fields.url, id);
    let changed = endpoint;
    if (Object.keys(fields).length > 0) {
      changed = await changeEndpoint(services, tx, actor, changed, 'update', fields);
    }
    if (status === 'disabled' && changed.status === 'enabled') {
      changed = await disableEndpoint(services, tx, actor, changed, 'requested');
    }
    return answerOf(changed);
  });
}

/** A fresh secret, shown once. The one before signs beside it for a day. */
export async function rotateSecret(services: WebhookServices, actor: Actor, id: string, key: IdempotencyKey | null) {
  const { secrets, clock } = services;
  const stored = await once(services, key, async (tx) => {
    const endpoint = await lockOwn(services, tx, actor, id);
    const { secret, sealed } = secrets.rotate(endpoint.secrets!, clock.now());
    const changed = await changeEndpoint(services, tx, actor, endpoint, 'rotate_secret', { secrets: sealed });
    return { status: 200, body: secrets.sealAnswer({ ...toWireEndpoint(changed), secret }) };
  });
  return { ...stored, body: secrets.openAnswer(stored.body) };
}

/** Enables a disabled endpoint. It hears of what happens from now on; what it missed, a replay brings. */
export async function reactivateEndpoint(
  services: WebhookServices,
  actor: Actor,
  id: string,
  key: IdempotencyKey | null,
): Promise<Answer> {
  return once(services, key, async (tx) => {
    const endpoint = await lockOwn(services, tx, actor, id);
    if (endpoint.status !== 'disabled') throw wrongState(endpoint, 'reactivate');
    await services.endpoints.startHearing(tx, actor, id);
    return answerOf(
      await changeEndpoint(services, tx, actor, endpoint, 'reactivate', {
        status: 'enabled',
        disabledReason: null,
        failingSince: null,
        enabledAt: services.clock.now(),
      }),
    );
  });
}

/** Sends a `webhook_endpoint.test` to this endpoint alone, by the way of all events. */
export async function testEndpoint(
  services: WebhookServices,
  actor: Actor,
  id: string,
  key: IdempotencyKey | null,
): Promise<Answer> {
  return once(services, key, async (tx) => {
    const endpoint = await lockOwn(services, tx, actor, id);
    if (endpoint.status !== 'enabled') throw wrongState(endpoint, 'test');
    const object = toWireEndpoint(endpoint);
    await services.outbox.append(tx, actor, [{ type: 'webhook_endpoint.test', objectId: id, object }]);
    const { status } = endpoint;
    await services.audit.append(tx, actor, [
      { action: 'webhook_endpoint.test', objectId: id, fromState: status, toState: status },
    ]);
    return { status: 202, body: JSON.stringify(object) };
  });
}

/** Ends an endpoint and its secrets. What was still to be sent ends as `failed_delivery`. */
export async function deleteEndpoint(
  services: WebhookServices,
  actor: Actor,
  id: string,
  key: IdempotencyKey | null,
): Promise<Answer> {
  return once(services, key, async (tx) => {
    const endpoint = await lockOwn(services, tx, actor, id);
    await changeEndpoint(services, tx, actor, endpoint, 'delete', { status: 'deleted', secrets: null });
    await services.deliveries.giveUp(tx, id, services.clock.now());
    return { status: 204, body: '' };
  });
}

/** Runs a change once per key, in one transaction. */
export function once(
  { database, idempotency }: WebhookServices,
  key: IdempotencyKey | null,
  work: (tx: Tx) => Promise<StoredAnswer>,
): Promise<Answer> {
  return database.transaction((tx) => idempotency.once(tx, key, () => work(tx)));
}

/** @throws ItPayError `WEBHOOK_ENDPOINT_NOT_FOUND` */
export async function lockOwn({ endpoints }: WebhookServices, tx: Tx, actor: Actor, id: string, param = 'id') {
  const endpoint = await endpoints.lock(tx, actor, id);
  if (endpoint === null) throw endpointNotFound(id, param);
  return endpoint;
}

const answerOf = (endpoint: WebhookEndpoint) => ({ status: 200, body: JSON.stringify(toWireEndpoint(endpoint)) });

async function requireFreeUrl({ endpoints }: WebhookServices, tx: Tx, actor: Actor, url: string, except?: string) {
  const other = await endpoints.findByUrl(tx, actor, url);
  if (other === null || other === except) return;
  throw new ItPayError('RESOURCE_ALREADY_EXISTS', {
    message: `The webhook endpoint ${other} has this URL already. Change that one, or use another URL.`,
    param: 'url',
    details: { object: 'webhook_endpoint', id: other },
  });
}

function urlOf({ urls }: WebhookServices, { livemode }: Actor, url: string): string {
  return checkUrl(url, { allowHttp: urls.allowHttp || !livemode, allowedOrigins: urls.allowedOrigins }).href;
}

function patternsOf(patterns: readonly string[]): readonly string[] {
  const unknown = patterns.find((pattern) => !isEventPattern(pattern));
  if (unknown !== undefined) {
    throw new ItPayError('EVENT_TYPE_INVALID', {
      message: `There is no event "${unknown}". Name a type (payment_intent.succeeded), a family (refund.*), or * alone.`,
      param: 'enabled_events',
    });
  }
  return [...new Set(patterns)];
}

function versionOf(version: string): string {
  if (isApiVersion(version)) return version;
  throw new ItPayError('API_VERSION_UNSUPPORTED', {
    param: 'api_version',
    details: { supported: API_VERSIONS.map((known) => known.version), latest: API_VERSION },
  });
}

function encryptionOf(publicKey: string): EncryptionKey {
  const bytes = parsePublicKey(publicKey);
  const kid = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  return { kid, publicKey: Buffer.from(bytes).toString('base64') };
}
