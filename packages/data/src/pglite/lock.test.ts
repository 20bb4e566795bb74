import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type DirectoryLock, lockDirectory } from './lock.js';
import { thisProcess } from './process-identity.js';

let directory: string;
let file: string;
const held: DirectoryLock[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'itpay-lock-'));
  file = join(directory, 'pglite.lock');
});
afterEach(() => {
  for (const taken of held.splice(0)) taken.release();
  rmSync(directory, { recursive: true });
});

async function lock(onProgress?: (message: string) => void) {
  const taken = await lockDirectory({ file, directory, onProgress, beatMs: 20 });
  held.push(taken);
  return taken;
}

const leaveLockOf = (changes: object) =>
  writeFileSync(file, JSON.stringify({ ...thisProcess(), token: 'old', host: 'old-host', since: 'then', ...changes }));
const locked = (says: string) => ({ code: 'DATABASE_LOCKED', message: expect.stringContaining(says) });

it('is there while held, and gone after', async () => {
  const taken = await lock();
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid });

  taken.release();
  taken.release();

  expect(existsSync(file)).toBe(false);
});

it('refuses a second opener in the same process', async () => {
  await lock();

  await expect(lock()).rejects.toMatchObject(locked('is in use by this process, which opened it before'));
});

it('refuses while another process lives, naming it, the directory and the ways out', async () => {
  leaveLockOf({ pid: process.ppid, startedAt: null });

  await expect(lock()).rejects.toMatchObject({
    ...locked(`process ${process.ppid} on old-host`),
    details: { directory, pid: process.ppid, host: 'old-host' },
  });
  await expect(lock()).rejects.toThrow(/Stop the other one, .* ITPAY_DATA_DIR, or set DATABASE_URL/);
});

it('takes over from a process that is dead', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  leaveLockOf({ pid: child.pid });

  await lock();

  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid });
});

it.runIf(existsSync('/proc/self/stat'))('sees that a pid belongs to a later process', async () => {
  leaveLockOf({ pid: process.ppid, startedAt: '1' });

  await lock();

  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid });
});

it('waits for a sign of life from another machine, and takes over when there is none', async () => {
  const onProgress = vi.fn();
  leaveLockOf({ machine: 'another boot', pid: process.pid });

  await lock(onProgress);

  expect(onProgress).toHaveBeenCalledWith(expect.stringContaining('Another machine (old-host) used'));
});

it('refuses when the lock of another machine is being touched', async () => {
  leaveLockOf({ machine: 'another boot' });
  const beating = setInterval(() => utimesSync(file, new Date(), new Date()), 20);

  await expect(lock()).rejects.toMatchObject(locked('on old-host'));
  clearInterval(beating);
});

it('lets one of many newcomers take over a dead lock', async () => {
  leaveLockOf({ pid: 2 ** 22 + 1 });

  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => lock()));

  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

it.each(['', '{"pid"'])('takes over a lock file that was left unreadable: %j', async (content) => {
  writeFileSync(file, content);

  await lock();

  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid });
});

it('tells the holder when its lock was replaced, and leaves the other one’s alone', async () => {
  const onLost = vi.fn();
  held.push(await lockDirectory({ file, directory, onLost, beatMs: 20 }));

  leaveLockOf({ token: 'another' });
  await sleep(100);

  expect(onLost).toHaveBeenCalledTimes(1);
  expect(existsSync(file)).toBe(true);
});
