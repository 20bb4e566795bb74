import { money } from '@itpay/core';
import type { Capability } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { aPaidIntent, aRefund, INFLOW_ID } from '../../test/refund-samples.js';
import { NOW } from '../../test/samples.js';
import { canRefund, refundedOrPlanned, sameRefund, type CountedPayment, type RefundRail } from './decide.js';
import type { Refund } from './refund.js';

const HOUR = 3_600_000;
const ALL: Capability[] = ['refund', 'partial_refund', 'multiple_refunds'];
const payment: CountedPayment = { inflowId: INFLOW_ID, total: money('THB', 19_900n), paidAt: NOW, single: true };
const baht = (value: bigint) => money('THB', value);
const aRail = (change: Partial<RefundRail> = {}): RefundRail => ({ id: 'rail', capabilities: ALL, ...change });
const aDemand = (amount: bigint | null) => ({
  amount: amount === null ? null : baht(amount),
  reason: 'customer_request' as const,
});
const of = (status: Refund['status'], value: bigint, inflowId: string | null = null) =>
  aRefund({ status, amount: baht(value), inflowId });

describe('whether money may go back', () => {
  it.each<[what: string, earlier: Refund[], asked: bigint | null, code: string | null, amount: bigint | null]>([
    // what                        earlier refunds                  asked    error                     amount
    ['all of it', [], null, null, 19_900n],
    ['a part', [], 5_000n, null, 5_000n],
    ['exactly what is left', [of('succeeded', 5_000n)], 14_900n, null, 14_900n],
    ['what is left by default', [of('succeeded', 5_000n)], null, null, 14_900n],
    ['more than was paid', [], 19_901n, 'REFUND_AMOUNT_EXCEEDED', null],
    ['more than is left after one', [of('succeeded', 5_000n)], 14_901n, 'REFUND_AMOUNT_EXCEEDED', null],
    ['more than is left beside one at work', [of('processing', 5_000n)], 14_901n, 'REFUND_AMOUNT_EXCEEDED', null],
    ['more than is left beside one that waits', [of('requested', 5_000n)], 14_901n, 'REFUND_AMOUNT_EXCEEDED', null],
    ['all of it, one failed before', [of('failed', 19_900n)], null, null, 19_900n],
    ['all of it, one was cancelled', [of('cancelled', 19_900n)], null, null, 19_900n],
    ['all of it, an inflow was refunded', [of('succeeded', 19_900n, 'inf_other')], null, null, 19_900n],
    ['a second time', [of('succeeded', 19_900n)], null, 'ALREADY_REFUNDED', null],
    ['a second time, the first is at work', [of('processing', 19_900n)], 1n, 'REFUND_IN_PROGRESS', null],
    ['a second time, the first waits', [of('requested', 19_900n)], null, 'REFUND_IN_PROGRESS', null],
  ])('%s', (_what, earlier, asked, code, amount) => {
    const decision = canRefund(aPaidIntent(), earlier, aDemand(asked), { rail: aRail(), payment, now: NOW });

    expect(decision).toMatchObject(
      code === null ? { ok: true, amount: baht(amount!), manual: false } : { ok: false, code },
    );
  });

  it.each(['pending', 'qr_generated', 'authorized', 'captured', 'expired', 'cancelled', 'failed'] as const)(
    'refuses while the payment is %s',
    (status) => {
      const decision = canRefund(aPaidIntent({ status }), [], aDemand(null), { rail: aRail(), payment, now: NOW });

      expect(decision).toMatchObject({ ok: false, code: 'PAYMENT_NOT_SUCCEEDED', details: { current: status } });
    },
  );

  it('refuses another currency than the payment has', () => {
    const demand = { ...aDemand(null), amount: money('USD', 100n) };

    const decision = canRefund(aPaidIntent(), [], demand, { rail: aRail(), payment, now: NOW });

    expect(decision).toMatchObject({
      code: 'CURRENCY_NOT_SUPPORTED',
      param: 'amount.currency',
      details: { allowed: ['THB'] },
    });
  });

  it('says how much is left', () => {
    const decision = canRefund(aPaidIntent(), [of('succeeded', 5_000n)], aDemand(19_900n), {
      rail: aRail(),
      payment,
      now: NOW,
    });

    expect(decision).toMatchObject({ param: 'amount.value', details: { maximum: 14_900 } });
  });

  it.each<[what: string, windowMs: number | undefined, agoMs: number, code: string | null]>([
    ['no window', undefined, 9_999 * HOUR, null],
    ['within the window', 24 * HOUR, 24 * HOUR - 1, null],
    ['at the end of the window', 24 * HOUR, 24 * HOUR, 'REFUND_WINDOW_EXPIRED'],
    ['a window of nothing', 0, 0, 'REFUND_WINDOW_EXPIRED'],
  ])('%s', (_what, refundWindowMs, agoMs, code) => {
    const facts = { rail: aRail({ refundWindowMs }), payment, now: new Date(NOW.getTime() + agoMs) };

    const decision = canRefund(aPaidIntent(), [], aDemand(null), facts);

    expect(decision).toMatchObject(code === null ? { ok: true } : { ok: false, code });
  });
});

describe('what the rail can do', () => {
  const without = (...missing: Capability[]) => ALL.filter((capability) => !missing.includes(capability));

  it.each<[what: string, capabilities: Capability[], earlier: Refund[], asked: bigint | null, lacks: string | null]>([
    ['the whole, without parts', without('partial_refund'), [], null, null],
    ['a part, without parts', without('partial_refund'), [], 5_000n, 'partial_refund'],
    ['a first one, without several', without('multiple_refunds'), [], 5_000n, null],
    ['a second one, without several', without('multiple_refunds'), [of('succeeded', 1n)], 1n, 'multiple_refunds'],
    ['a second one after a failed one', without('multiple_refunds'), [of('failed', 1n)], 1n, null],
    [
      'after the excess went back',
      without('multiple_refunds'),
      [of('succeeded', 1n, INFLOW_ID)],
      1n,
      'multiple_refunds',
    ],
    ['after another arrival went back', without('multiple_refunds'), [of('succeeded', 1n, 'inf_other')], 1n, null],
  ])('%s', (_what, capabilities, earlier, asked, capability) => {
    const facts = { rail: aRail({ capabilities }), payment, now: NOW };

    const decision = canRefund(aPaidIntent(), earlier, aDemand(asked), facts);

    expect(decision).toMatchObject(
      capability === null
        ? { ok: true, manual: false }
        : { ok: false, code: 'CHANNEL_CAPABILITY_UNSUPPORTED', details: { channel: 'rail', capability } },
    );
  });

  it('takes all that was asked for as a part, when more arrived', () => {
    const overpaid = { ...payment, total: baht(25_000n) };

    const decision = canRefund(aPaidIntent(), [], aDemand(null), {
      rail: aRail({ capabilities: without('partial_refund') }),
      payment: overpaid,
      now: NOW,
    });

    expect(decision).toMatchObject({ code: 'CHANNEL_CAPABILITY_UNSUPPORTED' });
  });

  it.each<[what: string, rail: RefundRail | null, paid: CountedPayment]>([
    ['a rail without refunds', aRail({ capabilities: [] }), payment],
    ['a rail that is no longer configured', null, payment],
    ['money that came in several payments', aRail(), { ...payment, single: false }],
  ])('leaves it to an operator: %s', (_what, rail, paid) => {
    const decision = canRefund(aPaidIntent(), [], aDemand(5_000n), { rail, payment: paid, now: NOW });

    expect(decision).toEqual({ ok: true, amount: baht(5_000n), manual: true });
  });

  it('refuses a part that the rail cannot express', () => {
    const decision = canRefund(aPaidIntent(), [], aDemand(5_050n), {
      rail: aRail({ exponentOverrides: { THB: 0 } }),
      payment,
      now: NOW,
    });

    expect(decision).toMatchObject({ code: 'AMOUNT_PRECISION_UNSUPPORTED', param: 'amount.value' });
  });
});

it('counts what is planned and done, and leaves out inflows and what came to nothing', () => {
  const refunds = [
    of('requested', 1n),
    of('processing', 10n),
    of('succeeded', 100n),
    of('failed', 1_000n),
    of('cancelled', 1_000n),
    of('succeeded', 1_000n, INFLOW_ID),
  ];

  expect(refundedOrPlanned(refunds)).toBe(111n);
});

describe('the same refund, asked for again', () => {
  const doneAgo = (ms: number, change: Partial<Refund> = {}) =>
    aRefund({ status: 'succeeded', succeededAt: new Date(NOW.getTime() - ms), ...change });
  const whole = { amount: baht(19_900n) };

  it.each<[what: string, earlier: Refund, asked: bigint | null, same: boolean]>([
    ['at work', aRefund(), 5_000n, true],
    ['waiting for approval', aRefund({ status: 'requested' }), 5_000n, true],
    ['done a moment ago', doneAgo(599_999), 5_000n, true],
    ['done ten minutes ago', doneAgo(600_000), 5_000n, false],
    ['failed', aRefund({ status: 'failed' }), 5_000n, false],
    ['cancelled', aRefund({ status: 'cancelled' }), 5_000n, false],
    ['another amount', aRefund(), 4_000n, false],
    ['another reason', aRefund({ reason: 'fraudulent' }), 5_000n, false],
    ['of an inflow', aRefund({ inflowId: INFLOW_ID }), 5_000n, false],
    ['what is left, and something is', aRefund(), null, false],
    ['what is left, and nothing is', aRefund(whole), null, true],
    ['what is left, and nothing is for long', doneAgo(600_000, whole), null, false],
  ])('%s', (_what, earlier, asked, same) => {
    expect(sameRefund(aPaidIntent(), [earlier], aDemand(asked), NOW)).toBe(same ? earlier : null);
  });
});
