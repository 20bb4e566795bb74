/**
 * How a call to a channel ended. There are five ways, and "may have happened" is one of them.
 *
 * `succeeded`: the channel did it. `pending`: accepted, the result comes later. `declined`: refused, final. `not_sent`:
 * it certainly did not happen, the same reference may be sent again. `unknown`: it may have happened; only the channel's
 * own word or an operator settles it.
 */
export const OUTCOMES = ['succeeded', 'pending', 'declined', 'not_sent', 'unknown'] as const;
export type OutcomeName = (typeof OUTCOMES)[number];

/** Why a call did not succeed, in words of ours. */
export const FAILURE_CATEGORIES = {
  declined: 'declined',
  insufficient_funds: 'declined',
  limit_exceeded: 'declined',
  expired: 'declined',
  invalid_request: 'not_sent',
  unsupported: 'not_sent',
  auth_config: 'not_sent',
  rate_limited: 'not_sent',
  not_connected: 'not_sent',
  circuit_open: 'not_sent',
  not_processed: 'not_sent',
  duplicate: 'unknown',
  already_paid: 'unknown',
  already_closed: 'unknown',
  not_found: 'unknown',
  timeout: 'unknown',
  network: 'unknown',
  channel_unavailable: 'unknown',
  signature_invalid: 'unknown',
  mismatch: 'unknown',
  unmapped: 'unknown',
} as const satisfies Record<string, Exclude<OutcomeName, 'succeeded' | 'pending'>>;
export type FailureCategory = keyof typeof FAILURE_CATEGORIES;

export interface ChannelFailure {
  readonly category: FailureCategory;
  /** The channel's own code, for operators; never shown to callers. */
  readonly rawCode?: string;
  /** For logs of the operator: no secrets, no raw body. */
  readonly message?: string;
  readonly retryAfterMs?: number;
}

export type Outcome<T> =
  | { readonly outcome: 'succeeded'; readonly value: T }
  | { readonly outcome: 'pending'; readonly retryAfterMs?: number }
  | { readonly outcome: 'declined' | 'not_sent' | 'unknown'; readonly failure: ChannelFailure };
