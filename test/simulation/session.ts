import { PGlite } from '@electric-sql/pglite';
import { compileStatement, type MigrationSet, type Statement } from '@itpay/kernel';
import { insertSchema } from '../../packages/kernel/src/statement.js';
import { toValues } from '../../packages/data/src/sql/parameters.js';
import { columnParsers } from '../../packages/data/src/sql/column-parsers.js';
import { findSeed, readSeed } from '../../packages/data/src/pglite/seed.js';
import { flows } from './scheduler.js';
import { bind, execute, parse, query, readAnswer, sync, type Column } from './wire.js';

export const SCHEMA = 'itpay';

/** How often the catalogue is tidied, in histories: each truncation leaves dead rows and log behind. */
const TIDY_EVERY = 25;

/** Nothing here has to survive a power cut. */
const START_PARAMS = [
  ...PGlite.defaultStartParams,
  ...['shared_buffers=16MB', 'max_wal_size=64MB', 'min_wal_size=32MB', 'full_page_writes=off'].flatMap((one) => [
    '-c',
    one,
  ]),
];

/** A PGlite in this thread: a statement is one synchronous call, so nothing about it depends on the machine. */
export class Session {
  readonly #db: PGlite;
  readonly #prepared = new Map<object, { readonly name: string; readonly columns: readonly Column[] }>();
  readonly #compiled = new WeakMap<object, ReturnType<typeof compileStatement>>();
  #resets = 0;
  statements = 0;

  private constructor(db: PGlite) {
    this.#db = db;
  }

  /** A database in memory with the tables of the plugins, and nothing in them. */
  static async open(sets: readonly MigrationSet[]): Promise<Session> {
    const seed = (await findSeed()) ? { loadDataDir: new Blob([new Uint8Array(await readSeed())]) } : {};
    const session = new Session(await PGlite.create('memory://', { startParams: START_PARAMS, ...seed }));
    // A plan is made once and kept: which one is taken must not depend on how often a statement ran before.
    session.raw(
      `set plan_cache_mode = force_generic_plan; set synchronous_commit = off; set client_min_messages = error`,
    );
    session.raw(insertSchema('create schema {schema}', SCHEMA));
    session.raw(insertSchema('create table {schema}.migrations (plugin text, name text)', SCHEMA));
    for (const { plugin, migrations } of sets) {
      for (const { name, up } of migrations) {
        session.raw(insertSchema(up, SCHEMA));
        session.raw(insertSchema(`insert into {schema}.migrations values ('${plugin}', '${name}')`, SCHEMA));
      }
    }
    return session;
  }

  /** Several statements without parameters. @returns the rows of the last one, all columns as the framework reads them */
  raw(sql: string): Record<string, any>[] {
    const { rows, columns } = this.#exchange(query(sql));
    return toObjects(rows, columns);
  }

  /** @throws Error with PostgreSQL's `code` and `constraint`, as the driver throws it */
  run<P extends object, R>(statement: Statement<P, R>, params: P): R[] {
    this.statements += 1;
    let compiled = this.#compiled.get(statement);
    if (compiled === undefined)
      this.#compiled.set(statement, (compiled = compileStatement(statement as never, SCHEMA)));
    const values = toValues(compiled, params);
    try {
      let prepared = this.#prepared.get(statement);
      if (prepared === undefined) {
        const name = `s${this.#prepared.size}`;
        const { columns } = this.#exchange(Buffer.concat([parse(name, compiled.text), sync()]));
        prepared = { name, columns };
        this.#prepared.set(statement, prepared);
      }
      const { rows } = this.#exchange(Buffer.concat([bind(prepared.name, values), execute(), sync()]));
      return toObjects(rows, prepared.columns) as R[];
    } catch (error) {
      (error as Error).message = `${statement.name}: ${(error as Error).message}`;
      throw error;
    }
  }

  /** Keeps what is in the tables now as what every history begins with. */
  keepAsBeginning(): void {
    this.raw(
      `create schema beginning; ${this.#tables()
        .map((name) => `create table beginning.${name} as table ${SCHEMA}.${name};`)
        .join(' ')}`,
    );
  }

  /**
   * Puts the beginning back. Every table that was written gets a new file: with old ones, rows would lie in another order
   * than in a fresh process, and a seed would not replay.
   */
  reset(): void {
    const used = this.#tables('and pg_relation_size(c.oid) > 0');
    const all = used.map((name) => `${SCHEMA}.${name}`).join(', ');
    this.raw(`set session_replication_role = replica`); // the audit log refuses to be emptied
    this.raw(`truncate ${all}`);
    this.raw(used.map((name) => `insert into ${SCHEMA}.${name} select * from beginning.${name}`).join('; '));
    this.raw(`set session_replication_role = origin`);
    if (++this.#resets % TIDY_EVERY === 0) {
      for (const name of ['pg_class', 'pg_attribute', 'pg_type', 'pg_depend', 'pg_statistic'])
        this.raw(`vacuum pg_catalog.${name}`);
      this.raw('checkpoint');
    }
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  #tables(where = ''): string[] {
    return this.raw(
      `select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = '${SCHEMA}' and c.relkind = 'r' and c.relname not in ('migrations', 'installation') ${where} order by 1`,
    ).map(({ relname }) => relname as string);
  }

  #exchange(message: Buffer) {
    // Out of the flow: timers that PostgreSQL sets for itself, by the machine's clock, are none of the history's.
    const answer = readAnswer(Buffer.from(flows.exit(() => this.#db.execProtocolRawSync(message))));
    if (answer.error !== null) throw answer.error;
    return answer;
  }
}

function toObjects(rows: readonly (string | null)[][], columns: readonly Column[]): Record<string, any>[] {
  const parsers = columns.map(({ oid }) => columnParsers.getTypeParser(oid));
  return rows.map((row) =>
    Object.fromEntries(columns.map(({ name }, n) => [name, row[n] === null ? null : parsers[n]!(row[n]!)])),
  );
}
