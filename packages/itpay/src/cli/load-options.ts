import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from './command.js';
import { optionsFromEnvironment, type Environment } from '../environment.js';
import { warningsOnStderr } from './warnings.js';
import { createItPay, type ItPay } from '../create-itpay.js';
import { invalid, type ItPayOptions } from '../options.js';

const CONFIG_FILES = ['itpay.config.js', 'itpay.config.mjs'];

export type CommandOptions = ItPayOptions & Pick<Environment, 'port'> & { readonly configFile: string | null };

/** The options of a command: the environment, and over it the configuration file. */
export async function loadOptions(command: Command): Promise<CommandOptions> {
  const { config } = command.optsWithGlobals<{ config?: string }>();
  const file = config ?? CONFIG_FILES.find((name) => existsSync(name));
  const environment = optionsFromEnvironment();
  if (file === undefined) return { ...environment, plugins: [], configFile: null };
  if (!existsSync(file)) throw invalid('--config', `There is no file "${file}".`);
  const loaded = (await import(pathToFileURL(resolve(file)).href)) as { default?: Partial<ItPayOptions> };
  if (typeof loaded.default !== 'object') {
    throw invalid(
      '--config',
      `"${file}" has no default export. It looks like: export default { plugins: [promptpay()] }.`,
    );
  }
  return { ...environment, plugins: [], ...withoutUndefined(loaded.default), configFile: file };
}

/**
 * Opens the installation for one command: no jobs run, and only warnings are logged.
 *
 * @param work `alone`: the database is the embedded one, which nobody else can use meanwhile
 */
export async function withItPay<T>(
  command: Command,
  work: (pay: ItPay, opened: { readonly alone: boolean }) => Promise<T>,
): Promise<T> {
  const options = { logger: warningsOnStderr, ...(await loadOptions(command)) };
  // An embedded database is this process's alone; a shared one is brought up to date on purpose, by "itpay migrate".
  const shared = options.database !== undefined || options.knex !== undefined;
  const pay = await createItPay({ ...options, migrate: shared ? 'check' : 'auto', work: false });
  try {
    return await work(pay, { alone: !shared });
  } finally {
    await pay.stop();
  }
}

function withoutUndefined(object: Partial<ItPayOptions>): Partial<ItPayOptions> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
