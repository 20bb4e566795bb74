import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { whenFileEnds } from '../support/cleanup.js';

const MAIN = fileURLToPath(new URL('child.mjs', import.meta.url));

/** The answer to a client, as the child saw it leave. */
export interface Answer {
  readonly status: number;
  readonly replayed: boolean;
  readonly body: any;
}

/** What a child printed on the way, and how the task ended. */
export interface Told {
  readonly intent: { readonly id: string; readonly reference: string } | null;
  readonly answer: Answer | null;
  /** The port call around which it killed itself. */
  readonly killed: string | null;
  /** What the task returned; null when the child died. */
  readonly done: any;
  readonly failed: string | null;
  readonly signal: NodeJS.Signals | null;
}

/** A shop's process that has everything imported and waits for its task. */
export class Child {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #errors = '';

  constructor() {
    this.#process = spawn(process.execPath, [MAIN], { env: { ...process.env, NODE_OPTIONS: '' } });
    this.#process.stdin.on('error', () => {}); // it died before it read
    this.#process.stderr.on('data', (chunk: Buffer) => (this.#errors += chunk.toString()));
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
    whenFileEnds(() => this.end());
  }

  /** Has the child do a task, to its end or the child's. */
  async run(task: string, details: object): Promise<Told> {
    this.#process.stdin.write(`${JSON.stringify({ task, ...details })}\n`);
    const told = { intent: null, answer: null, killed: null, done: null, failed: null, signal: null };
    for (;;) {
      const line = await this.#lines.next();
      if (line.done === true) return { ...told, ...(await this.#death()) };
      const said = JSON.parse(line.value) as Partial<Told>;
      Object.assign(told, said);
      if ('done' in said || 'failed' in said) return told;
    }
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.stdin.end();
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  async #death(): Promise<Pick<Told, 'signal' | 'failed'>> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit');
    return { signal: this.#process.signalCode, failed: this.#errors || null };
  }
}
