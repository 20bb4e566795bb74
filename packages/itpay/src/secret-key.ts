import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { secretsFrom, type Logger } from '@itpay/kernel';
import { invalid, type CheckedOptions } from './options.js';

const MIN_LENGTH = 32;
/** How often a file of keys is read again, in milliseconds. */
const READ_EVERY_MS = 2_000;

type Chosen = Pick<CheckedOptions, 'secretKey' | 'database' | 'knex' | 'dataDir'>;

/**
 * The installation's secret keys, newest first: from the options, the environment, a file, or, with the embedded database, a
 * file that the first start makes.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` when there is none, one is too short to be secret, or the file cannot be read
 */
export async function secretKeys(options: Chosen, environment = process.env): Promise<readonly string[]> {
  const source = await sourceOf(options, environment);
  return 'file' in source ? readKeys(source.file) : checkKeys(source.keys, 'Each key of ITPAY_SECRET_KEY');
}

/** The keys of a running installation. */
export interface SecretKeys {
  /** Newest first. Another list, once they have changed. */
  list(): readonly string[];
  /** All that were in the list since the start: none of them may show in the log. */
  everListed(): readonly string[];
  /**
   * Begins to read the file of keys again and again, when they come from one. What cannot be used is logged once, and the keys
   * stay as they were.
   */
  watch(logger: Pick<Logger, 'info' | 'warn' | 'error'>): void;
  close(): void;
}

/** Where a plugin seals and signs in place of `secretKey`: none is read, and none is made. */
export const NO_SECRET_KEYS: SecretKeys = { list: () => [], everListed: () => [], watch() {}, close() {} };

/**
 * Reads the keys, and follows them where they may change while the process runs.
 *
 * @throws ItPayError `CONFIGURATION_INVALID`, as `secretKeys`
 */
export async function openSecretKeys(
  options: Chosen,
  { environment = process.env, readEveryMs = READ_EVERY_MS } = {},
): Promise<SecretKeys> {
  let keys = await secretKeys(options, environment);
  const ever = new Set(keys);
  const source = await sourceOf(options, environment);
  let timer: NodeJS.Timeout | undefined;
  let problem = '';
  let isReading = false;

  const read = async (path: string, logger: Parameters<SecretKeys['watch']>[0]): Promise<void> => {
    const found = await readKeys(path).catch((error: Error) => error);
    if (found instanceof Error) {
      // Until it can be read again, the same problem is told once.
      if (problem !== found.message) logger.error({ err: found }, 'The secret keys stay as they were.');
      problem = found.message;
      return;
    }
    problem = '';
    if (found.join() === keys.join()) return;
    const [sealedSoFar] = namesOf(keys);
    keys = found;
    for (const key of found) ever.add(key);
    const names = namesOf(found);
    logger.info({ keys: names }, 'The secret keys were read again: the first one seals and signs from now on.');
    if (!names.includes(sealedSoFar!)) {
      logger.warn(
        { key: sealedSoFar },
        'The secret key that sealed until now is gone: what it sealed cannot be read. Put it back, after the new one.',
      );
    }
  };

  return {
    list: () => keys,
    everListed: () => [...ever],
    watch(logger) {
      if (!('file' in source) || timer !== undefined) return;
      timer = setInterval(() => {
        if (isReading) return;
        isReading = true;
        void read(source.file, logger).finally(() => (isReading = false));
      }, readEveryMs);
      timer.unref();
    },
    close: () => clearInterval(timer),
  };
}

type Source = { readonly keys: readonly string[] } | { readonly file: string };

async function sourceOf(
  { secretKey, database, knex, dataDir }: Chosen,
  environment: NodeJS.ProcessEnv,
): Promise<Source> {
  if (typeof secretKey === 'string') return { keys: [secretKey] };
  if (secretKey !== undefined) return 'file' in secretKey ? { file: resolve(secretKey.file) } : { keys: secretKey };
  const keys = nonEmpty(environment.ITPAY_SECRET_KEY);
  const file = nonEmpty(environment.ITPAY_SECRET_KEY_FILE);
  if (keys !== undefined && file !== undefined) {
    throw invalid('secretKey', 'Set ITPAY_SECRET_KEY or ITPAY_SECRET_KEY_FILE, not both.');
  }
  // A line each, too: ITPAY_SECRET_KEY=$(cat secret.key).
  if (keys !== undefined) return { keys: keys.split(/[,\n]/).filter(isNotBlank) };
  if (file !== undefined) return { file: resolve(file) };
  if (database !== undefined || knex !== undefined) {
    throw invalid(
      'secretKey',
      `With a database of your own, every process needs the same key. Set ITPAY_SECRET_KEY, ${exampleFor(dataDir)}`,
    );
  }
  return { file: await keyFile(dataDir) };
}

// Of an installation that moved from its directory, a fresh key would open nothing.
function exampleFor(dataDir: string): string {
  const kept = join(dataDir, 'secret.key');
  if (existsSync(kept)) return `to the key in ${kept} when the installation moved here from ${dataDir}.`;
  return `for example to the output of: node -e "console.log(require('crypto').randomBytes(32).toString('base64url'))"`;
}

// One key per line, and nothing of the content in any message.
async function readKeys(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw invalid(
      'secretKey',
      `The file ${file} cannot be read (${error.code}). It holds one key per line, newest first.`,
    );
  });
  return checkKeys(
    text.split('\n').filter(isNotBlank),
    `The file ${file} has one key per line, newest first, and each`,
  );
}

function checkKeys(keys: readonly string[], where: string): readonly string[] {
  const trimmed = [...new Set(keys.map((key) => key.trim()))];
  if (trimmed.length === 0 || trimmed.some((key) => key.length < MIN_LENGTH)) {
    throw invalid('secretKey', `${where} has at least ${MIN_LENGTH} characters of randomness.`);
  }
  return trimmed;
}

const namesOf = (keys: readonly string[]) =>
  secretsFrom(keys)
    .keys('')
    .map(({ id }) => id);

const isNotBlank = (text: string) => text.trim() !== '';

// A variable that is set to nothing counts as not set.
const nonEmpty = (text: string | undefined) => (text === undefined || text === '' ? undefined : text);

// The embedded database's own file, made when it is not there.
async function keyFile(directory: string): Promise<string> {
  const file = join(directory, 'secret.key');
  await mkdir(directory, { recursive: true });
  const key = randomBytes(32).toString('base64url');
  // `wx` fails when there is one already, and when another process was faster; its key is the one.
  await writeFile(file, `${key}\n`, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return file;
}
