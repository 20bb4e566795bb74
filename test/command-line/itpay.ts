import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { freshDirectory } from '../support/database.js';
import { freePort, startProcess, type StartedProcess } from '../support/process.js';

export const COMMAND = resolve('packages/itpay/dist/cli/main.js');

/** Nothing of the machine that runs the tests decides what a command does. */
const CLEAN = {
  DATABASE_URL: '',
  S3_BUCKET: '',
  S3_REGION: '',
  ITPAY_SECRET_KEY: '',
  ITPAY_SECRET_KEY_FILE: '',
  REDIS_URL: '',
  ITPAY_URL: '',
  ITPAY_API_KEY: '',
  ITPAY_PUBLIC_URL: '',
  NO_COLOR: '1',
};

export interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command to its end, as a process without a terminal. */
export function itpay(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Result> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [COMMAND, ...args],
      { cwd, env: { ...process.env, ...CLEAN, ...env } },
      (error, out, err) => done({ code: error === null ? 0 : Number(error.code), out, err }),
    );
    child.stdin?.end();
  });
}

/** A folder with a configuration that has PromptPay in both modes. */
export async function installation(): Promise<string> {
  const directory = await freshDirectory();
  const adapter = JSON.stringify(resolve('adapters/promptpay/dist/index.js'));
  await writeFile(
    join(directory, 'itpay.config.mjs'),
    `import { promptpay } from ${adapter};\n` +
      `export default { account: 'Test Shop', plugins: [promptpay({ target: '0812345678' })] };\n`,
  );
  return directory;
}

export interface RunningServer {
  readonly directory: string;
  /** For commands that ask it. */
  readonly env: { readonly ITPAY_URL: string; readonly ITPAY_API_KEY: string };
  readonly liveKey: string;
}

/** `itpay start` with a test key and a live key. */
export async function server(): Promise<RunningServer> {
  const directory = await installation();
  const newKey = async (...args: string[]) => {
    const created = await itpay(['keys', 'create', ...args], directory);
    const key = /itpay_(test|live)_\S+/.exec(created.out)?.[0];
    if (key === undefined) throw new Error(`No key was made:\n${created.out}${created.err}`);
    return key;
  };
  const key = await newKey();
  const liveKey = await newKey('--live');
  const port = await freePort();
  await startProcess(process.execPath, [COMMAND, 'start'], {
    cwd: directory,
    env: { ...CLEAN, PORT: String(port) },
    readyWhen: /answers at/,
  });
  return { directory, env: { ITPAY_URL: `http://localhost:${port}/itpay`, ITPAY_API_KEY: key }, liveKey };
}

/** A command that goes on until it is stopped. */
export function follow(args: string[], { directory, env }: RunningServer, readyWhen: RegExp): Promise<StartedProcess> {
  return startProcess(process.execPath, [COMMAND, ...args], { cwd: directory, env: { ...CLEAN, ...env }, readyWhen });
}
