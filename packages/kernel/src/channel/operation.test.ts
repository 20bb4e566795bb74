import { next } from '@itpay/core';
import { expect, it } from 'vitest';
import { ACTION_OF, operationMachine, queuedOperation, type NewOperation } from './operation.js';
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

it.each(OUTCOMES)('can end as %s', (outcome) => {
  expect(next(operationMachine, 'started', ACTION_OF[outcome])).toBe(outcome);
});

it.each<[NewOperation['kind'], boolean]>([
  ['authorize', true],
  ['capture', false],
  ['cancel', false],
  ['refund', false],
])('begins a queued %s, which opens an order: %s', (kind, orderOpen) => {
  const now = new Date('2025-01-01T00:00:00Z');
  const about: NewOperation = {
    id: 'op_1',
    account: 'm_1',
    livemode: false,
    object: 'payment_intent',
    objectId: 'pi_1',
    paymentIntentId: 'pi_1',
    kind,
    channel: 'sample',
    channelInstance: 'sample:test:shop',
    reference: 'R1',
    ordinal: 1,
    amount: null,
  };

  expect(queuedOperation(about, now)).toMatchObject({ ...about, state: 'queued', orderOpen, purpose: null });
  expect(queuedOperation({ ...about, purpose: 'expire' }, now)).toMatchObject({ purpose: 'expire', createdAt: now });
});
