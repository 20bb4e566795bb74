/** @typedef {import('./night.mjs').Result} Result */

/** @type {readonly (readonly [head: string, cell: (result: Result) => string | number])[]} */
const COLUMNS = [
  ['scenario', ({ name }) => name],
  ['operations', ({ operations }) => operations],
  ['acknowledged', ({ acknowledged }) => acknowledged],
  ['repeated', ({ repeated }) => repeated],
  ['lost', ({ lost }) => lost],
  ['unknown', ({ unknown }) => unknown],
  ['killed', ({ killed }) => killed],
  ['delivered', ({ delivered }) => delivered],
  ['failed', ({ failed }) => failed],
  ['replayed', ({ replayed }) => replayed],
  ['longest ms', ({ longestMs }) => longestMs],
  ['health ms', ({ healthMs }) => healthMs],
  ['settled s', ({ settledMs }) => settledMs / 1_000],
  ['violations', ({ violations }) => violations.length],
];

/** One line of words. @param {Result} result */
export const rowOf = (result) =>
  COLUMNS.map(([head, cell]) => (head === 'scenario' ? `${cell(result)}:` : `${cell(result)} ${head}`))
    .join(' · ')
    .replace(': · ', ': ');

/** Markdown, so that it can be put into a page as it is. @param {readonly Result[]} results */
export function tableOf(results) {
  const total = /** @type {Result} */ (
    /** @type {unknown} */ (
      results.reduce(
        (all, result) =>
          Object.fromEntries(
            Object.entries(result).map(([name, value]) => {
              const before = /** @type {any} */ (all)[name];
              if (typeof value !== 'number')
                return [name, Array.isArray(value) ? [...(before ?? []), ...value] : 'all'];
              const worst = ['longestMs', 'healthMs', 'settledMs'].includes(name);
              return [name, worst ? Math.max(before ?? 0, value) : (before ?? 0) + value];
            }),
          ),
        {},
      )
    )
  );
  const rows = [
    COLUMNS.map(([head]) => head),
    ...[...results, total].map((one) => COLUMNS.map(([, cell]) => String(cell(one)))),
  ];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((cell, n) => (n === 0 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, n) => (n === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  const [head, ...body] = rows;
  return [line(head ?? []), rule, ...body.map(line)].join('\n');
}
