import { quoteIdentifier } from '@itpay/kernel';
import type { Session } from './session.js';

export interface Column {
  readonly name: string;
  /** As PostgreSQL writes it: `timestamp with time zone`, `text[]`. */
  readonly type: string;
  readonly isArray: boolean;
  /** Computed by the database; it cannot be written. */
  readonly generated: boolean;
}

export interface Table {
  readonly name: string;
  /** Quoted, with its schema. */
  readonly sqlName: string;
  /** By name: the order of a column says when it was added. */
  readonly columns: readonly Column[];
}

/** The tables of a schema, by name. */
export async function tablesOf(session: Session, schema: string): Promise<readonly Table[]> {
  const tables = new Map<string, Column[]>();
  for (const [table, name, type, isArray, generated] of await session.rows(COLUMNS, [schema])) {
    const columns = tables.get(table!) ?? [];
    tables.set(table!, columns);
    if (name === null || name === undefined) continue; // a table without columns
    columns.push({ name, type: type!, isArray: isArray === 't', generated: generated === 't' });
  }
  return [...tables].map(([name, columns]) => ({
    name,
    sqlName: `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`,
    columns,
  }));
}

/** Tables of somebody else in the same database, with their schema. */
export async function otherTables(session: Session, schema: string): Promise<readonly string[]> {
  return (await session.rows(OTHER_TABLES, [schema])).map(([name]) => name!);
}

export interface Sequence {
  readonly sqlName: string;
  /** What it gives next. */
  readonly next: string;
}

export async function sequencesOf(session: Session, schema: string): Promise<readonly Sequence[]> {
  const found: Sequence[] = [];
  for (const [name, increment] of await session.rows(SEQUENCES, [schema])) {
    const sqlName = `${quoteIdentifier(schema)}.${quoteIdentifier(name!)}`;
    const [row] = await session.rows(
      `select case when is_called then last_value + ${BigInt(increment!)} else last_value end from ${sqlName}`,
    );
    found.push({ sqlName, next: row![0]! });
  }
  return found;
}

/** How the tables of two sides differ, in words; empty when they are alike. */
export function differencesOf(here: readonly Table[], there: readonly Table[]): readonly string[] {
  const theirs = new Map(there.map((table) => [table.name, table]));
  const ours = new Set(here.map(({ name }) => name));
  return [
    ...here.flatMap((table) => {
      const other = theirs.get(table.name);
      if (other === undefined) return [`${table.name} is not in PostgreSQL`];
      return shapeOf(table) === shapeOf(other) ? [] : [`${table.name} has other columns in PostgreSQL`];
    }),
    ...there.filter(({ name }) => !ours.has(name)).map(({ name }) => `${name} is in PostgreSQL only`),
  ];
}

const shapeOf = ({ columns }: Table) =>
  columns.map(({ name, type, generated }) => `${name} ${type} ${generated}`).join();

const COLUMNS = `
  select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), t.typcategory = 'A', a.attgenerated <> ''
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_type t on t.oid = a.atttypid
   where n.nspname = $1 and c.relkind = 'r'
   order by c.relname collate "C", a.attname collate "C"`;
const OTHER_TABLES = `
  select n.nspname || '.' || c.relname
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p') and n.nspname <> $1 and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
   order by 1`;
const SEQUENCES = `
  select c.relname, s.seqincrement
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_sequence s on s.seqrelid = c.oid
   where n.nspname = $1 order by 1`;
