import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { fileBlobStore, openPglite, openPostgres, type PgliteDatabase } from '@itpay/data';
import { migrate, migrationSets } from '@itpay/kernel';
import { capturedLogger } from '@itpay/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { whenFileEnds } from '../../../../test/support/cleanup.js';
import { backend, freshDatabase, freshDirectory } from '../../../../test/support/database.js';
import { allPlugins, createItPay } from '../create-itpay.js';
import { moveOpen, promote, type PromoteOptions } from './promote.js';

const sets = migrationSets(allPlugins({ plugins: [] }));
const schema = 'itpay';
const logger = capturedLogger();

/** Changes a database of its own by hand, or looks into it. */
async function sql(url: string, text: string): Promise<any[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** Each row of each table of a database, as text. */
const everything = (url: string) =>
  sql(
    url,
    `select n.nspname, c.relname, query_to_xml(format('select * from %I.%I t order by t::text', n.nspname, c.relname), true,
       false, '')::text as rows
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1, 2`,
  );

const server = async (...prepare: string[]) => {
  const { url } = await freshDatabase();
  for (const text of prepare) await sql(url, text);
  return url;
};

const migrated = async (steps = sets) => {
  const url = await server();
  const database = await openPostgres({ url, schema, logger });
  await migrate(database, steps);
  await database.close();
  return url;
};

let dataDir: string;
let source: PgliteDatabase;
const optionsFor = (to: string, more: Partial<PromoteOptions>): PromoteOptions => ({
  dataDir,
  to,
  schema,
  sets,
  logger,
  blobStore: null,
  now: () => new Date(),
  tell: () => {},
  agree: async () => {},
  ...more,
});
/** As the command does it. */
const whole = (to: string, more: Partial<PromoteOptions> = {}) => promote(optionsFor(to, more));
/** From the database that is open already, which takes a second less. */
const move = (to: string, more: Partial<PromoteOptions> = {}) => moveOpen(source, optionsFor(to, more));

describe('a move', () => {
  it('makes no database where there is none', async () => {
    const empty = await freshDirectory();

    await expect(whole('postgres://127.0.0.1:1/x', { dataDir: empty })).rejects.toThrow(
      /no embedded database in .*--from/,
    );
    expect(await readdir(empty)).toEqual([]);
  });
});

if (backend() === 'postgres') {
  describe('a move of an embedded installation', () => {
    beforeAll(async () => {
      dataDir = await freshDirectory();
      const pay = await createItPay({ publicUrl: 'https://shop.example', plugins: [], dataDir, logger, work: false });
      await pay.accounts.create('Second Shop');
      await pay.stop();
      source = await openPglite({ directory: join(dataDir, 'db'), schema });
      whenFileEnds(() => source.close());
    });

    it('waits for a yes before it changes anything', async () => {
      const url = await server();
      const facts: string[] = [];
      const no = async (lines: readonly string[]) => {
        facts.push(...lines);
        throw new Error('No.');
      };

      await expect(move(url, { agree: no })).rejects.toThrow('No.');

      expect(facts[0]).toMatch(/^from +.*: \d+ tables with \d+ rows$/);
      expect(facts[1]).toMatch(/^to +"itpay" of postgres:\/\/[\w.]+:\d+\/\w+$/);
      expect(await everything(url)).toEqual([]);
    });

    it('is refused while a process uses the directory, and names it', async () => {
      const url = await server();

      await expect(whole(url)).rejects.toThrow(
        new RegExp(`^Process ${process.pid} on .* uses .*\\. Stop it, .*Nothing was changed\\.$`),
      );

      expect(await everything(url)).toEqual([]);
    });

    it.each([
      ['an account', `insert into itpay.accounts values ('m_1', 'Somebody', now())`, /accounts \(1\)/],
      ['an event', `update itpay.event_log set last_position = 1`, /event_log \(1\)/],
      ['a step of a newer version', `insert into itpay.migrations values ('x', '1')`, /newer version.*: x\/1/],
    ])('is refused where the target has %s', async (_what, change, says) => {
      const url = await migrated();
      await sql(url, change);
      const before = await everything(url);

      await expect(move(url)).rejects.toThrow(says);

      expect(await everything(url)).toEqual(before);
    });

    it('goes where a migration of a plugin put the same rows, and nowhere else', async () => {
      const up = `create table {schema}.tiers (name text); insert into {schema}.tiers values ('gold'), ('silver')`;
      const withTiers = [...sets, { plugin: 'loyalty', migrations: [{ name: '0001-tiers', up }] }];
      const url = await migrated(withTiers);
      await migrate(source, withTiers);
      try {
        await sql(url, `update itpay.tiers set name = 'lead' where name = 'silver'`);
        await expect(move(url, { sets: withTiers })).rejects.toThrow(/was used already: tiers \(2\)/);
        await sql(url, `update itpay.tiers set name = 'silver' where name = 'lead'`);

        expect(await move(url, { sets: withTiers })).toMatchObject({ moved: true });

        expect(await sql(url, 'select name from itpay.tiers order by 1')).toEqual([
          { name: 'gold' },
          { name: 'silver' },
        ]);
      } finally {
        await source.knex.raw(`drop table itpay.tiers; delete from itpay.migrations where plugin = 'loyalty'`);
      }
    });

    it('is refused where somebody uses the target between the look and the move', async () => {
      const url = await migrated();
      const taken = async () => {
        await sql(url, `insert into itpay.accounts values ('m_1', 'Somebody', now())`);
      };

      await expect(move(url, { agree: taken })).rejects.toThrow(/was used already: accounts \(1\)/);

      expect(await sql(url, 'select id from itpay.accounts')).toEqual([{ id: 'm_1' }]);
    });

    it("is refused where the schema holds somebody else's tables", async () => {
      const url = await server('create schema itpay', 'create table itpay.orders (id int)');

      await expect(move(url)).rejects.toThrow(/tables that are not ItPay's: orders/);

      expect(await sql(url, 'select * from itpay.orders')).toEqual([]);
    });

    it.each([
      [
        'older',
        `delete from itpay.migrations where name = '0001-webhook'`,
        /older version.*webhook\/0001-webhook.*itpay migrate/,
      ],
      ['newer', `insert into itpay.migrations values ('payment', '0999-more')`, /payment\/0999-more\. A newer/],
      ['of unlisted plugins', `insert into itpay.migrations values ('x', '1')`, /x\/1\. .* or a plugin/],
      ['with a table of the host', `create table itpay.mine (id int)`, /mine is not in PostgreSQL.*set schema/],
    ])('is refused when the embedded database is %s', async (_which, change, says) => {
      const undo =
        `delete from itpay.migrations where name in ('0999-more', '1'); drop table if exists itpay.mine; ` +
        `insert into itpay.migrations values ('webhook', '0001-webhook') on conflict do nothing`;
      const url = await server();

      await source.knex.raw(change);
      await expect(move(url)).rejects.toThrow(says);
      await source.knex.raw(undo);

      expect(await everything(url)).toEqual([]);
    });

    it.each([
      ['swallows rows', 'create rule odd as on insert to itpay.accounts do instead nothing'],
      [
        'changes rows',
        `create rule odd as on insert to itpay.accounts do also update itpay.accounts set name = name || '!' where id = new.id`,
      ],
    ])('is undone when the target %s', async (_how, rule) => {
      const url = await migrated();
      await sql(url, rule);
      const before = await everything(url);

      await expect(move(url)).rejects.toThrow(/accounts differ\. .*Nothing was changed/);

      expect(await everything(url)).toEqual(before);
    });

    it('says what a role lacks', async () => {
      const role = `itpay_reader_${process.pid}`;
      const url = await server(`create role ${role} login`);
      try {
        const reader = Object.assign(new URL(url), { username: role }).href;
        await expect(move(reader)).rejects.toThrow(/permission denied for database/);
      } finally {
        await sql(url, `drop role ${role}`);
      }
    });

    it('copies files before it touches the database, and again when that did not work', async () => {
      await fileBlobStore(join(dataDir, 'blobs')).put('qr/qr_1.png', Buffer.from('one'));
      const url = await server();
      const stored = new Map<string, Uint8Array>();
      let away = true;
      const blobStore = {
        put: async (key: string, bytes: Uint8Array) => {
          if (away) throw new Error('The store is away.');
          stored.set(key, bytes);
        },
        get: async () => null,
        delete: async () => {},
      };

      await expect(move(url, { blobStore })).rejects.toThrow(/The store is away\. The database was not touched/);
      const nothing = await everything(url);
      away = false;
      const done = await move(url, { blobStore });

      expect(nothing).toEqual([]);
      expect(done).toMatchObject({ moved: true, filesCopied: 1, filesLeft: 0 });
      expect([...stored].map(([key, bytes]) => [key, Buffer.from(bytes).toString()])).toEqual([['qr/qr_1.png', 'one']]);
    });

    it('finds what a run moved that was ended before it could say so, unless processes have gone on there', async () => {
      const url = await migrated();

      const first = await move(url); // and it was ended before the marker was there
      const before = await everything(url);
      const second = await move(url);
      const after = await everything(url);
      await sql(url, `update itpay.accounts set name = 'Gone on' where name = 'Second Shop'`);

      expect([first.moved, second.moved]).toEqual([true, false]);
      expect(after).toEqual(before);
      await expect(move(url)).rejects.toThrow(/already, and is not the same there any more \(accounts\)/);
    });
  });
}
