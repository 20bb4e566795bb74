import { money } from '@itpay/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intentMachine } from '../intent/machine.js';
import { decideArrival, type ArrivalContext } from './decide.js';
import { POLICIES } from './inflow.js';

const asked = money('THB', 100n);
const context = (change: Partial<ArrivalContext> = {}): ArrivalContext => ({
  status: 'qr_generated',
  asked,
  parked: 0n,
  policy: { late: 'auto_refund', over: 'auto_refund', under: 'park' },
  canRefund: true,
  ...change,
});

describe('money that arrives for an open payment', () => {
  it.each([
    // arrived  over/under       parked → kind     inflow       counted  captured
    [100n, 'auto_refund', 'park', 0n, 'exact', 'applied', 100n, 100n],
    [150n, 'accept', 'park', 0n, 'over', 'applied', 150n, 150n],
    [150n, 'auto_refund', 'park', 0n, 'over', 'refunding', 100n, 100n],
    [150n, 'park', 'park', 0n, 'over', 'parked', 100n, 100n],
    [60n, 'auto_refund', 'accept', 0n, 'under', 'applied', 60n, 60n],
    [60n, 'auto_refund', 'auto_refund', 0n, 'under', 'refunding', 0n, null],
    [60n, 'auto_refund', 'park', 0n, 'under', 'parked', 0n, null],
    [40n, 'auto_refund', 'park', 60n, 'exact', 'applied', 40n, 100n],
    [70n, 'auto_refund', 'park', 60n, 'over', 'refunding', 40n, 100n],
    [30n, 'auto_refund', 'park', 60n, 'under', 'parked', 0n, null],
  ] as const)(
    '%s with over %s, under %s, parked %s is %s',
    (value, over, under, parked, kind, inflow, counted, captured) => {
      const policy = { late: 'auto_refund', over, under } as const;

      expect(decideArrival(money('THB', value), context({ policy, parked }))).toMatchObject({
        kind,
        inflow,
        counted,
        captured,
      });
    },
  );

  it('is left aside when it is of another currency, whatever the amount', () => {
    expect(decideArrival(money('JPY', 100n), context())).toMatchObject({
      kind: 'wrong_currency',
      inflow: 'parked',
      captured: null,
    });
  });
});

describe('money that arrives for a payment that is over', () => {
  it.each([
    // state       policy         amount → kind        inflow       captured
    ['expired', 'accept', 100n, 'late', 'applied', 100n],
    ['expired', 'accept', 99n, 'late', 'parked', null],
    ['expired', 'auto_refund', 100n, 'late', 'refunding', null],
    ['cancelled', 'park', 100n, 'late', 'parked', null],
    ['failed', 'auto_refund', 100n, 'late', 'refunding', null],
    ['captured', 'accept', 100n, 'duplicate', 'refunding', null],
    ['succeeded', 'accept', 100n, 'duplicate', 'refunding', null],
  ] as const)('in %s with late %s: %s is %s', (status, late, value, kind, inflow, captured) => {
    const policy = { late, over: 'auto_refund', under: 'park' } as const;

    expect(decideArrival(money('THB', value), context({ status, policy }))).toMatchObject({ kind, inflow, captured });
  });
});

it('lies parked where the rail cannot send it back', () => {
  const policy = { late: 'auto_refund', over: 'auto_refund', under: 'auto_refund' } as const;

  for (const [status, value] of [
    ['expired', 100n],
    ['succeeded', 100n],
    ['qr_generated', 60n],
    ['qr_generated', 150n],
  ] as const) {
    expect(decideArrival(money('THB', value), context({ status, policy, canRefund: false })).inflow).toBe('parked');
  }
});

it('counts neither more than arrived nor less than nothing, and captures what it counts', () => {
  const policy = fc.constantFrom(...POLICIES);
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n, max: 1_000n }),
      fc.bigInt({ min: 0n, max: 99n }),
      fc.constantFrom(...intentMachine.states),
      fc.record({ late: policy, over: policy, under: policy }),
      fc.boolean(),
      (value, parked, status, policies, canRefund) => {
        const decision = decideArrival(money('THB', value), context({ status, parked, policy: policies, canRefund }));

        expect(decision.counted).toBeGreaterThanOrEqual(0n);
        expect(decision.counted).toBeLessThanOrEqual(value);
        if (decision.captured !== null) expect(decision.captured).toBe(decision.counted + parked);
        if (decision.inflow === 'applied') expect(decision.counted).toBe(value);
      },
    ),
  );
});
