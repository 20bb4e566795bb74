import { type Database, one, statement, type Tx } from '@itpay/kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from './vitest.js';
import type { Knex } from 'knex';

/** What the suite needs of a back end. */
export interface DatabaseUnderTest {
  readonly database: Database;
  /** The knex instance of a host on the same database; the driver's own one where there can be no other. */
  readonly hostKnex: Knex;
  /** A knex instance on another PostgreSQL, which holds an installation of its own. */
  readonly foreignKnex: Knex;
  /** What the knex underneath makes of the int8 1, with the parsers that its owner gave it. Default: `'1'`, as `pg` has it. */
  readonly int8InKnex?: unknown;
  close(): Promise<void>;
}

/** What every driver behind the port `Database` does. */
export function databaseContract(open: () => Promise<DatabaseUnderTest>): void {
  let under: DatabaseUnderTest;
  let database: Database;

  beforeAll(async () => {
    under = await open();
    database = under.database;
    for (const knex of [database.knex, under.foreignKnex]) await createTables(knex, database.schema);
  });
  beforeEach(async () => {
    await database.knex.raw('truncate ??.orders', [database.schema]);
  });
  afterAll(() => under?.close());

  describe('query', () => {
    it('passes parameters by name, each as often as it is used', async () => {
      const row = await one(database, ECHO, { left: 'a', right: 'b' });

      expect(row).toEqual({ both: 'ab', again: 'a' });
    });

    it.each<[type: string, value: unknown]>([
      ['int8', 9_007_199_254_740_993n],
      ['int8', -1n],
      ['int2', 7],
      ['int4', 7],
      ['float8', 1.5],
      ['numeric', '1.10'],
      ['bool', false],
      ['text', `it's "quoted" \\ 上海 :not_a_parameter`],
      ['text', null],
      ['uuid', '0190a1b2-0000-7000-8000-000000000001'],
      ['timestamptz', new Date('2026-11-22T07:08:09.123Z')],
      ['timestamptz', new Date('0099-01-01T00:00:00.000Z')],
      ['jsonb', { a: [1, null, { b: 'ü' }] }],
      ['json', { a: 1 }],
      ['bytea', Buffer.from([0, 1, 127, 128, 255])],
      ['text[]', ['a', 'b,c', '"d"', 'e\\f', '', 'NULL', null, ' g ']],
      ['text[]', []],
      ['int8[]', [1n, -2n]],
      ['int4[]', [1, 2]],
      ['timestamptz[]', [new Date('2026-11-22T07:08:09.123Z')]],
      ['bool[]', [true, false, null]],
    ])('gives back a %s as it was sent: %o', async (type, value) => {
      const echo = statement<{ value: unknown }, { value: unknown }>(`echo_${type}`, `select :value::${type} as value`);

      const row = await one(database, echo, { value });

      expect(row.value).toEqual(value);
    });

    it('takes any bytes, such as a Uint8Array that looks into a larger buffer', async () => {
      const bytes = new Uint8Array([9, 1, 2, 9]).subarray(1, 3);

      const row = await one(database, BYTES, { bytes });

      expect(row.bytes).toEqual(Buffer.from([1, 2]));
    });

    it('leaves a host its own parsers: knex still returns int8 as before', async () => {
      await database.query(ECHO, { left: 'a', right: 'b' });

      const { rows } = await database.knex.raw('select 1::int8 as n');

      expect(rows).toEqual([{ n: under.int8InKnex ?? '1' }]);
    });

    it('names statement and parameter when one is missing', async () => {
      const query = database.query(ECHO, { left: 'a' } as never);

      await expect(query).rejects.toThrow('Statement "echo": parameter "right" is missing. Given: left.');
    });

    it('wants null to be said', async () => {
      const query = database.query(ECHO, { left: 'a', right: undefined as never });

      await expect(query).rejects.toThrow('Statement "echo": parameter "right" is undefined. Write null for SQL NULL.');
    });

    it('says which statement failed, with the code and the constraint of PostgreSQL', async () => {
      await insert(database, 'o1');

      const query = insert(database, 'o1');

      await expect(query).rejects.toMatchObject({ code: '23505', constraint: 'orders_pkey' });
      await expect(query).rejects.toThrow(/^insert_order: duplicate key/);
    });

    it('plans again when a migration changed the table under a known statement', async () => {
      await database.knex.raw('create table ??.changing (a int)', [database.schema]);
      await database.query(READ_CHANGING, {});
      await database.knex.raw('alter table ??.changing add column b int', [database.schema]);
      await database.knex.raw('insert into ??.changing values (1, 2)', [database.schema]);

      const rows = await database.query(READ_CHANGING, {});

      expect(rows).toEqual([{ a: 1, b: 2 }]);
    });

    it('runs many at once', async () => {
      const rows = await Promise.all(
        Array.from({ length: 40 }, (_, i) => one(database, ECHO, { left: `${i}`, right: '!' })),
      );

      expect(rows.map(({ both }) => both)).toEqual(Array.from({ length: 40 }, (_, i) => `${i}!`));
    });

    it('carries megabytes', async () => {
      const bytes = Buffer.alloc(3_000_000, 7);

      const row = await one(database, BYTES, { bytes });

      expect(row.bytes.equals(bytes)).toBe(true);
    });
  });

  describe('transaction', () => {
    it('commits when the work resolves, and passes its result on', async () => {
      const result = await database.transaction(async (tx) => {
        await insert(tx, 'o1');
        return 'done';
      });

      expect([result, await ids(database)]).toEqual(['done', ['o1']]);
    });

    it('rolls back when the work throws, and passes the error on', async () => {
      const failure = new Error('no stock');

      const result = database.transaction(async (tx) => {
        await insert(tx, 'o1');
        throw failure;
      });

      await expect(result).rejects.toBe(failure);
      expect(await ids(database)).toEqual([]);
    });

    it('rejects when a statement failed and its error was swallowed: nothing was saved', async () => {
      const effect = vi.fn();

      const result = database.transaction(async (tx) => {
        tx.afterCommit(effect);
        await insert(tx, 'o1');
        await insert(tx, 'o1').catch(() => {});
      });

      await expect(result).rejects.toThrow('The transaction was rolled back: a statement in it failed');
      expect([await ids(database), effect.mock.calls.length]).toEqual([[], 0]);
    });

    it('refuses a statement that comes after its end', async () => {
      let leaked!: Tx;
      await database.transaction(async (tx) => {
        leaked = tx;
      });

      await expect(insert(leaked, 'o1')).rejects.toThrow('"insert_order" came after its transaction had ended');
    });

    it('keeps concurrent ones apart: thirty increments are thirty', async () => {
      await insert(database, 'o1');

      await Promise.all(
        Array.from({ length: 30 }, () =>
          database.transaction(async (tx) => {
            const { amount } = await one(tx, LOCK, { id: 'o1' });
            await tx.query(SET_AMOUNT, { id: 'o1', amount: amount + 1n });
          }),
        ),
      );

      expect(await one(database, LOCK, { id: 'o1' })).toEqual({ amount: 30n });
    });

    it('carries the host’s own knex statements', async () => {
      await database.transaction(async (tx) => {
        await tx.trx.withSchema(database.schema).table('orders').insert({ id: 'host', amount: 5 });
        await insert(tx, 'ours');
      });

      expect(await ids(database)).toEqual(['host', 'ours']);
    });

    it('undoes a savepoint and keeps the rest', async () => {
      await database.transaction(async (tx) => {
        await insert(tx, 'kept');
        await tx.trx
          .transaction(async (savepoint) => insert(await database.enlist(savepoint), 'kept'))
          .catch((error: { code: string }) => expect(error.code).toBe('23505'));
        await insert(tx, 'later');
      });

      expect(await ids(database)).toEqual(['kept', 'later']);
    });
  });

  describe('afterCommit', () => {
    it('runs effects in order, once, after the rows can be seen', async () => {
      const seen: unknown[] = [];

      await database.transaction(async (tx) => {
        tx.afterCommit(() => seen.push(1));
        tx.afterCommit(() => seen.push(2));
        await insert(tx, 'o1');
        expect(seen).toEqual([]);
      });

      expect(seen).toEqual([1, 2]);
    });

    it('runs nothing after a rollback', async () => {
      const effect = vi.fn();

      await database
        .transaction(async (tx) => {
          tx.afterCommit(effect);
          throw new Error('no stock');
        })
        .catch(() => {});

      expect(effect).not.toHaveBeenCalled();
    });

    it('keeps the commit and the other effects when one throws', async () => {
      const effect = vi.fn();

      await database.transaction(async (tx) => {
        tx.afterCommit(() => {
          throw new Error('cache is down');
        });
        tx.afterCommit(effect);
        await insert(tx, 'o1');
      });

      expect([await ids(database), effect.mock.calls.length]).toEqual([['o1'], 1]);
    });
  });

  describe('enlist', () => {
    it('commits our rows with the rows of the host', async () => {
      const effect = vi.fn();

      await under.hostKnex.transaction(async (trx) => {
        await trx.withSchema(database.schema).table('orders').insert({ id: 'host', amount: 5 });
        const tx = await database.enlist(trx);
        tx.afterCommit(effect);
        await insert(tx, 'ours');
        expect(effect).not.toHaveBeenCalled();
      });

      expect([await ids(database), effect.mock.calls.length]).toEqual([['host', 'ours'], 1]);
    });

    it('drops our rows when the host rolls back', async () => {
      const effect = vi.fn();

      await under.hostKnex
        .transaction(async (trx) => {
          const tx = await database.enlist(trx);
          tx.afterCommit(effect);
          await insert(tx, 'ours');
          throw new Error('no stock');
        })
        .catch(() => {});

      expect([await ids(database), effect.mock.calls.length]).toEqual([[], 0]);
    });

    it('runs no effect when the host calls rollback without a reason, which knex resolves', async () => {
      const effect = vi.fn();
      const trx = await under.hostKnex.transaction();
      (await database.enlist(trx)).afterCommit(effect);

      await trx.rollback();
      await trx.executionPromise;

      expect(effect).not.toHaveBeenCalled();
    });

    it('waits for the outermost commit when it joined a savepoint', async () => {
      const effect = vi.fn();

      await under.hostKnex.transaction(async (trx) => {
        await trx.transaction(async (savepoint) => {
          const tx = await database.enlist(savepoint);
          tx.afterCommit(effect);
          await insert(tx, 'ours');
        });
        await trx.raw('select 1');
        expect(effect).not.toHaveBeenCalled();
      });

      expect([await ids(database), effect.mock.calls.length]).toEqual([['ours'], 1]);
    });

    it('runs no effect of a savepoint that was undone, though the outermost commits', async () => {
      const effect = vi.fn();

      await under.hostKnex.transaction(async (trx) => {
        const savepoint = await trx.transaction();
        const tx = await database.enlist(savepoint);
        tx.afterCommit(effect);
        await insert(tx, 'ours');
        await savepoint.rollback();
      });

      expect([await ids(database), effect.mock.calls.length]).toEqual([[], 0]);
    });

    it('joins the same transaction again and again without a warning', async () => {
      const warning = vi.fn();
      process.on('warning', warning);

      await under.hostKnex.transaction(async (trx) => {
        for (let i = 0; i < 20; i += 1) await insert(await database.enlist(trx), `o${i}`);
      });
      await new Promise((resolve) => setTimeout(resolve, 10));
      process.off('warning', warning);

      expect([(await ids(database)).length, warning.mock.calls]).toEqual([20, []]);
    });

    it('refuses a transaction on another database, and leaves it usable', async () => {
      await under.foreignKnex.transaction(async (trx) => {
        await expect(database.enlist(trx)).rejects.toMatchObject({
          code: 'CONFIGURATION_INVALID',
          message: expect.stringContaining('it is on another database'),
        });

        expect((await trx.raw('select 1 as n')).rows).toEqual([{ n: 1 }]);
      });
    });

    it('refuses a transaction that has ended', async () => {
      const trx = await under.hostKnex.transaction();
      await trx.commit();

      await expect(database.enlist(trx)).rejects.toThrow('has ended already');
    });

    it('refuses what is not a transaction', async () => {
      await expect(database.enlist(under.hostKnex as never)).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
    });
  });
}

const ECHO = statement<{ left: string; right: string }, { both: string; again: string }>(
  'echo',
  `select :left::text || :right::text as both, :left::text as again`,
);
const BYTES = statement<{ bytes: Uint8Array }, { bytes: Buffer }>('echo_bytes', `select :bytes::bytea as bytes`);
const INSERT = statement<{ id: string }, object>('insert_order', `insert into {schema}.orders (id) values (:id)`);
const LIST = statement<object, { id: string }>('list_orders', `select id from {schema}.orders order by id`);
const LOCK = statement<{ id: string }, { amount: bigint }>(
  'lock_order',
  `select amount from {schema}.orders where id = :id for update`,
);
const SET_AMOUNT = statement<{ id: string; amount: bigint }, object>(
  'set_amount',
  `update {schema}.orders set amount = :amount where id = :id`,
);
const READ_CHANGING = statement<object, Record<string, unknown>>('read_changing', `select * from {schema}.changing`);

const insert = (on: Pick<Tx, 'query'>, id: string) => on.query(INSERT, { id });
const ids = async (database: Database) => (await database.query(LIST, {})).map(({ id }) => id);

async function createTables(knex: Knex, schema: string): Promise<void> {
  await knex.raw('create schema ??', [schema]);
  await knex.raw('create table ??.installation (id text primary key)', [schema]);
  await knex.raw('insert into ??.installation values (gen_random_uuid()::text)', [schema]);
  await knex.raw('create table ??.orders (id text primary key, amount bigint not null default 0)', [schema]);
}
