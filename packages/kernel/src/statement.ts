declare const shape: unique symbol;

/**
 * A piece of SQL with named parameters (`:intentId`) and the schema as `{schema}`.
 *
 * `P` is the type of its parameters and `R` of a row. The driver turns `name` into the name of a prepared statement where
 * that helps (PostgreSQL plans a named statement once per connection) and drops it where it harms.
 */
export interface Statement<P, R> {
  readonly name: string;
  readonly text: string;
  /** A plan for one call would be a bad one for the next: it is not prepared. */
  readonly planEachTime?: true;
  readonly [shape]?: (params: P) => R;
}

/** What a driver sends: positional parameters, and the order in which to pass the named ones. */
export interface CompiledStatement {
  readonly name: string;
  readonly text: string;
  readonly order: readonly string[];
}

/** Names a piece of SQL. `statement<{ id: string }, { status: string }>('find_status', 'select …')`. */
export function statement<P extends object, R = Record<string, never>>(
  name: string,
  text: string,
  options: Pick<Statement<P, R>, 'planEachTime'> = {},
): Statement<P, R> {
  return { name, text, ...options };
}

// A parameter is a colon before a letter, unless the colon belongs to a cast (`::text`) or stands within a word.
const PARAMETER = /(?<![:\w]):([a-zA-Z_]\w*)/g;

/** Puts the schema in and numbers the parameters. Pure; drivers cache the result per statement. */
export function compileStatement(source: Statement<never, unknown>, schema: string): CompiledStatement {
  const order: string[] = [];
  const numbered = source.text.replace(PARAMETER, (_match, name: string) => {
    const known = order.indexOf(name);
    if (known >= 0) return `$${known + 1}`;
    order.push(name);
    return `$${order.length}`;
  });
  // The schema comes last, so that nothing in its name is read as a parameter.
  return { name: source.name, text: insertSchema(numbered, schema), order };
}

/** Puts the quoted name of the schema wherever the SQL says `{schema}`. */
export function insertSchema(sql: string, schema: string): string {
  return sql.replaceAll('{schema}', () => quoteIdentifier(schema)); // a function, because "$&" in text has a meaning
}

/** Quotes a name for SQL: `we"ird` becomes `"we""ird"`. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
