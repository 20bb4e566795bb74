import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { migrationSets, pluginBehind, Secrets } from '@itpay/kernel';
import { Command } from './command.js';
import { allPlugins } from '../create-itpay.js';
import { openBlobStore } from '../drivers.js';
import { checkOptions, type CheckedOptions } from '../options.js';
import { addressOf, promote, type Promotion } from '../promote/promote.js';
import { secretKeys } from '../secret-key.js';
import { confirm } from './confirm.js';
import { UsageError } from './errors.js';
import { loadOptions } from './load-options.js';
import { say } from './output.js';
import { warningsOnStderr } from './warnings.js';

interface PromoteArguments {
  readonly to?: string;
  readonly from?: string;
  readonly schema?: string;
  readonly yes?: boolean;
}

/** Moves an embedded installation to PostgreSQL. */
export function promoteCommand(): Command {
  return new Command('promote')
    .description('move an embedded installation to PostgreSQL; stop its process first')
    .option('--to <url>', 'the database that it moves to (default: DATABASE_URL)')
    .option('--from <directory>', 'the directory of the embedded installation (default: ITPAY_DATA_DIR, .itpay)')
    .option('--schema <name>', "schema of the framework's tables on both sides (default: itpay)")
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      '\nAll tables move in one transaction, and are compared before it ends. Nothing is ever overwritten. The directory\n' +
        'stays as it is, with a file promoted.json in it that keeps it from being started by mistake.\n' +
        '\nExample:\n  itpay promote --to postgres://shop@db.example:5432/shop\n',
    )
    .action(async ({ to, from, schema, yes }: PromoteArguments, command: Command) => {
      const loaded = await loadOptions(command);
      const url = to ?? loaded.database;
      if (url === undefined || !/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
        throw new UsageError('--to: Use postgres://user:password@host:5432/name, or set DATABASE_URL.');
      }
      const options = checkOptions({
        ...loaded,
        database: undefined,
        knex: undefined,
        dataDir: from ?? loaded.dataDir,
        schema: schema ?? loaded.schema,
      });
      // Before anything moves: keys that cannot be used are no way to end a move that went well.
      const advice = await keyAdvice(options);
      const isElsewhere = options.blobStore !== undefined || options.s3 !== undefined;
      const blobStore = isElsewhere ? await openBlobStore(options) : null;
      const done = await promote({
        dataDir: options.dataDir,
        to: url,
        schema: options.schema,
        sets: migrationSets(allPlugins(options)),
        preparedStatements: options.preparedStatements,
        blobStore,
        logger: warningsOnStderr,
        now: () => new Date(),
        tell: say,
        agree: (facts) => agree(facts, yes),
      }).finally(() => blobStore?.close?.());
      process.stdout.write(`${nextSteps(done, { url, options, advice }).join('\n')}\n`);
    });
}

async function agree(facts: readonly string[], yes: boolean | undefined): Promise<void> {
  if (yes !== true && !process.stdin.isTTY) {
    facts.forEach(say);
    throw new UsageError('There is no terminal to ask; add --yes. Nothing was changed.');
  }
  await confirm(facts, 'Is every process of this installation stopped, and shall it move?', yes);
}

interface Onwards {
  readonly url: string;
  readonly options: CheckedOptions;
  /** What to do about the secret key. */
  readonly advice: readonly string[];
}

function nextSteps(done: Promotion, { url, options, advice }: Onwards): readonly string[] {
  const { dataDir, schema } = options;
  const found = `${done.tables} tables, ${done.rows} rows: counts and checksums are the same on both sides.`;
  return [
    done.moved ? `Moved ${found}` : `An earlier run had moved everything. ${found}`,
    '',
    'Start the processes with:',
    `  DATABASE_URL       the URL of ${addressOf(url)}`,
    ...advice.map((line) => `  ${line}`),
    ...(schema === 'itpay' ? [] : [`  schema: '${schema}' in the options of createItPay or itpay.config.js`]),
    ...(done.filesCopied > 0 ? ['', `${done.filesCopied} files (QR images, reports) are in the blob store.`] : []),
    ...(done.filesLeft > 0
      ? [
          '',
          `${done.filesLeft} files (QR images, reports) stay in ${join(dataDir, 'blobs')}: keep ITPAY_DATA_DIR=${dataDir}, or ` +
            'copy that folder into the data directory of the new processes, which all have to see the same one.',
        ]
      : []),
    '',
    `${dataDir} is as it was; ${join(dataDir, 'promoted.json')} keeps it from being started. Then run: itpay doctor`,
  ];
}

// The key itself is never printed: what a terminal shows, it keeps.
async function keyAdvice(options: CheckedOptions): Promise<readonly string[]> {
  if (pluginBehind(Secrets, allPlugins(options)) !== undefined) return [];
  const file = join(options.dataDir, 'secret.key');
  if (!existsSync(file)) return ['ITPAY_SECRET_KEY   the same as before'];
  const kept = await secretKeys({ ...options, secretKey: { file } });
  const now = await secretKeys(options);
  const same = kept.filter((key) => now.includes(key)).length;
  const { ITPAY_SECRET_KEY, ITPAY_SECRET_KEY_FILE } = process.env;
  const isSet = options.secretKey !== undefined || Boolean(ITPAY_SECRET_KEY || ITPAY_SECRET_KEY_FILE);
  if (isSet && same === kept.length) return ['ITPAY_SECRET_KEY   the same as now'];
  return [
    `ITPAY_SECRET_KEY   the ${kept.length > 1 ? 'keys' : 'key'} in ${file}; read ${kept.length > 1 ? 'them' : 'it'} with: cat ${file}`,
    ...(isSet ? ['                   Another one is set now. If both were in use, give both: new,old'] : []),
  ];
}
