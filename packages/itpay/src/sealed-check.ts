import { takeSealedCensus, type Database, type Secrets, type SealedColumn } from '@itpay/kernel';
import { invalid } from './options.js';

/** In milliseconds: of a large installation, the oldest things are looked at. */
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
  const { keys, unlisted, unlistedIn } = await takeSealedCensus(database, secrets, columns, { limitMs: LIMIT_MS });
  if (unlisted === 0 || keys.some(({ rows }) => rows > 0)) return;
  throw invalid(
    'secretKey',
    `Nothing that lies sealed in the schema "${database.schema}" (${unlistedIn.join(', ')}) opens with it. Set ` +
      'ITPAY_SECRET_KEY to the key that this installation had: of one that moved or was restored, the key of before, in ' +
      'secret.key of its directory. To replace a key, list both: new,old.',
  );
}
