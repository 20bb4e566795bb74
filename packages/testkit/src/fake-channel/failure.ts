import type { ChannelFailure, FailureCategory } from '@itpay/kernel';
import type { RefusalCode } from '../fake-rail/wire.js';

/** The rail's table of errors, in our words. */
const CATEGORY_OF: Readonly<Record<RefusalCode, FailureCategory>> = {
  invalid_request: 'invalid_request',
  unauthorized: 'auth_config',
  declined: 'declined',
  insufficient_funds: 'insufficient_funds',
  not_found: 'not_found',
  unsupported: 'unsupported',
  duplicate: 'duplicate',
  already_paid: 'already_paid',
  already_closed: 'already_closed',
  expired: 'expired',
  limit_exceeded: 'limit_exceeded',
  rate_limited: 'rate_limited',
  internal: 'channel_unavailable',
  not_processed: 'not_processed',
};

/** What a refusal of the rail means. A code that its table does not have may mean anything. */
export function failureOfRefusal(status: number, code: string, retryAfter: string | null): ChannelFailure {
  const known = Object.hasOwn(CATEGORY_OF, code) ? CATEGORY_OF[code as RefusalCode] : undefined;
  const category = known ?? (status >= 500 ? 'channel_unavailable' : 'unmapped');
  const seconds = Number(retryAfter ?? NaN);
  return { category, rawCode: code, ...(seconds >= 0 && { retryAfterMs: seconds * 1000 }) };
}
