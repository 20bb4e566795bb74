import { existsSync, readdirSync } from 'node:fs';
import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { backend, freshDatabase, freshDirectory } from './database.js';

// What every database test relies on, tried on the database itself.

it('tells the test which database it runs on', () => {
  expect(['pglite', 'postgres']).toContain(backend());
  expect(inject('postgres')?.url ?? null).toEqual(backend() === 'postgres' ? expect.stringContaining('://') : null);
});

it('hands out empty folders, each once', async () => {
  const one = await freshDirectory();
  const other = await freshDirectory();

  expect(existsSync(one)).toBe(true);
  expect(readdirSync(one)).toEqual([]);
  expect(one).not.toBe(other);
});

// PGlite has no server that could hold several databases, so there is nothing to skip there either.
if (backend() === 'postgres') {
  describe('The one PostgreSQL server of the run', () => {
    it('hands out databases that do not see each other', async () => {
      const one = await freshDatabase();
      const other = await freshDatabase();

      await query(one.url, 'create table here (id int)');

      expect(await query(one.url, "select to_regclass('here') is not null as found")).toEqual([{ found: true }]);
      expect(await query(other.url, "select to_regclass('here') is not null as found")).toEqual([{ found: false }]);
    });

    it('removes a database that somebody is still connected to', async () => {
      const { url, drop } = await freshDatabase();
      const client = new pg.Client({ connectionString: url });
      const lost = new Promise((resolve) => client.on('error', resolve));
      await client.connect();

      await drop();

      await expect(lost).resolves.toBeInstanceOf(Error);
      await expect(query(url, 'select 1')).rejects.toThrow('does not exist');
    });
  });
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
