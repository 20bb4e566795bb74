import { ItPayError } from '@itpay/core';
import type { Database, Logger } from '@itpay/kernel';
import { createKnex, destroyKnex, type Knex } from '../knex.js';
import { knexDatabase } from '../knex-database.js';
import { giveUpWhenSilent } from '../sql/lost-connection.js';
import { assertPostgresKnex } from '../sql/same-database.js';
import { assertPostgresUrl, unreachable } from './connection-errors.js';

export interface OpenPostgresOptions {
  /** `postgres://user:password@host:5432/database`. Either this or `knex`. */
  readonly url?: string | undefined;
  /** The host's own knex instance with `client: 'pg'`. It is never closed by us. */
  readonly knex?: Knex | undefined;
  readonly schema: string;
  /** Connections at most. Default 10. Not for `knex`, which has its own pool. */
  readonly poolSize?: number | undefined;
  readonly logger?: Logger | undefined;
  /** Default true. Turn it off behind PgBouncer in transaction mode. */
  readonly preparedStatements?: boolean | undefined;
  /**
   * After so many milliseconds the server ends a statement. A connection that says nothing for five seconds more is given up
   * as dead. Default 30 000. Not for `knex`.
   */
  readonly statementTimeoutMs?: number | undefined;
}

const seconds = (n: number) => n * 1000;
const STATEMENT_TIMEOUT_MS = seconds(30);
/** The server's own limit comes first, and says more. */
const SILENCE_AFTER_MS = seconds(5);
const CLOSE_LIMIT_MS = seconds(10);

/**
 * Opens PostgreSQL by URL with a pool of our own, or takes the pool of a host's knex instance.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` when the URL is wrong, the server cannot be reached or refuses us, or the
 * knex instance is not one for PostgreSQL. The message never holds the password.
 */
export async function openPostgres(options: OpenPostgresOptions): Promise<Database> {
  const { schema, logger, preparedStatements = true } = options;
  if (options.knex) {
    assertPostgresKnex(options.knex, 'knex');
    await probe(options.knex, 'knex');
    return knexDatabase({ knex: options.knex, schema, preparedStatements, logger });
  }

  const { url, statementTimeoutMs = STATEMENT_TIMEOUT_MS } = options;
  if (!url) throw missingUrl();
  assertPostgresUrl(url);
  const knex = await openPool(url, options);
  const onClose = () => destroyKnex(knex, CLOSE_LIMIT_MS);
  try {
    await probe(knex, url);
  } catch (error) {
    await onClose();
    throw error;
  }
  return knexDatabase({
    knex,
    schema,
    preparedStatements,
    logger,
    queryTimeoutMs: statementTimeoutMs + SILENCE_AFTER_MS,
    onClose,
  });
}

function openPool(url: string, options: OpenPostgresOptions): Promise<Knex> {
  const { poolSize = 10, logger, statementTimeoutMs = STATEMENT_TIMEOUT_MS } = options;
  const connection = {
    connectionString: url,
    application_name: 'itpay',
    connectionTimeoutMillis: seconds(10),
    statement_timeout: statementTimeoutMs,
    // For what knex itself asks: BEGIN and COMMIT have no limit otherwise, and no answer when the network is gone.
    query_timeout: statementTimeoutMs + SILENCE_AFTER_MS,
    // A transaction that somebody forgot holds locks on payments; the server ends it.
    idle_in_transaction_session_timeout: seconds(60),
    keepAlive: true,
    keepAliveInitialDelayMillis: seconds(10),
  };
  const pool = { min: 0, max: poolSize, afterCreate: giveUpWhenSilent };
  return createKnex({ client: 'pg', connection, pool, acquireConnectionTimeout: seconds(15) }, logger);
}

async function probe(knex: Knex, from: string): Promise<void> {
  try {
    await knex.raw('select 1');
  } catch (error) {
    throw unreachable(error, from);
  }
}

function missingUrl(): ItPayError {
  return new ItPayError('CONFIGURATION_INVALID', {
    message: 'PostgreSQL needs the option "database" (DATABASE_URL), such as postgres://user:password@host:5432/shop.',
    details: { option: 'database' },
  });
}
