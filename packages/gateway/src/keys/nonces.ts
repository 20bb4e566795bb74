import { statement, type Clock, type Database, type Sweep } from '@itpay/kernel';

/** Signatures that were used. A table, because a replay may reach another process. */
export class SignatureNonces {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns false when the signature was used before */
  async use(key: string, signature: Buffer, usableUntil: Date): Promise<boolean> {
    return (await this.#database.query(USE, { key, signature, expiresAt: usableUntil })).length > 0;
  }
}

/** Deletes signatures that their time refuses anyway. */
export function nonceRetention(database: Database, clock: Clock): Sweep {
  let nextLookMs = -Infinity;
  return {
    name: 'signature-nonce-retention',
    async run() {
      const nowMs = clock.now().getTime();
      if (nowMs < nextLookMs) return false;
      nextLookMs = nowMs + LOOK_EVERY_MS; // before the first wait: an overlapping run has nothing to do

      const before = new Date(nowMs - CLOCK_DIFFERENCE_MS);
      let deleted = 0;
      for (let full = true; full;) {
        const { length } = await database.query(DELETE_EXPIRED, { before, limit: BATCH });
        deleted += length;
        full = length === BATCH;
      }
      return deleted > 0;
    },
  };
}

const LOOK_EVERY_MS = 60_000;
/** The clock of another process may still let a signature through that ours refuses. */
const CLOCK_DIFFERENCE_MS = 60_000;
const BATCH = 500;

const USE = statement<{ key: string; signature: Buffer; expiresAt: Date }, { used: number }>(
  'signature_nonce_use',
  `insert into {schema}.signature_nonces (key, signature, expires_at) values (:key, :signature, :expiresAt)
   on conflict (key, signature) do nothing
   returning 1 as used`,
);
const DELETE_EXPIRED = statement<{ before: Date; limit: number }, { deleted: number }>(
  'signature_nonce_delete_expired',
  `delete from {schema}.signature_nonces where ctid = any(array(
     select ctid from {schema}.signature_nonces
      where expires_at < :before order by expires_at limit :limit::int for update skip locked))
   returning 1 as deleted`,
);
