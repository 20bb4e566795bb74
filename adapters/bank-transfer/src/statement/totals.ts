import type { Money } from '@itpay/core';
import { moneyOrNull } from './decimals.js';

/** A balance or a sum of one currency, counted in 0.00001 of it; negative when it is owed. */
export interface Balance {
  readonly currency: string;
  readonly value: bigint;
}

/** Whether rows lead from opening to closing balances, for accounts of one currency and of several. */
export class Totals {
  readonly #sums = new Map<string, bigint>();

  add({ currency, value }: Balance): void {
    this.#sums.set(currency, (this.#sums.get(currency) ?? 0n) + value);
  }

  /** Null where one of the sides is missing altogether: then there is nothing to compare. */
  agree(opening: readonly Balance[], closing: readonly Balance[]): boolean | null {
    if (opening.length === 0 || closing.length === 0) return null;
    const currencies = new Set([...opening, ...closing, ...this.#balances()].map(({ currency }) => currency));
    return [...currencies].every((currency) => {
      const from = only(opening, currency);
      const to = only(closing, currency);
      return from !== null && to !== null && from + (this.#sums.get(currency) ?? 0n) === to;
    });
  }

  #balances(): readonly Balance[] {
    return [...this.#sums].filter(([, value]) => value !== 0n).map(([currency, value]) => ({ currency, value }));
  }
}

/** For the facts of a statement: told when there is one balance, in a currency that we know. */
export function soleMoney(balances: readonly Balance[]): Money | null {
  const [first, second] = balances;
  return first === undefined || second !== undefined ? null : moneyOrNull(first.value, first.currency);
}

/** Null when there is none, or two that contradict each other. */
function only(balances: readonly Balance[], currency: string): bigint | null {
  const values = new Set(balances.filter((balance) => balance.currency === currency).map(({ value }) => value));
  const [value] = values;
  return values.size === 1 ? value! : null;
}
