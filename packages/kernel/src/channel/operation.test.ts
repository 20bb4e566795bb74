import { next } from '@itpay/core';
import { expect, it } from 'vitest';
import { operationMachine } from './operation.js';
import { OUTCOMES } from './outcome.js';

// Protocol 6.1. Every pair of state and action; null: not allowed.
const rows = [
  // state      action        becomes
  ['queued', 'start', 'started'],
  ['queued', 'succeed', null],
  ['queued', 'pend', null],
  ['queued', 'decline', null],
  ['queued', 'not_send', null],
  ['queued', 'lose_track', null],
  ['started', 'start', null],
  ['started', 'succeed', 'succeeded'],
  ['started', 'pend', 'pending'],
  ['started', 'decline', 'declined'],
  ['started', 'not_send', 'not_sent'],
  ['started', 'lose_track', 'unknown'],
  ['succeeded', 'start', null],
  ['succeeded', 'succeed', null],
  ['succeeded', 'pend', null],
  ['succeeded', 'decline', null],
  ['succeeded', 'not_send', null],
  ['succeeded', 'lose_track', null],
  ['pending', 'start', null],
  ['pending', 'succeed', 'succeeded'],
  ['pending', 'pend', null],
  ['pending', 'decline', 'declined'],
  ['pending', 'not_send', null],
  ['pending', 'lose_track', null],
  ['declined', 'start', null],
  ['declined', 'succeed', null],
  ['declined', 'pend', null],
  ['declined', 'decline', null],
  ['declined', 'not_send', null],
  ['declined', 'lose_track', null],
  ['not_sent', 'start', 'started'], // the same reference may be sent again
  ['not_sent', 'succeed', null],
  ['not_sent', 'pend', null],
  ['not_sent', 'decline', null],
  ['not_sent', 'not_send', null],
  ['not_sent', 'lose_track', null],
  ['unknown', 'start', null], // never sent again: only evidence moves it
  ['unknown', 'succeed', 'succeeded'],
  ['unknown', 'pend', 'pending'],
  ['unknown', 'decline', 'declined'],
  ['unknown', 'not_send', 'not_sent'],
  ['unknown', 'lose_track', null],
] as const;

it.each(rows)('%s + %s → %s', (state, action, becomes) => {
  expect(next(operationMachine, state, action)).toBe(becomes);
});

it('has a row above for every state and action', () => {
  const { states, actions } = operationMachine;
  const pairs = new Set(rows.map(([state, action]) => `${state} ${action}`));

  expect(rows).toHaveLength(states.length * actions.length);
  expect(pairs).toEqual(new Set(states.flatMap((state) => actions.map((action) => `${state} ${action}`))));
});

it('can end in each of the five outcomes', () => {
  expect(operationMachine.states).toEqual(expect.arrayContaining([...OUTCOMES]));
});
