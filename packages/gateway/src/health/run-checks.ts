import type { HealthCheck, Logger } from '@itpay/kernel';

/** `off`: not in use in this process. */
export type CheckState = 'ok' | 'failed' | 'off';

export interface CheckResult {
  readonly state: CheckState;
  readonly required: boolean;
  readonly latency_ms: number;
}

/** `degraded`: requests can be served, and something that should work does not. */
export interface Readiness {
  readonly status: 'ok' | 'degraded' | 'failed';
  readonly checks: Readonly<Record<string, CheckResult>>;
}

/** In milliseconds. A check that needs longer has failed. The answer is out within five seconds. */
export const CHECK_LIMIT_MS = 4_000;

/** For how long an answer stands, in milliseconds: asking more often costs the database nothing. */
export const READY_FOR_MS = 1_000;

/** Asks all at once. Why one failed is in the log: the answer is public. */
export async function runChecks(checks: readonly HealthCheck[], logger: Logger): Promise<Readiness> {
  const results = await Promise.all(checks.map(async (check) => [check.name, await runCheck(check, logger)] as const));
  const failed = results.filter(([, { state }]) => state === 'failed');
  const unable = failed.some(([, { required }]) => required);
  return { status: unable ? 'failed' : failed.length > 0 ? 'degraded' : 'ok', checks: Object.fromEntries(results) };
}

/** One run at a time, and none within `READY_FOR_MS` of the last: whoever asks meanwhile gets its answer. */
export function readiness(checks: readonly HealthCheck[], logger: Logger): () => Promise<Readiness> {
  let latest: Promise<Readiness> | null = null;
  let until = Infinity;
  return () => {
    if (latest === null || performance.now() >= until) {
      until = Infinity;
      latest = runChecks(checks, logger).finally(() => (until = performance.now() + READY_FOR_MS));
    }
    return latest;
  };
}

async function runCheck({ name, required = false, check }: HealthCheck, logger: Logger): Promise<CheckResult> {
  const started = performance.now();
  const result = (state: CheckState) => ({ state, required, latency_ms: Math.round(performance.now() - started) });
  try {
    return result((await within(CHECK_LIMIT_MS, check())) ?? 'ok');
  } catch (error) {
    logger.warn({ check: name, required, err: error }, 'A health check failed.');
    return result('failed');
  }
}

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It did not end within ${limitMs} ms.`)), limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
