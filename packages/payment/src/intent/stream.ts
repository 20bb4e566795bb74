import type { Actor } from '@itpay/kernel';
import { isClosed } from './machine.js';
import type { PresentedIntent } from './intent.js';
import type { IntentWaiters } from './wait.js';

/** A proxy closes a connection on which nothing comes for some time, often 60 seconds. */
const HEARTBEAT_MS = 15_000;
/** Then the client connects again, perhaps to another server. */
const LIFETIME_MS = 10 * 60_000;
const RECONNECT_AFTER_MS = 2_000;

export interface StreamRequest {
  readonly owner: Pick<Actor, 'account' | 'livemode'>;
  /** The intent as it is now. */
  readonly first: PresentedIntent;
  /** The version that the client saw last; null: none. */
  readonly knownVersion: number | null;
  /** What the client may see of it, as JSON. */
  readonly project: (presented: PresentedIntent) => object;
  /** Ends the stream: the client went away, or the server stops. */
  readonly signal: AbortSignal;
  readonly heartbeatMs?: number;
  readonly lifetimeMs?: number;
}

/**
 * The states of an intent as server-sent events: the one that it has now, unless the client knows it, then each change, and
 * a comment as a heartbeat while nothing happens. It ends after the state in which the intent is paid or closed. No database
 * connection is held between two states.
 */
export async function* streamIntent(
  waiters: Pick<IntentWaiters, 'wait'>,
  { owner, first, knownVersion, project, signal, heartbeatMs = HEARTBEAT_MS, lifetimeMs = LIFETIME_MS }: StreamRequest,
): AsyncGenerator<string> {
  const end = performance.now() + lifetimeMs;
  yield `retry: ${RECONNECT_AFTER_MS}\n\n`;
  let shown = first;
  if (first.intent.version !== knownVersion) yield eventOf(first, project);

  while (!isClosed(shown.intent.status)) {
    const left = end - performance.now();
    if (left <= 0 || signal.aborted) return;
    const { id: intentId, version } = shown.intent;
    const timeoutMs = Math.min(left, heartbeatMs);
    const next = await waiters.wait(owner, { intentId, knownVersion: version, timeoutMs, signal });
    if (next === null || signal.aborted) return;
    shown = next;
    yield next.changed ? eventOf(next, project) : ': heartbeat\n\n';
  }
}

// The version is the id, so that a client that connects again says with Last-Event-ID what it knows.
function eventOf(presented: PresentedIntent, project: StreamRequest['project']): string {
  const { version } = presented.intent;
  return `event: payment_intent.state\nid: ${version}\ndata: ${JSON.stringify(project(presented))}\n\n`;
}
