/** Writes a result: for people as lines, with --json as one JSON document. */
export function print(json: boolean | undefined, value: unknown, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${lines.join('\n')}\n`);
}

/** Writes one page of a list, and on standard error how to get the next one. */
export function printPage<T>(
  json: boolean | undefined,
  page: { readonly data: readonly T[]; readonly has_more: boolean; readonly next_cursor: string | null },
  columns: (item: T) => readonly string[],
): void {
  print(json, page, page.data.length === 0 ? ['None.'] : table(page.data.map(columns)));
  if (page.has_more && page.next_cursor !== null) say(`There are more: --starting-after ${page.next_cursor}`);
}

/** Tells the person at the terminal something that is not the result. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Columns padded to the same width. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}
