import { createHash } from 'node:crypto';
import { ItPayError } from '@itpay/core';
import {
  compileStatement,
  type CompiledStatement,
  type Database,
  type Logger,
  type Statement,
  type Tx,
} from '@itpay/kernel';
import type { Knex } from './knex.js';
import { columnParsers } from './sql/column-parsers.js';
import { joinTransaction } from './sql/join.js';
import { isLostConnection } from './sql/lost-connection.js';
import type { RawConnection } from './sql/last-command.js';
import { toValues } from './sql/parameters.js';
import { assertPostgresKnex, sameDatabaseCheck } from './sql/same-database.js';

export interface KnexDatabaseOptions {
  /** An instance with `client: 'pg'`. */
  readonly knex: Knex;
  readonly schema: string;
  /** Plan each statement once per connection. Off where connections share a session: PGlite, PgBouncer. */
  readonly preparedStatements: boolean;
  /** How long a statement may take before its connection is given up as dead. Default 35 s. */
  readonly queryTimeoutMs?: number;
  readonly logger?: Logger | undefined;
  /** What `close` does. Nothing when the knex instance belongs to the host. */
  readonly onClose?: () => Promise<void>;
}

/**
 * The Database port over a knex pool.
 *
 * Statements go to the raw pg connection with parsers of our own, so that neither the host's `pg.types` nor its
 * `postProcessResponse` change what we read. Errors are pg's, with `code` and `constraint`; the message starts with the
 * name of the statement. When the connection was lost, or none could be had, it is `SERVICE_UNAVAILABLE`; what was asked for
 * may have happened then.
 */
export function knexDatabase(options: KnexDatabaseOptions): Database {
  const { knex, schema, logger } = options;
  assertPostgresKnex(knex, 'knex');
  const toQuery = queryBuilder(options);
  const enlisted = new WeakMap<Knex.Transaction, Tx>();
  let closing: Promise<void> | null = null;

  const database: Database = {
    schema,
    knex,

    async query(statement, params) {
      const query = toQuery(statement as never, params);
      const connection = await acquire(knex);
      try {
        return (await runOrRetry(connection, query)) as never;
      } catch (error) {
        return explainLoss(error);
      } finally {
        await knex.client.releaseConnection(connection);
      }
    },

    async transaction(work) {
      let committed: Promise<boolean> | undefined;
      let thrown: unknown;
      const result = await knex
        .transaction(async (trx) => {
          const joined = await joinTransaction(trx, runOn, logger);
          committed = joined.committed;
          return work(joined.tx).catch((error: unknown) => {
            thrown = error;
            throw error;
          });
        })
        // What the work met with elsewhere, such as a host's own server, is not the database's.
        .catch((error: unknown) =>
          error === thrown && !fromStatements.has(thrown as object) ? rethrow(error) : explain(error),
        );
      if (!(await committed)) {
        throw new Error('The transaction was rolled back: a statement in it failed, and its error was swallowed.');
      }
      return result;
    },

    async enlist(trx) {
      const known = enlisted.get(trx);
      if (known && !trx.isCompleted()) return known;
      assertOpen(trx);
      assertPostgresKnex(trx, 'trx');
      const { tx } = await joinTransaction(trx, runOn, logger);
      await assertSameDatabase(trx, tx);
      enlisted.set(trx, tx);
      return tx;
    },

    close: () => (closing ??= options.onClose?.() ?? Promise.resolve()),
  };

  const runOn = (connection: RawConnection, ...[statement, params]: Parameters<Tx['query']>) =>
    run(connection, toQuery(statement as never, params as object));
  const assertSameDatabase = sameDatabaseCheck({ own: database, ownKnex: knex, schema });
  return database;
}

/** What goes to `pg`, and the statement's name for messages. */
interface Query {
  readonly label: string;
  readonly config: { name?: string; text: string; values: unknown[]; types: object; query_timeout: number };
}

function queryBuilder({ schema, preparedStatements, queryTimeoutMs = 35_000 }: KnexDatabaseOptions) {
  const compiled = new WeakMap<object, { statement: CompiledStatement; preparedName: string }>();

  return (source: Statement<never, unknown>, params: object): Query => {
    let known = compiled.get(source);
    if (!known) {
      const statement = compileStatement(source, schema);
      known = { statement, preparedName: preparedName(statement) };
      compiled.set(source, known);
    }
    const { statement } = known;
    return {
      label: statement.name,
      config: {
        ...(preparedStatements && !source.planEachTime && { name: known.preparedName }),
        text: statement.text,
        values: toValues(statement, params),
        types: columnParsers,
        query_timeout: queryTimeoutMs,
      },
    };
  };
}

/** `itpay_<name>_<hash of the text>`: another text under the same name is another statement. PostgreSQL keeps 63 bytes. */
export function preparedName({ name, text }: CompiledStatement): string {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  const room = 63 - 'itpay_'.length - '_'.length - hash.length;
  return `itpay_${Buffer.from(name).subarray(0, room).toString('latin1').replaceAll(/[^\w]/g, '_')}_${hash}`;
}

/** Errors that statements of ours ended with. */
const fromStatements = new WeakSet<object>();

async function run(connection: RawConnection, { label, config }: Query): Promise<unknown[]> {
  try {
    return (await connection.query(config)).rows;
  } catch (error) {
    if (isStalePlan(error) || isReadTimeout(error) || isFatal(error)) connection.__knex__disposed ??= error;
    // A database that has stopped throws the same error for each statement: it is named once.
    if (error instanceof Error && !fromStatements.has(error)) {
      error.message = `${label}: ${error.message}`;
      fromStatements.add(error);
      // "Failing row contains (…)": the text of a QR code, say. Errors are logged; table and constraint tell enough.
      (error as { detail?: string }).detail &&= '(left out)';
    }
    throw error;
  }
}

// A connection that outlives a migration holds plans for the old tables. Outside of a transaction nothing is lost by
// planning again; inside, the caller sees the error once and the connection is replaced.
async function runOrRetry(connection: RawConnection, query: Query): Promise<unknown[]> {
  try {
    return await run(connection, query);
  } catch (error) {
    if (query.config.name === undefined || !isStalePlan(error)) throw error;
    const { name: _, ...unnamed } = query.config;
    return run(connection, { ...query, config: unnamed });
  }
}

// 0A000 "cached plan must not change result type"; 26000: somebody ran DEALLOCATE or DISCARD on the connection.
function isStalePlan(error: unknown): boolean {
  const { code, routine } = error as { code?: string; routine?: string };
  return code === '26000' || (code === '0A000' && routine === 'RevalidateCachedQuery');
}

// pg/lib/client.js: the query is given up, but its answer may still come and block the connection.
const isReadTimeout = (error: unknown) => error instanceof Error && error.message === 'Query read timeout';

// The server ends the connection after these (shutdown, idle limits, connection failures), but pg learns it from the closed
// socket, which comes later: the pool must not hand it out in between.
const isFatal = (error: unknown) => /^(57P0[1-5]|25P03|08...)$/.test((error as { code?: string }).code ?? '');

async function acquire(knex: Knex): Promise<RawConnection> {
  return (await knex.client.acquireConnection().catch(explain)) as RawConnection;
}

function rethrow(error: unknown): never {
  throw error;
}

function explainLoss(error: unknown): never {
  if (!isLostConnection(error)) throw error;
  throw new ItPayError('SERVICE_UNAVAILABLE', {
    message:
      'The connection to the database was lost. Repeat the request with the same Idempotency-Key: it may have been done.',
    cause: error,
  });
}

function explain(error: unknown): never {
  if (!(error instanceof Error) || error.name !== 'KnexTimeoutError' || !error.message.includes('acquiring'))
    return explainLoss(error);
  throw new ItPayError('SERVICE_UNAVAILABLE', {
    message:
      'No database connection became free in time. Either the pool is too small for the load, or a query ran outside of ' +
      '`tx` while a transaction was open and waits for that transaction: pass `tx` (or `{ trx }`) on to everything inside.',
    cause: error,
  });
}

function assertOpen(trx: Knex.Transaction): void {
  if ((trx as Partial<Knex.Transaction>).isTransaction !== true) {
    throw new ItPayError('CONFIGURATION_INVALID', {
      message: `"trx" must be a knex transaction: knex.transaction(async (trx) => …). It is something else.`,
      details: { option: 'trx' },
    });
  }
  if (trx.isCompleted()) {
    throw new Error('The transaction passed as "trx" has ended already. Await the call inside of knex.transaction(…).');
  }
}
