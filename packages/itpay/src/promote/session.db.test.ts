import { knexDatabase, openPglite } from '@itpay/data';
import knexOf from 'knex';
import { expect, it } from 'vitest';
import { whenFileEnds } from '../../../../test/support/cleanup.js';
import { backend, freshDatabase } from '../../../../test/support/database.js';
import { printAlike, sessionOn, type TextRow } from './session.js';

/** A database that gives up after a second and a half: the server its statements, or the client its waiting. */
async function impatient() {
  if (backend() === 'pglite') {
    const database = await openPglite({ directory: 'memory', schema: 'itpay' });
    whenFileEnds(() => database.close());
    return database;
  }
  const { url } = await freshDatabase();
  const connection = { connectionString: url, statement_timeout: 1_500, query_timeout: 1_500 };
  const knex = knexOf({ client: 'pg', connection });
  whenFileEnds(() => knex.destroy());
  return knexDatabase({ knex, schema: 'itpay', preparedStatements: false });
}

it.each<[what: string, sql: string, values: string[]]>([
  ['a statement', `select 'done' from pg_sleep(2)`, []],
  ['one with values', `select $1::text from pg_sleep(2)`, ['done']],
])('lets %s take as long as it takes', async (_what, sql, values) => {
  const database = await impatient();

  const rows = await database.transaction<readonly TextRow[]>(async (tx) => {
    const session = await sessionOn(tx);
    await printAlike(session);
    return session.rows(sql, values);
  });

  expect(rows).toEqual([['done']]);
});
