import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startFakeRail } from '@itpay/testkit/fake-rail';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDatabase, freshDirectory } from '../support/database.js';

const MAIN = fileURLToPath(new URL('process.mjs', import.meta.url));

/** A line of the log of a process. */
export interface Line {
  readonly level: 'warn' | 'error';
  readonly message: string;
}

interface Call {
  readonly resolve: (result: any) => void;
  readonly reject: (error: Error) => void;
}

/** A process of the installation, as its supervisor sees it. It ends with the test file. */
export class Instance {
  readonly #process: ChildProcess;
  readonly #calls = new Map<number, Call>();
  /** It has imported everything, and can be told what to do. */
  readonly started: Promise<unknown>;
  #made = 0;
  #printed = '';
  /** What it warned of. */
  readonly lines: Line[] = [];
  port = 0;

  constructor() {
    this.#process = fork(MAIN, {
      execArgv: [],
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.#printed += chunk.toString()));
    }
    this.#process.on('message', (said: { call: number; result: any; failed?: string }) => {
      if (said.call === -1) return void this.lines.push(said.result as Line);
      const waiting = this.#calls.get(said.call);
      this.#calls.delete(said.call);
      if (said.failed === undefined) waiting?.resolve(said.result);
      else waiting?.reject(new Error(said.failed));
    });
    this.#process.on('exit', (code, signal) => {
      const gone = new Error(`The process ended (${signal ?? code}). ${this.#printed}`);
      for (const { reject } of this.#calls.values()) reject(gone);
      this.#calls.clear();
    });
    this.started = this.#answerTo(0);
    this.started.catch(() => {});
    whenFileEnds(() => this.kill());
  }

  /** Comes up and listens. */
  async open(setting: object): Promise<this> {
    const { port } = await this.run('open', setting);
    this.port = port;
    return this;
  }

  async run(task: string, details: object = {}): Promise<any> {
    await this.started;
    const call = (this.#made += 1);
    const answer = this.#answerTo(call);
    this.#process.send({ call, task, ...details }, () => {});
    return answer;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void {
    this.#process.kill(signal);
  }

  /** How it ended, once it has. */
  async ended(): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode === null && signalCode === null) await once(this.#process, 'exit');
    return { code: this.#process.exitCode, signal: this.#process.signalCode };
  }

  /** As `kill -9`, also when it was paused. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.ended();
  }

  #answerTo(call: number): Promise<any> {
    return new Promise((resolve, reject) => this.#calls.set(call, { resolve, reject }));
  }
}

/** A database, a rail, and what every process of the installation is opened with. */
export async function freshInstallation(options: object = {}) {
  const { url: database } = await freshDatabase();
  const rail = await startFakeRail();
  whenFileEnds(() => rail.stop());
  const setting = {
    rail: { url: rail.url, secret: rail.secret },
    options: { publicUrl: 'http://127.0.0.1/itpay', database, dataDir: await freshDirectory(), ...options },
  };
  return { database, rail, setting };
}

/** So many processes: the first one brings the schema up to date, the others come up at once. */
export async function openInstances(count: number, setting: object): Promise<Instance[]> {
  const [first, ...others] = Array.from({ length: count }, () => new Instance());
  await first!.open(setting);
  return [first!, ...(await Promise.all(others.map((other) => other.open(setting))))];
}

export interface Answer {
  readonly status: number;
  readonly body: any;
}

/** One request to one process, on a connection of its own. */
export async function ask(
  { port }: { readonly port: number },
  method: string,
  path: string,
  { token, key, body }: { readonly token?: string; readonly key?: string; readonly body?: object } = {},
): Promise<Answer> {
  const answer = await fetch(`http://127.0.0.1:${port}/itpay${path}`, {
    method,
    headers: {
      connection: 'close',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
}
