import type { Knex } from 'knex';

/** What every table of the schema holds: how many rows, and a digest of them. Equal before and after: nothing changed. */
export async function contents(knex: Knex, schema = 'itpay'): Promise<Record<string, string>> {
  const tables = await tablesOf(knex, schema);
  const selects = tables.map(
    (
      table,
    ) => `select '${table}' as name, count(*) || ' rows ' || coalesce(md5(string_agg(t::text, ' ' order by t::text)), '')
      as held from "${schema}"."${table}" t`,
  );
  const { rows } = await knex.raw(selects.join(' union all '));
  return Object.fromEntries(rows.map(({ name, held }: { name: string; held: string }) => [name, held]));
}

/** The tables in which some row has this text in one of its columns. */
export async function tablesWith(knex: Knex, text: string, schema = 'itpay'): Promise<string[]> {
  const found: string[] = [];
  for (const table of await tablesOf(knex, schema)) {
    const { rows } = await knex.raw(`select 1 from "${schema}"."${table}" t where position(? in t::text) > 0 limit 1`, [
      text,
    ]);
    if (rows.length > 0) found.push(table);
  }
  return found;
}

async function tablesOf(knex: Knex, schema: string): Promise<string[]> {
  const { rows } = await knex.raw('select tablename from pg_tables where schemaname = ? order by tablename', [schema]);
  return rows.map(({ tablename }: { tablename: string }) => tablename);
}
