import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { whenFileEnds } from '../support/cleanup.js';

const MAIN = fileURLToPath(new URL('webhooks-child.mjs', import.meta.url));

interface Said {
  readonly done?: string;
  readonly failed?: string;
}

/** A process of the installation. What it complained of is in `problems`, also when it was killed. */
export class SenderProcess {
  readonly problems: string[] = [];
  readonly #process: ChildProcess;
  readonly #said: Said[] = [];
  #heard: () => void = () => {};

  constructor() {
    this.#process = fork(MAIN, { execArgv: [], env: { ...process.env, NODE_OPTIONS: '' } });
    this.#process.on('message', (message: Said & { problem?: string }) => {
      if (message.problem !== undefined) this.problems.push(message.problem);
      else this.#said.push(message);
      this.#heard();
    });
    this.#process.on('exit', () => this.#heard());
    whenFileEnds(() => this.kill());
  }

  /** Until it has everything imported. */
  async started(): Promise<this> {
    await this.#answer('start');
    return this;
  }

  async run(task: 'open' | 'trade' | 'rest' | 'goOn' | 'stop', details: object = {}): Promise<void> {
    this.#process.send({ task, ...details });
    await this.#answer(task);
  }

  /** As `kill -9`; resolves when it is gone. */
  async kill(): Promise<void> {
    if (!this.alive()) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }

  async #answer(task: string): Promise<void> {
    while (this.#said.length === 0) {
      if (!this.alive()) throw new Error(`The process ended while it was told to ${task}.`);
      await new Promise<void>((resolve) => (this.#heard = resolve));
    }
    const { done, failed } = this.#said.shift()!;
    if (done !== task) throw new Error(`The process could not ${task}: ${failed ?? `it said ${done}`}`);
  }

  alive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }
}
