import { z } from 'zod';
import { DISABLED_REASONS, type WebhookEndpoint } from './endpoint.js';

const time = z.iso.datetime().meta({ description: 'ISO 8601, UTC, with milliseconds' });

/** An endpoint as it stands in answers and events. Its secret is in neither. */
export const endpointSchema = z
  .object({
    id: z.string().meta({ example: 'we_06b2m6vk0dtf5d5cq0m3vz8x50' }),
    object: z.literal('webhook_endpoint'),
    livemode: z.boolean(),
    url: z.string(),
    description: z.string().nullable(),
    enabled_events: z.array(z.string()),
    status: z.enum(['enabled', 'disabled', 'deleted']),
    disabled_reason: z.enum(DISABLED_REASONS).nullable().meta({
      description: '`requested` by its owner; `gone`: it answered 410; `failing`: nothing but failures for five days',
    }),
    api_version: z.string(),
    encryption: z
      .object({ kid: z.string(), public_key: z.string() })
      .nullable()
      .meta({ description: 'The X25519 key to which bodies are encrypted, and its name in them' }),
    failing_since: time.nullable(),
    version: z.int(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'WebhookEndpoint' });

/** The same with its secret: the only time that it is shown. */
export const endpointWithSecretSchema = endpointSchema
  .extend({ secret: z.string().meta({ description: 'Shown once. `whsec_` and base64; verifies the signatures' }) })
  .meta({ id: 'WebhookEndpointWithSecret' });

export type WireEndpoint = z.infer<typeof endpointSchema>;

export function toWireEndpoint(endpoint: WebhookEndpoint): WireEndpoint {
  return {
    id: endpoint.id,
    object: 'webhook_endpoint',
    livemode: endpoint.livemode,
    url: endpoint.url,
    description: endpoint.description,
    enabled_events: [...endpoint.enabledEvents],
    status: endpoint.status,
    disabled_reason: endpoint.disabledReason,
    api_version: endpoint.apiVersion,
    encryption: endpoint.encryption && { kid: endpoint.encryption.kid, public_key: endpoint.encryption.publicKey },
    failing_since: endpoint.failingSince && endpoint.failingSince.toISOString(),
    version: endpoint.version,
    created_at: endpoint.createdAt.toISOString(),
    updated_at: endpoint.updatedAt.toISOString(),
  };
}
