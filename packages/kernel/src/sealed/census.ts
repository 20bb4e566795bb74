import type { Database } from '../ports/database.js';
import type { Secrets } from '../ports/secrets.js';
import type { SealedColumn } from './column.js';
import { sealedStores, type WalkedRow } from './store.js';

/** Rows that are read at once. */
const PAGE = 1_000;

/** Which secret keys are needed to read what lies sealed in the database. */
export interface SealedCensus {
  /** The listed keys, newest first, and how many things each of them sealed. */
  readonly keys: readonly { readonly id: string; readonly rows: number }[];
  /** How many things were sealed by a key that is not listed, and cannot be read. */
  readonly unlisted: number;
  /** Where they lie: `webhook_endpoints.secrets`. */
  readonly unlistedIn: readonly string[];
  /** False: the time was over before everything was counted, so there may be more. */
  readonly complete: boolean;
}

/**
 * Counts by key what lies sealed in the database. It reads every row of every table that holds such things, a page at a
 * time, and changes nothing.
 *
 * @param limitMs stops after about this many milliseconds; left out: when everything was counted. Each column has its share
 *   of them, a page at least, and is walked from its end: rows are kept longer than what was sealed in them.
 */
export async function takeSealedCensus(
  database: Database,
  secrets: Pick<Secrets, 'keys'>,
  columns: readonly SealedColumn[],
  { limitMs = Infinity }: { readonly limitMs?: number } = {},
): Promise<SealedCensus> {
  const until = performance.now() + limitMs;
  const isLimited = limitMs !== Infinity;
  const counts = new Map(secrets.keys('').map(({ id }) => [id, 0]));
  const unlistedIn = new Set<string>();
  let unlisted = 0;
  let complete = true;
  const stores = sealedStores(database, columns);
  for (const [at, store] of stores.entries()) {
    const marks = store.marks(secrets);
    const begun = performance.now();
    const share = begun + (until - begun) / (stores.length - at);
    for (let last: string | Buffer | null = null, full = true; full;) {
      if (last !== null && performance.now() > share) {
        complete = false;
        break;
      }
      const rows: WalkedRow[] = await (isLimited ? store.walkBack(last, PAGE) : store.walk(last, PAGE));
      for (const { mark } of rows) {
        if (mark === null) continue;
        const known = marks.get(mark.toString('hex'));
        if (known !== undefined) counts.set(known.keyId, counts.get(known.keyId)! + 1);
        else {
          unlisted += 1;
          unlistedIn.add(store.name);
        }
      }
      full = rows.length === PAGE;
      last = rows.at(-1)?.key ?? null;
    }
  }
  return { keys: [...counts].map(([id, rows]) => ({ id, rows })), unlisted, unlistedIn: [...unlistedIn], complete };
}
