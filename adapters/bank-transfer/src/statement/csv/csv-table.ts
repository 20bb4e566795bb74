import { invalidStatement } from '../invalid.js';
import { DEFAULT_MAX_BYTES, type StatementSource } from '../source.js';
import { textLines } from '../text-lines.js';
import { columnsOf, type CsvProfile } from './csv-profile.js';

/** One row by the names of the header, and the number of the line where it begins. */
export interface CsvRow {
  readonly line: number;
  readonly values: Readonly<Record<string, string>>;
}

const MAX_ROW = 64 * 1024;
/** Lines that a bank may write before the header. */
const MAX_PREAMBLE = 100;

/** The rows below the header. @throws ItPayError `STATEMENT_INVALID` with the line */
export async function* csvRows(
  source: StatementSource,
  profile: CsvProfile,
  maxBytes: number = DEFAULT_MAX_BYTES,
): AsyncGenerator<CsvRow, void> {
  const wanted = columnsOf(profile);
  let header: readonly string[] | null = null;
  for await (const { line, values, text } of records(source, profile, maxBytes, () => header !== null)) {
    if (header === null) {
      const names = values.map((value) => value.trim());
      if (wanted.every((column) => names.includes(column))) header = requireUnique(names, wanted, line);
      else if (line > MAX_PREAMBLE) break;
      continue;
    }
    if (profile.footer !== undefined && text.startsWith(profile.footer)) return;
    if (values.length !== header.length) {
      throw invalidStatement(`There are ${values.length} values for ${header.length} columns.`, line);
    }
    yield { line, values: Object.fromEntries(header.map((name, index) => [name, values[index]!.trim()])) };
  }
  if (header === null) throw invalidStatement(`There is no header with the columns ${wanted.join(', ')}.`);
}

interface CsvRecord {
  readonly line: number;
  readonly values: readonly string[];
  readonly text: string;
}

async function* records(
  source: StatementSource,
  { delimiter, quote = '"', encoding = 'auto' }: CsvProfile,
  maxBytes: number,
  inTable: () => boolean,
): AsyncGenerator<CsvRecord, void> {
  let open = '';
  let from = 0;
  for await (const { text, number } of textLines(source, maxBytes, encoding)) {
    if (open === '' && text.trim() === '') continue;
    const record = open === '' ? text : `${open}\n${text}`;
    if (open === '') from = number;
    if (record.length > MAX_ROW) throw invalidStatement('A row is too long, or a quote is not closed.', from);
    const values = splitRecord(record, delimiter, quote);
    if (values === 'open') open = record;
    else if (values !== 'broken') {
      open = '';
      yield { line: from, values, text: record };
    } else if (inTable()) throw invalidStatement('There is something behind a closing quote.', from);
  }
  if (open !== '') throw invalidStatement('A quote is not closed: the file was cut off.', from);
}

/** RFC 4180, with the signs of the profile. `open`: a quote is not closed yet. */
function splitRecord(record: string, delimiter: string, quote: string): readonly string[] | 'open' | 'broken' {
  const values: string[] = [];
  let at = 0;
  for (;;) {
    if (record[at] !== quote) {
      const end = record.indexOf(delimiter, at);
      values.push(record.slice(at, end < 0 ? undefined : end));
      if (end < 0) return values;
      at = end + 1;
      continue;
    }
    let close = record.indexOf(quote, at + 1);
    while (close >= 0 && record[close + 1] === quote) close = record.indexOf(quote, close + 2);
    if (close < 0) return 'open';
    values.push(record.slice(at + 1, close).replaceAll(quote + quote, quote));
    if (close + 1 === record.length) return values;
    if (record[close + 1] !== delimiter) return 'broken';
    at = close + 2;
  }
}

function requireUnique(names: readonly string[], wanted: readonly string[], line: number): readonly string[] {
  const twice = wanted.find((column) => names.indexOf(column) !== names.lastIndexOf(column));
  if (twice !== undefined) throw invalidStatement(`The header has the column ${twice} twice.`, line);
  return names;
}
