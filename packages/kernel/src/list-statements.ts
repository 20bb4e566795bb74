import { MAX_PAGE } from './http/list.js';
import { statement, type Statement } from './statement.js';

/** The SQL of a list, newest first, of which `listStatements` makes its statements. */
export interface ListSql {
  /** Begins the names of the statements: `refund_list`. */
  readonly name: string;
  /** What is selected of the rows of the page. */
  readonly columns: string;
  /** What these rows are called there. Default: `page`. */
  readonly as?: string;
  readonly table: string;
  /** The conditions that each page has: `account = :account and livemode = :livemode` */
  readonly where: string;
  /** What narrows a list, each under its parameter: its type, and the condition. A parameter that is null narrows nothing. */
  readonly filters?: Readonly<Record<string, readonly [type: string, condition: string]>>;
  /** What is joined to the rows of the page, with at most one row for each. */
  readonly join?: string;
}

/**
 * The statements of a list: `older` reads the page after `:cursor`, or the first one, the newest first; `newer` the page
 * before it, the oldest first. Each reads `:limit` rows along an index, at most one more than a page may have, however deep
 * the page is and whatever the list is narrowed to, where an index knows the filter.
 *
 * They are planned anew each time: how a page is found best depends on whose it is, and on which filters were given.
 *
 * The indexes hold the ids in the collation "POSIX", which is "C" under another name: `(account, livemode, id collate "POSIX"
 * desc)`. For an account that has much of a table PostgreSQL would else rather follow the primary key, past the rows of all
 * others; and where that account was busy last year, that is everything since.
 */
export function listStatements<P extends object, R>(
  sql: ListSql,
): { readonly older: Statement<P, R>; readonly newer: Statement<P, R> } {
  const { name, columns, as = 'page', table, filters = {}, join = '' } = sql;
  const id = 'id collate "POSIX"';
  const narrowed = Object.entries(filters).map(
    ([param, [type, condition]]) => `(:${param}::${type} is null or ${condition})`,
  );
  const where = [sql.where, ...narrowed].join('\n     and ');
  // The rows of the page are chosen before anything is joined to them.
  const page = (cursor: string, order: string) => `select ${columns} from (
  select * from ${table}
   where ${where}
     and ${cursor}
   order by ${id} ${order} limit least(:limit::int, ${MAX_PAGE + 1})) ${as} ${join}
 order by ${as}.${id} ${order}`;
  return {
    older: statement<P, R>(`${name}_older`, page(`(:cursor::text is null or ${id} < :cursor)`, 'desc'), PLAN_ANEW),
    newer: statement<P, R>(`${name}_newer`, page(`${id} > :cursor`, 'asc'), PLAN_ANEW),
  };
}

const PLAN_ANEW = { planEachTime: true } as const;
