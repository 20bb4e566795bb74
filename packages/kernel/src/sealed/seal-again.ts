import type { Sweep } from '../jobs/sweeper.js';
import type { Clock } from '../ports/clock.js';
import type { Database } from '../ports/database.js';
import type { Logger } from '../ports/logger.js';
import type { Secrets } from '../ports/secrets.js';
import type { SealedColumn } from './column.js';
import { sealedStores, type SealedStore } from './store.js';

/** Rows that are looked at in one statement. */
const PAGE = 500;
/** Pages of one look: nobody waits for this, and a large table must not keep the database busy. */
const PAGES = 8;
/** Bytes that are held in memory at once. */
const CHUNK_BYTES = 4_000_000;
/** Until rows are tried again that somebody was changing. In milliseconds. */
const AGAIN_MS = 5_000;
/** A process that does not have the newest key yet goes on sealing under an old one. In milliseconds. */
const LOOK_AGAIN_MS = 10 * 60_000;

interface Deps {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly secrets: Secrets;
}

/** One walk along all columns. */
interface Round {
  readonly keyIds: string;
  store: number;
  after: string | Buffer | null;
  sealed: number;
  /** Rows that somebody was changing. */
  left: number;
  unlisted: number;
}

/**
 * Seals what lies in the database under an older key again, under the newest one. While more than one key is listed, all
 * columns are walked along after the start, after each change of the list, and every ten minutes.
 *
 * Processes may do it at the same time: a row changes only if it still holds what was read.
 */
export function sealAgain({ database, clock, logger, secrets }: Deps, columns: readonly SealedColumn[]): Sweep {
  const stores = sealedStores(database, columns);
  let round: Round | null = null;
  let finished: string | null = null;
  let nextRoundMs = -Infinity;
  let isRunning = false;
  let told = '';

  /** The round to go on with; null when there is nothing to do now. */
  const currentRound = (): Round | null => {
    const listed = secrets.keys('').map(({ id }) => id);
    const keyIds = listed.join();
    if (round !== null && round.keyIds === keyIds) return round;
    round = null;
    if (listed.length < 2) return null;
    if (finished === keyIds && clock.now().getTime() < nextRoundMs) return null;
    return (round = { keyIds, store: 0, after: null, sealed: 0, left: 0, unlisted: 0 });
  };

  const end = ({ keyIds, sealed, left, unlisted }: Round) => {
    round = null;
    finished = keyIds;
    nextRoundMs = clock.now().getTime() + (left > 0 ? AGAIN_MS : LOOK_AGAIN_MS);
    if (sealed > 0) logger.info({ rows: sealed }, 'What lay under an older secret key is sealed under the newest one.');
    const problem = `${keyIds} ${unlisted}`;
    if (unlisted > 0 && told !== problem) {
      told = problem;
      logger.error(
        { rows: unlisted },
        'Things in the database are sealed under a secret key that is not in secretKey.',
      );
    }
  };

  const page = async (current: Round): Promise<void> => {
    const store = stores[current.store]!;
    const rows = await store.walk(current.after, PAGE);
    const marks = store.marks(secrets);
    const stale = rows.flatMap(({ key, mark, size }) => {
      if (mark === null) return [];
      const known = marks.get(mark.toString('hex'));
      if (known === undefined) current.unlisted += 1;
      return known === undefined || known.newest ? [] : [{ key, size, purpose: known.purpose }];
    });
    for (const chunk of chunksOf(stale)) {
      const { sealed, failures } = await store.sealAgain(secrets, chunk);
      current.sealed += sealed;
      current.left += chunk.length - sealed - failures.length;
      for (const error of failures) tellFailure(logger, store, error);
    }
    if (rows.length === PAGE) current.after = rows.at(-1)!.key;
    else {
      current.store += 1;
      current.after = null;
    }
  };

  return {
    name: 'secrets.seal-again',
    async run() {
      if (isRunning) return false;
      const current = currentRound();
      if (current === null) return false;
      isRunning = true;
      try {
        for (let pages = 0; pages < PAGES && current.store < stores.length; pages += 1) await page(current);
        if (current.store === stores.length && round === current) end(current);
        return true;
      } finally {
        isRunning = false;
      }
    },
  };
}

function tellFailure(logger: Logger, { name }: SealedStore, error: unknown): void {
  logger.error({ err: error, column: name }, 'Something in the database cannot be opened, so it was not sealed again.');
}

function chunksOf<R extends { readonly size: number }>(rows: readonly R[]): R[][] {
  const chunks: R[][] = [];
  let room = 0;
  for (const row of rows) {
    if (chunks.length === 0 || row.size > room) {
      chunks.push([]);
      room = CHUNK_BYTES;
    }
    chunks.at(-1)!.push(row);
    room -= row.size;
  }
  return chunks;
}
