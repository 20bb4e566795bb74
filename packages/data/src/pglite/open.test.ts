import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { one, statement } from '@itpay/kernel';
import { expect, it, vi } from 'vitest';
import { freshDirectory } from '../../../../test/support/database.js';
import { openPglite } from './open.js';

const schema = 'itpay';
const COUNT = statement<object, { count: bigint }>('count', 'select count(*) from t');

it('keeps what was written, and frees the directory when closed', async () => {
  const directory = await freshDirectory();
  const first = await openPglite({ directory, schema });
  await first.knex.raw('create table t as select 1 as n');
  await first.close();
  expect(existsSync(join(directory, 'pglite.lock'))).toBe(false);

  const second = await openPglite({ directory, schema });

  expect(await one(second, COUNT, {})).toEqual({ count: 1n });
  await second.close();
});

it('refuses a second opening, and the first one goes on', async () => {
  const directory = await freshDirectory();
  const database = await openPglite({ directory, schema });

  await expect(openPglite({ directory, schema })).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });

  expect((await database.knex.raw('select 1 as n')).rows).toEqual([{ n: 1 }]);
  await database.close();
});

it('starts again when the first unpacking was interrupted', async () => {
  const directory = await freshDirectory();
  await mkdir(join(directory, 'pglite.unfinished/base'), { recursive: true });
  await writeFile(join(directory, 'pglite.unfinished/PG_VERSION'), '18\n');

  const database = await openPglite({ directory, schema });

  expect((await database.knex.raw('select 1 as n')).rows).toEqual([{ n: 1 }]);
  expect(await readdir(directory)).toEqual(['pglite', 'pglite.lock']);
  await database.close();
});

it.each<[what: string, version: string | null, says: string]>([
  ['a folder that holds no database', null, 'exists and holds no database'],
  ['data of another PostgreSQL', '17\n', 'was made by PostgreSQL 17, and the installed PGlite is PostgreSQL 18'],
])('refuses %s and leaves the directory free', async (_what, version, says) => {
  const directory = await freshDirectory();
  await mkdir(join(directory, 'pglite'));
  if (version) await writeFile(join(directory, 'pglite/PG_VERSION'), version);

  const opening = openPglite({ directory, schema });

  await expect(opening).rejects.toMatchObject({
    code: 'CONFIGURATION_INVALID',
    message: expect.stringContaining(says),
  });
  expect(await readdir(directory)).toEqual(['pglite']);
});

it('says so when the data does not start', async () => {
  const directory = await freshDirectory();
  await (await openPglite({ directory, schema })).close();
  await rm(join(directory, 'pglite/global/pg_control'));

  const opening = openPglite({ directory, schema });

  await expect(opening).rejects.toThrow(/The database in .*pglite does not start/);
  expect(existsSync(join(directory, 'pglite.lock'))).toBe(false);
});

it('names the transaction that a query beside it waits for, and both go on', async () => {
  const database = await openPglite({ directory: 'memory', schema, maxWaitMs: 200 });
  await database.knex.raw('create table t (n int)');

  await database.transaction(async (tx) => {
    await tx.trx.raw('insert into t values (1)');
    const beside = database.query(COUNT, {});
    await expect(beside).rejects.toMatchObject({ code: '55P03' });
    await expect(beside).rejects.toThrow(/its last statement was: insert into t values \(1\)\. .*pass `tx`/);
  });

  expect(await one(database, COUNT, {})).toEqual({ count: 1n });
  await database.close();
});

it('rolls back when a connection breaks inside of a transaction', async () => {
  const database = await openPglite({ directory: 'memory', schema });
  await database.knex.raw('create table t (n int)');

  const broken = database.transaction(async (tx) => {
    await tx.trx.raw('insert into t values (1)');
    const connection = (await tx.trx.client.acquireConnection()) as { connection: { stream: { destroy(): void } } };
    connection.connection.stream.destroy();
    await tx.trx.raw('select 1');
  });

  await expect(broken).rejects.toThrow();
  expect(await one(database, COUNT, {})).toEqual({ count: 0n });
  await database.close();
});

it('carries LISTEN and NOTIFY between connections', async () => {
  const database = await openPglite({ directory: 'memory', schema });
  const connection = await database.knex.client.acquireConnection();
  const heard = new Promise<{ payload: string }>((resolve) => connection.once('notification', resolve));
  await connection.query('listen work');

  await database.knex.raw(`notify work, 'job_1'`);

  expect((await heard).payload).toBe('job_1');
  await database.knex.client.releaseConnection(connection);
  await database.close();
});

it('stops with an error instead of hanging when its lock was removed', { timeout: 20_000 }, async () => {
  const directory = await freshDirectory();
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const database = await openPglite({ directory, schema, logger });

  await rm(join(directory, 'pglite.lock'));
  await vi.waitFor(() => expect(logger.error).toHaveBeenCalled(), 10_000);

  await expect(database.knex.raw('select 1')).rejects.toThrow('its lock file was removed or replaced');
  await database.close();
});

it('closes once, however often it is told', async () => {
  const database = await openPglite({ directory: 'memory', schema });

  await Promise.all([database.close(), database.close()]);

  await expect(database.query(COUNT, {})).rejects.toThrow();
});
