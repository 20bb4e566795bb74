import { isItPayError } from '@itpay/core';
import { pluginBehind, Secrets } from '@itpay/kernel';
import { Command } from './command.js';
import { allPlugins } from '../create-itpay.js';
import { checkOptions } from '../options.js';
import { databaseFindings } from './doctor/database.js';
import { broken, ok, type Finding } from './doctor/finding.js';
import { channelFindings, nodeFinding, secretKeyFinding } from './doctor/installation.js';
import { publicUrlFindings } from './doctor/public-url.js';
import { loadOptions } from './load-options.js';
import { print, table } from './output.js';

/** Looks at everything that an installation needs, and changes nothing. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look at everything that an installation needs: exit code 1 when something is broken')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  DATABASE_URL=… ITPAY_SECRET_KEY=… ITPAY_PUBLIC_URL=https://shop.example/itpay itpay doctor\n',
    )
    .action(async ({ json }: { json?: boolean }, command: Command) => {
      const findings = await examine(command);
      const rows = findings.map(({ check, state, message }) => [SIGNS[state], check, message]);
      print(json, findings, table(rows));
      if (findings.some(({ state }) => state === 'broken')) process.exitCode = 1;
    });
}

const SIGNS = { ok: '✓', warning: '!', broken: '✗' } as const;

async function examine(command: Command): Promise<Finding[]> {
  const node = nodeFinding(process.versions.node);
  let loaded: Awaited<ReturnType<typeof loadOptions>>;
  let vault: string | undefined;
  try {
    loaded = await loadOptions(command);
    vault = pluginBehind(Secrets, allPlugins(checkOptions(loaded)));
  } catch (error) {
    if (!isItPayError(error)) throw error;
    return [node, broken('configuration', error.message)];
  }
  const options = checkOptions(loaded);
  return [
    node,
    ok('configuration', loaded.configFile ?? 'from the environment; there is no itpay.config.js'),
    vault === undefined
      ? await secretKeyFinding(options)
      : ok('secret key', `none is needed: the plugin "${vault}" seals and signs`),
    ...(await databaseFindings(options)),
    channelFindings(options),
    ...(await publicUrlFindings(options.publicUrl)),
  ];
}
