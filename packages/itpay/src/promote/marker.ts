import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { invalid } from '../options.js';

/** Where the database of an embedded directory went. */
export interface Promoted {
  /** Without user, password and query. */
  readonly to: string;
  readonly schema: string;
  /** ISO 8601. */
  readonly at: string;
}

export const markerFile = (dataDir: string): string => join(dataDir, 'promoted.json');

/** Says in the directory that its database is used elsewhere from now on. */
export async function markPromoted(dataDir: string, promoted: Promoted): Promise<void> {
  const handle = await open(markerFile(dataDir), 'w', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(promoted, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @returns null when the database of the directory was never moved */
export async function promotedTo(dataDir: string): Promise<Promoted | null> {
  const text = await readFile(markerFile(dataDir), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (text === null) return null;
  try {
    return JSON.parse(text) as Promoted;
  } catch {
    return { to: 'PostgreSQL', schema: 'itpay', at: 'an unknown time' }; // somebody edited it; what it says holds
  }
}

/**
 * Keeps a process from taking payments into the copy that was left behind.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` with the ways on and back
 */
export async function assertNotPromoted(dataDir: string): Promise<void> {
  const promoted = await promotedTo(dataDir);
  if (promoted === null) return;
  throw invalid(
    'database',
    `The embedded database in ${dataDir} was moved to ${promoted.to} at ${promoted.at}. Set DATABASE_URL to it, and ` +
      `ITPAY_SECRET_KEY to the key in ${join(dataDir, 'secret.key')}. To go back to the embedded one as it was then, ` +
      `delete ${markerFile(dataDir)}: what happened in PostgreSQL since is not in it.`,
  );
}
