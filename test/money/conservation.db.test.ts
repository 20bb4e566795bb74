import type { Behaviour, RailOperation } from '@itpay/testkit/fake-rail';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { shopWithRail, thb, times, type Shop } from './shop.js';

// G5 and G13 over random histories: payers, notifications in any order, lost answers, refunds, the passing of time.

type Act =
  | { readonly act: 'scan' | 'ask' | 'cancel' | 'capture' | 'qr' }
  | { readonly act: 'pay'; readonly amount: number; readonly currency: string; readonly times: number }
  | { readonly act: 'refund'; readonly value: number }
  | { readonly act: 'wait'; readonly time: string }
  | { readonly act: 'tell'; readonly order: readonly number[]; readonly copies: number; readonly lose: boolean }
  | { readonly act: 'script'; readonly operation: RailOperation; readonly behaviour: Behaviour };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ act: fc.constantFrom('scan', 'ask', 'cancel', 'capture', 'qr') }) },
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant('pay' as const),
      amount: fc.constantFrom(10_000, 10_000, 4_000, 6_000, 13_000),
      currency: fc.constantFrom('THB', 'THB', 'THB', 'CNY'),
      times: fc.constantFrom(1, 1, 2),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant('refund' as const), value: fc.constantFrom(1, 3_000, 7_000, 10_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant('wait' as const), time: fc.constantFrom('6s', '31s', '5m', '16m', '2h') }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant('tell' as const),
      order: fc.array(fc.nat({ max: 99 }), { minLength: 8, maxLength: 8 }),
      copies: fc.constantFrom(1, 1, 3),
      lose: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('script' as const),
      operation: fc.constantFrom<RailOperation>('authorize', 'query', 'cancel', 'capture', 'refund', 'queryRefund'),
      behaviour: fc.constantFrom<Behaviour>(
        'reset_after',
        '500_after',
        '500_before',
        'pending',
        'not_processed',
        'decline',
        'garbage',
      ),
    }),
  },
);
const history = fc.record({
  manual: fc.constantFrom(false, false, true),
  lostAnswer: fc.boolean(),
  acts: fc.array(act, { minLength: 4, maxLength: 14 }),
});

const RANKS = {
  pending: 0,
  qr_generated: 1,
  scanning: 1,
  authorized: 2,
  expired: 3,
  cancelled: 3,
  failed: 3,
  captured: 4,
  succeeded: 5,
};
const rankOf = (status: string) => RANKS[status as keyof typeof RANKS];
const sumOf = (values: readonly (bigint | number | string)[]) =>
  values.reduce<bigint>((sum, value) => sum + BigInt(value), 0n);

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

describe('whatever happens', () => {
  let t: Shop;
  beforeAll(async () => {
    t = await shopWithRail();
    await t.rail.setPayableAfterClose(true);
  });

  it(
    'no status goes back, every payment is booked once, and no money appears or vanishes',
    { timeout: 300_000 },
    async () => {
      await fc.assert(fc.asyncProperty(history, live), { numRuns: 60, endOnFailure: true });
    },
  );

  async function live({ manual, lostAnswer, acts }: { manual: boolean; lostAnswer: boolean; acts: readonly Act[] }) {
    await t.rail.clearScript();
    t.clock.advance('31s');
    if (lostAnswer) await t.rail.script({ operation: 'authorize', behaviour: 'reset_after' });
    const order = await t.opened({ capture_method: manual ? 'manual' : 'automatic' });
    const lost = new Set<string>();
    let rank = 0;
    for (const one of acts) {
      await perform(order, one, lost);
      const { status } = await t.intent(order.id);
      expect(rankOf(status), `${status} after ${JSON.stringify(one)}`).toBeGreaterThanOrEqual(rank);
      rank = rankOf(status);
    }
    await comeToRest(order, lost);
    expect(rankOf((await t.intent(order.id)).status)).toBeGreaterThanOrEqual(rank);
    await checkBooks(order, lost);
  }

  const callbacksOf = async ({ reference }: { reference: string }) => {
    const entry = await t.rail.entry(reference);
    const references = new Set([reference, ...(entry?.refunds.map(({ refundReference }) => refundReference) ?? [])]);
    return (await t.rail.callbacks()).filter((callback) => references.has(callback.reference));
  };

  async function perform(order: { id: string; reference: string }, one: Act, lost: Set<string>): Promise<void> {
    const { id, reference } = order;
    // A payer of an order that is not there, and a second hold, are refused by the rail.
    const payer = (doing: Promise<unknown>) => doing.catch(() => {});
    switch (one.act) {
      case 'scan':
        return void (await payer(t.rail.scan(reference)));
      case 'pay':
        return void (await payer(
          t.rail.pay(reference, { amount: BigInt(one.amount), currency: one.currency, times: one.times }),
        ));
      case 'ask':
        for (const operation of await t.operations(id)) await t.operate(`/v1/operations/${operation.id}/query`);
        return;
      case 'cancel':
        return void expect((await t.cancel(id)).status).not.toBe(500);
      case 'capture':
        return void expect((await t.capture(id)).status).not.toBe(500);
      case 'qr':
        return void expect((await t.post(`/v1/payment-intents/${id}/qr`)).status).not.toBe(500);
      case 'refund':
        return void expect((await t.refund(id, { amount: thb(one.value), confirm_duplicate: true })).status).not.toBe(
          500,
        );
      case 'wait':
        t.clock.advance(one.time);
        return t.settle();
      case 'script':
        return t.rail.script({ operation: one.operation, behaviour: one.behaviour });
      case 'tell': {
        const waiting = (await callbacksOf(order)).filter(({ eventId }) => !lost.has(eventId));
        if (one.lose && waiting[0]) lost.add(waiting[0].eventId);
        const shuffled = waiting
          .map((callback, n) => ({ callback, rank: one.order[n % one.order.length]! }))
          .filter(({ callback }) => !lost.has(callback.eventId))
          .toSorted((a, b) => a.rank - b.rank);
        for (const { callback } of shuffled) await Promise.all(times(one.copies).map(() => t.tell(callback)));
      }
    }
  }

  /** The rail answers again, tells what did not get lost, and the questions of some days come back. */
  async function comeToRest(order: { id: string; reference: string }, lost: Set<string>): Promise<void> {
    await t.rail.clearScript();
    for (const time of ['31s', '20m', '2h', '2h', '1d']) {
      for (const { refundReference, status } of (await t.rail.entry(order.reference))!.refunds) {
        if (status === 'processing') await t.rail.settleRefund(refundReference, 'succeeded');
      }
      for (const callback of await callbacksOf(order)) if (!lost.has(callback.eventId)) await t.tell(callback);
      t.clock.advance(time);
      await t.settle();
    }
  }

  async function checkBooks({ id, reference }: { id: string; reference: string }, lost: Set<string>): Promise<void> {
    const entry = (await t.rail.entry(reference))!;
    const [intent] = await t.rows('payment_intents', { id });
    const inflows = await t.rows('inflows', { payment_intent_id: id });
    const refunds = await t.rows('refunds', { payment_intent_id: id });
    const ledger = await t.rows('ledger_entries', { payment_intent_id: id });
    const events = await t.rows('events');

    // Each payment at the rail is at most one inflow, of its amount; without losses exactly one.
    const payments = new Map(entry.payments.map(({ transactionId, amount }) => [transactionId, amount]));
    for (const inflow of inflows) {
      const payment = payments.get(inflow.channel_transaction_id);
      expect([payment?.currency, payment?.value]).toEqual([inflow.currency, BigInt(inflow.amount)]);
    }
    expect(new Set(inflows.map((inflow) => inflow.channel_transaction_id)).size).toBe(inflows.length);
    if (lost.size === 0) expect(inflows).toHaveLength(payments.size);

    // Refunds: within the captured amount, each at the rail once, and all that the rail sent back is known here.
    const own = refunds.filter(({ inflow_id: inflow }) => inflow === null);
    const planned = sumOf(
      own.filter(({ status }) => !['failed', 'cancelled'].includes(status)).map(({ amount }) => amount),
    );
    const done = refunds.filter(({ status }) => status === 'succeeded');
    expect(planned).toBeLessThanOrEqual(BigInt(intent.amount_captured));
    expect(BigInt(intent.amount_refunded)).toBe(
      sumOf(own.filter(({ status }) => status === 'succeeded').map(({ amount }) => amount)),
    );
    const atRail = entry.refunds.filter(({ status }) => status === 'succeeded');
    const byRail = done
      .filter(({ manual }) => !manual)
      .map((refund) => `${refund.channel_refund_reference} ${refund.amount}`);
    expect(byRail.toSorted()).toEqual(
      atRail.map((refund) => `${refund.refundReference} ${refund.amount.value}`).toSorted(),
    );

    // What was counted is what was captured.
    const counted = sumOf(inflows.map((inflow) => inflow.counted));
    expect(counted).toBe(BigInt(intent.amount_captured));
    if (intent.status === 'succeeded') expect(counted).toBeGreaterThan(0n);

    // Double entry: each transaction balances, and the accounts say what rail and intent say.
    const balance = (rows: any[]) =>
      sumOf(rows.map(({ direction, amount }) => (direction === 'debit' ? BigInt(amount) : -BigInt(amount))));
    for (const rows of groupBy(ledger, (row) => `${row.transaction_id} ${row.currency}`).values()) {
      expect(balance(rows)).toBe(0n);
    }
    const account = (name: string, currency: string) =>
      balance(ledger.filter((row) => row.ledger_account === name && row.currency === currency));
    for (const currency of ['THB', 'CNY']) {
      const arrived = sumOf(inflows.filter((row) => row.currency === currency).map(({ amount }) => amount));
      const back = sumOf(done.filter((row) => row.currency === currency).map(({ amount }) => amount));
      expect(account('channel_clearing', currency)).toBe(0n);
      expect(account('payer', currency)).toBe(back - arrived);
    }
    expect(account('payee_receivable', 'THB')).toBe(BigInt(intent.amount_captured) - BigInt(intent.amount_refunded));

    // Every object tells its story without a gap; of those of earlier histories, a month back, the beginning is forgotten.
    const fresh = new Set([id, ...[...inflows, ...refunds, ...(await t.operations(id))].map((object) => object.id)]);
    for (const [object, told] of groupBy(events, (event) => event.object_id as string)) {
      const numbers = told.map(({ sequence }) => Number(sequence)).toSorted((a, b) => a - b);
      const first = fresh.has(object) ? 1 : numbers[0]!;
      expect(numbers, object).toEqual(times(numbers.length).map((n) => n + first));
    }

    // At most one order was open at a time, and under one number there is one order.
    const orders = (await t.operations(id)).filter(({ kind }) => kind === 'authorize');
    expect(orders).toHaveLength(1);
  }
});
