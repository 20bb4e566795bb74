import type { Tx } from '@itpay/kernel';

/** Rows as the text that PostgreSQL sends: what one side prints, the other side reads, whatever the type. */
export type TextRow = readonly (string | null)[];

/** One transaction of either side, with every setting that decides how a value is printed. */
export interface Session {
  rows(sql: string, values?: readonly unknown[]): Promise<readonly TextRow[]>;
}

interface RawConnection {
  query(config: object): Promise<{ readonly rows: TextRow[] }>;
}

/**
 * Past knex and without its time limits: names of tables are no parameters, and to read a table whole takes as long as it
 * takes.
 */
export async function sessionOn(tx: Tx): Promise<Session> {
  const connection = (await tx.trx.client.acquireConnection()) as RawConnection;
  return {
    rows: async (text, values = []) =>
      (
        await connection.query({
          text,
          values: [...values],
          rowMode: 'array',
          types: AS_TEXT,
          query_timeout: FOREVER_MS,
        })
      ).rows,
  };
}

// The connection's own limit, which `pg` takes in place of 0; more does not fit into a timer. (pg/lib/client.js, `query`)
const FOREVER_MS = 2 ** 31 - 1;

const AS_TEXT = { getTypeParser: () => (text: string) => text };

/** Until the end of the transaction. Two servers of different versions and locales then print the same text. */
export async function printAlike(session: Session): Promise<void> {
  for (const [name, value] of SETTINGS) await session.rows(`select set_config($1, $2, true)`, [name, value]);
}

const SETTINGS = [
  ['statement_timeout', '0'],
  ['idle_in_transaction_session_timeout', '10min'],
  ['timezone', 'UTC'],
  ['datestyle', 'ISO, YMD'],
  ['intervalstyle', 'postgres'],
  ['bytea_output', 'hex'],
  ['extra_float_digits', '1'],
  // names in definitions then come with their schema
  ['search_path', 'pg_catalog'],
] as const;
