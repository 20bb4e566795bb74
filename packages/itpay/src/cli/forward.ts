import type { EventEnvelope } from '@itpay/core';
import { signPayload } from '@itpay/webhook';

/** How one delivery went: an answer, or why there was none. */
export interface Forwarded {
  readonly status: number | null;
  readonly error: string | null;
  readonly latency_ms: number;
}

/** In milliseconds, as long as a real webhook waits. */
const LIMIT_MS = 15_000;

/** Posts an event as the real sender does: the same body, the same headers, a signature of the same kind. */
export async function forward(
  event: EventEnvelope,
  { url, secret, signal }: { readonly url: string; readonly secret: string; readonly signal: AbortSignal },
): Promise<Forwarded> {
  const body = bodyOf(event);
  const timestamp = Math.floor(Date.now() / 1000);
  const begun = performance.now();
  const took = () => Math.round(performance.now() - begun);
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual', // a webhook never follows one
      headers: {
        'content-type': 'application/json',
        'user-agent': 'ItPay/command-line',
        'webhook-id': event.id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signPayload({ id: event.id, timestamp, body }, [secret]),
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
    });
    await response.body?.cancel();
    return { status: response.status, error: null, latency_ms: took() };
  } catch (error) {
    return { status: null, error: reasonOf(error), latency_ms: took() };
  }
}

// What the API adds to an event for its own answers does not belong into a webhook.
function bodyOf({ id, type, timestamp, api_version, livemode, account, sequence, data }: EventEnvelope): string {
  return JSON.stringify({ id, type, timestamp, api_version, livemode, account, sequence, data });
}

// fetch hides the reason in a cause: "fetch failed".
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'timeout';
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : String(cause);
}
