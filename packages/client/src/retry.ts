/** What came of one attempt that did not succeed. */
export type Failure =
  /** No answer: sent or not, nobody knows. */
  | { readonly kind: 'connection' }
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** Null when the answer was not ItPay's: a proxy's, a framework's. */
      readonly code: string | null;
      readonly retryable: boolean;
      readonly retryAfterMs?: number | undefined;
    };

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 8_000;
/** Whoever asks for a longer pause is told to the caller instead. */
const LONGEST_PAUSE_MS = 60_000;

/**
 * How long to wait before the same request is sent again.
 *
 * @param retries how many there were
 * @param random 0 to below 1
 * @returns milliseconds; null when it is not to be sent again
 */
export function retryDelay(failure: Failure, retries: number, maxRetries: number, random: number): number | null {
  if (retries >= maxRetries || !mayRepeat(failure)) return null;
  const doubled = Math.min(FIRST_DELAY_MS * 2 ** retries, LONGEST_DELAY_MS);
  // Half of it is chance, so that clients that failed together do not come back together.
  const backoff = doubled * (0.5 + random / 2);
  const asked = failure.kind === 'answer' ? failure.retryAfterMs : undefined;
  if (asked === undefined) return backoff;
  return asked > LONGEST_PAUSE_MS ? null : Math.max(asked + (backoff - doubled / 2), backoff);
}

function mayRepeat(failure: Failure): boolean {
  if (failure.kind === 'connection') return true;
  const { status, code, retryable } = failure;
  // What stands between us and ItPay says so while it restarts.
  if (code === null) return status === 429 || status === 502 || status === 503 || status === 504;
  // Our own request is still at work. Other conflicts need a decision: OUTCOME_UNKNOWN above all is waited for, not repeated.
  if (code === 'IDEMPOTENCY_IN_PROGRESS') return true;
  return retryable && (status === 429 || status >= 500);
}

/**
 * Whether what became of a write is known for good, so that a journal may forget it.
 *
 * @param uncertain an earlier attempt with the same key may have been carried out
 */
export function isSettled(failure: Failure, uncertain: boolean): boolean {
  if (failure.kind === 'connection') return false;
  const { status, code } = failure;
  if (code === null || status >= 500 || status === 429 || code === 'IDEMPOTENCY_IN_PROGRESS') return false;
  // These are said before the server looks the key up, and so tell nothing of what an earlier attempt did.
  return !(uncertain && (status === 401 || status === 403 || code === 'OUTCOME_UNKNOWN'));
}

/** Whether the attempt may have changed something. A 429 is given before anything is done. */
export function mayHaveWorked(failure: Failure): boolean {
  return failure.kind === 'connection' || failure.status >= 500 || failure.code === 'IDEMPOTENCY_IN_PROGRESS';
}

/**
 * @param header `Retry-After`: seconds, or a date
 * @param now milliseconds
 */
export function readRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
