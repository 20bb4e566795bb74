import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startAlipaySimulator,
  startScbSimulator,
  startSnapSimulator,
  startWechatSimulator,
  type SnapProfile,
  type WechatMode,
} from '@itpay/simulator';
import { Command } from './command.js';
import { CommandError, UsageError } from './errors.js';
import { print, say } from './output.js';
import { untilStopped } from './until-stopped.js';

/** A rail that exists only on this machine, for an adapter to talk to. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .argument('<rail>', NAMES.replace(/, (?=\w+$)/, ' or '))
    .description('run a rail that exists only on this machine, with a merchant of its own, until Ctrl+C')
    .option('--port <n>', 'where it listens (default: a free one)')
    .option(
      '--seed <text>',
      'numbers depend on it; keys are always new (default: the same; of scb another one each time)',
    )
    .option('--mode <mode>', MODES)
    .option('--notify <url>', 'where notifications go; only for scb and snap, whose orders do not say it')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLE)
    .action(async (name: string, options: SimulateOptions) => {
      if (!Object.hasOwn(RAILS, name)) {
        throw new UsageError(`There is no simulator "${name}". There are: ${NAMES}.`);
      }
      const rail: Rail = RAILS[name as keyof typeof RAILS];
      const folder = mkdtempSync(join(tmpdir(), `itpay-${name}-`));
      try {
        const { json = false } = options;
        const start = startOptions(name, rail, options);
        await untilStopped((signal) => run(name, rail, start, { json, folder }, signal));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
}

interface SimulateOptions {
  readonly port?: string;
  readonly seed?: string;
  readonly mode?: string;
  readonly notify?: string;
  readonly json?: boolean;
}

interface StartOptions {
  readonly port: number;
  readonly seed: string;
  /** Undefined on a rail that has one way only. */
  readonly mode: string | undefined;
  readonly notifyUrl: string | undefined;
}

interface Rail {
  /** The first is the usual one; none: there is one way only. */
  readonly modes: readonly string[];
  /** Orders do not say where notifications go. */
  readonly needsNotifyUrl: boolean;
  /** The seed unless another one is given. */
  readonly seed: () => string;
  start(options: StartOptions): Promise<{
    readonly url: string;
    readonly credentials: object;
    close(): Promise<void>;
  }>;
}

const ALWAYS_THE_SAME = () => 'itpay';

const RAILS = {
  wechat: {
    modes: ['public_key', 'certificate', 'both'],
    needsNotifyUrl: false,
    seed: ALWAYS_THE_SAME,
    start: async ({ port, seed, mode }) =>
      withAddress(await startWechatSimulator({ port, seed, mode: mode as WechatMode, callbacks: 'auto' })),
  },
  alipay: {
    modes: ['key', 'certificate'],
    needsNotifyUrl: false,
    seed: ALWAYS_THE_SAME,
    start: ({ port, seed, mode }) => startAlipaySimulator({ port, seed, mode: mode as 'key', callbacks: 'auto' }),
  },
  scb: {
    modes: [],
    needsNotifyUrl: true,
    // The bank numbers payments one after the other: under an old seed, new money would have the numbers of old money.
    seed: randomUUID,
    start: async ({ port, seed, notifyUrl }) =>
      withAddress(
        await startScbSimulator({ port, seed, callbacks: 'auto', ...(notifyUrl && { callbackUrl: notifyUrl }) }),
      ),
  },
  snap: {
    modes: ['aspi', 'doku', 'midtrans', 'dana'],
    needsNotifyUrl: true,
    seed: ALWAYS_THE_SAME,
    start: async ({ port, seed, mode, notifyUrl }) =>
      withAddress(
        await startSnapSimulator({
          port,
          seed,
          profile: mode as SnapProfile,
          callbacks: 'auto',
          ...(notifyUrl && { notifyUrl }),
        }),
      ),
  },
} satisfies Record<string, Rail>;

const NAMES = Object.keys(RAILS).join(', ');
const MODES = `${Object.entries(RAILS)
  .flatMap(([name, { modes }]) => (modes.length === 0 ? [] : [`${name}: ${modes.join(', ')}`]))
  .join('; ')} (default: the first)`;

const EXAMPLE = `
Prints the environment lines for the adapter. Keys lie in files of a temporary directory, which is removed at the end.
The payer pays when told:
  curl -d '{"action":"pay","reference":"ORDER_OR_CODE"}' http://127.0.0.1:PORT/control/act
Where notifications of scb and snap go can also be said later:
  curl -d '{"notifyUrl":"http://127.0.0.1:3000/itpay/…"}' http://127.0.0.1:PORT/control/settings

Examples:
  itpay simulate wechat --port 4010
  itpay simulate snap --mode dana --notify http://127.0.0.1:3000/itpay/v1.0/debit/notify
`;

/** For adapters that take the address beside what the merchant has. */
function withAddress<T extends { readonly url: string; readonly credentials: object }>(rail: T) {
  return { ...rail, credentials: { baseUrl: rail.url, ...rail.credentials } };
}

/** @throws UsageError */
function startOptions(name: string, rail: Rail, { port, seed, mode, notify }: SimulateOptions): StartOptions {
  const { modes } = rail;
  if (mode !== undefined && !modes.includes(mode)) {
    const advice =
      modes.length === 0 ? `${name} has one way only; leave it out` : `of ${name}, there are ${modes.join(', ')}`;
    throw new UsageError(`--mode: ${advice}.`);
  }
  if (notify !== undefined && !rail.needsNotifyUrl) {
    throw new UsageError(`--notify: each order of ${name} says where its notifications go. Leave it out.`);
  }
  if (notify !== undefined && !/^https?:$/.test(URL.canParse(notify) ? new URL(notify).protocol : '')) {
    throw new UsageError(`--notify: "${notify}" is no address such as http://127.0.0.1:3000/itpay/….`);
  }
  return { port: checkPort(port), seed: seed ?? rail.seed(), mode: mode ?? modes[0], notifyUrl: notify };
}

async function run(
  name: string,
  rail: Rail,
  start: StartOptions,
  { json, folder }: { readonly json: boolean; readonly folder: string },
  signal: AbortSignal,
): Promise<void> {
  const { url, credentials, close } = await rail.start(start).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') {
      throw new CommandError(`Port ${start.port} is in use. Choose another with --port, or leave it out.`);
    }
    // The address does not end as the acquirer wants it.
    throw start.notifyUrl !== undefined && error.code === undefined
      ? new UsageError(`--notify: ${error.message}`)
      : error;
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
