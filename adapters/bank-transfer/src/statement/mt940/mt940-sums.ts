import { scaled } from '../decimals.js';
import { Totals, type Balance } from '../totals.js';
import type { Mt940Balance, Mt940End, Mt940Line, Mt940Mark, Mt940Statement } from './mt940-message.js';

/** What each mark does to the balance; what is only expected does nothing yet. */
const SIGN: Readonly<Record<Mt940Mark, bigint>> = { C: 1n, D: -1n, RC: -1n, RD: 1n, EC: 0n, ED: 0n };

/** Compares the lines of one statement with its balances, and with the sums that MT942 has instead. */
export class Mt940Sums {
  readonly #statement: Mt940Statement;
  readonly #totals = new Totals();
  readonly #bySign = new Map<bigint, { count: number; value: bigint }>();

  constructor(statement: Mt940Statement) {
    this.#statement = statement;
  }

  add({ mark, amount, line }: Mt940Line): void {
    const sign = SIGN[mark];
    const value = scaled(amount, line);
    this.#totals.add({ currency: this.#currency(), value: sign * value });
    const sums = this.#bySign.get(sign) ?? { count: 0, value: 0n };
    this.#bySign.set(sign, { count: sums.count + 1, value: sums.value + value });
  }

  /** Null where the statement tells nothing to compare with. */
  agree({ closing, sums }: Mt940End): boolean | null {
    const { opening } = this.#statement;
    if (sums.some((sum) => !this.#isSum(sum))) return false;
    return this.#totals.agree(opening ? [balanceOf(opening)] : [], closing ? [balanceOf(closing)] : []);
  }

  #isSum({ mark, count, currency, amount, line }: Mt940End['sums'][number]): boolean {
    const told = this.#bySign.get(SIGN[mark]) ?? { count: 0, value: 0n };
    // A sum of another currency would be of another account.
    return currency === this.#currency() && told.count === count && told.value === scaled(amount, line);
  }

  #currency(): string {
    return this.#statement.opening?.currency ?? this.#statement.floorCurrency ?? '';
  }
}

/** Negative when it is owed. */
export function balanceOf({ mark, currency, amount }: Mt940Balance): Balance {
  return { currency, value: mark === 'C' ? scaled(amount) : -scaled(amount) };
}
