import type { Api } from './api.js';
import type { PaymentIntent } from './api-types.js';
import { ItPayApiError, ItPayConnectionError, ItPayTimeoutError } from './errors.js';
import { retryDelay } from './retry.js';
import type { Settings } from './settings.js';

export interface WaitOptions {
  /** In milliseconds. Default: 15 minutes. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_TIMEOUT_MS = 15 * 60_000;
const LONGEST_POLL_S = 25;

/**
 * Whether there is nothing to wait for: the payment ended, or its money is held and the next step is yours. An intent that
 * expired or was cancelled may still receive late money; an event tells of it.
 */
export function hasEnded({ status, capture_method: method }: PaymentIntent): boolean {
  if (status === 'authorized') return method === 'manual';
  return status === 'succeeded' || status === 'expired' || status === 'cancelled' || status === 'failed';
}

/** Asks until a payment has ended, over restarts of the server. Asking changes nothing, so nothing is paid twice. */
export async function waitForPayment(
  api: Api,
  { runtime, timeoutMs: answerMs }: Settings,
  id: string,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: WaitOptions,
): Promise<PaymentIntent> {
  const until = runtime.now() + timeoutMs;
  let cursor: number | undefined;
  let failures = 0;
  let cause: unknown;
  for (;;) {
    const left = until - runtime.now();
    if (left <= 0) {
      throw new ItPayTimeoutError(
        `Payment intent ${id} has not ended within ${timeoutMs} ms. It may still be paid: wait again, or listen for its events.`,
        { cause },
      );
    }
    // The first one looks; without it, money that is held already would be noticed when the first poll ends.
    const timeout = cursor === undefined ? 0 : Math.min(LONGEST_POLL_S, Math.ceil(left / 1_000));
    try {
      const state = await api.request(
        'GET',
        '/v1/payment-intents/{id}/wait',
        { path: { id }, query: { timeout, ...(cursor !== undefined && { cursor }) } },
        { signal, timeoutMs: timeout * 1_000 + answerMs, maxRetries: 0 },
      );
      // An API key gets the whole intent; the short form is for payers.
      const intent = state.payment_intent as PaymentIntent;
      if (hasEnded(intent)) return intent;
      cursor = Number(state.cursor);
      failures = 0;
    } catch (error) {
      const pause = pauseAfter(error, failures++, runtime.random());
      if (pause === null) throw error;
      cause = error;
      await runtime.sleep(Math.min(pause, Math.max(0, until - runtime.now())), signal);
    }
  }
}

/** The retries of a wait end with its time, not with their number. */
function pauseAfter(error: unknown, failures: number, random: number): number | null {
  const anyNumber = failures + 1;
  if (error instanceof ItPayApiError) {
    const { status, code, retryable, retryAfterMs } = error;
    return retryDelay({ kind: 'answer', status, code, retryable, retryAfterMs }, failures, anyNumber, random);
  }
  if (!(error instanceof ItPayConnectionError)) return null;
  return retryDelay({ kind: 'connection' }, failures, anyNumber, random);
}
