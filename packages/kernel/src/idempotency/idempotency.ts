import { ItPayError } from '@itpay/core';
import type { Clock } from '../ports/clock.js';
import type { Queryable, Tx } from '../ports/database.js';
import { maybeOne } from '../ports/database.js';
import { statement } from '../statement.js';
import { token, type Token } from '../token.js';
import type { IdempotencyKey } from './key.js';

/** The answer that belongs to a key: what the first request got, and every repetition gets. */
export interface StoredAnswer {
  readonly status: number;
  readonly body: string;
}

/** How long a finished key answers, in milliseconds. */
export const KEY_RETENTION_MS = 72 * 3_600_000;

/** Runs an operation once per key. The key's row, the answer and what the operation wrote commit together. */
export class Idempotency {
  static readonly token: Token<Idempotency> = token<Idempotency>('idempotency');

  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Runs `work` inside `tx` unless the key was used before. Without a key it always runs.
   *
   * A second request with the same key waits at the row of the first until that commits, and then gets its answer. When
   * `work` throws, the transaction rolls back and the key is free again.
   *
   * @throws ItPayError `IDEMPOTENCY_KEY_REUSED` when the key was used for another request
   */
  async once(
    tx: Tx,
    key: IdempotencyKey | null,
    work: () => Promise<StoredAnswer>,
  ): Promise<StoredAnswer & { readonly replayed: boolean }> {
    if (key === null) return { ...(await work()), replayed: false };

    const now = this.#clock.now();
    const claimed = await tx.query(CLAIM, { ...key, now, expiresAt: new Date(now.getTime() + KEY_RETENTION_MS) });
    if (claimed.length === 0) {
      const stored = await this.find(tx, key);
      if (stored !== null) return { ...stored, replayed: true };
      throw new ItPayError('IDEMPOTENCY_IN_PROGRESS');
    }
    const answer = await work();
    await tx.query(FINISH, { scopeHash: key.scopeHash, status: answer.status, body: answer.body });
    return { ...answer, replayed: false };
  }

  /**
   * Looks a key up without claiming it. A stored answer wins over today's limits and policies, so a refusal looks here
   * first.
   *
   * @returns null when the key is free
   * @throws ItPayError `IDEMPOTENCY_KEY_REUSED`, or `IDEMPOTENCY_IN_PROGRESS` while the first request runs
   */
  async find(on: Queryable, key: IdempotencyKey): Promise<StoredAnswer | null> {
    const row = await maybeOne(on, FIND, { scopeHash: key.scopeHash });
    if (row === null) return null;
    if (!row.request_hash.equals(key.requestHash)) throw new ItPayError('IDEMPOTENCY_KEY_REUSED');
    if (row.recovery_point !== 'finished') throw new ItPayError('IDEMPOTENCY_IN_PROGRESS');
    return { status: row.status, body: row.body };
  }
}

const CLAIM = statement<{ scopeHash: Buffer; requestHash: Buffer; now: Date; expiresAt: Date }, { claimed: number }>(
  'idempotency_claim',
  `insert into {schema}.idempotency_keys (scope_hash, request_hash, recovery_point, created_at, expires_at)
   values (:scopeHash, :requestHash, 'started', :now, :expiresAt)
   on conflict (scope_hash) do nothing
   returning 1 as claimed`,
);

const FINISH = statement<{ scopeHash: Buffer; status: number; body: string }, object>(
  'idempotency_finish',
  `update {schema}.idempotency_keys set recovery_point = 'finished', status = :status, body = :body
    where scope_hash = :scopeHash`,
);

const FIND = statement<
  { scopeHash: Buffer },
  { request_hash: Buffer; recovery_point: string; status: number; body: string }
>(
  'idempotency_find',
  `select request_hash, recovery_point, status, body from {schema}.idempotency_keys where scope_hash = :scopeHash`,
);
