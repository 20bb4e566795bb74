import { expect, it, vi } from 'vitest';
import { Upkeep } from './upkeep.js';

const settle = () => new Promise((resolve) => setImmediate(resolve));

it('does nothing for a database with little to do', () => {
  const run = vi.fn(async () => {});
  const upkeep = new Upkeep(run, () => {});

  for (let i = 0; i < 100; i += 1) upkeep.note();

  expect(run).not.toHaveBeenCalled();
});

it('writes a checkpoint with the first statement after a minute', async () => {
  let now = 0;
  const run = vi.fn(async () => {});
  const upkeep = new Upkeep(
    run,
    () => {},
    () => now,
  );

  now = 60_000;
  upkeep.note();
  await settle();
  upkeep.note();

  expect(run.mock.calls).toEqual([['CHECKPOINT']]);
});

it('vacuums after twenty thousand statements', async () => {
  const run = vi.fn(async (_sql: string) => {});
  const upkeep = new Upkeep(
    run,
    () => {},
    () => 0,
  );

  for (let i = 0; i < 21_002; i += 1) {
    upkeep.note();
    if (i % 1000 === 0) await settle();
  }

  expect(run.mock.calls.flat()).toContain('VACUUM (ANALYZE)');
});

it('reports a failure and tries again later', async () => {
  let now = 0;
  const onError = vi.fn();
  const run = vi.fn(async () => Promise.reject(new Error('no space')));
  const upkeep = new Upkeep(run, onError, () => now);

  for (const at of [60_000, 120_000]) {
    now = at;
    upkeep.note();
    await settle();
  }

  expect([run.mock.calls.length, onError.mock.calls.length]).toEqual([2, 2]);
});
