import { migrate, migrationSets, pendingMigrations } from '@itpay/kernel';
import { Command } from './command.js';
import { allPlugins } from '../create-itpay.js';
import { openDrivers } from '../drivers.js';
import { defaultLogger } from '../logger.js';
import { checkOptions } from '../options.js';
import { loadOptions } from './load-options.js';

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('bring the schema up to date; waits while another process does so')
    .option('--dry-run', 'print the SQL and the locks that it takes, and change nothing')
    .action(async ({ dryRun }: { dryRun?: boolean }, command: Command) => {
      process.env.LOG_LEVEL ??= 'warn';
      const options = checkOptions(await loadOptions(command));
      const { database, pubsub } = await openDrivers(options, defaultLogger());
      try {
        const sets = migrationSets(allPlugins(options));
        const steps = dryRun
          ? await pendingMigrations(database, sets)
          : await migrate(database, sets, ({ plugin, name }) => process.stdout.write(`${plugin}/${name}\n`));
        if (steps.length === 0) process.stdout.write(`The schema "${options.schema}" is up to date.\n`);
        else if (dryRun) process.stdout.write(dryRunText(steps));
        else process.stdout.write(`Done: ${steps.length} steps.\n`);
      } finally {
        await pubsub.close();
        await database.close();
      }
    });
}

function dryRunText(steps: readonly { plugin: string; name: string; sql: string }[]): string {
  return (
    '-- One transaction, under an advisory lock that waits for another migration.\n' +
    steps.map(({ plugin, name, sql }) => `\n-- ${plugin}/${name}\n${locksOf(sql)}${sql.trim()}\n`).join('')
  );
}

// What else than a new table or an index on one can make others wait is an existing table that a step touches.
function locksOf(sql: string): string {
  const created = new Set([...sql.matchAll(/create table (\S+)/gi)].map((match) => match[1]));
  const touched = [
    ...[...sql.matchAll(/alter table (\S+)/gi)].map((match) => [match[1], 'ACCESS EXCLUSIVE'] as const),
    ...[...sql.matchAll(/create (?:unique )?index \S+ on (\S+)/gi)].map((match) => [match[1], 'SHARE'] as const),
    ...[...sql.matchAll(/drop table (\S+)/gi)].map((match) => [match[1], 'ACCESS EXCLUSIVE'] as const),
    ...[...sql.matchAll(/(?:update|insert into) (\S+)/gi)].map((match) => [match[1], 'ROW EXCLUSIVE'] as const),
  ].filter(([table]) => !created.has(table));
  if (touched.length === 0) return '-- locks: none on existing tables\n';
  return touched.map(([table, lock]) => `-- locks: ${lock} on ${table}\n`).join('');
}
