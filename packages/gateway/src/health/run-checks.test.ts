import { capturedLogger } from '@itpay/testkit';
import { afterEach, expect, it, vi } from 'vitest';
import { CHECK_LIMIT_MS, readiness, READY_FOR_MS, runChecks } from './run-checks.js';

afterEach(() => vi.useRealTimers());

const works = { name: 'database', required: true, check: async () => {} };
const refuses = () => Promise.reject(new Error('password of db.internal is wrong'));
const fails = { name: 'channel:promptpay:live', check: refuses };
const hangs = { name: 'slow', check: () => new Promise<void>(() => {}) };

it('is ready when everything works', async () => {
  const { status, checks } = await runChecks([works], capturedLogger());

  expect(status).toBe('ok');
  expect(checks).toEqual({ database: { state: 'ok', required: true, latency_ms: expect.any(Number) } });
});

it.each([
  // required  result               status
  [true, refuses, 'failed', 'failed'],
  [false, refuses, 'degraded', 'failed'],
  [true, async () => 'off' as const, 'ok', 'off'],
])('with a check that is required: %s', async (required, check, status, state) => {
  const result = await runChecks([works, { name: 'other', required, check }], capturedLogger());

  expect(result).toMatchObject({ status, checks: { database: { state: 'ok' }, other: { state, required } } });
});

it('says what does not work, and why only in the log', async () => {
  const logger = capturedLogger();

  const result = await runChecks([works, fails], logger);

  expect(JSON.stringify(result)).not.toContain('password');
  expect(logger.lines).toMatchObject([{ level: 'warn', fields: { check: 'channel:promptpay:live', required: false } }]);
});

it('waits for a check, but answers within five seconds', async () => {
  vi.useFakeTimers();

  const running = runChecks([hangs, works], capturedLogger());
  await vi.advanceTimersByTimeAsync(CHECK_LIMIT_MS);

  expect(CHECK_LIMIT_MS).toBeLessThan(5_000);
  expect(await running).toMatchObject({ status: 'degraded', checks: { slow: { state: 'failed' } } });
});

it('asks once for all who come at the same time or within a second', async () => {
  vi.useFakeTimers();
  let asked = 0;
  const ready = readiness([{ name: 'counted', check: async () => void asked++ }], capturedLogger());

  await Promise.all([ready(), ready()]);
  await vi.advanceTimersByTimeAsync(READY_FOR_MS - 1);
  await ready();
  expect(asked).toBe(1);

  await vi.advanceTimersByTimeAsync(1);
  await ready();
  expect(asked).toBe(2);
});
