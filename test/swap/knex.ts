import createKnex, { type Knex } from 'knex';
import pg from 'pg';

/** The pool of the app, set up as apps are: own parsers, own names, a schema of its own. */
export function shopKnex(url: string): Knex {
  return createKnex({
    client: 'pg',
    connection: { connectionString: url, types: { getTypeParser: parserFor } } as Knex.PgConnectionConfig,
    searchPath: ['public'],
    pool: { min: 0, max: 6 },
    wrapIdentifier: (name, quote) => quote(name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)),
    postProcessResponse: (found: unknown) => (Array.isArray(found) ? found.map(inCamelCase) : found),
  });
}

/** Moments as text in capitals and big integers as numbers: nobody else would expect that. */
const parserFor = (oid: number, format?: 'text') => {
  if (oid === pg.types.builtins.TIMESTAMPTZ) return (text: string) => `AT ${text}`;
  if (oid === pg.types.builtins.INT8) return Number;
  return pg.types.getTypeParser(oid, format);
};

function inCamelCase(row: unknown): unknown {
  if (typeof row !== 'object' || row === null) return row;
  const renamed = Object.entries(row).map(([name, value]) => {
    return [name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()), value];
  });
  return Object.fromEntries(renamed);
}
