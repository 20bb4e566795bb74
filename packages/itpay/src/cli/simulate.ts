import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAlipaySimulator, startWechatSimulator } from '@itpay/simulator';
import { Command } from './command.js';
import { CommandError, UsageError } from './errors.js';
import { print, say } from './output.js';
import { untilStopped } from './until-stopped.js';

/** A rail that exists only on this machine, for an adapter to talk to. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .argument('<rail>', Object.keys(RAILS).join(' or '))
    .description('run a rail that exists only on this machine, with a merchant of its own, until Ctrl+C')
    .option('--port <n>', 'where it listens (default: a free one)')
    .option('--seed <text>', 'numbers depend on it; keys are new each time', 'itpay')
    .option('--mode <mode>', 'wechat: public_key, certificate or both; alipay: key or certificate (default: the first)')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLE)
    .action(async (name: string, options: SimulateOptions) => {
      const rail = RAILS[name as keyof typeof RAILS] as Rail | undefined;
      if (rail === undefined) {
        throw new UsageError(`There is no simulator "${name}". There are: ${Object.keys(RAILS).join(', ')}.`);
      }
      const { modes } = rail;
      const mode = options.mode ?? modes[0]!;
      if (!modes.includes(mode)) throw new UsageError(`--mode: of ${name}, there are ${modes.join(', ')}.`);
      const folder = mkdtempSync(join(tmpdir(), `itpay-${name}-`));
      try {
        await untilStopped((signal) =>
          run(name, rail, { ...options, mode, port: checkPort(options.port) }, folder, signal),
        );
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
}

interface SimulateOptions {
  readonly port?: string;
  readonly seed: string;
  readonly mode?: string;
  readonly json?: boolean;
}

interface Rail {
  /** The first is the usual one. */
  readonly modes: readonly string[];
  start(options: { readonly port: number; readonly seed: string; readonly mode: string }): Promise<{
    readonly url: string;
    readonly credentials: object;
    close(): Promise<void>;
  }>;
}

const RAILS = {
  wechat: {
    modes: ['public_key', 'certificate', 'both'],
    start: async (options) => {
      const rail = await startWechatSimulator({ ...options, mode: options.mode as 'both', callbacks: 'auto' });
      return { ...rail, credentials: { baseUrl: rail.url, ...rail.credentials } };
    },
  },
  alipay: {
    modes: ['key', 'certificate'],
    start: (options) => startAlipaySimulator({ ...options, mode: options.mode as 'key', callbacks: 'auto' }),
  },
} satisfies Record<string, Rail>;

const EXAMPLE = `
Prints the environment lines for the adapter. Keys lie in files of a temporary directory, which is removed at the end.
The payer pays when told:
  curl -d '{"action":"pay","reference":"ORDER_OR_CODE"}' http://127.0.0.1:PORT/control/act

Example:
  itpay simulate wechat --port 4010
`;

async function run(
  name: string,
  rail: Rail,
  { port, seed, mode, json }: { port: number; seed: string; mode: string; json?: boolean },
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const { url, credentials, close } = await rail.start({ port, seed, mode }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new CommandError(`Port ${port} is in use. Choose another with --port, or leave it out.`);
  });
  try {
    const environment = environmentOf(name, credentials, folder);
    const lines = Object.entries(environment).map(([variable, value]) => `export ${variable}='${value}'`);
    print(json, { rail: name, url, environment }, [`# ${name} at ${url}`, ...lines]);
    say('The simulator runs. Stop it with Ctrl+C.');
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  } finally {
    await close();
  }
}

/** Credentials as environment variables; keys and certificates go into files, and `…_FILE` says where. */
function environmentOf(name: string, credentials: object, folder: string): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [field, value] of Object.entries(credentials)) {
    const words = field.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
    const prefix = `${name.toUpperCase()}_`;
    const variable = words.startsWith(prefix) ? words : prefix + words;
    if (!String(value).startsWith('-----BEGIN')) {
      environment[variable] = String(value);
      continue;
    }
    const file = join(folder, `${field}.pem`);
    writeFileSync(file, String(value), { mode: 0o600 });
    environment[`${variable}_FILE`] = file;
  }
  return environment;
}

function checkPort(text = '0'): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`--port: "${text}" is not a port. Use a number up to 65535, or leave it out.`);
}
