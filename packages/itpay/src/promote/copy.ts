import { quoteIdentifier } from '@itpay/kernel';
import type { Session } from './session.js';
import type { Table } from './tables.js';

export interface CopyOptions {
  readonly from: Session;
  readonly to: Session;
  readonly table: Table;
  readonly rowsAtOnce: number;
  readonly onRows: (copied: number) => void;
}

/** Copies all rows of a table, a batch after the other. @returns how many */
export async function copyTable({ from, to, table, rowsAtOnce, onRows }: CopyOptions): Promise<number> {
  const columns = table.columns.filter(({ generated }) => !generated);
  const names = columns.map(({ name }) => quoteIdentifier(name));
  const values = names.map((name) => `${name}::text`).join(', ');
  const insert =
    `insert into ${table.sqlName} (${names.join(', ')}) overriding system value ` +
    `select ${columns.map(({ type }, at) => `v${at}::${type}`).join(', ')} ` +
    `from unnest(${columns.map((_, at) => `$${at + 1}::text[]`).join(', ')}) ` +
    `as rows (${columns.map((_, at) => `v${at}`).join(', ')})`;

  let copied = 0;
  await from.rows(`declare promoted_rows no scroll cursor for select ${values} from only ${table.sqlName}`);
  for (;;) {
    const rows = await from.rows(`fetch ${rowsAtOnce} from promoted_rows`);
    if (rows.length === 0) break;
    await to.rows(
      insert,
      columns.map((_, at) => rows.map((row) => row[at])),
    );
    copied += rows.length;
    onRows(copied);
  }
  await from.rows('close promoted_rows');
  return copied;
}

const MOST_ROWS = 1000;
const MOST_BYTES = 8 * 1024 * 1024;

/** As many rows as fit into 8 MiB, should all be as large as the largest; 1000 at most. */
export function batchSize(largestRow: number): number {
  return Math.min(MOST_ROWS, Math.max(1, Math.floor(MOST_BYTES / Math.max(1, largestRow))));
}
