import { z } from 'zod';
import { maskKey } from './key-text.js';
import type { ApiKeyRow } from './store.js';

export const API_KEY_STATES = ['active', 'rotating', 'expired', 'revoked'] as const;

/** An API key as it can be shown at any time: without its secret. */
export interface ApiKey {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly label: string;
  readonly scopes: readonly string[];
  /** `itpay_test_0123456789ab_…wxyz` */
  readonly masked: string;
  /** Stays the same over rotation. */
  readonly lineage: string;
  /** `rotating`: another key has replaced it, and it works beside that one until `expiresAt`. */
  readonly status: (typeof API_KEY_STATES)[number];
  /** The ranges from which it works; empty: from everywhere. */
  readonly ipAllowlist: readonly string[];
  /** Requests with it carry `ItPay-Signature`. */
  readonly requireSignature: boolean;
  /** The wire format that requests get which name none: a date. Null: the newest. */
  readonly apiVersion: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly rotatedAt: Date | null;
  /** The id of the key that has replaced it. */
  readonly replacedBy: string | null;
  readonly revokedAt: Date | null;
}

export function toApiKey(row: ApiKeyRow, now: Date): ApiKey {
  return {
    id: row.id,
    account: row.account,
    livemode: row.livemode,
    label: row.label,
    scopes: row.scopes,
    masked: maskKey({ livemode: row.livemode, keyId: row.key_id, last4: row.last4 }),
    lineage: row.lineage,
    status: statusOf(row, now),
    ipAllowlist: row.ip_allowlist,
    requireSignature: row.signing_secret !== null,
    apiVersion: row.api_version,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    rotatedAt: row.rotated_at,
    replacedBy: row.replaced_by,
    revokedAt: row.revoked_at,
  };
}

export function statusOf({ status, expires_at }: ApiKeyRow, now: Date): ApiKey['status'] {
  return status !== 'revoked' && expires_at !== null && expires_at <= now ? 'expired' : status;
}

const time = z.iso.datetime().meta({ description: 'ISO 8601, UTC, with milliseconds' });

const fields = {
  id: z.string().meta({ example: 'key_06b2m6vk0dtf5d5cq0m3vz8x50' }),
  object: z.literal('api_key'),
  livemode: z.boolean(),
  label: z.string(),
  permissions: z.array(z.string()).meta({ description: 'Scopes', example: ['payments:read', 'payments:write'] }),
  masked: z
    .string()
    .meta({ description: 'The key, recognisable and useless', example: 'itpay_test_0123456789ab_…wxyz' }),
  lineage: z.string().meta({ description: 'Stays the same over rotation; idempotency keys belong to it' }),
  status: z.enum(API_KEY_STATES).meta({
    description: '`rotating`: `replaced_by` has replaced it, and it works beside that one until `expires_at`',
  }),
  ip_allowlist: z.array(z.string()).meta({ description: 'Ranges from which it works; empty: from everywhere' }),
  require_signature: z.boolean().meta({ description: 'Requests with it carry `ItPay-Signature`' }),
  api_version: z.string().nullable().meta({ description: 'For requests that name no version; null: the newest' }),
  created_at: time,
  expires_at: time.nullable(),
  rotated_at: time.nullable(),
  replaced_by: z.string().nullable(),
  revoked_at: time.nullable(),
};

/** An API key as it stands in answers and events. */
export const apiKeySchema = z.object(fields).meta({ id: 'ApiKey' });

/** The answer that brings a new key into the world. */
export const newApiKeySchema = z
  .object({
    ...fields,
    secret: z.string().nullable().meta({
      description: 'The whole key, for `Authorization: Bearer`. Shown once: null when this answer is a repeated one',
    }),
    signing_secret: z.string().nullable().meta({
      description: 'With `require_signature`: what the HMAC is made with. Shown once, as `secret` is',
    }),
  })
  .meta({ id: 'NewApiKey' });

export type WireApiKey = z.infer<typeof apiKeySchema>;

export function toWireKey(key: ApiKey): WireApiKey {
  return {
    id: key.id,
    object: 'api_key',
    livemode: key.livemode,
    label: key.label,
    permissions: [...key.scopes],
    masked: key.masked,
    lineage: key.lineage,
    status: key.status,
    ip_allowlist: [...key.ipAllowlist],
    require_signature: key.requireSignature,
    api_version: key.apiVersion,
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt && key.expiresAt.toISOString(),
    rotated_at: key.rotatedAt && key.rotatedAt.toISOString(),
    replaced_by: key.replacedBy,
    revoked_at: key.revokedAt && key.revokedAt.toISOString(),
  };
}
