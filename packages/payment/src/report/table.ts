import { exponentOf, formatDecimal, moneyToWire, type Money } from '@itpay/core';

/**
 * A column of a report.
 *
 * `text` came from outside; a spreadsheet must not take it for a formula. `plain` is ours: ids, words, times, numbers. `money`
 * becomes `amount` as a decimal and `amount_minor` in minor units. `currency` is there in a table only, because money in
 * JSON has its own.
 */
export type Column<Row> =
  | { readonly kind: 'text'; readonly name: string; readonly of: (row: Row) => string | null }
  | { readonly kind: 'plain'; readonly name: string; readonly of: (row: Row) => Plain }
  | { readonly kind: 'money'; readonly name: string; readonly of: (row: Row) => Money | null }
  | { readonly kind: 'currency'; readonly name: string; readonly of: (row: Row) => string };

type Plain = string | number | boolean | Date | null;

/** The names above the table. */
export function csvHead(columns: readonly Column<never>[]): string {
  return line(columns.flatMap(({ kind, name }) => (kind === 'money' ? [name, `${name}_minor`] : [name])));
}

/** One line of RFC 4180, with its end. */
export function csvRow<Row>(columns: readonly Column<Row>[], row: Row): string {
  return line(
    columns.flatMap((column) => {
      if (column.kind === 'text') return [harmless(column.of(row) ?? '')];
      if (column.kind !== 'money') return [plainText(column.of(row))];
      const amount = column.of(row);
      if (amount === null) return ['', ''];
      return [formatDecimal(amount.value, exponentOf(amount.currency)), String(amount.value)];
    }),
  );
}

/**
 * One row as JSON.
 *
 * @throws ItPayError `AMOUNT_INVALID` for a sum that JSON cannot carry exactly
 */
export function jsonRow<Row>(columns: readonly Column<Row>[], row: Row): string {
  const members = columns.flatMap((column): [string, unknown][] => {
    if (column.kind === 'currency') return [];
    if (column.kind !== 'money') return [[column.name, column.of(row)]];
    const amount = column.of(row);
    return [[column.name, amount && moneyToWire(amount)]];
  });
  return JSON.stringify(Object.fromEntries(members));
}

// What spreadsheets take for the beginning of a formula; the wide forms are read as the narrow ones in East Asian versions.
// (OWASP, CSV Injection)
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** The text as a spreadsheet shows it, and does not run it: with an apostrophe in front where it would. */
export function harmless(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

function plainText(value: Plain): string {
  if (value === null) return '';
  return value instanceof Date ? value.toISOString() : String(value);
}

function line(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\r\n`;
}
