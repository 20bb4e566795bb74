import { FAILURE_CATEGORIES, type Attempt, type ChannelFailure, type Operation, type Outcome } from '@itpay/kernel';
import { ItPayError, type ErrorCode } from '@itpay/core';

/** An attempt that the guard made, as an outcome: what went wrong has one by its category. */
export function toOutcome<T>(attempt: Attempt<Outcome<T>>): Outcome<T> {
  return attempt.ok ? attempt.value : failed(attempt.failure);
}

export function failed(failure: ChannelFailure): Outcome<never> {
  return { outcome: FAILURE_CATEGORIES[failure.category], failure };
}

const CODE_OF_DECLINE: Readonly<Partial<Record<ChannelFailure['category'], ErrorCode>>> = {
  insufficient_funds: 'INSUFFICIENT_FUNDS',
};

/** The code for a caller whose operation the channel refused. The channel's own words never reach it. */
export function declineCode({ category }: ChannelFailure): ErrorCode {
  return CODE_OF_DECLINE[category] ?? 'PAYMENT_DECLINED';
}

/** The error for an operation that certainly did not happen: the caller may repeat it under the same key. */
export function notSentError({ id, kind, channel, failure }: Operation, object: object): ItPayError {
  const away = failure?.category === 'circuit_open' || failure?.category === 'not_connected';
  return new ItPayError(away ? 'CHANNEL_UNAVAILABLE' : 'CHANNEL_ERROR', {
    message:
      kind === 'refund' || kind === 'cancel'
        ? `The channel "${channel}" did not take the ${kind} yet; nothing happened so far. It is sent again by itself, or at ` +
          'once when you repeat the request with the same idempotency key.'
        : `The channel "${channel}" did not take the request; nothing happened. Repeat it with the same idempotency key.`,
    details: {
      operation: id,
      retry_after: Math.max(1, Math.ceil((failure?.retryAfterMs ?? 1_000) / 1_000)),
      object,
    },
  });
}
