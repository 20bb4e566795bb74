import type { Knex } from 'knex';
import type { Statement } from '../statement.js';
import { token } from '../token.js';

/** Something that runs statements: the database by itself, or a transaction. */
export interface Queryable {
  /** Runs one statement in one round trip. int8 columns come as bigint, timestamptz as Date, jsonb parsed, bytea as Buffer. */
  query<P extends object, R>(statement: Statement<P, R>, params: P): Promise<R[]>;
}

/** An open transaction of ours, or a host's transaction that we joined. */
export interface Tx extends Queryable {
  /** The knex transaction, for a host's own statements in the same commit. */
  readonly trx: Knex.Transaction;
  /** Runs `effect` once the transaction has committed; never when it rolled back. It must not throw. */
  afterCommit(effect: () => void): void;
}

/**
 * PostgreSQL, embedded or a server. State, idempotency, audit and event rows commit together in a transaction of it.
 *
 * While a transaction is open, run everything through its `tx`: the embedded database has one session, so a query beside an
 * open transaction waits for it. Never call a channel or another network service while a transaction is open.
 */
export interface Database extends Queryable {
  /** The schema that holds all tables of the framework. */
  readonly schema: string;
  /** The knex instance underneath; the host's own one when it gave one. */
  readonly knex: Knex;
  /** Commits when `work` resolves, rolls back when it throws. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * Joins a transaction that the host opened with its own knex instance: our rows commit or vanish with the host's rows.
   *
   * @throws ItPayError `CONFIGURATION_INVALID` when the transaction is not on PostgreSQL, or on another database than ours
   */
  enlist(trx: Knex.Transaction): Promise<Tx>;
  close(): Promise<void>;
}
export const Database = token<Database>('database');

/** The single row of a statement that returns exactly one. */
export async function one<P extends object, R>(on: Queryable, statement: Statement<P, R>, params: P): Promise<R> {
  const [row] = await on.query(statement, params);
  if (row === undefined) throw new Error(`The statement "${statement.name}" returned no row.`);
  return row;
}

/** The first row, or null. */
export async function maybeOne<P extends object, R>(
  on: Queryable,
  statement: Statement<P, R>,
  params: P,
): Promise<R | null> {
  const [row] = await on.query(statement, params);
  return row ?? null;
}
