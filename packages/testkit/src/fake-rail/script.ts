import { RAIL_OPERATIONS, type RailOperation } from './wire.js';

const BEHAVIOURS = [
  'ok',
  'decline',
  'insufficient_funds',
  /** Refunds stay in processing until the test settles them; everything else is done, and only said to be in progress. */
  'pending',
  'not_found',
  'not_processed',
  /** Hangs; nothing is done. */
  'timeout_before',
  /** Does the work, then hangs. */
  'timeout_after',
  /** Does the work, then cuts the connection. */
  'reset_after',
  '429',
  '500_before',
  '500_after',
  /** Does the work and answers what is no JSON, correctly signed. */
  'garbage',
  'bad_signature',
  'wrong_reference',
  'wrong_amount',
  'wrong_currency',
] as const;

/** How the rail treats one request. `slow:<ms>` waits, then does as usual. */
export type Behaviour = (typeof BEHAVIOURS)[number] | `slow:${number}`;

export interface ScriptRule {
  readonly operation: RailOperation;
  /** The order, capture or refund that it is about. Left out: any. */
  readonly reference?: string;
  /** For how many requests. Left out: one. */
  readonly times?: number;
  readonly behaviour: Behaviour;
}

/** What the rail does next. The first rule that fits is used up first; without one, everything goes well. */
export class Script {
  #rules: (ScriptRule & { left: number })[] = [];

  /** @throws TypeError for a rule that could never fit */
  add(rules: readonly ScriptRule[]): void {
    for (const rule of rules) {
      if (!RAIL_OPERATIONS.includes(rule.operation)) throw new TypeError(`There is no operation "${rule.operation}".`);
      const { behaviour } = rule;
      if (!BEHAVIOURS.includes(behaviour as (typeof BEHAVIOURS)[number]) && !/^slow:\d+$/.test(behaviour)) {
        throw new TypeError(`There is no behaviour "${behaviour}".`);
      }
    }
    this.#rules.push(...rules.map((rule) => ({ ...rule, left: rule.times ?? 1 })));
  }

  clear(): void {
    this.#rules = [];
  }

  /** @param references the numbers that the request names */
  next(operation: RailOperation, references: readonly string[]): Behaviour {
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
