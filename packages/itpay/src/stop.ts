import type { Logger } from '@itpay/kernel';

/** Default of the option `stopTimeoutMs`. */
export const STOP_TIMEOUT_MS = 30_000;
/** What the database gets to close when others took all the time. */
const ABANDON_MS = 1_000;

export interface Stoppable {
  /** Lets no request in and waits for those that run, at most so long. */
  drain(limitMs: number): Promise<void>;
  /** Takes no new job or sweep and waits for those that run. */
  stopWork(): Promise<void>;
  /** Closes everything, once nothing runs. */
  close(): Promise<void>;
  /** Closes connections under whatever still uses them. */
  abandon(): Promise<void>;
  /** What runs now, by name. */
  running(): readonly string[];
}

/**
 * Ends requests and work side by side, then closes. What does not end in time is left behind with a warning that names it;
 * the leases of its rows end by themselves, and another process goes on with them.
 *
 * @throws what went wrong while closing
 */
export async function stopWithin(limitMs: number, parts: Stoppable, logger: Logger): Promise<void> {
  const started = performance.now();
  let closing = false;
  const ended = Promise.all([parts.drain(limitMs), parts.stopWork()]).then(async () => {
    if (parts.running().length > 0) return false;
    closing = true;
    await parts.close();
    return true;
  });
  if (await within(limitMs, ended, false)) return;

  const running = closing ? ['closing what was open'] : parts.running();
  logger.warn(
    { running, limitMs, ms: Math.round(performance.now() - started) },
    'The stop took too long; what still runs is left behind.',
  );
  ended.catch(() => {}); // nobody waits for it any more
  await within(ABANDON_MS, parts.abandon(), undefined);
}

async function within<T>(limitMs: number, work: Promise<T>, late: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<T>((resolve) => (timer = setTimeout(resolve, limitMs, late)));
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
