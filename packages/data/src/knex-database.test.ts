import { expect, it } from 'vitest';
import { statement } from '@itpay/kernel';
import { knexDatabase, preparedName } from './knex-database.js';
import { createKnex } from './knex.js';

it.each([
  ['create_intent', /^itpay_create_intent_[0-9a-f]{8}$/],
  ['a'.repeat(80), /^itpay_a{48}_[0-9a-f]{8}$/],
  ['naïve', /^itpay_[\w]+_[0-9a-f]{8}$/],
])('names the prepared statement of %s within 63 bytes', (name, pattern) => {
  const prepared = preparedName({ name, text: 'select 1', order: [] });

  expect(prepared).toMatch(pattern);
  expect(Buffer.byteLength(prepared)).toBeLessThanOrEqual(63);
});

it('gives another text under the same name another name', () => {
  const names = ['select 1', 'select 2'].map((text) => preparedName({ name: 'a', text, order: [] }));

  expect(new Set(names).size).toBe(2);
});

it('refuses a knex instance for another database', async () => {
  const knex = await createKnex({
    client: class {
      driverName = 'mysql2';
    } as never,
  }).catch(() => null);

  expect(() => knexDatabase({ knex: (knex ?? {}) as never, schema: 'itpay', preparedStatements: true })).toThrow(
    `knex must be a knex instance with client: 'pg'`,
  );
});

it('names the statement that failed once, also where a stopped database throws one error for each', async () => {
  const stopped = new Error('The database has stopped.');
  const connection = { query: () => Promise.reject(stopped) };
  const knex = Object.assign(() => {}, {
    client: {
      config: {},
      driverName: 'pg',
      acquireConnection: () => Promise.resolve(connection),
      releaseConnection: () => Promise.resolve(),
    },
  });
  const database = knexDatabase({ knex: knex as never, schema: 'itpay', preparedStatements: false });
  const ping = statement<object, object>('ping', 'select 1');

  await expect(database.query(ping, {})).rejects.toThrow(stopped);
  await expect(database.query(ping, {})).rejects.toThrow(stopped);

  expect(stopped.message).toBe('ping: The database has stopped.');
});
