import createKnex, { type Knex } from 'knex';
import { migrations } from './migrations.js';

/** The shop's own pool. */
export function openDatabase(url: string | undefined): Knex {
  if (url === undefined) throw new Error('Set DATABASE_URL, such as postgres://user:password@localhost:5432/shop.');
  return createKnex({ client: 'pg', connection: url, pool: { min: 0, max: 10 } });
}

/** Brings the schema `shop` up to date. */
export async function migrate(db: Knex): Promise<void> {
  await db.raw('create schema if not exists shop');
  const names = [...migrations.keys()];
  await db.migrate.latest({
    schemaName: 'shop',
    tableName: 'migrations',
    migrationSource: {
      getMigrations: async () => names,
      getMigrationName: (name: string) => name,
      getMigration: async (name: string) => ({
        up: async (trx: Knex) => void (await trx.raw(migrations.get(name)!)),
        down: async () => {
          throw new Error('There is no way back.');
        },
      }),
    },
  });
}
