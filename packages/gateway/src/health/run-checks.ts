import type { HealthCheck, Logger } from '@itpay/kernel';

type State = 'ok' | 'failed';

/** In milliseconds. A check that needs longer has failed. */
export const CHECK_LIMIT_MS = 5_000;

/** Asks all at once. Why one failed is in the log: the answer is public. */
export async function runChecks(
  checks: readonly HealthCheck[],
  logger: Logger,
): Promise<{ status: State; checks: Record<string, State> }> {
  const states = await Promise.all(
    checks.map(async (check): Promise<[string, State]> => {
      try {
        await within(CHECK_LIMIT_MS, check.check());
        return [check.name, 'ok'];
      } catch (error) {
        logger.warn({ check: check.name, err: error }, 'A health check failed.');
        return [check.name, 'failed'];
      }
    }),
  );
  const ok = states.every(([, state]) => state === 'ok');
  return { status: ok ? 'ok' : 'failed', checks: Object.fromEntries(states) };
}

async function within(limitMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It did not end within ${limitMs} ms.`)), limitMs);
  });
  try {
    await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
