import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Which process wrote a lock, precisely enough to tell it from a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in clock ticks since boot; null where the system does not say (macOS, Windows). */
  readonly startedAt: string | null;
  /** Boot and pid namespace. Two containers may share host name, directory and pid, and yet be two. */
  readonly machine: string;
}

export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, startedAt: statOf(process.pid)?.startedAt ?? null, machine: machine() };
}

/** Whether the process lives; `unknown` when it is, or was, on another machine or in another container. */
export function stateOf(other: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  if (other.machine !== machine()) return 'unknown';
  if (!exists(other.pid)) return 'dead';
  const stat = statOf(other.pid);
  if (stat?.zombie) return 'dead'; // killed, and its parent has not asked how it ended
  const reused = stat !== null && other.startedAt !== null && stat.startedAt !== other.startedAt;
  return reused ? 'dead' : 'alive';
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // somebody else's process, but there
  }
}

// /proc/<pid>/stat: `pid (name) state …`, the start time being field 22. The name may hold spaces and brackets.
function statOf(pid: number): { zombie: boolean; startedAt: string } | null {
  const stat = readOrNull(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // begins with field 3
  return { zombie: fields[0] === 'Z', startedAt: fields[19] ?? '' };
}

function machine(): string {
  const boot = readOrNull(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const pidNamespace = readOrNull(() => readlinkSync('/proc/self/ns/pid'));
  return boot === null ? hostname() : `${boot} ${pidNamespace ?? hostname()}`;
}

function readOrNull(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
