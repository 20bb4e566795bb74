import { capturedLogger, fakeClock } from '@itpay/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { backend } from '../../../../test/support/database.js';
import { migratedSchema } from '../../../../test/support/kernel.js';
import { sealedColumns } from '../kernel.js';
import { definePlugin } from '../plugin.js';
import type { Database } from '../ports/database.js';
import { secretsFrom, type Secrets } from '../ports/secrets.js';
import { takeSealedCensus } from './census.js';
import { sealedAnswers } from './column.js';
import { KEY_USE_MS, KeyUseNotes, readKeyUse } from './key-use.js';
import { sealAgain } from './seal-again.js';

const [OLD, NEW, LOST] = ['old', 'new', 'lost'].map((name) => `the-${name}-key-of-at-least-thirty-two-characters`);
const idOf = (key: string | undefined) => secretsFrom([key!]).keys('')[0]!.id;

const safes = definePlugin({
  name: 'safes',
  version: '1',
  migrations: [{ name: '0001-safes', up: 'create table {schema}.safes (id text primary key, content bytea)' }],
  sealed: [
    { table: 'safes', key: 'id', column: 'content', purpose: 'safe' },
    { table: 'safes', key: 'id', column: 'content', purpose: 'strongbox' },
    sealedAnswers('safe.answer'),
  ],
});

async function bank() {
  const { database, elsewhere } = await migratedSchema([safes]);
  const clock = fakeClock();
  const logger = capturedLogger();
  let listed = [OLD!];
  const secrets = secretsFrom(() => listed);
  const put = async (id: string, content: Buffer | null) => {
    await database.knex.raw('insert into ??.safes (id, content) values (?, ?)', [database.schema, id, content]);
  };
  const contents = async (): Promise<Record<string, Buffer | null>> => {
    const { rows } = await database.knex.raw('select * from ??.safes order by id', [database.schema]);
    return Object.fromEntries(rows.map(({ id, content }: any) => [id, content]));
  };
  const columns = sealedColumns([safes]);
  const processWith = (own: Secrets, on: Database = database) => {
    const sweep = sealAgain({ database: on, clock, logger, secrets: own }, columns);
    return async () => {
      let looks = 0;
      while (await sweep.run()) looks += 1;
      return looks;
    };
  };
  return {
    database,
    elsewhere,
    clock,
    logger,
    secrets,
    put,
    contents,
    processWith,
    run: processWith(secrets),
    list: (...keys: (string | undefined)[]) => (listed = keys.map((key) => key!)),
    census: () => takeSealedCensus(database, secrets, columns),
    opens: (purpose: string, content: Buffer | null | undefined) =>
      secretsFrom([NEW!]).open(purpose, content!).toString(),
  };
}

let t: Awaited<ReturnType<typeof bank>>;
beforeEach(async () => {
  t = await bank();
});

describe('When a newer key is listed', () => {
  it('seals again what an older one sealed, for each purpose, and leaves the rest', async () => {
    await t.put('a', t.secrets.seal('safe', 'gold'));
    await t.put('b', t.secrets.seal('strongbox', 'silver'));
    await t.put('c', null);
    const lost = secretsFrom([LOST!]).seal('safe', 'tin');
    await t.put('d', lost);
    t.list(NEW, OLD);

    await t.run();

    const { a, b, c, d } = await t.contents();
    expect([t.opens('safe', a), t.opens('strongbox', b), c, d]).toEqual(['gold', 'silver', null, lost]);
    expect(await t.census()).toEqual({
      keys: [
        { id: idOf(NEW), rows: 2 },
        { id: idOf(OLD), rows: 0 },
      ],
      unlisted: 1,
      unlistedIn: ['safes.content'],
      complete: true,
    });
    const lines = t.logger.lines.map(({ level, fields }) => [level, fields]);
    expect(lines).toEqual([
      ['info', { rows: 2 }],
      ['error', { rows: 1 }],
    ]);
  });

  it('seals stored answers again, and no other answer', async () => {
    const sealed = t.secrets.seal('safe.answer', '{"secret":"s"}').toString('base64');
    const others = ['{"sealed":"no base64!"}', '{"sealed":"short"}', `{"sealed":"${sealed}","more":1}`, '{}', ''];
    const bodies = [`{"sealed":"${sealed}"}`, ...others];
    for (const [index, body] of bodies.entries()) {
      await t.database.knex.raw(
        `insert into ??.idempotency_keys (scope_hash, request_hash, recovery_point, status, body, created_at, expires_at)
         values (?, '', 'finished', 200, ?, now(), now())`,
        [t.database.schema, Buffer.from([index]), body],
      );
    }
    t.list(NEW, OLD);

    await t.run();

    const { rows } = await t.database.knex.raw('select body from ??.idempotency_keys order by scope_hash', [
      t.database.schema,
    ]);
    const [first, ...rest] = rows.map(({ body }: { body: string }) => body);
    expect(t.opens('safe.answer', Buffer.from(JSON.parse(first).sealed, 'base64'))).toBe('{"secret":"s"}');
    expect(rest).toEqual(others);
  });

  it('goes through many rows in bounded looks, then rests until the list changes or ten minutes are over', async () => {
    const seals = Array.from({ length: 4_600 }, () => t.secrets.seal('safe', 'x'));
    await t.database.knex.raw(
      `insert into ??.safes select lpad(n::text, 6, '0'), content from unnest(?::bytea[]) with ordinality as row (content, n)`,
      [t.database.schema, seals],
    );
    t.list(NEW, OLD);

    expect(await t.run()).toBe(2);
    expect((await t.census()).keys.map(({ rows }) => rows)).toEqual([4_600, 0]);

    await t.put('late', secretsFrom([OLD!]).seal('safe', 'by a process that does not have the new key'));
    t.clock.advance('9m');
    expect(await t.run()).toBe(0);
    t.clock.advance('1m');
    await t.run();
    expect((await t.census()).keys.map(({ rows }) => rows)).toEqual([4_601, 0]);

    t.list(LOST, NEW, OLD);
    expect(await t.run()).toBeGreaterThan(0);
  });

  it('goes on behind what was altered, and says where it lies', async () => {
    const altered = t.secrets.seal('safe', 'gold');
    altered[altered.length - 1]! ^= 1;
    await t.put('a', altered);
    await t.put('b', t.secrets.seal('safe', 'silver'));
    t.list(NEW, OLD);

    await t.run();

    expect(t.opens('safe', (await t.contents()).b)).toBe('silver');
    expect((await t.contents()).a).toEqual(altered);
    expect(t.logger.lines[0]).toMatchObject({ level: 'error', fields: { column: 'safes.content' } });
  });

  it('never writes over what somebody wrote meanwhile', async () => {
    await t.put('a', t.secrets.seal('safe', 'gold'));
    t.list(NEW, OLD);
    const platinum = t.secrets.seal('safe', 'platinum');
    const meanwhile = async () => {
      await t.database.knex.raw('update ??.safes set content = ?', [t.database.schema, platinum]);
    };

    await t.processWith(t.secrets, beforeReplacing(t.database, meanwhile))();

    expect(t.opens('safe', (await t.contents()).a)).toBe('platinum');
  });

  it('lets several processes do it at the same time', async () => {
    const seals = Array.from({ length: 900 }, () => t.secrets.seal('safe', 'x'));
    for (const [n, content] of seals.entries()) await t.put(String(n), content);
    t.list(NEW, OLD);

    await Promise.all([t.run(), t.processWith(t.secrets, t.elsewhere)(), t.processWith(t.secrets, t.elsewhere)()]);
    t.clock.advance('5s');
    await t.run();

    expect((await t.census()).keys.map(({ rows }) => rows)).toEqual([900, 0]);
    expect(new Set(Object.values(await t.contents()).map((content) => t.opens('safe', content)))).toEqual(
      new Set(['x']),
    );
  });

  if (backend() === 'postgres') {
    it('waits for no row that somebody holds, and comes back for it', async () => {
      await t.put('a', t.secrets.seal('safe', 'gold'));
      await t.put('b', t.secrets.seal('safe', 'silver'));
      t.list(NEW, OLD);

      await t.elsewhere.knex.transaction(async (trx) => {
        await trx.raw(`select 1 from ??.safes where id = 'a' for update`, [t.database.schema]);
        await t.run();
        expect((await t.census()).keys.map(({ rows }) => rows)).toEqual([1, 1]);
      });
      t.clock.advance('5s');
      await t.run();

      expect((await t.census()).keys.map(({ rows }) => rows)).toEqual([2, 0]);
    });
  }
});

it('does nothing while one key is listed', async () => {
  await t.put('a', t.secrets.seal('safe', 'gold'));
  const before = await t.contents();

  expect([await t.run(), await t.contents()]).toEqual([0, before]);
});

describe('A count with no time', () => {
  const census = () => takeSealedCensus(t.database, t.secrets, sealedColumns([safes]), { limitMs: -1 });
  const answer = (content: Buffer) =>
    t.database.knex.raw(
      `insert into ??.idempotency_keys (scope_hash, request_hash, recovery_point, status, body, created_at, expires_at)
       values ('a', '', 'finished', 200, ?, now(), now())`,
      [t.database.schema, JSON.stringify({ sealed: content.toString('base64') })],
    );
  const emptied = (rows: number) =>
    t.database.knex.raw(`insert into ??.safes select 'a' || n, null from generate_series(1, ?::int) n`, [
      t.database.schema,
      rows,
    ]);

  it('looks at the end of each column, behind all that was emptied before', async () => {
    await emptied(1_200);
    await t.put('b', secretsFrom([LOST!]).seal('safe', 'tin'));
    await answer(t.secrets.seal('safe.answer', 'gold'));

    expect(await census()).toEqual({
      keys: [{ id: idOf(OLD), rows: 1 }],
      unlisted: 1,
      unlistedIn: ['safes.content'],
      complete: false,
    });
  });

  it('is complete where there is little', async () => {
    await emptied(998);
    await t.put('b', t.secrets.seal('safe', 'gold'));
    await answer(t.secrets.seal('safe.answer', 'gold'));

    expect(await census()).toMatchObject({ keys: [{ rows: 2 }], complete: true });
  });

  it('goes back page by page while there is time', async () => {
    await emptied(2_500);
    await t.put('0', t.secrets.seal('safe', 'gold'));
    await answer(t.secrets.seal('safe.answer', 'gold'));

    const whole = await takeSealedCensus(t.database, t.secrets, sealedColumns([safes]), { limitMs: 60_000 });

    expect(whole).toMatchObject({ keys: [{ rows: 2 }], complete: true });
  });
});

it('refuses a name that would be SQL', () => {
  const wrong = { ...safes, sealed: [{ table: 'safes; drop', key: 'id', column: 'content', purpose: 'x' }] };

  expect(() => sealedColumns([wrong])).toThrow(/"safes; drop"/);
});

describe('The notes of which key was first', () => {
  it('tell when a process used a key first for the last time', async () => {
    const notes = () => new KeyUseNotes(t.database, t.clock, t.secrets);
    const started = async () => {
      const one = notes();
      await one.start();
      await one.stop();
    };
    const [begin] = [t.clock.now()];
    await started();
    t.clock.advance(KEY_USE_MS);
    await started();
    const replaced = t.clock.now();
    t.list(NEW, OLD);
    t.clock.advance('1h');
    await started();

    expect(replaced).not.toEqual(begin);
    expect(await readKeyUse(t.database)).toEqual([
      { id: idOf(NEW), lastFirstAt: t.clock.now() },
      { id: idOf(OLD), lastFirstAt: replaced },
    ]);
  });
});

/** A database in which something happens between reading rows and replacing what lies in them. */
function beforeReplacing(database: Database, meanwhile: () => Promise<void>): Database {
  return {
    ...database,
    query: async (statement, params) => {
      if (statement.name.startsWith('sealed_replace')) await meanwhile();
      return database.query(statement, params);
    },
  };
}
