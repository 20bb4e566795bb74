import { next } from '@itpay/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anIntent, NOW } from '../../test/samples.js';
import {
  advance,
  intentMachine,
  isClosed,
  isOpen,
  STATUS_RANK,
  type IntentAction,
  type IntentStatus,
} from './machine.js';

const PAIRS: readonly (readonly [IntentStatus, IntentAction, IntentStatus | null])[] = [
  ['pending', 'present', 'qr_generated'],
  ['pending', 'scan', null],
  ['pending', 'abandon_scan', null],
  ['pending', 'authorize', 'authorized'],
  ['pending', 'capture', 'captured'],
  ['pending', 'settle', null],
  ['pending', 'expire', 'expired'],
  ['pending', 'cancel', 'cancelled'],
  ['pending', 'fail', 'failed'],
  ['pending', 'accept_late', null],

  ['qr_generated', 'present', null],
  ['qr_generated', 'scan', 'scanning'],
  ['qr_generated', 'abandon_scan', null],
  ['qr_generated', 'authorize', 'authorized'],
  ['qr_generated', 'capture', 'captured'],
  ['qr_generated', 'settle', null],
  ['qr_generated', 'expire', 'expired'],
  ['qr_generated', 'cancel', 'cancelled'],
  ['qr_generated', 'fail', 'failed'],
  ['qr_generated', 'accept_late', null],

  ['scanning', 'present', null],
  ['scanning', 'scan', null],
  ['scanning', 'abandon_scan', 'qr_generated'],
  ['scanning', 'authorize', 'authorized'],
  ['scanning', 'capture', 'captured'],
  ['scanning', 'settle', null],
  ['scanning', 'expire', 'expired'],
  ['scanning', 'cancel', 'cancelled'],
  ['scanning', 'fail', 'failed'],
  ['scanning', 'accept_late', null],

  ['authorized', 'present', null],
  ['authorized', 'scan', null],
  ['authorized', 'abandon_scan', null],
  ['authorized', 'authorize', null],
  ['authorized', 'capture', 'captured'],
  ['authorized', 'settle', null],
  ['authorized', 'expire', null],
  ['authorized', 'cancel', 'cancelled'],
  ['authorized', 'fail', 'failed'],
  ['authorized', 'accept_late', null],

  ['captured', 'present', null],
  ['captured', 'scan', null],
  ['captured', 'abandon_scan', null],
  ['captured', 'authorize', null],
  ['captured', 'capture', null],
  ['captured', 'settle', 'succeeded'],
  ['captured', 'expire', null],
  ['captured', 'cancel', null],
  ['captured', 'fail', null],
  ['captured', 'accept_late', null],

  ['succeeded', 'present', null],
  ['succeeded', 'scan', null],
  ['succeeded', 'abandon_scan', null],
  ['succeeded', 'authorize', null],
  ['succeeded', 'capture', null],
  ['succeeded', 'settle', null],
  ['succeeded', 'expire', null],
  ['succeeded', 'cancel', null],
  ['succeeded', 'fail', null],
  ['succeeded', 'accept_late', null],

  ['expired', 'present', null],
  ['expired', 'scan', null],
  ['expired', 'abandon_scan', null],
  ['expired', 'authorize', null],
  ['expired', 'capture', null],
  ['expired', 'settle', null],
  ['expired', 'expire', null],
  ['expired', 'cancel', null],
  ['expired', 'fail', null],
  ['expired', 'accept_late', 'captured'],

  ['cancelled', 'present', null],
  ['cancelled', 'scan', null],
  ['cancelled', 'abandon_scan', null],
  ['cancelled', 'authorize', null],
  ['cancelled', 'capture', null],
  ['cancelled', 'settle', null],
  ['cancelled', 'expire', null],
  ['cancelled', 'cancel', null],
  ['cancelled', 'fail', null],
  ['cancelled', 'accept_late', 'captured'],

  ['failed', 'present', null],
  ['failed', 'scan', null],
  ['failed', 'abandon_scan', null],
  ['failed', 'authorize', null],
  ['failed', 'capture', null],
  ['failed', 'settle', null],
  ['failed', 'expire', null],
  ['failed', 'cancel', null],
  ['failed', 'fail', null],
  ['failed', 'accept_late', 'captured'],
];

describe('the life of an intent', () => {
  it.each(PAIRS)('in %s answers %s with %s', (state, action, expected) => {
    expect(next(intentMachine, state, action)).toBe(expected);
  });

  it('has one row above for every pair of state and action', () => {
    const distinct = new Set(PAIRS.map(([state, action]) => `${state} ${action}`));

    expect(PAIRS.length).toBe(intentMachine.states.length * intentMachine.actions.length);
    expect(distinct.size).toBe(PAIRS.length);
  });

  it('never lowers a rank, and leaves a closed status only for late money', () => {
    const moves = PAIRS.filter(([, , to]) => to !== null) as [IntentStatus, IntentAction, IntentStatus][];

    const lowered = moves.filter(([from, , to]) => STATUS_RANK[to] < STATUS_RANK[from]);
    const reopened = moves.filter(([from, action]) => STATUS_RANK[from] === 3 && action !== 'accept_late');

    expect([lowered, reopened]).toEqual([[], []]);
  });

  it('keeps its rank, and stays succeeded, over any sequence of actions', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...intentMachine.states),
        fc.array(fc.constantFrom(...intentMachine.actions), { maxLength: 40 }),
        (start, actions) => {
          let state: IntentStatus = start;
          for (const action of actions) {
            const after: IntentStatus = next(intentMachine, state, action) ?? state;
            expect(STATUS_RANK[after]).toBeGreaterThanOrEqual(STATUS_RANK[state]);
            if (state === 'succeeded') expect(after).toBe('succeeded');
            state = after;
          }
        },
      ),
    );
  });

  it.each([
    ['pending', true, false],
    ['qr_generated', true, false],
    ['scanning', true, false],
    ['authorized', false, false],
    ['captured', false, false],
    ['succeeded', false, true],
    ['expired', false, true],
    ['cancelled', false, true],
    ['failed', false, true],
  ] as const)('can be paid in %s: %s; is over: %s', (state, open, closed) => {
    expect([isOpen(state), isClosed(state)]).toEqual([open, closed]);
  });
});

describe('advance', () => {
  const later = new Date(NOW.getTime() + 5_000);

  it('walks captured, then succeeded, as one change with two events', () => {
    const intent = anIntent({ status: 'scanning', version: 7, sequence: 3 });

    const advanced = advance(intent, ['capture', 'settle'], later);

    expect(advanced).toEqual({
      intent: {
        ...intent,
        status: 'succeeded',
        version: 8,
        sequence: 5,
        updatedAt: later,
        capturedAt: later,
        succeededAt: later,
        closedAt: later,
      },
      steps: [
        { from: 'scanning', to: 'captured', action: 'capture' },
        { from: 'captured', to: 'succeeded', action: 'settle' },
      ],
    });
  });

  it.each([
    ['authorize', 'authorizedAt'],
    ['expire', 'closedAt'],
    ['cancel', 'closedAt'],
    ['fail', 'closedAt'],
  ] as const)('notes when %s happened', (action, field) => {
    expect(advance(anIntent(), [action], later)?.intent[field]).toEqual(later);
  });

  it('takes all steps or none', () => {
    expect(advance(anIntent(), ['settle'], later)).toBeNull();
    expect(advance(anIntent(), ['capture', 'expire'], later)).toBeNull();
  });
});
