import { capturedLogger } from '@itpay/testkit';
import { afterEach, expect, it, vi } from 'vitest';
import { CHECK_LIMIT_MS, runChecks } from './run-checks.js';

afterEach(() => vi.useRealTimers());

const works = { name: 'database', check: async () => {} };
const fails = { name: 'channel:promptpay', check: () => Promise.reject(new Error('password of db.internal is wrong')) };
const hangs = { name: 'slow', check: () => new Promise<void>(() => {}) };

it('is ready when everything works', async () => {
  expect(await runChecks([works], capturedLogger())).toEqual({ status: 'ok', checks: { database: 'ok' } });
});

it('says what does not work, and why only in the log', async () => {
  const logger = capturedLogger();

  const result = await runChecks([works, fails], logger);

  expect(result).toEqual({ status: 'failed', checks: { database: 'ok', 'channel:promptpay': 'failed' } });
  expect(logger.lines).toMatchObject([{ level: 'warn', fields: { check: 'channel:promptpay' } }]);
});

it('waits five seconds for a check and no longer', async () => {
  vi.useFakeTimers();

  const running = runChecks([hangs, works], capturedLogger());
  await vi.advanceTimersByTimeAsync(CHECK_LIMIT_MS);

  expect(await running).toEqual({ status: 'failed', checks: { slow: 'failed', database: 'ok' } });
});
