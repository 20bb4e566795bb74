/** Errors of the socket, of name lookup and of the server that mean: this connection is no more, or never came about. */
const CODES =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT|57P0[1-5]|25P03|53300|08...)$/;
/** Those of `pg` have no code. (pg/lib/client.js; knex puts the statement in front) */
const MESSAGES =
  /(Connection terminated|Connection ended unexpectedly|Client has encountered a connection error|Client was closed|Query read timeout|timeout expired)/;

/**
 * Whether a statement failed because its connection was lost, or none could be made. What it was to do may have been done: a
 * connection can break between the commit and its answer.
 */
export function isLostConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? CODES.test(code) : MESSAGES.test(error.message);
}

/** What we need of a pg `Client` to notice that it fell silent. */
interface Silent {
  query(...args: unknown[]): unknown;
  __knex__disposed?: unknown;
}

/**
 * Has knex throw a connection away on which a query of its own (`BEGIN`, `COMMIT`) had no answer in time: the answer may still
 * come, and everything that is asked after it waits for that. For the hook `afterCreate` of knex's pool.
 */
export function giveUpWhenSilent(connection: Silent, done: (error: unknown, connection: unknown) => void): void {
  const { query } = connection;
  connection.query = (...args) => {
    const heard = args.at(-1);
    if (typeof heard !== 'function') return query.apply(connection, args);
    const hear = (error: unknown, ...rest: unknown[]) => {
      if (error instanceof Error && error.message === 'Query read timeout') connection.__knex__disposed ??= error;
      heard(error, ...rest);
    };
    return query.apply(connection, [...args.slice(0, -1), hear]);
  };
  done(null, connection);
}
