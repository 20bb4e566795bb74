import { describe, expect, it } from 'vitest';
import { defineMachine } from './define-machine.js';
import { allowedActions, next, reachableFrom, type Machine } from './machine.js';

const door = defineMachine({
  name: 'door',
  states: ['open', 'closed', 'locked', 'walled_up'],
  actions: ['open', 'close', 'lock', 'unlock', 'wall_up'],
  initial: ['open'],
  final: ['walled_up'],
  table: {
    open: { close: 'closed' },
    closed: { open: 'open', lock: 'locked', wall_up: 'walled_up' },
    locked: { unlock: 'closed' },
    walled_up: {},
  },
});

describe('a machine', () => {
  it.each([
    // state, action → state
    ['open', 'close', 'closed'],
    ['closed', 'lock', 'locked'],
    ['open', 'lock', null],
    ['walled_up', 'open', null],
    ['constructor', 'name', null],
    ['open', 'constructor', null],
  ])('in state %s answers %s with %s', (state, action, expected) => {
    expect(next(door, state as 'open', action as 'open')).toBe(expected);
  });

  it('lists what is allowed in the order of declaration', () => {
    expect(allowedActions(door, 'closed')).toEqual(['open', 'lock', 'wall_up']);
    expect(allowedActions(door, 'walled_up')).toEqual([]);
    expect(allowedActions(door, 'constructor' as 'open')).toEqual([]);
  });

  it('knows what can follow a state, the state included', () => {
    expect([...reachableFrom(door, ['walled_up'])]).toEqual(['walled_up']);
    expect([...reachableFrom(door, ['locked'])].toSorted()).toEqual(['closed', 'locked', 'open', 'walled_up']);
    expect(reachableFrom(door, []).size).toBe(0);
  });

  it('cannot be changed once it is defined', () => {
    expect(() => ((door.table.open as Record<string, string>)['lock'] = 'locked')).toThrow(TypeError);
    expect(() => (door.final as string[]).push('open')).toThrow(TypeError);
  });

  it('lets a final state have ways out', () => {
    const parcel = defineMachine({
      name: 'parcel',
      states: ['lost', 'found'],
      actions: ['find'],
      initial: ['lost'],
      final: ['lost', 'found'],
      table: { lost: { find: 'found' }, found: {} },
    });

    expect(next(parcel, 'lost', 'find')).toBe('found');
  });
});

describe('the definition of a machine', () => {
  const sound = {
    name: 'lamp',
    states: ['on', 'off', 'broken'],
    actions: ['switch', 'drop'],
    initial: ['off'],
    final: ['broken'],
    table: { on: { switch: 'off' }, off: { switch: 'on', drop: 'broken' }, broken: {} },
  };
  const { on, off, broken } = sound.table;

  it.each<[string, Partial<Machine<string, string>>, string]>([
    ['a target', { table: { on, off: { ...off, drop: 'shattered' }, broken } }, 'leads by drop to shattered'],
    ['an action', { table: { on, off: { ...off, kick: 'broken' }, broken } }, 'off has the action kick'],
    ['a row', { table: { on, off, broken, lost: {} } }, 'a row for lost'],
    ['an initial state', { initial: ['new'] }, 'initial state new'],
    ['a final state', { final: ['broken', 'sold'] }, 'final state sold'],
  ])('finds %s that is not declared', (_, part, flaw) => {
    expect(() => define({ ...sound, ...part })).toThrow(flaw);
  });

  it.each<[string, Partial<Machine<string, string>>, string]>([
    ['a state without a row', { table: { on, off } as never }, 'state broken has no row'],
    ['a state declared twice', { states: ['on', 'off', 'broken', 'on'] }, 'state on is declared twice'],
    ['an action declared twice', { actions: ['switch', 'drop', 'drop'] }, 'action drop is declared twice'],
    ['no beginning', { initial: [] }, 'no initial state'],
    ['a state out of reach', { table: { on, off: { drop: 'broken' }, broken } }, 'state on cannot be reached'],
    ['a dead end', { table: { on: {}, off, broken } }, 'state on is a dead end'],
    ['a circle without an end', { table: { on: { switch: 'on' }, off, broken } }, 'state on leads to no final state'],
    ['an end out of reach', { table: { on, off: { switch: 'on' }, broken } }, 'state broken cannot be reached'],
  ])('finds %s', (_, part, flaw) => {
    expect(() => define({ ...sound, ...part })).toThrow(flaw);
  });

  it('names the machine and every flaw at once', () => {
    const torn = { ...sound, initial: ['new'], final: ['sold'] };

    expect(() => define(torn)).toThrow(
      'Machine lamp: initial state new is not declared; final state sold is not declared.',
    );
  });
});

function define(spec: Machine<string, string>): Machine<string, string> {
  return defineMachine(structuredClone(spec));
}
