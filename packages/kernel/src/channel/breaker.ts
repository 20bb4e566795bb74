/** How often in a row a channel's infrastructure may fail before it is left alone, and for how long. */
const FAILURES_TO_OPEN = 5;
const OPEN_MS = 30_000;

/** A circuit breaker as a value: pure, so that it runs on whatever clock the kernel has. */
export type BreakerState =
  | { readonly state: 'closed'; readonly failures: number }
  | { readonly state: 'open'; readonly until: number }
  /** One call is on its way to find out whether the channel is back. */
  | { readonly state: 'half_open'; readonly until: number };

export const CLOSED: BreakerState = { state: 'closed', failures: 0 };

/** Whether a call may go out now, and the state that it leaves. */
export function admit(
  breaker: BreakerState,
  nowMs: number,
): { readonly admitted: boolean; readonly next: BreakerState } {
  if (breaker.state === 'closed') return { admitted: true, next: breaker };
  if (nowMs < breaker.until) return { admitted: false, next: breaker };
  // It is time for a first probe, or the one that went out has not come back in time.
  return { admitted: true, next: { state: 'half_open', until: nowMs + OPEN_MS } };
}

/** The state after a call that was admitted. A refusal by the rail is an answer: its infrastructure works. */
export function report(breaker: BreakerState, healthy: boolean, nowMs: number): BreakerState {
  if (healthy) return CLOSED;
  const failures = breaker.state === 'closed' ? breaker.failures + 1 : FAILURES_TO_OPEN;
  return failures >= FAILURES_TO_OPEN ? { state: 'open', until: nowMs + OPEN_MS } : { state: 'closed', failures };
}
