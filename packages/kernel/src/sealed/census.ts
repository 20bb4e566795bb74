import type { Database } from '../ports/database.js';
import type { Secrets } from '../ports/secrets.js';
import type { SealedColumn } from './column.js';
import { sealedStores } from './store.js';

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
 * @param limitMs stops after this many milliseconds; left out: when everything was counted
 */
export async function takeSealedCensus(
  database: Database,
  secrets: Pick<Secrets, 'keys'>,
  columns: readonly SealedColumn[],
  { limitMs = Infinity }: { readonly limitMs?: number } = {},
): Promise<SealedCensus> {
  const until = performance.now() + limitMs;
  const counts = new Map(secrets.keys('').map(({ id }) => [id, 0]));
  const unlistedIn = new Set<string>();
  let unlisted = 0;
  let complete = true;
  for (const store of sealedStores(database, columns)) {
    const marks = store.marks(secrets);
    for (let after: string | Buffer | null = null, full = true; full;) {
      if (performance.now() > until) {
        complete = false;
        break;
      }
      const rows = await store.walk(after, PAGE);
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
      after = rows.at(-1)?.key ?? null;
    }
  }
  return { keys: [...counts].map(([id, rows]) => ({ id, rows })), unlisted, unlistedIn: [...unlistedIn], complete };
}
