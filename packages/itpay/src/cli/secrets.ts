import {
  migrationSets,
  readKeyUse,
  pluginBehind,
  requireMigrated,
  sealedColumns,
  Secrets,
  secretsFrom,
  takeSealedCensus,
  type Database,
} from '@itpay/kernel';
import { allPlugins } from '../create-itpay.js';
import { openDrivers } from '../drivers.js';
import { checkOptions, invalid, type CheckedOptions } from '../options.js';
import { secretKeys } from '../secret-key.js';
import { Command } from './command.js';
import { loadOptions } from './load-options.js';
import { print, table } from './output.js';
import { adviceOn, reportOn } from './secrets-advice.js';
import { warningsOnStderr } from './warnings.js';

/** How far the replacement of the secret key has come. */
export function secretsCommand(): Command {
  return new Command('secrets')
    .description('which secret keys are still needed, and how far the replacement of one has come')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nKeys are shown by a public name that says nothing about them. Every row that holds something sealed is counted, so it\n' +
        'takes a while where there are millions.\n\nExample:\n  DATABASE_URL=… ITPAY_SECRET_KEY_FILE=/run/secrets/itpay itpay secrets\n',
    )
    .action(async ({ json }: { json?: boolean }, command: Command) => {
      const options = checkOptions(await loadOptions(command));
      const report = await withDatabase(options, async (database) => {
        await requireMigrated(database, migrationSets(allPlugins(options)));
        return reportOn(await censusOf(database, options), await readKeyUse(database));
      });
      const advice = adviceOn(report, new Date());
      const lines = table([
        ['KEY', 'SEALED', 'FIRST IN A PROCESS'],
        ...report.keys.map(({ id, rows, lastFirstAt }) => [id, String(rows), lastFirstAt?.toISOString() ?? 'never']),
      ]);
      if (report.unlisted > 0) {
        lines.push(
          `${report.unlisted} things in ${report.unlistedIn.join(', ')} were sealed by a key that is not listed: they cannot be read. Put that key back.`,
        );
      }
      lines.push(advice.step === null ? advice.todo : `Step ${advice.step} of 3: ${advice.todo}`);
      print(json, { ...report, ...advice }, lines);
    });
}

/**
 * Counts by key what lies sealed in the database of these options.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` when the keys cannot be used, or are not those that seal
 */
export async function censusOf(database: Database, options: CheckedOptions, limits: { limitMs?: number } = {}) {
  const plugins = allPlugins(options);
  const behind = pluginBehind(Secrets, plugins);
  if (behind !== undefined) {
    throw invalid(
      'secretKey',
      `The plugin "${behind}" seals and signs in its place. Ask what stands behind that plugin.`,
    );
  }
  return takeSealedCensus(database, secretsFrom(await secretKeys(options)), sealedColumns(plugins), limits);
}

async function withDatabase<T>(options: CheckedOptions, work: (database: Database) => Promise<T>): Promise<T> {
  const drivers = await openDrivers(options, warningsOnStderr);
  try {
    return await work(drivers.database);
  } finally {
    await drivers.pubsub.close();
    await drivers.database.close();
  }
}
