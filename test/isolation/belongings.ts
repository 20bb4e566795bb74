import type { Knex } from 'knex';
import type { Tenant } from './house.js';

const ID = /\b[a-z]+_[0-7][0-9a-hjkmnp-tv-z]{25}\b/g;

/** Whose each row is, by its id: read from all tables, whatever they are called. */
export interface Belongings {
  /** What a text names that is not this tenant's: ids, with their owners. */
  foreignIn(text: string, reader: Tenant): readonly string[];
}

interface Owner {
  readonly account: string;
  /** Null where the row has no mode. */
  readonly livemode: boolean | null;
}

export async function belongings(knex: Knex, schema = 'itpay'): Promise<Belongings> {
  const owners = new Map<string, Owner>();
  const orphans: Record<string, unknown>[] = [];
  for (const [table, columns] of await columnsOf(knex, schema)) {
    if (!columns.includes('id')) continue;
    const owned = columns.includes('account');
    const wanted = owned ? ['id', 'account', 'livemode'] : ['id', ...columns.filter((name) => name.endsWith('_id'))];
    const rows = await knex(`${schema}.${table}`).select(wanted.filter((name) => columns.includes(name)));
    for (const row of rows) {
      if (table === 'accounts') owners.set(row.id, { account: row.id, livemode: null });
      else if (owned) owners.set(row.id, { account: row.account, livemode: row.livemode ?? null });
      else orphans.push(row);
    }
  }
  // What says nothing about its owner belongs to whom the object belongs that it points at: an attempt to its endpoint.
  for (const row of orphans) {
    const parent = Object.entries(row).find(([column, value]) => column.endsWith('_id') && owners.has(String(value)));
    if (parent !== undefined) owners.set(String(row['id']), owners.get(String(parent[1]))!);
  }
  return {
    foreignIn: (text, reader) =>
      [...new Set(text.match(ID) ?? [])].flatMap((id) => {
        const owner = owners.get(id);
        if (owner === undefined) return [];
        const theirs = owner.account === reader.account && (owner.livemode ?? reader.livemode) === reader.livemode;
        return theirs ? [] : [`${id} of ${owner.account}${owner.livemode ? ' live' : ' test'}`];
      }),
  };
}

async function columnsOf(knex: Knex, schema: string): Promise<Map<string, string[]>> {
  const { rows } = await knex.raw(
    'select table_name, column_name from information_schema.columns where table_schema = ?',
    [schema],
  );
  const tables = new Map<string, string[]>();
  for (const { table_name, column_name } of rows) {
    tables.set(table_name, [...(tables.get(table_name) ?? []), column_name]);
  }
  return tables;
}
