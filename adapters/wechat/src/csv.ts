import { ItPayError } from '@itpay/core';

/** One row of a bill: its values by the names of the header, and the number of its line. */
export interface BillRow {
  readonly line: number;
  readonly values: Readonly<Record<string, string>>;
}

/** The two lines at the end of a bill. */
export type BillSummary = Readonly<Record<string, string>>;

/**
 * Reads the table of a bill: UTF-8, maybe with a byte order mark, CRLF or LF; a header, rows whose values each have a
 * back-tick in front, and a header and values that sum the rows up. A row with a comma within a value is read as well.
 *
 * @returns the rows, and at the end the summary
 * @throws ItPayError `PARAMETER_INVALID` naming the line; also at the end, when the file was cut off
 */
export async function* readBill(file: AsyncIterable<Uint8Array>): AsyncGenerator<BillRow, BillSummary> {
  let header: readonly string[] | null = null;
  let summaryHeader: readonly string[] | null = null;
  let summary: BillSummary | null = null;
  let line = 0;
  for await (const text of linesOf(file)) {
    line += 1;
    if (text.trim() === '') continue;
    if (summary !== null) throw unreadable('There is something behind the summary.', line);
    const isValues = text.startsWith('`');
    if (header === null || (!isValues && summaryHeader === null)) {
      if (isValues) throw unreadable('The file does not begin with a header.', line);
      const names = text.split(',').map((name) => name.trim());
      if (header === null) header = names;
      else summaryHeader = names;
    } else if (!isValues) {
      throw unreadable('There are two headers of a summary.', line);
    } else if (summaryHeader !== null) {
      summary = named(summaryHeader, text, line);
    } else {
      yield { line, values: named(header, text, line) };
    }
  }
  if (summary === null) throw unreadable('The file ends before its summary: it was cut off.', line);
  return summary;
}

function named(names: readonly string[], text: string, line: number): Readonly<Record<string, string>> {
  const values = text.slice(1).split(',`');
  if (values.length !== names.length) {
    throw unreadable(`There are ${values.length} values for ${names.length} columns.`, line);
  }
  return Object.fromEntries(names.map((name, index) => [name, values[index]!.trim()]));
}

async function* linesOf(file: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  // Removes a byte order mark, and keeps a character together that was cut between two chunks.
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  try {
    for await (const chunk of file) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop()!;
      for (const one of lines) yield withoutReturn(one);
    }
    rest += decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw unreadable('The file is not UTF-8.');
    throw error;
  }
  if (rest !== '') yield withoutReturn(rest);
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** What the file says wrong, and where; for the person who looks at the file. */
export function unreadable(problem: string, line?: number): ItPayError {
  const place = line === undefined ? '' : ` (line ${line})`;
  return new ItPayError('PARAMETER_INVALID', {
    message: `The bill of WeChat cannot be read${place}. ${problem} Download it again, and do not save it with Excel.`,
    param: 'file',
    ...(line !== undefined && { details: { line } }),
  });
}
