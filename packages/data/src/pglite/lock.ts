import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { ItPayError } from '@itpay/core';
import { type ProcessIdentity, stateOf, thisProcess } from './process-identity.js';

/** Holds a directory for one opener. */
export interface DirectoryLock {
  release(): void;
}

export interface LockOptions {
  /** The file that stands for the lock. */
  readonly file: string;
  /** What is locked, for messages. */
  readonly directory: string;
  readonly onProgress?: ((message: string) => void) | undefined;
  /** Somebody removed or replaced the lock: the directory is no longer ours alone. */
  readonly onLost?: (() => void) | undefined;
  readonly beatMs?: number;
}

interface LockRecord extends ProcessIdentity {
  readonly token: string;
  readonly host: string;
  readonly since: string;
}

/**
 * Keeps a second opener out. Two on one directory destroy the database beyond repair, and PGlite does not notice.
 *
 * A lock whose process is dead is taken over. Whether a process on another machine lives cannot be asked, so each holder
 * touches its lock every two seconds, and a newcomer watches for that.
 *
 * @throws ItPayError `DATABASE_LOCKED` naming the process and the ways out
 */
export async function lockDirectory(options: LockOptions): Promise<DirectoryLock> {
  const { file, directory, onProgress, beatMs = 2000 } = options;
  const mine: LockRecord = {
    ...thisProcess(),
    token: randomUUID(),
    host: hostname(),
    since: new Date().toISOString(),
  };

  for (let attempt = 0; attempt < 20; attempt += 1) {
    if (createExclusively(file, mine)) return hold(options, mine);

    const other = readLock(file);
    if (other === null) {
      await sleep(50); // vanished, or its owner is about to write it
      if (readLock(file) === null && attempt > 10) removeQuietly(file); // left empty by a full disk
      continue;
    }
    const state = stateOf(other);
    if (state === 'alive') throw locked(directory, other);
    if (state === 'unknown') {
      onProgress?.(`Another machine (${other.host}) used ${directory}. Waiting to see whether it still does …`);
      if (await isBeating(file, beatMs)) throw locked(directory, other);
    }
    if (takeOver(file, other, mine)) return hold(options, mine);
    await sleep(50);
  }
  throw locked(directory, readLock(file));
}

function hold({ file, onLost, beatMs = 2000 }: LockOptions, mine: LockRecord): DirectoryLock {
  const beat = setInterval(() => {
    if (readLock(file)?.token === mine.token) return touch(file);
    release();
    onLost?.();
  }, beatMs);
  beat.unref();

  const release = () => {
    clearInterval(beat);
    process.off('exit', release);
    if (readLock(file)?.token === mine.token) removeQuietly(file);
  };
  process.on('exit', release);
  return { release };
}

/**
 * Replaces the lock of a dead process. Of several newcomers who found the same one, the second guard file lets one in at a
 * time, and those after the first find another token. No await in here, so a guard lives for microseconds.
 */
function takeOver(file: string, dead: LockRecord, mine: LockRecord): boolean {
  const guard = `${file}.takeover`;
  if (!createExclusively(guard, mine)) {
    const age = Date.now() - (modifiedAt(guard) ?? Date.now());
    if (age > 10_000) removeQuietly(guard); // its process died in between
    return false;
  }
  try {
    if (readLock(file)?.token !== dead.token) return false;
    const fresh = `${file}.${mine.token}`;
    writeFileSync(fresh, JSON.stringify(mine), { mode: 0o600 });
    renameSync(fresh, file);
    return true;
  } finally {
    removeQuietly(guard);
  }
}

async function isBeating(file: string, beatMs: number): Promise<boolean> {
  const before = modifiedAt(file);
  const end = performance.now() + 3 * beatMs + 500;
  while (performance.now() < end) {
    await sleep(beatMs / 4);
    const now = modifiedAt(file);
    if (now !== null && now !== before) return true;
  }
  return false;
}

function createExclusively(file: string, record: LockRecord): boolean {
  try {
    writeFileSync(file, JSON.stringify(record), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readLock(file: string): LockRecord | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LockRecord;
  } catch {
    return null;
  }
}

function modifiedAt(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? null;
}

function touch(file: string): void {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // gone between the look and the touch; the next beat sees it
  }
}

function removeQuietly(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // gone already
  }
}

function locked(directory: string, by: LockRecord | null): ItPayError {
  const sameProcess = by?.pid === process.pid && stateOf(by) === 'alive';
  const who = sameProcess
    ? 'this process, which opened it before and has not closed it'
    : `process ${by?.pid ?? '?'} on ${by?.host ?? '?'}, since ${by?.since ?? '?'}`;
  return new ItPayError('DATABASE_LOCKED', {
    message:
      `The embedded database in ${directory} is in use by ${who}. One process at a time can use it. Stop the other one, ` +
      'choose another directory with ITPAY_DATA_DIR, or set DATABASE_URL so that processes can share one PostgreSQL.',
    details: { directory, pid: by?.pid ?? null, host: by?.host ?? null },
  });
}
