import { next } from '@itpay/core';
import { expect, it } from 'vitest';
import { refundMachine, type RefundAction, type RefundState } from './refund.js';

const allowed: readonly [state: RefundState, action: RefundAction, to: RefundState][] = [
  ['requested', 'process', 'processing'],
  ['requested', 'cancel', 'cancelled'],
  ['processing', 'succeed', 'succeeded'],
  ['processing', 'fail', 'failed'],
];
const all = refundMachine.states.flatMap((state) => refundMachine.actions.map((action) => [state, action] as const));

it.each(all)('%s, %s', (state, action) => {
  const row = allowed.find(([from, by]) => from === state && by === action);

  expect(next(refundMachine, state, action)).toBe(row?.[2] ?? null);
});
