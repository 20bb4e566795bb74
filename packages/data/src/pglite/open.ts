import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isItPayError, ItPayError } from '@itpay/core';
import type { Database, Logger } from '@itpay/kernel';
import { createKnex, destroyKnex, type Knex } from '../knex.js';
import { knexDatabase } from '../knex-database.js';
import { startInDirectory, startInMemory } from './data-directory.js';
import { type DirectoryLock, lockDirectory } from './lock.js';
import { SessionMux } from './mux.js';
import { startWorker } from './session.js';

export interface OpenPgliteOptions {
  /** Where to keep the data, made when missing; `memory` keeps it until the process ends. */
  readonly directory: string;
  readonly schema: string;
  /** How long a statement may wait for the one session before it fails. Default 10 s. */
  readonly maxWaitMs?: number | undefined;
  /** Told what takes time, in a sentence. */
  readonly onProgress?: ((message: string) => void) | undefined;
  readonly logger?: Logger | undefined;
}

/** The embedded database. */
export interface PgliteDatabase extends Database {
  /** The directory, without symbolic links; `memory` when there is none. */
  readonly directory: string;
}

const POOL_SIZE = 8;
const CLOSE_LIMIT_MS = 10_000;

/**
 * Opens the embedded PostgreSQL: PGlite in a worker thread with `pg` and knex on top.
 *
 * @throws ItPayError `DATABASE_LOCKED` when another process, or this one, has the directory open;
 * `CONFIGURATION_INVALID` when the directory cannot be used
 */
export async function openPglite(options: OpenPgliteOptions): Promise<PgliteDatabase> {
  const { schema, logger, maxWaitMs = 10_000, onProgress = () => {} } = options;
  const inMemory = options.directory === 'memory';
  const directory = inMemory ? 'memory' : await makeDirectory(options.directory);

  let lock: DirectoryLock | null = null;
  if (!inMemory) {
    const onLost = () => session.fail('its lock file was removed or replaced');
    const file = join(directory, 'pglite.lock');
    lock = await lockDirectory({ file, directory, onProgress, onLost }).catch((error: unknown) => {
      throw isItPayError(error) ? error : unusable(directory, error);
    });
  }
  const session = startWorker((error) => logger?.error({ err: error }, error.message));
  const onUpkeepError = (error: unknown) => logger?.warn({ err: error }, 'Upkeep of the embedded database failed.');
  const mux = new SessionMux(session, { maxWaitMs, onUpkeepError });
  try {
    if (inMemory) await startInMemory({ session, onProgress });
    else await startInDirectory(directory, { session, onProgress });
    await mux.open();
  } catch (error) {
    await session.close().catch(() => {});
    lock?.release();
    throw error;
  }

  const knex = await openPool(mux, maxWaitMs, logger);
  const onClose = async () => {
    try {
      await destroyKnex(knex, CLOSE_LIMIT_MS);
      await session.close();
    } finally {
      lock?.release();
    }
  };
  return Object.assign(knexDatabase({ knex, schema, preparedStatements: false, logger, onClose }), { directory });
}

function openPool(mux: SessionMux, maxWaitMs: number, logger: Logger | undefined): Promise<Knex> {
  // pg takes a function for `stream` (pg/lib/connection.js); knex's types do not know. PGSSLMODE in the environment would
  // make pg ask for TLS, hence `ssl: false`.
  const connection = { stream: () => mux.connect(), ssl: false } as Knex.StaticConnectionConfig;
  return createKnex(
    {
      client: 'pg',
      connection,
      // Connections cost nothing here, and a statement that waits inside of one has the better error message. The pool's
      // timer would keep a process alive that has nothing else to do, so an idle one goes soon.
      pool: { min: 0, max: POOL_SIZE, idleTimeoutMillis: 1000 },
      acquireConnectionTimeout: maxWaitMs + 5000,
    },
    logger,
  );
}

async function makeDirectory(directory: string): Promise<string> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return await realpath(directory); // one lock for all ways to spell it
  } catch (cause) {
    throw unusable(directory, cause);
  }
}

function unusable(directory: string, cause: unknown): ItPayError {
  return new ItPayError('CONFIGURATION_INVALID', {
    message:
      `The directory ${directory} for the embedded database cannot be made or written: ${(cause as Error).message}. ` +
      'Choose another one with ITPAY_DATA_DIR, or set DATABASE_URL.',
    details: { directory },
    cause,
  });
}
