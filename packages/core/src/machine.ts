/**
 * A state machine as data: the table is the specification, and says by absence what is not allowed. Made by
 * `defineMachine`.
 */
export interface Machine<S extends string, A extends string> {
  /** The object's wire name, for messages: `payment_intent`. */
  readonly name: string;
  readonly states: readonly S[];
  readonly actions: readonly A[];
  /** Where an object can be born. */
  readonly initial: readonly S[];
  /** Where an object may rest for ever. A final state may still have ways out. */
  readonly final: readonly S[];
  readonly table: { readonly [K in S]: { readonly [K2 in A]?: S } };
}

/** The state after the action, or null when the action is not allowed in this state. */
export function next<S extends string, A extends string>(machine: Machine<S, A>, state: S, action: A): S | null {
  // Own properties only: state and action may be text from outside, such as "constructor".
  if (!Object.hasOwn(machine.table, state) || !Object.hasOwn(machine.table[state], action)) return null;
  return machine.table[state][action] ?? null;
}

/** The actions that have a transition from this state, in the order of declaration; none for an unknown state. */
export function allowedActions<S extends string, A extends string>(machine: Machine<S, A>, state: S): readonly A[] {
  return machine.actions.filter((action) => next(machine, state, action) !== null);
}

/** The given states and all that can follow them. */
export function reachableFrom<S extends string, A extends string>(
  machine: Machine<S, A>,
  states: Iterable<S>,
): ReadonlySet<S> {
  const reached = new Set<S>(states);
  // A set's iterator also visits what is added on the way.
  for (const state of reached) {
    for (const action of allowedActions(machine, state)) reached.add(next(machine, state, action)!);
  }
  return reached;
}
