import type { MigrationSet } from '@itpay/kernel';
import { quoteIdentifier } from '@itpay/kernel';
import { CommandError } from '../cli/errors.js';
import { digestOf, type Digest } from './digest.js';
import type { Session } from './session.js';
import type { Table } from './tables.js';

const OLDEST_POSTGRES = 15;

/** @throws CommandError when the server cannot hold what the embedded database holds */
export async function assertUsable(session: Session): Promise<void> {
  const [row] = await session.rows(
    `select current_setting('server_version_num')::int / 10000, current_setting('server_encoding')`,
  );
  const [major, encoding] = row!;
  if (Number(major) < OLDEST_POSTGRES) {
    throw new CommandError(`PostgreSQL ${major} is too old. Use ${OLDEST_POSTGRES} or newer. ${NOTHING_CHANGED}`);
  }
  if (encoding !== 'UTF8') {
    throw new CommandError(
      `The database has the encoding ${encoding}. Make one with: createdb -E UTF8 -T template0 … ${NOTHING_CHANGED}`,
    );
  }
}

export const NOTHING_CHANGED = 'Nothing was changed.';

/** What lies in the schema of the target already. */
export interface Occupation {
  /** Tables with rows that no fresh installation has, and how many. */
  readonly occupied: readonly { readonly table: string; readonly rows: number }[];
  /** Its id; null when there is none. */
  readonly installation: string | null;
}

/**
 * A fresh installation has its id, its migrations, a log of no events, and rows that migrations of plugins put there; everything
 * else in it is somebody's.
 *
 * @param moving what comes. Of rows that are the same on both sides nothing can be lost.
 */
export async function occupationOf(
  session: Session,
  tables: readonly Table[],
  moving: ReadonlyMap<string, Digest>,
): Promise<Occupation> {
  const occupied: { table: string; rows: number }[] = [];
  for (const table of tables) {
    const { name, sqlName } = table;
    if (name === 'installation' || name === 'migrations') continue;
    const condition = name === 'event_log' ? 'where last_position > 0' : '';
    const [row] = await session.rows(`select count(*) from ${sqlName} ${condition}`);
    if (row![0] !== '0' && (await digestOf(session, table)).checksum !== moving.get(name)?.checksum) {
      occupied.push({ table: name, rows: Number(row![0]) });
    }
  }
  return { occupied, installation: await installationId(session, tables) };
}

export async function installationId(session: Session, tables: readonly Table[]): Promise<string | null> {
  const table = tables.find(({ name }) => name === 'installation');
  if (table === undefined) return null;
  const [row] = await session.rows(`select id from ${table.sqlName}`);
  return row?.[0] ?? null;
}

/** The steps that ran on a side: `payment/0001-payment`. */
export async function appliedSteps(session: Session, tables: readonly Table[]): Promise<readonly string[]> {
  const table = tables.find(({ name }) => name === 'migrations');
  if (table === undefined) return [];
  return (await session.rows(`select plugin || '/' || name from ${table.sqlName} order by 1`)).map(([step]) => step!);
}

/** How the steps of a side differ from those of this version with the configured plugins. */
export function stepsAgainst(
  applied: readonly string[],
  sets: readonly MigrationSet[],
): { readonly missing: readonly string[]; readonly unknown: readonly string[] } {
  const wanted = sets.flatMap(({ plugin, migrations }) => migrations.map(({ name }) => `${plugin}/${name}`));
  return {
    missing: wanted.filter((step) => !applied.includes(step)),
    unknown: applied.filter((step) => !wanted.includes(step)),
  };
}

/** Empties fresh tables for what comes, and lets nothing but the copy write to them. */
export async function openForCopy(session: Session, schema: string, tables: readonly Table[]): Promise<Closing> {
  const foreignKeys = await session.rows(FOREIGN_KEYS, [schema]);
  const triggers = await session.rows(TRIGGERS, [schema]);
  for (const [table, name] of foreignKeys) {
    await session.rows(`alter table ${table} drop constraint ${quoteIdentifier(name!)}`);
  }
  for (const [table, name] of triggers) {
    await session.rows(`alter table ${table} disable trigger ${quoteIdentifier(name!)}`);
  }
  for (const { sqlName } of tables) await session.rows(`delete from only ${sqlName}`);

  return {
    async restore() {
      for (const [table, name, enabled] of triggers) {
        const how = enabled === 'A' ? 'enable always' : 'enable';
        await session.rows(`alter table ${table} ${how} trigger ${quoteIdentifier(name!)}`);
      }
      for (const [table, name, definition] of foreignKeys) {
        await session.rows(`alter table ${table} add constraint ${quoteIdentifier(name!)} ${definition}`);
      }
    },
  };
}

export interface Closing {
  /** Puts triggers and foreign keys back; the rows are checked against the latter. */
  restore(): Promise<void>;
}

/** Waits for whoever uses the tables, and keeps everybody out until the end of the transaction. */
export async function lockTables(session: Session, tables: readonly Table[]): Promise<void> {
  if (tables.length === 0) return;
  await session.rows(`select set_config('lock_timeout', '10s', true)`);
  await session.rows(`lock table ${tables.map(({ sqlName }) => sqlName).join(', ')} in access exclusive mode`);
}

const FOREIGN_KEYS = `
  select conrelid::regclass, conname, pg_get_constraintdef(k.oid)
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = $1 and contype = 'f' and conparentid = 0 order by 1, 2`;
const TRIGGERS = `
  select tgrelid::regclass, tgname, tgenabled
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = $1 and not tgisinternal and tgenabled in ('O', 'A') order by 1, 2`;
