import { quoteIdentifier } from '@itpay/kernel';
import type { Session } from './session.js';
import type { Column, Table } from './tables.js';

/** What a table holds, in a form that two servers can compare. */
export interface Digest {
  readonly rows: number;
  /** Equal for the same rows, in whatever order they lie. */
  readonly checksum: string;
  /** Bytes of text of the largest row. */
  readonly largestRow: number;
}

export async function digestOf(session: Session, table: Table): Promise<Digest> {
  const [row] = await session.rows(digestSql(table));
  const [rows, checksum, largestRow] = row!;
  return { rows: Number(rows), checksum: checksum!, largestRow: Number(largestRow) };
}

/** @returns the names of the tables whose rows are not the same */
export function tablesThatDiffer(
  here: ReadonlyMap<string, Digest>,
  there: ReadonlyMap<string, Digest>,
): readonly string[] {
  return [...here].flatMap(([name, { rows, checksum }]) => {
    const other = there.get(name);
    return other?.rows === rows && other.checksum === checksum ? [] : [name];
  });
}

/**
 * The same text for both sides, and nothing in it depends on order or collation: each row is hashed, and the two halves of
 * its hash are added up. Each value stands with its length, so that no two rows read the same; generated columns are
 * included, so that both sides compute alike.
 */
function digestSql({ sqlName, columns }: Table): string {
  const line = columns.map(valueSql).join(` || ',' || `) || `''`;
  const half = (from: number) => `coalesce(sum(('x' || substr(hash, ${from}, 16))::bit(64)::bigint), 0)`;
  return `
    select count(*), ${half(1)} || ' ' || ${half(17)}, coalesce(max(bytes), 0)
      from (select encode(sha256(convert_to(line, 'UTF8')), 'hex') as hash, octet_length(line) as bytes
              from (select ${line} as line from only ${sqlName}) as lines) as hashed`;
}

// Which elements of an array are printed in quotes has changed between versions; how JSON does it has not.
function valueSql({ name, isArray }: Column): string {
  const column = quoteIdentifier(name);
  const text = isArray ? `to_jsonb(${column})::text` : `${column}::text`;
  return `coalesce(length(${text}) || ':' || ${text}, '-')`;
}
