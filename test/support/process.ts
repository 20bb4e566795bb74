import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { whenFileEnds } from './cleanup.js';

export { freePort } from './free-port.mjs';

export interface StartOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** The line that says that the process is up. A named group `url`, else the first http URL in it, becomes `url`. */
  readyWhen?: RegExp;
  /** Default 60 s: the first start of an embedded database on a busy machine takes half of it. */
  readyTimeoutMs?: number;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface StartedProcess {
  pid: number;
  /** Lines so far; they go on growing. */
  stdout: string[];
  stderr: string[];
  url: string | undefined;
  /** Sends the signal to the process and its children, SIGTERM unless told. @returns how it ended */
  kill(signal?: NodeJS.Signals): Promise<Exit>;
  exited: Promise<Exit>;
}

/**
 * Starts a real process and waits for the line that says that it is up. It is killed when the test (or, started in a
 * `beforeAll`, the file) ends.
 *
 * @throws with everything that it printed when it ends, or stays silent for too long, before it is ready
 */
export async function startProcess(
  command: string,
  args: string[],
  { env = {}, cwd = process.cwd(), readyWhen, readyTimeoutMs = 60_000 }: StartOptions = {},
): Promise<StartedProcess> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: true, // an own group, so that `kill` reaches what the process itself starts
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject).once('exit', (code, signal) => resolve({ code, signal }));
  });
  atTheEnd(async () => {
    signalGroup(child.pid, 'SIGKILL');
    await exited.catch(() => {});
  });
  if (child.pid !== undefined) killWhenWeDie(child.pid, exited);

  const stdout: string[] = [];
  const stderr: string[] = [];
  const ready = readyWhen ? firstMatch(readyWhen) : { line: Promise.resolve(undefined), see: () => {} };
  eachLine(child.stdout, (line) => {
    stdout.push(line);
    ready.see(line);
  });
  eachLine(child.stderr, (line) => {
    stderr.push(line);
    ready.see(line);
  });

  const said = () => [...stdout, ...stderr].join('\n');
  const url = await Promise.race([
    ready.line,
    exited.then(async ({ code, signal }) => {
      if (!readyWhen) return undefined;
      // Its last words may still be in the pipe; a child of it that keeps the pipe open must not keep us.
      await Promise.race([once(child, 'close'), sleep(200)]);
      throw new Error(`${command} ended with ${signal ?? code} before it was ready:\n${said()}`);
    }),
    silence(readyTimeoutMs, () => new Error(`${command} was not ready after ${readyTimeoutMs} ms:\n${said()}`)),
  ]);

  return {
    pid: child.pid!,
    stdout,
    stderr,
    url,
    exited,
    kill: (signal = 'SIGTERM') => {
      signalGroup(child.pid, signal);
      return exited;
    },
  };
}

function signalGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // all of them are gone already
  }
}

/**
 * For the case that the test runner itself is killed: a shell waits for the end of a pipe that only we hold open, and
 * then ends the group. `postgres.ts` keeps its server the same way.
 */
function killWhenWeDie(leader: number, exited: Promise<Exit>): void {
  const watcher = spawn('sh', ['-c', `read -r _; kill -s KILL -- -${leader}`], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.stdin.on('error', () => {});
  void exited.catch(() => {}).then(() => watcher.kill('SIGKILL'));
}

/** Registers a cleanup for the end of the running test, or of the file when a hook of the file asks. */
function atTheEnd(cleanup: () => Promise<void>): void {
  try {
    onTestFinished(cleanup);
  } catch {
    whenFileEnds(cleanup);
  }
}

function firstMatch(pattern: RegExp): { line: Promise<string | undefined>; see(line: string): void } {
  let found: (url: string | undefined) => void;
  const line = new Promise<string | undefined>((resolve) => (found = resolve));
  const see = (text: string) => {
    const match = pattern.exec(text);
    if (match) found(match.groups?.['url'] ?? /https?:\/\/[^\s'"<>]+/.exec(text)?.[0]);
  };
  return { line, see };
}

function eachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    lines.forEach(onLine);
  });
  stream.once('end', () => rest && onLine(rest));
}

function silence(afterMs: number, error: () => Error): Promise<never> {
  return new Promise((_, reject) => setTimeout(() => reject(error()), afterMs).unref());
}
