import { isItPayError, ItPayError, toWireError } from '@itpay/core';
import { isReplayed, type RouteAnswer } from '@itpay/kernel';

/**
 * What the caller gets to see of something that was thrown. Only an ItPayError was written for callers; of everything
 * else, and of what is meant for the operator alone, nothing leaves the server.
 */
export function errorForCaller(thrown: unknown): ItPayError {
  if (isItPayError(thrown) && !FOR_OPERATORS.has(thrown.code)) return thrown;
  return new ItPayError('INTERNAL_ERROR', { cause: thrown });
}

/** @param docBase the folder of the error pages, without a slash at the end */
export function errorAnswer(error: ItPayError, requestId: string, docBase: string): RouteAnswer {
  return {
    status: error.status,
    headers: headersOf(error),
    body: { error: toWireError(error, docBase), request_id: requestId },
    replayed: isReplayed(error),
  };
}

function headersOf({ code, status, details }: ItPayError): Record<string, string> {
  const retryAfterS = retryAfterOf(details) ?? RETRY_AFTER_S[code];
  return {
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(code === 'METHOD_NOT_ALLOWED' && { allow: (details!['allowed'] as string[]).join(', ') }),
    ...(retryAfterS !== undefined && { 'retry-after': String(retryAfterS) }),
  };
}

/** Who throws may know better, in whole or broken seconds. */
function retryAfterOf(details: ItPayError['details']): number | undefined {
  const seconds = details?.['retry_after'];
  return typeof seconds === 'number' && seconds >= 0 && seconds < Infinity ? Math.ceil(seconds) : undefined;
}

// Long enough for what stands in the way: a statement of another request; a new process, or a channel's hiccup.
const RETRY_AFTER_S: Readonly<Record<string, number>> = {
  IDEMPOTENCY_IN_PROGRESS: 1,
  SERVICE_UNAVAILABLE: 5,
  CHANNEL_UNAVAILABLE: 5,
  OUTCOME_UNKNOWN: 5,
};

const FOR_OPERATORS: ReadonlySet<string> = new Set(['CONFIGURATION_INVALID', 'DATABASE_LOCKED', 'MIGRATION_PENDING']);
