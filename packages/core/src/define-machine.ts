import { reachableFrom, type Machine } from './machine.js';

/**
 * Checks a machine once, where it is defined, so that a hole in the table stops the program and not a payment.
 *
 * @returns the same machine, frozen
 * @throws TypeError naming every flaw: undeclared names, states that cannot be reached or that lead to no final state
 */
export function defineMachine<const S extends string, const A extends string>(spec: MachineSpec<S, A>): Machine<S, A> {
  const machine: Machine<S, A> = spec;

  // What follows from a wrong name would only repeat the first finding, so paths are walked when names are right.
  const misnamed = namingFlaws(machine);
  const flaws = misnamed.length > 0 ? misnamed : pathFlaws(machine);
  if (flaws.length > 0) throw new TypeError(`Machine ${machine.name}: ${flaws.join('; ')}.`);

  const { states, actions, initial, final, table } = machine;
  for (const part of [states, actions, initial, final, table, ...Object.values(table)]) Object.freeze(part);
  return Object.freeze(machine);
}

// Names come from the two lists alone. Without NoInfer a typing error in the table would widen S and pass.
type MachineSpec<S extends string, A extends string> = Pick<Machine<S, A>, 'name' | 'states' | 'actions'> &
  Pick<Machine<NoInfer<S>, NoInfer<A>>, 'initial' | 'final' | 'table'>;

function namingFlaws({ states, actions, initial, final, table }: Machine<string, string>): string[] {
  const flaws = [
    ...repeated(states).map((state) => `state ${state} is declared twice`),
    ...repeated(actions).map((action) => `action ${action} is declared twice`),
    ...initial.filter((state) => !states.includes(state)).map((state) => `initial state ${state} is not declared`),
    ...final.filter((state) => !states.includes(state)).map((state) => `final state ${state} is not declared`),
    ...states.filter((state) => !Object.hasOwn(table, state)).map((state) => `state ${state} has no row in the table`),
  ];
  if (initial.length === 0) flaws.push('no initial state is declared');

  for (const [state, row] of Object.entries(table)) {
    if (!states.includes(state)) flaws.push(`the table has a row for ${state}, which is not declared`);
    for (const [action, target] of Object.entries(row)) {
      if (!actions.includes(action)) flaws.push(`${state} has the action ${action}, which is not declared`);
      if (!states.includes(target!)) flaws.push(`${state} leads by ${action} to ${target}, which is not declared`);
    }
  }
  return flaws;
}

function pathFlaws(machine: Machine<string, string>): string[] {
  const { states, initial, final, table } = machine;
  const reached = reachableFrom(machine, initial);
  const flaws = states.filter((state) => !reached.has(state)).map((state) => `state ${state} cannot be reached`);

  for (const state of states) {
    if (final.includes(state)) continue;
    if (Object.keys(table[state]!).length === 0) {
      flaws.push(`state ${state} is a dead end but not declared final`);
    } else if (final.length > 0 && !final.some((end) => reachableFrom(machine, [state]).has(end))) {
      flaws.push(`state ${state} leads to no final state`);
    }
  }
  return flaws;
}

function repeated(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}
