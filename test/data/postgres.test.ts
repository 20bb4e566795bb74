import { openPostgres } from '@itpay/data';
import { statement } from '@itpay/kernel';
import knexOf from 'knex';
import { expect, it } from 'vitest';
import { freshDatabase, postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';

const schema = 'itpay';
const SLEEP = statement<{ seconds: number }, object>('sleep', 'select pg_sleep(:seconds)');
const PREPARED = statement<object, { name: string }>(
  'prepared',
  `select name from pg_prepared_statements order by name`,
);

describeNeeding(postgresNeed(), 'openPostgres', () => {
  it.each<[what: string, change: (url: URL) => void, says: string]>([
    ['a port where nothing listens', (url) => (url.port = '1'), 'nothing listens there'],
    ['a database that does not exist', (url) => (url.pathname = '/nowhere'), 'has no such database'],
    ['a user that does not exist', (url) => (url.username = 'nobody'), 'refused the'],
    ['a host that does not exist', (url) => (url.hostname = 'db.invalid'), 'host name'],
  ])('explains %s', async (_what, change, says) => {
    const url = new URL((await freshDatabase()).url);
    url.password = 's3cr3t';
    change(url);

    const error = await openPostgres({ url: url.href, schema }).catch((e: Error) => e);

    expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID', message: expect.stringContaining(says) });
    expect((error as Error).message).not.toContain('s3cr3t');
  });

  it('explains that a host’s knex instance speaks to something else', async () => {
    const opening = openPostgres({ knex: { client: { driverName: 'mysql2' } } as never, schema });

    await expect(opening).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining(`client: 'pg', but its client is 'mysql2'`),
    });
  });

  it('uses the knex instance of a host and leaves it open', async () => {
    const knex = knexOf({ client: 'pg', connection: (await freshDatabase()).url });
    const database = await openPostgres({ knex, schema });

    await database.close();

    expect((await knex.raw('select 1 as n')).rows).toEqual([{ n: 1 }]);
    await knex.destroy();
  });

  it.each([
    [true, 1],
    [false, 0],
  ])('with preparedStatements %s prepares %i', async (preparedStatements, count) => {
    const database = await openPostgres({ url: (await freshDatabase()).url, schema, poolSize: 1, preparedStatements });
    await database.query(PREPARED, {});

    const names = await database.query(PREPARED, {});

    expect(names).toHaveLength(count);
    await database.close();
  });

  it('recovers from prepared statements that somebody threw away', async () => {
    const database = await openPostgres({ url: (await freshDatabase()).url, schema, poolSize: 1 });
    await database.query(PREPARED, {});
    await database.knex.raw('deallocate all');

    await database.query(PREPARED, {});

    expect(await database.query(PREPARED, {})).toHaveLength(1);
    await database.close();
  });

  it('comes back after the server dropped its connections', async () => {
    const database = await openPostgres({ url: (await freshDatabase()).url, schema, poolSize: 2 });
    const lost = database.query(SLEEP, { seconds: 5 });
    lost.catch(() => {});
    await database.knex.raw(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );

    await expect(lost).rejects.toThrow();

    expect(await database.query(SLEEP, { seconds: 0 })).toHaveLength(1);
    await database.close();
  });

  it('says what waits when the pool of one is held by an open transaction', async () => {
    const { url } = await freshDatabase();
    const knex = knexOf({ client: 'pg', connection: url, pool: { min: 0, max: 1 }, acquireConnectionTimeout: 200 });
    const database = await openPostgres({ knex, schema });

    const beside = database.transaction(() => database.query(PREPARED, {}));

    await expect(beside).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.stringContaining('a query ran outside of `tx` while a transaction was open'),
    });
    await knex.destroy();
  });
});
