import type { StatementPart } from '@itpay/kernel';
import { parseCamt } from './camt/camt-rows.js';
import type { CsvProfile } from './csv/csv-profile.js';
import { parseCsv } from './csv/csv-rows.js';
import { detectFormat } from './detect-format.js';
import { invalidStatement } from './invalid.js';
import { parseMt940 } from './mt940/mt940-rows.js';
import type { StatementSource } from './source.js';
import type { StatementEncoding } from './text-lines.js';

export interface ParseStatementOptions {
  /** How large the file may be. Left out: 256 MiB. */
  readonly maxBytes?: number;
  /** Of an MT940 file. Left out: each line is looked at. */
  readonly encoding?: StatementEncoding;
  /** Of an MT942 file that does not tell it. */
  readonly currency?: string;
  /** How tables are read, and of what. Left out: a table is refused. */
  readonly csv?: { readonly profile: CsvProfile; readonly account: string; readonly statementId: string };
}

const HEAD_BYTES = 4096;

/**
 * Reads a statement of a bank, whichever of camt.052, camt.053, camt.054, MT940, MT942 and a described table it is.
 * Nothing counts before the iteration has ended without an error.
 *
 * @throws ItPayError `STATEMENT_INVALID` with the line; `AMOUNT_PRECISION_UNSUPPORTED`
 */
export async function* parseStatement(
  source: StatementSource,
  { csv, encoding, currency, maxBytes }: ParseStatementOptions = {},
): AsyncGenerator<StatementPart, void> {
  const { head, file, close } = await peek(source);
  const limit = maxBytes === undefined ? {} : { maxBytes };
  const format = detectFormat(head);
  if (format === 'camt') yield* parseCamt(file, limit);
  else if (format === 'mt940') {
    yield* parseMt940(file, { ...limit, ...(encoding && { encoding }), ...(currency && { currency }) });
  } else if (format === 'csv' && csv !== undefined) yield* parseCsv(file, { ...limit, ...csv });
  else {
    await close();
    throw invalidStatement('It is neither camt nor MT940, and no profile tells how to read it as a table.');
  }
}

interface Peeked {
  readonly head: Uint8Array;
  /** The whole file still. */
  readonly file: StatementSource;
  /** Lets the file go without reading it. */
  close(): Promise<unknown>;
}

async function peek(source: StatementSource): Promise<Peeked> {
  if (source instanceof Uint8Array) {
    return { head: source.subarray(0, HEAD_BYTES), file: source, close: () => Promise.resolve() };
  }
  const chunks = source[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array();
  while (head.length < HEAD_BYTES) {
    const { done, value } = await chunks.next();
    if (done === true) break;
    head = Buffer.concat([head, value]);
  }
  return { head, file: resumed(head, chunks), close: () => Promise.resolve(chunks.return?.()) };
}

async function* resumed(head: Uint8Array, chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  try {
    yield head;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  } finally {
    await chunks.return?.();
  }
}
