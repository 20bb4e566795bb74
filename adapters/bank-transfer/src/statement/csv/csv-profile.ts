import type { StatementEncoding } from '../text-lines.js';

/** How a bank writes its table, as data: one profile for each bank and kind of export. */
export interface CsvProfile {
  readonly delimiter: ',' | ';' | '\t' | '|';
  /** Around values that hold a delimiter or a line feed. Left out: `"`. */
  readonly quote?: '"' | "'";
  /** Left out: `auto`. A byte order mark is taken off. */
  readonly encoding?: StatementEncoding;
  /** What the bank's time is ahead of UTC, `+07:00`. Left out: UTC. */
  readonly utcOffset?: string;
  /** `DD.MM.YYYY`, `YYYY-MM-DD HH:mm:ss`: made of YYYY, YY, MM, DD, HH, mm, ss and the signs between them. */
  readonly dateFormat: string;
  readonly decimal: '.' | ',';
  /** Between thousands. Left out: nothing. */
  readonly grouping?: '.' | ',' | ' ' | "'";
  readonly amount: CsvAmount;
  /** A code, or the column that has it. */
  readonly currency: { readonly code: string } | { readonly column: string };
  /** The names of other columns, as the header has them. The header is the first row with all columns of the profile. */
  readonly columns: {
    readonly bookedOn: string;
    readonly valueOn?: string;
    /** In which a reference is searched. */
    readonly text: readonly string[];
    /** Our number, where the bank has a field for it. */
    readonly reference?: string;
    /** The bank's number of the row. */
    readonly bankReference?: string;
    /** What the row is known by together, where no column is unique alone. */
    readonly key?: readonly string[];
    readonly name?: string;
    readonly account?: string;
    /** The balance after the row; the rows may run in either order. */
    readonly balance?: string;
  };
  /** Which words say that money moved, and which that it will. Other words are only told. Left out: every row is booked. */
  readonly status?: {
    readonly column: string;
    readonly booked: readonly string[];
    readonly pending: readonly string[];
  };
  /** The text with which the first row behind the table begins, such as a sum. */
  readonly footer?: string;
}

/** One column with a sign, one for each direction, or one without a sign and a word beside it. */
export type CsvAmount =
  | { readonly signed: string }
  | { readonly in: string; readonly out: string }
  | {
      readonly unsigned: string;
      readonly mark: string;
      readonly in: readonly string[];
      readonly out: readonly string[];
    };

/** Every column that a file has to have. */
export function columnsOf({ amount, currency, columns, status }: CsvProfile): readonly string[] {
  const ofAmount =
    'signed' in amount
      ? [amount.signed]
      : 'unsigned' in amount
        ? [amount.unsigned, amount.mark]
        : [amount.in, amount.out];
  const { bookedOn, valueOn, text, reference, bankReference, key = [], name, account, balance } = columns;
  const named = [bookedOn, valueOn, ...text, reference, bankReference, ...key, name, account, balance];
  const all = [...ofAmount, ...named, 'column' in currency ? currency.column : undefined, status?.column];
  return [...new Set(all.filter((column) => column !== undefined))];
}
