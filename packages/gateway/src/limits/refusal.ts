import { ItPayError } from '@itpay/core';
import type { Taken, TokenBucket } from '@itpay/kernel';

/** A bucket that was full this long ago or less, in milliseconds, was emptied by a spike. */
const SPIKE_MS = 1_000;

/** No token was left: a spike took them all within a second, or the caller is above its rate for longer than that. */
export function overRate({ busyMs, nextInMs }: Taken, { perSecond, burst }: TokenBucket): ItPayError {
  const details = { limit: perSecond, burst, retry_after: seconds(nextInMs) };
  if (busyMs <= SPIKE_MS) {
    return new ItPayError('RATE_LIMIT_BURST', {
      message: `More than ${burst} requests came at once. Spread them: ${perSecond} per second pass.`,
      details,
    });
  }
  return new ItPayError('RATE_LIMITED', {
    message: `More than ${perSecond} requests per second came for a while. Slow down to that rate.`,
    details,
  });
}

export function tooManyRunning(most: number): ItPayError {
  return new ItPayError('RATE_LIMIT_CONCURRENT', {
    message: `${most} requests are running already. Wait until one of them is answered.`,
    details: { limit: most, retry_after: 1 },
  });
}

export function tooManyWaiting(most: number): ItPayError {
  return new ItPayError('RATE_LIMIT_CONCURRENT', {
    message: `${most} long polls and streams are open already. Close one of them, or take events from a webhook.`,
    details: { limit: most, retry_after: 1 },
  });
}

/** Whole seconds, at least one: a header cannot say less. */
export const seconds = (ms: number) => Math.max(1, Math.ceil(ms / 1000 - 1e-9));
