import { ItPayError } from '@itpay/core';
import type { Database, Queryable, Tx } from '../ports/database.js';
import { insertSchema, quoteIdentifier, statement } from '../statement.js';
import type { Migration } from './migration.js';

/** The migrations of one plugin; the kernel's own come first under the name `kernel`. */
export interface MigrationSet {
  readonly plugin: string;
  readonly migrations: readonly Migration[];
}

/** A step that the database does not have yet, with the SQL that it would run. */
export interface PendingMigration {
  readonly plugin: string;
  readonly name: string;
  readonly sql: string;
}

export type OnMigration = (migration: PendingMigration) => void;

/**
 * Brings the schema up to date: all pending steps in one transaction, under a lock that waits.
 *
 * The lock ends with the transaction, so a process that is killed in the middle leaves neither half a schema nor a lock.
 * Two processes that start together come up one after the other; the second finds nothing to do.
 *
 * @returns the steps that ran
 */
export async function migrate(
  database: Database,
  sets: readonly MigrationSet[],
  onMigration: OnMigration = () => {},
): Promise<readonly PendingMigration[]> {
  return database.transaction(async (tx) => {
    // Through knex and without a time limit: a step may take long, and so may waiting for another process's.
    await tx.trx.raw('set local statement_timeout = 0');
    await tx.trx.raw(NOTICE_OUR_DEATH);
    await tx.trx
      .raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`itpay:migrate:${database.schema}`])
      .options({ query_timeout: FOREVER_MS });
    await createMigrationTable(tx, database.schema);
    const pending = pendingOf(sets, await appliedIn(tx), database.schema);
    // Past knex, which reads "?" as a binding and cannot be told otherwise where a backslash stands before it.
    const connection = (await tx.trx.client.acquireConnection()) as { query(config: object): Promise<unknown> };
    for (const migration of pending) {
      onMigration(migration);
      await connection.query({ text: migration.sql, query_timeout: FOREVER_MS });
      await tx.query(RECORD, { plugin: migration.plugin, name: migration.name });
    }
    return pending;
  });
}

/** Which steps are missing, without changing anything. */
export async function pendingMigrations(
  database: Database,
  sets: readonly MigrationSet[],
): Promise<readonly PendingMigration[]> {
  const [table] = await database.query(FIND_TABLE, { table: `${quoteIdentifier(database.schema)}.migrations` });
  const applied = table?.found ? await appliedIn(database) : new Set<string>();
  return pendingOf(sets, applied, database.schema);
}

/** @throws ItPayError `MIGRATION_PENDING` that names the missing steps and the way to run them */
export async function requireMigrated(database: Database, sets: readonly MigrationSet[]): Promise<void> {
  const pending = await pendingMigrations(database, sets);
  if (pending.length === 0) return;
  const names = pending.map((migration) => `${migration.plugin}/${migration.name}`);
  throw new ItPayError('MIGRATION_PENDING', {
    message:
      `The schema "${database.schema}" lacks ${names.join(', ')}. ` +
      `Run "npx itpay migrate" with the same DATABASE_URL, or start with migrate: 'auto'.`,
    details: { schema: database.schema, pending: names },
  });
}

function pendingOf(sets: readonly MigrationSet[], applied: ReadonlySet<string>, schema: string): PendingMigration[] {
  return sets.flatMap(({ plugin, migrations }) =>
    migrations
      .filter((migration) => !applied.has(`${plugin}/${migration.name}`))
      .map(({ name, up }) => ({ plugin, name, sql: insertSchema(up, schema) })),
  );
}

async function appliedIn(on: Queryable): Promise<ReadonlySet<string>> {
  const rows = await on.query(APPLIED, {});
  return new Set(rows.map((row) => `${row.plugin}/${row.name}`));
}

// The connection's own limit, which `pg` takes in place of 0; more does not fit into a timer. (pg/lib/client.js, `query`)
const FOREVER_MS = 2 ** 31 - 1;

// `create schema if not exists` asks for the right to create schemas even when the schema is there, which a role with
// few rights does not have. So we look first.
async function createMigrationTable(tx: Tx, schema: string): Promise<void> {
  const [found] = await tx.query(FIND_SCHEMA, { schema });
  if (!found?.found) await tx.trx.raw(`create schema ${quoteIdentifier(schema)}`);
  const [table] = await tx.query(FIND_TABLE, { table: `${quoteIdentifier(schema)}.migrations` });
  if (!table?.found) await tx.trx.raw(insertSchema(CREATE_TABLE, schema));
}

// A process that is killed during a long statement leaves a server process behind that holds the lock until the statement
// ends. Since PostgreSQL 14 the server can look whether somebody still listens. Where it cannot (older versions, Windows,
// the embedded database, which dies with its process) it refuses the setting, and that is no reason to stop.
const NOTICE_OUR_DEATH = `do $$ begin
  perform set_config('client_connection_check_interval', '1s', true);
exception when others then null; end $$`;

const CREATE_TABLE = `create table {schema}.migrations (
  plugin text not null, name text not null, applied_at timestamptz not null default now(), primary key (plugin, name))`;

const FIND_SCHEMA = statement<{ schema: string }, { found: boolean }>(
  'migrate_find_schema',
  `select exists (select from pg_namespace where nspname = :schema) as found`,
);
const FIND_TABLE = statement<{ table: string }, { found: boolean }>(
  'migrate_find_table',
  `select to_regclass(:table) is not null as found`,
);
const APPLIED = statement<object, { plugin: string; name: string }>(
  'migrate_applied',
  `select plugin, name from {schema}.migrations`,
);
const RECORD = statement<{ plugin: string; name: string }, object>(
  'migrate_record',
  `insert into {schema}.migrations (plugin, name) values (:plugin, :name)`,
);
