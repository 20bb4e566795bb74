import { compileStatement, type Statement } from '@itpay/kernel';
import type pg from 'pg';

/** What a statement did, by PostgreSQL's own account. */
export interface Plan {
  /** The indexes that it read along. */
  readonly indexes: ReadonlySet<string>;
  /** The tables that it read from end to end. */
  readonly scanned: ReadonlySet<string>;
  /** The most rows that it sorted at once. */
  readonly sorted: number;
  /** The most rows that one step of it read and threw away. */
  readonly thrownAway: number;
  /** Pages of 8 kB that it looked at. */
  readonly pages: number;
  readonly text: string;
}

/** What the driver sends: text with numbered parameters, and their values in that order. */
export interface Sent {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** How PostgreSQL plans a prepared statement: for these values, or once for all. It changes from one to the other by itself. */
export type Planning = 'custom' | 'generic';

/**
 * A statement of the code as the driver sends it.
 *
 * @param params null: only its text is wanted
 */
export function sent(statement: Statement<never, unknown>, params: Readonly<Record<string, unknown>> | null): Sent {
  const { text, order } = compileStatement(statement, 'itpay');
  if (params === null) return { text, values: [] };
  const missing = order.filter((name) => !(name in params));
  if (missing.length > 0) throw new Error(`${statement.name} also takes ${missing.join(', ')}.`);
  return { text, values: order.map((name) => params[name]) };
}

/** Runs a statement and takes back what it wrote. */
export async function explain(client: pg.Client, { text, values }: Sent, planning: Planning): Promise<Plan> {
  await client.query('begin');
  try {
    return await planOf(client, text, values, planning, 'analyze, buffers');
  } finally {
    await client.query('rollback; deallocate all');
  }
}

/** How a statement would be run for all values alike, along an index wherever one serves it. It is not run. */
export async function explainForAll(client: pg.Client, text: string): Promise<Plan> {
  await client.query('begin; set local enable_seqscan = off; set local enable_bitmapscan = off');
  try {
    return await planOf(client, text, null, 'generic', 'costs off');
  } finally {
    await client.query('rollback; deallocate all');
  }
}

async function planOf(
  client: pg.Client,
  text: string,
  values: readonly unknown[] | null,
  planning: Planning,
  options: string,
): Promise<Plan> {
  await client.query(`set plan_cache_mode = force_${planning}_plan; prepare explained as ${text}`);
  const { rows: types } = await client.query<{ n: number }>(
    `select cardinality(parameter_types) as n from pg_prepared_statements where name = 'explained'`,
  );
  const given = values ?? Array.from({ length: types[0]!.n }, () => null);
  const list = given.length === 0 ? '' : `(${given.map((value) => literal(client, value)).join(', ')})`;
  const { rows } = await client.query(`explain (format json, ${options}) execute explained${list}`);
  const [{ Plan: root }] = rows[0]['QUERY PLAN'] as [{ Plan: Node }];
  return summaryOf(root);
}

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Conflict Arbiter Indexes'?: readonly string[];
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly Plans?: readonly Node[];
}

function summaryOf(root: Node): Plan {
  const nodes = [...walk(root)];
  const names = (found: readonly (string | undefined)[]) => new Set(found.filter((name) => name !== undefined));
  return {
    indexes: names(nodes.flatMap((node) => [node['Index Name'], ...(node['Conflict Arbiter Indexes'] ?? [])])),
    scanned: names(nodes.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name'])),
    sorted: Math.max(
      0,
      ...nodes
        .filter((node) => node['Node Type'].endsWith('Sort'))
        .flatMap((node) => (node.Plans ?? []).map((input) => input['Actual Rows'] ?? 0)),
    ),
    thrownAway: Math.max(
      0,
      ...nodes.map(
        (node) =>
          ((node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)) *
          (node['Actual Loops'] ?? 1),
      ),
    ),
    pages: (root['Shared Hit Blocks'] ?? 0) + (root['Shared Read Blocks'] ?? 0),
    text: outline(root),
  };
}

function* walk(node: Node): Generator<Node> {
  yield node;
  for (const child of node.Plans ?? []) yield* walk(child);
}

function outline(node: Node, depth = 0): string {
  const { 'Node Type': type, 'Relation Name': table, 'Index Name': index, 'Actual Rows': rows } = node;
  const facts = [type, index ?? table, rows === undefined ? undefined : `${rows} rows`];
  const line = '  '.repeat(depth) + facts.filter((fact) => fact !== undefined).join(' ');
  return [line, ...(node.Plans ?? []).map((child) => outline(child, depth + 1))].join('\n');
}

/** A value as SQL has it, still without a type, as a parameter comes over the wire. */
function literal(client: pg.Client, value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Buffer.isBuffer(value) || value instanceof Uint8Array) return `'\\x${Buffer.from(value).toString('hex')}'`;
  if (value instanceof Date) return `'${value.toISOString()}'`;
  if (Array.isArray(value)) return client.escapeLiteral(`{${value.map(element).join(',')}}`);
  return client.escapeLiteral(String(value));
}

function element(value: unknown): string {
  if (value === null) return 'null';
  return `"${String(value).replaceAll(/["\\]/g, '\\$&')}"`;
}
