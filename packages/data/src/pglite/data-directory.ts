import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ItPayError } from '@itpay/core';
import { findSeed, readSeed, unpackTar } from './seed.js';
import type { WorkerSession } from './session.js';

export interface OpenSteps {
  readonly session: WorkerSession;
  readonly onProgress: (message: string) => void;
}

/** Opens the database in memory; it is gone with the process. */
export async function startInMemory({ session, onProgress }: OpenSteps): Promise<void> {
  const seed = await findSeed();
  if (!seed) onProgress(WITHOUT_SEED);
  await session.start('memory://', seed ? await readSeed() : null);
}

/** Opens the database under `directory`, which is made when it is not there. The lock has to be held. */
export async function startInDirectory(directory: string, steps: OpenSteps): Promise<void> {
  const data = join(directory, 'pglite');
  if (existsSync(data)) await assertReadable(data);
  else await create(data, steps);
  await steps.session.start(data, null).catch((cause: Error) => {
    throw new Error(
      `The database in ${data} does not start (${cause.message}). Keep a copy of that folder and restore a backup, or ` +
        'choose another directory with ITPAY_DATA_DIR. Copying it while it was in use, or two processes on it, does this.',
      { cause },
    );
  });
}

/**
 * Makes the data directory beside its place and moves it there when it is complete: one that was left half by a crash
 * would open, and fail later.
 */
async function create(data: string, { session, onProgress }: OpenSteps): Promise<void> {
  const unfinished = `${data}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  if (await findSeed()) {
    onProgress(`Creating the embedded database in ${data} …`);
    await unpackTar(await readSeed(), unfinished);
  } else {
    onProgress(WITHOUT_SEED);
    await mkdir(unfinished, { mode: 0o700 });
    await session.initialise(unfinished);
  }
  await rename(unfinished, data);
}

const WITHOUT_SEED = 'Creating the embedded database; the first start takes about 10 s with this version of PGlite …';

async function assertReadable(data: string): Promise<void> {
  const version = await readFile(join(data, 'PG_VERSION'), 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
  if (version === null) {
    throw new ItPayError('CONFIGURATION_INVALID', {
      message:
        `${data} exists and holds no database. Move it away, or choose another directory with ITPAY_DATA_DIR: ` +
        'the embedded database makes its folder itself.',
      details: { directory: data },
    });
  }
  const expected = (await findSeed())?.postgres ?? version;
  if (version === expected) return;
  throw new ItPayError('CONFIGURATION_INVALID', {
    message:
      `${data} was made by PostgreSQL ${version}, and the installed PGlite is PostgreSQL ${expected}. Install the PGlite ` +
      `that made it and move the data with pg_dump, or choose another directory with ITPAY_DATA_DIR.`,
    details: { directory: data, found: version, expected },
  });
}
