import type { ChannelFailure, FailureCategory } from '@itpay/kernel';
import type { RefusalCode } from '../fake-rail/wire.js';

/** A failure on its way out of a method; `mapError` hands it to the framework. */
export class FakeChannelError extends Error {
  readonly failure: ChannelFailure;

  constructor(failure: ChannelFailure) {
    super(failure.message ?? failure.category);
    this.failure = failure;
  }
}

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

// Before these, no byte of the request had left. https://nodejs.org/api/errors.html#common-system-errors and undici's
// UND_ERR_CONNECT_TIMEOUT.
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** What an error that a method threw means. Undefined: nobody knows. */
export function mapError(error: unknown): ChannelFailure | undefined {
  if (error instanceof FakeChannelError) return error.failure;
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return { category: 'timeout' };
  // fetch says TypeError for whatever went wrong below HTTP, with the reason in `cause`.
  if (!(error instanceof TypeError) || !/fetch failed|terminated/.test(error.message)) return undefined;
  const code = (error.cause as { code?: unknown } | undefined)?.code;
  const rawCode = typeof code === 'string' ? { rawCode: code } : {};
  return { category: NEVER_CONNECTED.has(String(code)) ? 'not_connected' : 'network', ...rawCode };
}
