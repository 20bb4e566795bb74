import type { EventEmitter } from 'node:events';
import { ItPayError } from '@itpay/core';

/** What we need of a pg `Client` that came out of a knex pool. */
export interface RawConnection {
  query(config: object): Promise<{ rows: unknown[] }>;
  /** pg's protocol layer; it emits `commandComplete` with the server's tag for each statement. */
  readonly connection: EventEmitter;
  /** knex throws the connection away before its next use when this is set (knex/lib/client.js, connectionIsDisposed). */
  __knex__disposed?: unknown;
}

const tags = new WeakMap<RawConnection, { last: string }>();

/**
 * The server's tag for the last statement that this connection finished: `COMMIT`, `ROLLBACK`, `RELEASE`, `INSERT 0 1`.
 *
 * The tag is the only proof of a commit. COMMIT of a failed transaction answers `ROLLBACK` without an error, and knex
 * resolves `executionPromise` for it, as it does for `trx.rollback()` without a reason.
 * (https://www.postgresql.org/docs/15/sql-commit.html; knex/lib/execution/transaction.js, `query`)
 */
export function lastCommand(connection: RawConnection): { readonly last: string } {
  const known = tags.get(connection);
  if (known) return known;

  if (typeof connection.connection?.on !== 'function') throw notPg();
  const tag = { last: '' };
  tags.set(connection, tag);
  connection.connection.on('commandComplete', (message: { text: string }) => (tag.last = message.text));
  return tag;
}

function notPg(): ItPayError {
  return new ItPayError('CONFIGURATION_INVALID', {
    message:
      `The knex instance does not hand out connections of the package "pg", which is what its client: 'pg' promises. ` +
      'Give ItPay a plain knex instance for PostgreSQL, or a DATABASE_URL of its own.',
    details: { option: 'knex' },
  });
}
