/** Where an account wants to hear of its events. */
export interface WebhookEndpoint {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly url: string;
  readonly description: string | null;
  /** Types, families (`refund.*`) or `*`. */
  readonly enabledEvents: readonly string[];
  readonly status: EndpointStatus;
  readonly disabledReason: DisabledReason | null;
  readonly apiVersion: string;
  /** Sealed; null once deleted. See `secrets.ts`. */
  readonly secrets: Uint8Array | null;
  readonly encryption: EncryptionKey | null;
  /** Since when there were only failures; null after a success. */
  readonly failingSince: Date | null;
  /** For processes of the release before. What it hears of goes by the log: `startHearing` in `store.ts`. */
  readonly enabledAt: Date;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A deleted one is a name in the log of attempts; no caller sees it. */
export type EndpointStatus = 'enabled' | 'disabled' | 'deleted';

export const DISABLED_REASONS = ['requested', 'gone', 'failing'] as const;
/** `requested` by its owner; `gone`: it answered 410; `failing`: nothing but failures for five days. */
export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** The X25519 key of a receiver that wants its events encrypted. */
export interface EncryptionKey {
  /** Derived from the key, so that it changes with it. */
  readonly kid: string;
  /** Base64 of 32 bytes. */
  readonly publicKey: string;
}

export const MAX_ENDPOINTS = 10;
/** How long an endpoint may do nothing but fail, in milliseconds. */
export const FAILING_LIMIT_MS = 5 * 86_400_000;

/** What a failure means for an endpoint: null, or why it is disabled from now on. */
export function verdictOnFailure(
  endpoint: Pick<WebhookEndpoint, 'failingSince'>,
  status: number | null,
  now: Date,
): Exclude<DisabledReason, 'requested'> | null {
  if (status === 410) return 'gone';
  const since = endpoint.failingSince ?? now;
  return now.getTime() - since.getTime() >= FAILING_LIMIT_MS ? 'failing' : null;
}
