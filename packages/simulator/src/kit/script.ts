/** How a simulated rail may treat one request. "After" means that it does what it was asked, and then misbehaves. */
export const BEHAVIOURS = [
  'ok',
  /** Refuses for good, in the rail's own words. */
  'decline',
  /** Accepts; the result comes later, where the rail has that. */
  'pending',
  /** Hangs; nothing is done. */
  'timeout_before',
  /** Does the work, then hangs. */
  'timeout_after',
  /** Does the work, then cuts the connection. */
  'reset_after',
  '429',
  '500_before',
  '500_after',
  /** Does the work and answers what is not in the rail's format, signed if the rail signs. */
  'garbage',
  'bad_signature',
  'wrong_reference',
  'wrong_amount',
  'wrong_currency',
] as const;

/** `slow:<ms>` waits, then does as usual. */
export type Behaviour = (typeof BEHAVIOURS)[number] | `slow:${number}`;

export interface ScriptRule<Operation extends string = string> {
  readonly operation: Operation;
  /** The order, capture or refund that it is about. Left out: any. */
  readonly reference?: string;
  /** For how many requests. Left out: one. */
  readonly times?: number;
  readonly behaviour: Behaviour;
}

/** What a rail does next. The first rule that fits is used up first; without one, everything goes well. */
export class Script<Operation extends string = string> {
  readonly #operations: readonly Operation[];
  #rules: (ScriptRule & { left: number })[] = [];

  constructor(operations: readonly Operation[]) {
    this.#operations = operations;
  }

  /** @throws TypeError for a rule that could never fit */
  add(rules: readonly ScriptRule[]): void {
    for (const { operation, behaviour } of rules) {
      if (!this.#operations.includes(operation as Operation)) {
        throw new TypeError(`There is no operation "${operation}". There are: ${this.#operations.join(', ')}.`);
      }
      if (!BEHAVIOURS.includes(behaviour as (typeof BEHAVIOURS)[number]) && !/^slow:\d+$/.test(behaviour)) {
        throw new TypeError(`There is no behaviour "${behaviour}". There are: ${BEHAVIOURS.join(', ')}, slow:<ms>.`);
      }
    }
    this.#rules.push(...rules.map((rule) => ({ ...rule, left: rule.times ?? 1 })));
  }

  clear(): void {
    this.#rules = [];
  }

  /** @param references the numbers that the request names */
  next(operation: Operation, references: readonly string[]): Behaviour {
    const rule = this.#rules.find(
      (one) =>
        one.left > 0 &&
        one.operation === operation &&
        (one.reference === undefined || references.includes(one.reference)),
    );
    if (rule === undefined) return 'ok';
    rule.left -= 1;
    return rule.behaviour;
  }
}
