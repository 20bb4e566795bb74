import { FAKE_CAPABILITIES } from '@itpay/testkit/fake-rail';
import { describe, expect, it } from 'vitest';
import { shopWithRail, thb, type Shop } from './shop.js';

// Protocol, 8.4: what becomes of money that is not what was asked for, from the payer's bank to the books.

const POLICIES = ['accept', 'auto_refund', 'park'] as const;
type Policy = (typeof POLICIES)[number];
type Case = 'late' | 'over' | 'under';

/** What the payer does in each case, with 100.00 baht asked for. */
const PAYERS: Readonly<Record<Case, (t: Shop, order: { reference: string }) => Promise<void>>> = {
  async late(t, { reference }) {
    await t.rail.setPayableAfterClose(true);
    t.clock.advance('16m');
    await t.settle();
    await t.rail.pay(reference);
  },
  over: async (t, { reference }) => void (await t.rail.pay(reference, { amount: 15_000n })),
  under: async (t, { reference }) => void (await t.rail.pay(reference, { amount: 4_000n })),
};

interface Row {
  readonly when: Case;
  readonly policy: Policy;
  readonly status: string;
  readonly captured: number;
  readonly inflow: string;
  /** On a rail that cannot send money back. */
  readonly without: string;
  readonly back: number;
  readonly event: string;
}
const row = (
  when: Case,
  policy: Policy,
  status: string,
  captured: number,
  inflow: string,
  without: string,
  back: number,
  event: string,
): Row => ({ when, policy, status, captured, inflow, without, back, event: `payment_intent.${event}` });

const ROWS = [
  //   case     policy         the intent      captured  inflow      without refunds  back    event
  row('late', 'accept', 'succeeded', 10_000, 'applied', 'applied', 0, 'late_payment'),
  row('late', 'auto_refund', 'expired', 0, 'refunded', 'parked', 10_000, 'late_payment'),
  row('late', 'park', 'expired', 0, 'parked', 'parked', 0, 'late_payment'),
  row('over', 'accept', 'succeeded', 15_000, 'applied', 'applied', 0, 'overpaid'),
  row('over', 'auto_refund', 'succeeded', 10_000, 'refunded', 'parked', 5_000, 'overpaid'),
  row('over', 'park', 'succeeded', 10_000, 'parked', 'parked', 0, 'overpaid'),
  row('under', 'accept', 'succeeded', 4_000, 'applied', 'applied', 0, 'underpaid'),
  row('under', 'auto_refund', 'qr_generated', 0, 'refunded', 'parked', 4_000, 'underpaid'),
  row('under', 'park', 'qr_generated', 0, 'parked', 'parked', 0, 'underpaid'),
];

describe.each([
  ['a rail with refunds', FAKE_CAPABILITIES, true],
  ['a rail without refunds', FAKE_CAPABILITIES.filter((one) => !one.includes('refund')), false],
])('on %s', (_rail, capabilities, refunds) => {
  it.each(ROWS)('$when money under the policy "$policy" leaves the intent $status', async (expected) => {
    const { when, policy, status, captured, event } = expected;
    const t = await shopWithRail({ capabilities }, { paymentPolicy: { [when]: policy } });
    const order = await t.opened();

    await PAYERS[when](t, order);
    await t.tellAbout(order.reference);
    await t.settle();

    const intent = await t.intent(order.id);
    const [inflow] = await t.inflows(order.id);
    const entry = (await t.rail.entry(order.reference))!;
    expect(intent.status).toBe(status);
    expect(intent.amount_captured?.value ?? 0).toBe(captured);
    expect(intent.late_payment).toBe(when === 'late' && policy === 'accept');
    expect(inflow).toMatchObject({ kind: when, policy, status: refunds ? expected.inflow : expected.without });
    expect(entry.refunds.map(({ amount }) => Number(amount.value))).toEqual(
      refunds && expected.back > 0 ? [expected.back] : [],
    );
    expect((await t.rows('events', { object_id: order.id })).map(({ type }) => type)).toContain(event);
  });
});

describe('money that is not what was asked for', () => {
  it('is parked when the rail refuses to send it back', async () => {
    const t = await shopWithRail();
    const { id, reference } = await t.opened();
    await t.rail.pay(reference, { times: 2 });
    await t.rail.script({ operation: 'refund', behaviour: 'decline' });

    await t.tellAbout(reference);
    await t.settle();

    expect((await t.inflows(id)).map(({ kind, status }) => `${kind} ${status}`).toSorted()).toEqual([
      'duplicate parked',
      'exact applied',
    ]);
    expect((await t.refunds(id)).map(({ status }) => status)).toEqual(['failed']);
  });

  it('completes the sum when the rest arrives, and all of it counts', async () => {
    const t = await shopWithRail();
    const { id, reference } = await t.opened();
    for (const amount of [4_000n, 1_000n, 5_000n]) await t.rail.pay(reference, { amount });

    await t.tellAbout(reference);

    expect(await t.intent(id)).toMatchObject({ status: 'succeeded', amount_captured: thb(10_000) });
    expect((await t.inflows(id)).map(({ status }) => status)).toEqual(['applied', 'applied', 'applied']);
  });

  it.each([
    ['too little', { amount: 4_000n }],
    ['in another currency', { currency: 'CNY' }],
  ])('does not keep an intent open for ever (%s)', async (_what, payment) => {
    const t = await shopWithRail();
    const [expiring, cancelled] = [await t.opened(), await t.opened()];
    for (const { reference } of [expiring, cancelled]) await t.rail.pay(reference, payment);
    await t.deliver();

    const cancel = await t.cancel(cancelled.id);
    t.clock.advance('16m');
    await t.settle();

    expect(cancel.status).toBe(200);
    expect((await t.intent(cancelled.id)).status).toBe('cancelled');
    expect((await t.intent(expiring.id)).status).toBe('expired');
    expect(await t.inflows(expiring.id)).toMatchObject([{ status: 'parked' }]);
  });
});
