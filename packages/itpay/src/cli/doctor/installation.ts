import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isItPayError } from '@itpay/core';
import type { CheckedOptions } from '../../options.js';
import { secretKeys } from '../../secret-key.js';
import { broken, ok, warning, type Finding } from './finding.js';

const OLDEST_NODE = [20, 19] as const;

/** @param version as `process.versions.node` has it */
export function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor, wantedMinor] = OLDEST_NODE;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return ok('node', `Node.js ${version}`);
  return broken('node', `Node.js ${version} is too old. Use ${OLDEST_NODE.join('.')} or newer.`);
}

/** The secret key, without making one. */
export async function secretKeyFinding(options: CheckedOptions): Promise<Finding> {
  const inEnvironment = [process.env.ITPAY_SECRET_KEY, process.env.ITPAY_SECRET_KEY_FILE].some(Boolean);
  const given = options.secretKey !== undefined || inEnvironment;
  const embedded = options.database === undefined && options.knex === undefined;
  if (!given && embedded) return keyFileFinding(join(options.dataDir, 'secret.key'));
  try {
    const keys = await secretKeys(options);
    const weak = keys.some((key) => new Set(key).size < 12);
    return weak
      ? warning('secret key', 'It repeats a few characters and can be guessed. Make one: openssl rand -base64 32')
      : ok('secret key', keys.length === 1 ? 'long enough' : `${keys.length} keys; the first one signs`);
  } catch (error) {
    if (!isItPayError(error)) throw error;
    return broken('secret key', error.message);
  }
}

async function keyFileFinding(file: string): Promise<Finding> {
  const found = await stat(file).catch(() => null);
  if (found === null) return ok('secret key', `${file} is made by the first start`);
  if ((found.mode & 0o077) !== 0 && process.platform !== 'win32') {
    return warning('secret key', `Other users of this machine can read ${file}. Run: chmod 600 ${file}`);
  }
  return ok('secret key', file);
}

/** The rails that the configuration brings. */
export function channelFindings({ plugins }: Pick<CheckedOptions, 'plugins'>): Finding {
  const instances = plugins.flatMap((plugin) => ('channels' in plugin ? (plugin.channels as readonly Instance[]) : []));
  if (instances.length === 0) {
    return warning('channels', 'None is configured, so nobody can pay. List one in itpay.config.js: promptpay({ … }).');
  }
  const names = instances.map(({ id, mode, simulated }) => `${id} (${mode}${simulated === true ? ', simulated' : ''})`);
  const text = names.join(', ');
  if (instances.some(({ mode }) => mode === 'live')) return ok('channels', text);
  return warning('channels', `${text}. Nobody can pay real money until one has its live settings.`);
}

interface Instance {
  readonly id: string;
  readonly mode: 'live' | 'test';
  readonly simulated?: boolean;
}
