import { openPglite, openPostgres } from '@itpay/data';
import type { Database } from '@itpay/kernel';
import { capturedLogger } from '@itpay/testkit';
import { beforeAll, expect, it } from 'vitest';
import { whenFileEnds } from '../../../../test/support/cleanup.js';
import { backend, freshDatabase } from '../../../../test/support/database.js';
import { digestOf } from './digest.js';
import { printAlike, sessionOn } from './session.js';
import { tablesOf } from './tables.js';

let database: Database;
beforeAll(async () => {
  const options = { schema: 'digests', logger: capturedLogger() };
  database =
    backend() === 'pglite'
      ? await openPglite({ ...options, directory: 'memory' })
      : await openPostgres({ ...options, url: (await freshDatabase()).url });
  whenFileEnds(() => database.close());
  await database.knex.raw('create schema digests');
});

/** The digest of a table with these rows. */
async function digest(rows: string, columns = 'a text, b text'): Promise<{ rows: number; checksum: string }> {
  await database.knex.raw(`drop table if exists digests.t; create table digests.t (${columns})`);
  await database.knex.raw(`insert into digests.t values ${rows}`);
  return database.transaction(async (tx) => {
    const session = await sessionOn(tx);
    await printAlike(session);
    const [table] = await tablesOf(session, 'digests');
    return digestOf(session, table!);
  });
}

// The value is the same on both back ends, which are of different versions of PostgreSQL.
it('is the same wherever it is made', async () => {
  const columns =
    'at timestamptz, bytes bytea, document jsonb, plain json, ratio float8, small real, words text[], moments timestamptz[]';
  const { rows, checksum } = await digest(
    `('2026-11-22 14:12:00.123456+07', '\\x00ff', '{"b": 1.10, "a": [null, "é"]}', '{ "kept" : 1 }', 0.1::float8 + 0.2, 0.1,
       array['a', null, 'NULL', '', 'with "quotes"', e'\\x0b'], array['infinity'::timestamptz]),
     ('-infinity', '', 'null', 'null', 'NaN', '-infinity', '{}', '{}'), (null, null, null, null, 5e-324, null, null, null)`,
    columns,
  );

  expect({ rows, checksum }).toEqual({ rows: 3, checksum: '3357437562956574871 1545424523855710302' });
});

it('does not depend on the order in which rows lie', async () => {
  expect(await digest(`('x', 'y'), ('é', 'Z'), ('a', null)`)).toEqual(
    await digest(`('a', null), ('é', 'Z'), ('x', 'y')`),
  );
});

it.each([
  ['nothing and an empty text', `('', null)`, `(null, '')`],
  ['where one value ends', `('ab', 'c')`, `('a', 'bc')`],
  ['what looks like a divider', `('1:x', '')`, `('1', 'x')`],
  ['which row has which value', `('a', '1'), ('b', '2')`, `('a', '2'), ('b', '1')`],
  ['a row that is there twice', `('a', '1'), ('a', '1'), ('b', '2')`, `('a', '1'), ('b', '2'), ('b', '2')`],
  ['a space at the end', `('a ', '')`, `('a', '')`],
])('tells apart %s', async (_what, one, other) => {
  expect((await digest(one)).checksum).not.toBe((await digest(other)).checksum);
});

it('tells microseconds apart', async () => {
  const at = (micros: string) => digest(`('2026-11-22 14:12:00.${micros}Z')`, 'at timestamptz');

  expect((await at('123456')).checksum).not.toBe((await at('123457')).checksum);
});
