import type { BookEntry } from './books.js';
import { Refusal } from './refusal.js';
import type { WireStatement, WireStatementRow } from './wire.js';

/** What the rail keeps of a payment, in thousandths, rounded down. */
const FEE_PER_MILLE = 6n;

/** The daily files of the bank: what its books say, unless the test says otherwise. */
export class Statements {
  readonly #entries: () => readonly BookEntry[];
  readonly #replaced = new Map<string, readonly WireStatementRow[] | null>();

  constructor(entries: () => readonly BookEntry[]) {
    this.#entries = entries;
  }

  replace(merchant: string, day: string, rows: readonly WireStatementRow[] | null): void {
    this.#replaced.set(JSON.stringify([merchant, day]), rows);
  }

  /** @throws Refusal `not_found` while it is not there */
  of(merchant: string, day: string): WireStatement {
    const replaced = this.#replaced.get(JSON.stringify([merchant, day]));
    if (replaced === null) throw new Refusal('not_found', 'The file of this day is not there yet.');
    return { merchant, day, rows: replaced ?? this.#fromBooks(merchant, day) };
  }

  #fromBooks(merchant: string, day: string): WireStatementRow[] {
    return this.#entries()
      .filter((entry) => entry.merchant === merchant)
      .flatMap(rowsOf)
      .filter(({ at }) => at.startsWith(day))
      .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  }
}

function rowsOf({ reference, payments, refunds }: BookEntry): WireStatementRow[] {
  return [
    ...payments.flatMap(({ transactionId, amount, paidAt }): WireStatementRow[] => {
      const { currency, value } = amount;
      const fee = String((value * FEE_PER_MILLE) / 1_000n);
      const common = { reference, transaction_id: transactionId, currency, at: paidAt, status: 'succeeded' } as const;
      const payment = { ...common, kind: 'payment', amount: String(value), fee } as const;
      return fee === '0' ? [payment] : [payment, { ...common, kind: 'fee', amount: fee }];
    }),
    ...refunds.map(({ refundReference, refundId, amount, createdAt, status }): WireStatementRow => {
      const { currency, value } = amount;
      return {
        kind: 'refund',
        reference: refundReference,
        transaction_id: refundId,
        amount: String(value),
        currency,
        at: createdAt,
        status,
      };
    }),
  ];
}
