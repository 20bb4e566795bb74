import { ItPayError } from '@itpay/core';
import { idempotencyKey, type IdempotencyKey } from '@itpay/kernel';
import type { PreparedRoute } from '../prepare-route.js';
import type { Caller } from './identify.js';
import { bodyInvalid, type JsonObject } from './parse-json.js';

/** The request as the client sent it, before a schema added defaults: what two uses of a key are compared by. */
export interface SentRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: JsonObject | undefined;
  /** SHA-256 of the file, on routes that take one. */
  readonly file?: string;
}

/**
 * The idempotency key of the request; null where the route takes none.
 *
 * @throws ItPayError `IDEMPOTENCY_KEY_REQUIRED` or `IDEMPOTENCY_KEY_INVALID`
 */
export function idempotencyOf(
  { method, path, takesIdempotencyKey }: PreparedRoute,
  caller: Caller,
  key: string | undefined,
  sent: SentRequest,
): IdempotencyKey | null {
  if (!takesIdempotencyKey) return null;
  if (key === undefined) throw new ItPayError('IDEMPOTENCY_KEY_REQUIRED');
  try {
    return idempotencyKey({ ...scopeOf(caller), method, route: path, key }, sent);
  } catch (error) {
    // A number beyond double precision (1e999) parses to Infinity, which has no canonical form.
    if (error instanceof TypeError) throw bodyInvalid('The body has a number that JSON readers do not agree on.');
    throw error;
  }
}

function scopeOf({ principal, displayIntentId }: Caller): { account: string; livemode: boolean; caller: string } {
  if (principal !== null) {
    return {
      account: principal.account,
      livemode: principal.livemode,
      caller: principal.lineage ?? principal.id,
    };
  }
  // A payer has neither account nor mode; the intent, which belongs to one of each, stands for both.
  return { account: '', livemode: false, caller: `display_token:${displayIntentId}` };
}
