import { takeSealedCensus, type Database, type SealedCensus, type SealedColumn, type Secrets } from '@itpay/kernel';
import { invalid } from './options.js';

/** In milliseconds: of a large installation, the newest things are looked at. */
const LIMIT_MS = 300;

/**
 * Stops the start with a secret key that opens nothing of what lies in the database: after a move or a restore, say, with a
 * fresh key. While one is being replaced, some of it opens, and the process starts.
 *
 * @throws ItPayError `CONFIGURATION_INVALID`
 */
export async function assertOpensSealed(
  database: Database,
  secrets: Pick<Secrets, 'keys'>,
  columns: readonly SealedColumn[],
): Promise<void> {
  const census = await takeSealedCensus(database, secrets, columns, { limitMs: LIMIT_MS });
  if (!opensNothing(census)) return;
  throw invalid(
    'secretKey',
    `Nothing that lies sealed in the schema "${database.schema}" (${census.unlistedIn.join(', ')}) opens with it. ` +
      PUT_KEY_BACK,
  );
}

/** Whether something lies sealed, and none of it opens with a listed key: a process with these keys does not start. */
export const opensNothing = ({ keys, unlisted }: Pick<SealedCensus, 'keys' | 'unlisted'>): boolean =>
  unlisted > 0 && keys.every(({ rows }) => rows === 0);

export const PUT_KEY_BACK =
  'Set ITPAY_SECRET_KEY to the key that this installation had: of one that moved or was restored, the key of before, in ' +
  'secret.key of its directory. To replace a key, list both: new,old.';
