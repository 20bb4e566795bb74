import { ItPayError } from '@itpay/core';
import {
  actorOf,
  defineRoute,
  listAnswer,
  listQuery,
  listSchema,
  maybeOne,
  pageOf,
  type Actor,
  type Clock,
  type Database,
  type Idempotency,
  type Route,
  type RouteAnswer,
  type StoredAnswer,
} from '@itpay/kernel';
import { z } from 'zod';
import { apiKeySchema, newApiKeySchema, toApiKey, toWireKey } from './api-key.js';
import {
  keyNotFound,
  MAX_RANGES,
  MAX_ROTATION_OVERLAP_MS,
  ROTATION_OVERLAP_MS,
  type KeyChanges,
  type KeyInput,
  type MadeKey,
} from './changes.js';
import { SCOPE_PRESETS, type ScopePreset } from './scopes.js';
import { FIND, LIST_NEWER, LIST_OLDER } from './store.js';

const TAG = 'API keys';
const params = z.object({ id: z.string() });
const label = z.string().min(1).max(100);
const scopes = z.array(z.string().min(1).max(64)).min(1).max(100);
const ranges = z
  .array(z.string().min(1).max(60))
  .max(MAX_RANGES)
  .meta({
    description: 'Addresses and CIDRs, IPv4 and IPv6; empty: from everywhere',
    example: ['203.0.113.0/24'],
  });
// JavaScript and PostgreSQL write years after 9999 differently.
const time = z.iso.datetime({ offset: true }).refine((text) => new Date(text).getUTCFullYear() <= 9999);
const version = z.iso.date().meta({ description: 'The wire format for requests that name none' });

const ONCE =
  'The secrets are in the first answer only. They are stored nowhere in the clear, so a repetition with the same ' +
  'Idempotency-Key answers the same key with `secret: null`. If the first answer was lost, rotate the key with ' +
  '`overlap_seconds: 0`, or delete it and create another one.';
const SUBSET =
  'A caller hands on only what it has: scopes of its own, its own account and mode, and no fewer bounds than its own key.';

export interface KeyRouteDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly idempotency: Idempotency;
  readonly changes: KeyChanges;
}

/** Protocol, chapter 12, row 25. */
export function apiKeyRoutes({ database, clock, idempotency, changes }: KeyRouteDeps): readonly Route[] {
  const create = defineRoute({
    method: 'POST',
    path: '/v1/api-keys',
    summary: 'Create an API key',
    description: `${SUBSET} ${ONCE}`,
    tag: TAG,
    access: 'keys:write',
    body: createKeyBody,
    answers: { 201: { description: 'The key, with its secrets', schema: newApiKeySchema } },
    errors: ['LIVEMODE_MISMATCH'],
    async run(request) {
      const actor = actorOf(request);
      const { body, principal, idempotencyKey } = request;
      requireMode(actor, body.mode);
      return answerOnce(idempotencyKey, (tx) => changes.create(tx, actor, inputOf(body), principal));
    },
  });

  const list = defineRoute({
    method: 'GET',
    path: '/v1/api-keys',
    summary: 'List API keys, newest first',
    tag: TAG,
    access: 'keys:read',
    query: listQuery('key', {}),
    answers: { 200: { description: 'One page', schema: listSchema('ApiKeyList', apiKeySchema) } },
    errors: ['CURSOR_INVALID'],
    async run(request) {
      const { account, livemode } = actorOf(request);
      const page = pageOf(request.query);
      const rows = await database.query(page.endingBefore === undefined ? LIST_OLDER : LIST_NEWER, {
        account,
        livemode,
        createdGte: page.createdGte ?? null,
        createdLte: page.createdLte ?? null,
        cursor: page.endingBefore ?? page.startingAfter ?? null,
        limit: page.limit + 1,
      });
      const now = clock.now();
      const keys = rows.map((row) => toWireKey(toApiKey(row, now)));
      return { status: 200, body: listAnswer('/v1/api-keys', keys, page) };
    },
  });

  const get = defineRoute({
    method: 'GET',
    path: '/v1/api-keys/{id}',
    summary: 'Read an API key',
    tag: TAG,
    access: 'keys:read',
    params,
    answers: { 200: { description: 'The key, without its secrets', schema: apiKeySchema } },
    errors: ['RESOURCE_NOT_FOUND'],
    async run(request) {
      const { id } = request.params;
      const { account, livemode } = actorOf(request);
      const row = await maybeOne(database, FIND, { id, account, livemode });
      if (row === null) throw keyNotFound(id);
      return { status: 200, body: toWireKey(toApiKey(row, clock.now())) };
    },
  });

  const update = defineRoute({
    method: 'PATCH',
    path: '/v1/api-keys/{id}',
    summary: 'Change an API key',
    description: `${SUBSET} Whether a key signs its requests stays as it is: that would need another secret.`,
    tag: TAG,
    access: 'keys:write',
    params,
    body: updateKeyBody,
    answers: { 200: { description: 'The key afterwards', schema: apiKeySchema } },
    errors: ['RESOURCE_NOT_FOUND', 'INVALID_STATE_TRANSITION'],
    async run(request) {
      const { body, principal, idempotencyKey } = request;
      const actor = actorOf(request);
      const stored = await database.transaction((tx) =>
        idempotency.once(tx, idempotencyKey, async () => {
          const key = await changes.update(
            tx,
            actor,
            request.params.id,
            {
              label: body.label,
              scopes: body.permissions,
              ipAllowlist: body.ip_allowlist,
              expiresAt: typeof body.expires_at === 'string' ? new Date(body.expires_at) : body.expires_at,
              apiVersion: body.api_version,
            },
            principal,
          );
          return { status: 200, body: JSON.stringify(toWireKey(key)) };
        }),
      );
      return toAnswer(stored);
    },
  });

  const revoke = defineRoute({
    method: 'DELETE',
    path: '/v1/api-keys/{id}',
    summary: 'Revoke an API key for good',
    description: 'A key may always revoke itself; another key only where it has all of its scopes.',
    tag: TAG,
    access: 'keys:write',
    params,
    answers: { 204: { description: 'It is revoked; every process refuses it within ten seconds' } },
    errors: ['RESOURCE_NOT_FOUND'],
    async run(request) {
      const { principal, idempotencyKey } = request;
      const actor = actorOf(request);
      const { replayed } = await database.transaction((tx) =>
        idempotency.once(tx, idempotencyKey, async () => {
          await changes.revoke(tx, actor, request.params.id, principal);
          return { status: 204, body: '' };
        }),
      );
      return { status: 204, replayed };
    },
  });

  const rotate = defineRoute({
    method: 'POST',
    path: '/v1/api-keys/{id}/rotate',
    summary: 'Replace an API key',
    description:
      'The new key may do the same, under the same bounds and for as long a life; the old one works beside it until the ' +
      `overlap ends. ${SUBSET} ${ONCE}`,
    tag: TAG,
    access: 'keys:write',
    params,
    body: rotateKeyBody,
    answers: { 201: { description: 'The new key, with its secrets', schema: newApiKeySchema } },
    errors: ['RESOURCE_NOT_FOUND', 'INVALID_STATE_TRANSITION'],
    async run(request) {
      const actor = actorOf(request);
      const { body, principal, idempotencyKey } = request;
      const overlapMs = body.overlap_seconds * 1000;
      return answerOnce(idempotencyKey, (tx) => changes.rotate(tx, actor, request.params.id, overlapMs, principal));
    },
  });

  /** Stores the answer without its secrets: an idempotency row is kept for days, and a dump of it must open nothing. */
  async function answerOnce(
    idempotencyKey: Parameters<Idempotency['once']>[1],
    make: (tx: Parameters<Idempotency['once']>[0]) => Promise<MadeKey>,
  ): Promise<RouteAnswer> {
    return database.transaction(async (tx) => {
      let secrets = { secret: null as string | null, signing_secret: null as string | null };
      const stored = await idempotency.once(tx, idempotencyKey, async () => {
        const { key, token, signingSecret } = await make(tx);
        secrets = { secret: token, signing_secret: signingSecret };
        return { status: 201, body: JSON.stringify(toWireKey(key)) };
      });
      return { ...toAnswer(stored), body: { ...(JSON.parse(stored.body) as object), ...secrets } };
    });
  }

  return [create, list, get, update, revoke, rotate];
}

const createKeyBody = z
  .strictObject({
    label,
    permissions: scopes.optional().meta({ description: 'Scopes; or `preset`' }),
    preset: z
      .enum(Object.keys(SCOPE_PRESETS) as [ScopePreset, ...ScopePreset[]])
      .optional()
      .meta({ description: 'Scopes that go together; or `permissions`' }),
    ip_allowlist: ranges.optional(),
    expires_at: time.optional(),
    mode: z.enum(['live', 'test']).optional().meta({ description: "The caller's own mode; there is no other" }),
    require_signature: z.boolean().optional(),
    api_version: version.optional(),
  })
  .meta({ id: 'CreateApiKey' });

const updateKeyBody = z
  .strictObject({
    label: label.optional(),
    permissions: scopes.optional(),
    ip_allowlist: ranges.optional(),
    expires_at: time.nullable().optional(),
    api_version: version.optional(),
  })
  .meta({ id: 'UpdateApiKey' });

const rotateKeyBody = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(MAX_ROTATION_OVERLAP_MS / 1000)
      .default(ROTATION_OVERLAP_MS / 1000)
      .meta({ description: 'How long the old key works beside the new one. 0: it ends at once' }),
  })
  .meta({ id: 'RotateApiKey' });

function inputOf(body: z.infer<typeof createKeyBody>): KeyInput {
  return {
    label: body.label,
    scopes: body.permissions,
    preset: body.preset,
    ipAllowlist: body.ip_allowlist,
    expiresAt: body.expires_at === undefined ? null : new Date(body.expires_at),
    requireSignature: body.require_signature,
    apiVersion: body.api_version,
  } as KeyInput; // that it is one of scopes and preset is checked where both kinds of callers come by
}

function requireMode({ livemode }: Actor, mode: 'live' | 'test' | undefined): void {
  if (mode === undefined || (mode === 'live') === livemode) return;
  throw new ItPayError('LIVEMODE_MISMATCH', {
    message: `A ${livemode ? 'live' : 'test'} key creates only ${livemode ? 'live' : 'test'} keys.`,
    param: 'mode',
  });
}

const toAnswer = ({ status, body, replayed }: StoredAnswer & { readonly replayed: boolean }): RouteAnswer => ({
  status,
  body,
  replayed,
});
