import { expect, it } from 'vitest';
import type { IntentStatus } from '../intent/machine.js';
import { decideApply } from './decide-apply.js';

const thb = (value: bigint) => ({ currency: 'THB', value });

interface Case {
  readonly status: IntentStatus;
  readonly money: bigint;
  readonly parked?: bigint;
  readonly acceptUnder?: boolean;
}

// Asked for: 100.
it.each<[what: string, given: Case, result: object]>([
  ['exactly what was asked', { status: 'qr_generated', money: 100n }, { kind: 'exact', captured: 100n }],
  ['more than was asked', { status: 'scanning', money: 150n }, { kind: 'over', captured: 150n }],
  ['what completes the sum', { status: 'qr_generated', money: 60n, parked: 40n }, { kind: 'exact', captured: 100n }],
  [
    'what more than completes it',
    { status: 'qr_generated', money: 70n, parked: 40n },
    { kind: 'over', captured: 110n },
  ],
  ['too little', { status: 'qr_generated', money: 99n }, { refusal: 'too_little' }],
  ['too little, together', { status: 'qr_generated', money: 59n, parked: 40n }, { refusal: 'too_little' }],
  ['too little, accepted', { status: 'qr_generated', money: 99n, acceptUnder: true }, { kind: 'under', captured: 99n }],
  [
    'too little together, accepted',
    { status: 'pending', money: 50n, parked: 40n, acceptUnder: true },
    { kind: 'under', captured: 90n },
  ],
  ['money for an expired payment', { status: 'expired', money: 100n }, { kind: 'late', captured: 100n }],
  ['money for a cancelled payment', { status: 'cancelled', money: 120n }, { kind: 'late', captured: 120n }],
  ['money for a failed payment', { status: 'failed', money: 60n, parked: 40n }, { kind: 'late', captured: 100n }],
  ['too little for an expired payment', { status: 'expired', money: 99n }, { refusal: 'too_little_for_closed' }],
  [
    'too little for an expired payment, accepted',
    { status: 'expired', money: 99n, acceptUnder: true },
    { refusal: 'too_little_for_closed' },
  ],
  ['money for a paid payment', { status: 'succeeded', money: 100n }, { refusal: 'paid' }],
  ['too little for a paid payment', { status: 'succeeded', money: 1n, acceptUnder: true }, { refusal: 'paid' }],
])('%s', (_what, { status, money, parked = 0n, acceptUnder = false }, result) => {
  const decided = decideApply({ amount: thb(money), counted: 0n }, { status, asked: thb(100n), parked, acceptUnder });

  expect(decided).toMatchObject(
    'refusal' in result
      ? { ok: false, ...result }
      : { ok: true, decision: { ...result, inflow: 'applied', counted: money } },
  );
});

it('never counts money of another currency', () => {
  const decided = decideApply(
    { amount: { currency: 'USD', value: 100n }, counted: 0n },
    { status: 'qr_generated', asked: thb(100n), parked: 0n, acceptUnder: true },
  );

  expect(decided).toEqual({ ok: false, refusal: 'other_currency' });
});

it('counts only what is not counted yet', () => {
  const decided = decideApply(
    { amount: thb(130n), counted: 30n },
    { status: 'qr_generated', asked: thb(100n), parked: 0n, acceptUnder: false },
  );

  expect(decided).toMatchObject({ ok: true, decision: { kind: 'exact', counted: 100n, captured: 100n } });
});
