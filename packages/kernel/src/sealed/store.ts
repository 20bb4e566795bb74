import { one, type Database } from '../ports/database.js';
import { MARK_BYTES, type Secrets } from '../ports/secrets.js';
import { statement } from '../statement.js';
import type { SealedColumn } from './column.js';

type RowKey = string | Buffer;

/** A row on the walk along a table. */
export interface WalkedRow {
  readonly key: RowKey;
  /** How its content begins; null: nothing in it is sealed. */
  readonly mark: Buffer | null;
  /** Of the content, in bytes. */
  readonly size: number;
}

/** What a mark says about the key behind it. */
export interface KnownMark {
  readonly purpose: string;
  readonly keyId: string;
  /** Sealed by the key that seals now. */
  readonly newest: boolean;
}

/** One column in which things lie sealed, for one purpose or several, and its SQL. */
export class SealedStore {
  /** `webhook_endpoints.secrets` */
  readonly name: string;
  readonly purposes: readonly string[];
  readonly #database: Database;
  readonly #isJson: boolean;
  readonly #start: RowKey;
  readonly #statements: ReturnType<typeof statementsFor>;

  constructor(database: Database, [first, ...more]: readonly [SealedColumn, ...SealedColumn[]]) {
    this.name = `${first.table}.${first.column}`;
    this.purposes = [first, ...more].map(({ purpose }) => purpose);
    this.#database = database;
    this.#isJson = first.form === 'json';
    this.#start = first.keyType === 'bytea' ? Buffer.alloc(0) : '';
    this.#statements = statementsFor(first);
  }

  /** By mark, in hexadecimal digits, what the listed keys sealed. */
  marks(secrets: Pick<Secrets, 'keys'>): ReadonlyMap<string, KnownMark> {
    const known = this.purposes.flatMap((purpose) =>
      secrets.keys(purpose).map(({ id, mark }, _index, [newest]) => {
        return [mark.toString('hex'), { purpose, keyId: id, newest: id === newest!.id }] as const;
      }),
    );
    return new Map(known);
  }

  /** The next rows, in the order of their keys. @param after null: from the beginning */
  walk(after: RowKey | null, limit: number): Promise<WalkedRow[]> {
    return this.#database.query(this.#statements.walk, { after: after ?? this.#start, limit });
  }

  /** The same from the end: what was written last, where keys grow with time. @param before null: from the end */
  walkBack(before: RowKey | null, limit: number): Promise<WalkedRow[]> {
    if (before === null) return this.#database.query(this.#statements.last, { limit });
    return this.#database.query(this.#statements.walkBack, { before, limit });
  }

  /**
   * Seals rows again under the newest key. One that somebody else is changing, or has changed, stays as it is.
   *
   * @returns how many are under the newest key now, and why one could not be opened
   */
  async sealAgain(
    secrets: Secrets,
    rows: readonly { readonly key: RowKey; readonly purpose: string }[],
  ): Promise<{ readonly sealed: number; readonly failures: readonly unknown[] }> {
    const failures: unknown[] = [];
    const changes: { key: RowKey; was: string | Buffer; becomes: string | Buffer }[] = [];
    const purposes = new Map(rows.map(({ key, purpose }) => [nameOf(key), purpose]));
    for (const { key, content } of await this.#database.query(this.#statements.read, {
      keys: rows.map((row) => row.key),
    })) {
      if (content === null) continue;
      try {
        changes.push({ key, was: content, becomes: this.#again(secrets, purposes.get(nameOf(key))!, content) });
      } catch (error) {
        failures.push(error);
      }
    }
    if (changes.length === 0) return { sealed: 0, failures };
    const { sealed } = await one(this.#database, this.#statements.replace, {
      keys: changes.map(({ key }) => key),
      was: changes.map(({ was }) => was),
      becomes: changes.map(({ becomes }) => becomes),
    });
    return { sealed, failures };
  }

  #again(secrets: Secrets, purpose: string, content: string | Buffer): string | Buffer {
    if (!this.#isJson) return secrets.seal(purpose, secrets.open(purpose, content as Buffer));
    const { sealed } = JSON.parse(content as string) as { sealed: string };
    const opened = secrets.open(purpose, Buffer.from(sealed, 'base64'));
    return JSON.stringify({ sealed: secrets.seal(purpose, opened).toString('base64') });
  }
}

/** One store for each column, whoever lists it. */
export function sealedStores(database: Database, columns: readonly SealedColumn[]): readonly SealedStore[] {
  const groups = new Map<string, [SealedColumn, ...SealedColumn[]]>();
  for (const column of columns) {
    const name = `${column.table}.${column.column}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [column]);
    else if (!group.some(({ purpose }) => purpose === column.purpose)) group.push(column);
  }
  return [...groups.values()].map((group) => new SealedStore(database, group));
}

const nameOf = (key: RowKey) => (typeof key === 'string' ? key : key.toString('hex'));

// The first eight digits of base64 are six bytes. Whether it is ours is asked first: others may not be base64 at all.
const JSON_MARK = (column: string) => `case
    when left(${column}, 11) <> '{"sealed":"' then null
    when ${column} !~ '^.{11}[A-Za-z0-9+/]{8,}={0,2}"[}]$' then null
    else substring(decode(substring(${column} from 12 for 8), 'base64') from 1 for ${MARK_BYTES}) end`;

function statementsFor({ table, key, keyType = 'text', column, form }: SealedColumn) {
  const content = form === 'json' ? 'text' : 'bytea';
  const mark = form === 'json' ? JSON_MARK(column) : `substring(${column} from 1 for ${MARK_BYTES})`;
  const walked = `select ${key} as key, ${mark} as mark, coalesce(octet_length(${column}), 0) as size from {schema}.${table}`;
  return {
    walk: statement<{ after: RowKey; limit: number }, WalkedRow>(
      `sealed_walk_${table}`,
      `${walked} where ${key} > :after::${keyType} order by ${key} limit :limit`,
    ),
    last: statement<{ limit: number }, WalkedRow>(
      `sealed_last_${table}`,
      `${walked} order by ${key} desc limit :limit`,
    ),
    walkBack: statement<{ before: RowKey; limit: number }, WalkedRow>(
      `sealed_walk_back_${table}`,
      `${walked} where ${key} < :before::${keyType} order by ${key} desc limit :limit`,
    ),
    read: statement<{ keys: RowKey[] }, { key: RowKey; content: string | Buffer | null }>(
      `sealed_read_${table}`,
      `select ${key} as key, ${column} as content from {schema}.${table} where ${key} = any(:keys::${keyType}[])`,
    ),
    // It waits for nobody's lock, so it cannot be part of a deadlock, whatever the order in which others lock.
    replace: statement<
      { keys: RowKey[]; was: (string | Buffer)[]; becomes: (string | Buffer)[] },
      { readonly sealed: number }
    >(
      `sealed_replace_${table}`,
      `with free as (
         select ${key} as key from {schema}.${table} where ${key} = any(:keys::${keyType}[]) for update skip locked
       ), replaced as (
         update {schema}.${table} as target set ${column} = change.becomes
           from free, unnest(:keys::${keyType}[], :was::${content}[], :becomes::${content}[]) as change (key, was, becomes)
          where target.${key} = free.key and change.key = free.key and target.${column} = change.was
         returning 1)
       select count(*)::int as sealed from replaced`,
    ),
  };
}
