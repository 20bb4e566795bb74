import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { invalid, type CheckedOptions } from './options.js';

const MIN_LENGTH = 32;

/**
 * The installation's secret keys, newest first: from the options, the environment, or, with the embedded database, a file
 * that the first start makes.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` when there is none, or one is too short to be secret
 */
export async function secretKeys(options: CheckedOptions, environment = process.env): Promise<readonly string[]> {
  const given = options.secretKey ?? (environment.ITPAY_SECRET_KEY || undefined)?.split(',');
  if (given !== undefined) return checkKeys(typeof given === 'string' ? [given] : given);
  if (options.database !== undefined || options.knex !== undefined) {
    throw invalid(
      'secretKey',
      'With a database of your own, every process needs the same key. Set ITPAY_SECRET_KEY, for example to the output of: ' +
        `node -e "console.log(require('crypto').randomBytes(32).toString('base64url'))"`,
    );
  }
  return [await keyFile(options.dataDir)];
}

function checkKeys(keys: readonly string[]): readonly string[] {
  const trimmed = keys.map((key) => key.trim());
  if (trimmed.length === 0 || trimmed.some((key) => key.length < MIN_LENGTH)) {
    throw invalid('secretKey', `Each key of ITPAY_SECRET_KEY has at least ${MIN_LENGTH} characters of randomness.`);
  }
  return trimmed;
}

async function keyFile(directory: string): Promise<string> {
  const file = join(directory, 'secret.key');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await mkdir(directory, { recursive: true });
  const key = randomBytes(32).toString('base64url');
  // `wx` fails when another process was faster; its key is the one.
  await writeFile(file, `${key}\n`, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return (await readFile(file, 'utf8')).trim();
}
