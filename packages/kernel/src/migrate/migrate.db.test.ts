import knexOf from 'knex';
import { describe, expect, it } from 'vitest';
import { deferred, emptySchema, migratedSchema, openPostgres } from '../../../../test/support/kernel.js';
import { backend, freshDatabase } from '../../../../test/support/database.js';
import { whenFileEnds } from '../../../../test/support/cleanup.js';
import { migrationSets } from '../kernel.js';
import type { Database } from '../ports/database.js';
import type { Migration } from './migration.js';
import { migrate, pendingMigrations, requireMigrated, type MigrationSet } from './migrate.js';

const set = (...migrations: Migration[]): MigrationSet => ({ plugin: 'shop', migrations });
const things: Migration = { name: '0001-things', up: 'create table {schema}.things (id int primary key)' };
const more: Migration = {
  name: '0002-more',
  up: 'alter table {schema}.things add column name text; create table {schema}.more ()',
};

const tables = async ({ knex, schema }: Database) =>
  (await knex.raw('select tablename from pg_tables where schemaname = ? order by 1', [schema])).rows.map(
    (row: { tablename: string }) => row.tablename,
  );
const names = (steps: readonly { plugin: string; name: string }[]) =>
  steps.map(({ plugin, name }) => `${plugin}/${name}`);

describe('migrate', () => {
  it('brings an empty database up to date, and does nothing the second time', async () => {
    const { database } = await emptySchema();
    const told: string[] = [];

    const first = await migrate(database, [set(things, more)], ({ name }) => told.push(name));
    const second = await migrate(database, [set(things, more)], ({ name }) => told.push(name));

    expect(names(first)).toEqual(['shop/0001-things', 'shop/0002-more']);
    expect(second).toEqual([]);
    expect(told).toEqual(['0001-things', '0002-more']);
    expect(await tables(database)).toEqual(['migrations', 'more', 'things']);
  });

  it('makes the tables that the kernel itself needs', async () => {
    const { database } = await migratedSchema();

    expect(await tables(database)).toEqual([
      'accounts',
      'audit_entries',
      'channel_operations',
      'event_log',
      'event_subscribers',
      'events',
      'idempotency_keys',
      'installation',
      'jobs',
      'migrations',
      'secret_keys',
    ]);
  });

  it('runs what was added since', async () => {
    const { database } = await emptySchema();
    await migrate(database, [set(things)]);

    const added = await migrate(database, [set(things, more)]);

    expect(names(added)).toEqual(['shop/0002-more']);
  });

  it('tells steps of the same name in two plugins apart', async () => {
    const { database } = await emptySchema();
    const other = { plugin: 'other', migrations: [{ name: things.name, up: 'create table {schema}.others ()' }] };

    const ran = await migrate(database, [set(things), other]);

    expect(names(ran)).toEqual(['shop/0001-things', 'other/0001-things']);
  });

  it('leaves nothing behind when a step fails, and names no step as done', async () => {
    const { database } = await emptySchema();
    const broken = { name: '0002-broken', up: 'create table {schema}.half (); select 1 / 0' };

    await expect(migrate(database, [set(things, broken)])).rejects.toThrow('division by zero');

    expect(await tables(database)).toEqual([]);
    expect(names(await migrate(database, [set(things)]))).toEqual(['shop/0001-things']);
  });

  it('takes question marks, semicolons and comments in SQL as they are', async () => {
    const { database } = await emptySchema();
    const odd = {
      name: '0001-odd',
      up: `-- is it one; or two?
           create table {schema}.odd (data jsonb check (data ? 'a' or data ?| array['b', 'c?']), note text default 'why \\? :x ?');
           insert into {schema}.odd (data) values ('{"a": "?"}');`,
    };

    await migrate(database, [set(odd)]);

    const { rows } = await database.knex.raw('select * from ??.odd', [database.schema]);
    expect(rows).toEqual([{ data: { a: '?' }, note: 'why \\? :x ?' }]);
  });

  it('comes up in two processes at once; one of them has something to do', async () => {
    const { database, elsewhere } = await emptySchema();

    const ran = await Promise.all([migrate(database, [set(things, more)]), migrate(elsewhere, [set(things, more)])]);

    expect(ran.map(({ length }) => length).toSorted()).toEqual([0, 2]);
  });

  it('does not keep two installations in one database from each other’s tables', async () => {
    const [one, two] = [await emptySchema(), await emptySchema()];

    await migrate(one.database, [set(things)]);
    await migrate(two.database, [set(things)]);

    expect(await tables(one.database)).toEqual(['migrations', 'things']);
    expect(await tables(two.database)).toEqual(['migrations', 'things']);
  });
});

describe('pendingMigrations', () => {
  it('lists what is missing with its SQL, and changes nothing', async () => {
    const { database } = await emptySchema();

    const pending = await pendingMigrations(database, [set(things)]);

    expect(pending).toEqual([
      {
        plugin: 'shop',
        name: '0001-things',
        sql: `create table "${database.schema.replace('"', '""')}".things (id int primary key)`,
      },
    ]);
    expect(await tables(database)).toEqual([]);
  });

  it('knows what is there already', async () => {
    const { database } = await emptySchema();
    await migrate(database, [set(things)]);

    expect(names(await pendingMigrations(database, [set(things, more)]))).toEqual(['shop/0002-more']);
  });
});

describe('requireMigrated', () => {
  it('is content with a schema that is up to date, or ahead', async () => {
    const { database } = await emptySchema();
    await migrate(database, [set(things, more)]);

    await requireMigrated(database, [set(things)]);
  });

  it('names the missing steps and the command', async () => {
    const { database } = await emptySchema();
    await migrate(database, [set(things)]);

    await expect(requireMigrated(database, [set(things, more)])).rejects.toMatchObject({
      code: 'MIGRATION_PENDING',
      message: expect.stringMatching(/lacks shop\/0002-more\. Run "npx itpay migrate"/),
      details: { schema: database.schema, pending: ['shop/0002-more'] },
    });
  });
});

if (backend() === 'postgres') {
  describe('migrate on a server', () => {
    it('waits for another process for longer than a statement may take', async () => {
      const { url } = await freshDatabase();
      const knex = knexOf({ client: 'pg', connection: { connectionString: url, statement_timeout: 50 } });
      const [first, impatient] = [
        await openPostgres({ url, schema: 'itpay' }),
        await openPostgres({ knex, schema: 'itpay' }),
      ];
      whenFileEnds(() => Promise.all([first.close(), knex.destroy()]));
      const [locked, goOn] = [deferred(), deferred()];
      const holding = first.transaction(async (tx) => {
        await tx.trx.raw(`select pg_advisory_xact_lock(hashtextextended('itpay:migrate:itpay', 0))`);
        locked.resolve();
        await goOn.promise;
      });
      await locked.promise;

      const waiting = migrate(impatient, [set(things)]);
      await first.knex.raw('select pg_sleep(0.2)');
      goOn.resolve();
      await holding;

      expect(names(await waiting)).toEqual(['shop/0001-things']);
    });

    it('lets a step, and the wait for another process, take longer than a client waits for an answer', async () => {
      const { url } = await freshDatabase();
      const impatient = async () => {
        const knex = knexOf({ client: 'pg', connection: { connectionString: url, query_timeout: 1_500 } });
        whenFileEnds(() => knex.destroy());
        return openPostgres({ knex, schema: 'itpay' });
      };
      const slow = { name: '0002-slow', up: 'select pg_sleep(2)' };
      const [one, other] = [await impatient(), await impatient()];

      const ran = await Promise.all([migrate(one, [set(things, slow)]), migrate(other, [set(things, slow)])]);

      expect(ran.map(({ length }) => length).toSorted()).toEqual([0, 2]);
    });

    it('needs no more rights than to own its schema', async () => {
      const { url } = await freshDatabase();
      const owner = await openPostgres({ url, schema: 'itpay' });
      whenFileEnds(() => owner.close());
      const role = new URL(url).pathname.slice(1); // roles belong to the server, so this one is named after the database
      await owner.knex.raw(`create role ${role} login password 'x'`);
      await owner.knex.raw(`revoke all on schema public from public`);
      await owner.knex.raw(`revoke all on database ${role} from public`);
      await owner.knex.raw(`grant connect on database ${role} to ${role}`);
      await owner.knex.raw(`create schema itpay authorization ${role}`);
      whenFileEnds(async () => {
        const last = await openPostgres({ url, schema: 'itpay' });
        await last.knex.raw(`drop owned by ${role}`);
        await last.knex.raw(`drop role ${role}`);
        await last.close();
      });
      const limitedUrl = new URL(url);
      [limitedUrl.username, limitedUrl.password] = [role, 'x'];
      const limited = await openPostgres({ url: limitedUrl.href, schema: 'itpay' });
      whenFileEnds(() => limited.close());

      await migrate(limited, migrationSets([]));

      expect(await pendingMigrations(limited, migrationSets([]))).toEqual([]);
    });

    // What that does for a process that is killed is shown in test/kernel/processes.test.ts.
    it('has the server look every second whether somebody still listens', async () => {
      const { database } = await emptySchema();
      const ask = {
        name: '0001-ask',
        up: `create table {schema}.answer as select current_setting('client_connection_check_interval') as ms`,
      };

      await migrate(database, [set(ask)]);

      const { rows } = await database.knex.raw('select ms from ??.answer', [database.schema]);
      expect(rows).toEqual([{ ms: '1s' }]);
    });
  });
}
