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
    const claim = await this.claim(tx, key);
    if (claim.verdict === 'replay') return { ...claim.answer, replayed: true };
    if (claim.verdict !== 'fresh') throw new ItPayError('IDEMPOTENCY_IN_PROGRESS');
    const answer = await work();
    await this.finish(tx, key, answer);
    return { ...answer, replayed: false };
  }

  /**
   * Takes a key, in the transaction of what it stands for. `fresh`: go on. `replay`: answer as before. `resume`: the
   * operation that it stands for has begun and has no final answer yet.
   *
   * @throws ItPayError `IDEMPOTENCY_KEY_REUSED`
   */
  async claim(tx: Tx, key: IdempotencyKey): Promise<KeyClaim> {
    const now = this.#clock.now();
    const claimed = await tx.query(CLAIM, { ...key, now, expiresAt: new Date(now.getTime() + KEY_RETENTION_MS) });
    if (claimed.length > 0) return { verdict: 'fresh' };
    const used = await this.find(tx, key);
    if (used === null) throw new ItPayError('IDEMPOTENCY_IN_PROGRESS');
    return used;
  }

  /** Notes which operation the key stands for. Its answer follows when the operation is settled. */
  async record(tx: Tx, key: IdempotencyKey, operationId: string): Promise<void> {
    await tx.query(RECORD, { scopeHash: key.scopeHash, operationId });
  }

  /**
   * Stores the final answer of a key.
   *
   * @returns false when it has one already, which stays
   */
  async finish(on: Queryable, key: IdempotencyKey, answer: StoredAnswer): Promise<boolean> {
    const stored = await on.query(FINISH, { scopeHash: key.scopeHash, ...this.#finished(answer) });
    return stored.length > 0;
  }

  /** Stores the final answer of every key that stands for the operation. */
  async finishOf(tx: Tx, operationId: string, answer: StoredAnswer): Promise<void> {
    await tx.query(FINISH_OF, { operationId, ...this.#finished(answer) });
  }

  /** Makes the keys of an operation stand for the one that takes its place. */
  async passOn(tx: Tx, fromOperationId: string, toOperationId: string): Promise<void> {
    await tx.query(PASS_ON, { fromOperationId, toOperationId });
  }

  // The retention counts from the answer: an operation may have been unknown for longer than that.
  #finished({ status, body }: StoredAnswer) {
    return { status, body, expiresAt: new Date(this.#clock.now().getTime() + KEY_RETENTION_MS) };
  }

  /**
   * Looks a key up without claiming it. A stored answer wins over today's limits and policies, so a refusal looks here
   * first.
   *
   * @returns null when the key is free
   * @throws ItPayError `IDEMPOTENCY_KEY_REUSED`, or `IDEMPOTENCY_IN_PROGRESS` while the first request runs
   */
  async find(on: Queryable, key: IdempotencyKey): Promise<UsedKey | null> {
    const row = await maybeOne(on, FIND, { scopeHash: key.scopeHash });
    if (row === null) return null;
    if (!row.request_hash.equals(key.requestHash)) throw new ItPayError('IDEMPOTENCY_KEY_REUSED');
    if (row.recovery_point === 'finished') {
      return { verdict: 'replay', answer: { status: row.status, body: row.body } };
    }
    if (row.operation_id !== null) return { verdict: 'resume', operationId: row.operation_id };
    if (row.object_id !== null) return { verdict: 'existing', objectId: row.object_id };
    throw new ItPayError('IDEMPOTENCY_IN_PROGRESS');
  }
}

/** What an earlier request made of a key. */
export type UsedKey =
  | { readonly verdict: 'replay'; readonly answer: StoredAnswer }
  | { readonly verdict: 'resume'; readonly operationId: string }
  /** It found an object that was there, and its process died before it stored that as the answer. */
  | { readonly verdict: 'existing'; readonly objectId: string };
export type KeyClaim = { readonly verdict: 'fresh' } | UsedKey;

const CLAIM = statement<{ scopeHash: Buffer; requestHash: Buffer; now: Date; expiresAt: Date }, { claimed: number }>(
  'idempotency_claim',
  `insert into {schema}.idempotency_keys (scope_hash, request_hash, recovery_point, created_at, expires_at)
   values (:scopeHash, :requestHash, 'started', :now, :expiresAt)
   on conflict (scope_hash) do nothing
   returning 1 as claimed`,
);

const RECORD = statement<{ scopeHash: Buffer; operationId: string }, object>(
  'idempotency_record',
  `update {schema}.idempotency_keys set recovery_point = 'recorded', operation_id = :operationId
    where scope_hash = :scopeHash`,
);

const FINISH = statement<{ scopeHash: Buffer; status: number; body: string; expiresAt: Date }, { finished: number }>(
  'idempotency_finish',
  `update {schema}.idempotency_keys
      set recovery_point = 'finished', status = :status, body = :body, expires_at = :expiresAt
    where scope_hash = :scopeHash and recovery_point <> 'finished'
   returning 1 as finished`,
);

const FINISH_OF = statement<{ operationId: string; status: number; body: string; expiresAt: Date }, object>(
  'idempotency_finish_of',
  `update {schema}.idempotency_keys
      set recovery_point = 'finished', status = :status, body = :body, expires_at = :expiresAt
    where operation_id = :operationId and recovery_point = 'recorded'`,
);

const PASS_ON = statement<{ fromOperationId: string; toOperationId: string }, object>(
  'idempotency_pass_on',
  `update {schema}.idempotency_keys set operation_id = :toOperationId
    where operation_id = :fromOperationId and recovery_point = 'recorded'`,
);

const FIND = statement<
  { scopeHash: Buffer },
  {
    request_hash: Buffer;
    recovery_point: string;
    operation_id: string | null;
    object_id: string | null;
    status: number;
    body: string;
  }
>(
  'idempotency_find',
  `select request_hash, recovery_point, operation_id, object_id, status, body from {schema}.idempotency_keys
    where scope_hash = :scopeHash`,
);
