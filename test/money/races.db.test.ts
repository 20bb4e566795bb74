import { FAKE_CAPABILITIES, fakeChannel } from '@itpay/testkit/fake-rail';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { backend } from '../support/database.js';
import { freshStore, testPay } from '../support/pay.js';
import { paymentEvent, shopWithRail, statuses, thb, times, type Shop } from './shop.js';

vi.setConfig({ testTimeout: 120_000 });
/** A busy machine is slow to get to what a test waits for. */
const soon = { timeout: 10_000 };

// Protocol, 6.3. On PostgreSQL the rounds really run beside each other; PGlite has one connection, so there they only
// show that the code does not depend on luck.
const ROUNDS = backend() === 'postgres' ? 15 : 3;
const AT_ONCE = 8;

describe('a callback that is faster than the answer to the order', () => {
  let t: Shop;
  let url: string;
  beforeAll(async () => {
    t = await shopWithRail({ timeoutMs: 3_000 });
    url = await t.notifyUrl();
  });

  /** The number of the order of a create that is still running. */
  const referenceOf = (order: string) =>
    vi.waitFor(async () => {
      const [row] = await t.rows('payment_intents', { order_reference: order });
      if (((await t.rail.entry(row.channel_reference))?.received.authorize ?? 0) < 1) throw new Error('Not yet.');
      return row.channel_reference as string;
    }, soon);

  it('is found by the committed reference, and the later answer lowers nothing', async () => {
    await t.rail.script({ operation: 'authorize', behaviour: 'slow:2000' });

    const creating = t.create({ order_reference: 'slow' });
    const reference = await referenceOf('slow');
    const told = await t.tell(t.notice(url, paymentEvent(reference)));
    const before = (await t.rows('payment_intents', { channel_reference: reference }))[0].status;
    const created = await creating;
    const after = await t.intent(created.body.id);

    expect(told.status).toBe(200);
    expect(before).toBe('succeeded');
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ status: 'succeeded', qr: null, next_action: { type: 'none' } });
    expect(after).toMatchObject({ status: 'succeeded', operation: null, amount_captured: thb(10_000) });
    expect(await t.inflows(created.body.id)).toHaveLength(1);
  });

  it('is found for a hold too', async () => {
    await t.rail.script({ operation: 'authorize', behaviour: 'slow:2000' });

    const creating = t.create({ order_reference: 'slow-hold', capture_method: 'manual' });
    const reference = await referenceOf('slow-hold');
    await t.tell(t.notice(url, paymentEvent(reference, { kind: 'authorized' })));
    const created = await creating;

    expect(created.status).toBe(201);
    expect(await t.intent(created.body.id)).toMatchObject({ status: 'authorized', operation: null });
  });

  it.each(['timeout_after', 'reset_after', '500_after'] as const)(
    'wins over an answer that never comes (%s)',
    async (behaviour) => {
      await t.rail.script({ operation: 'authorize', behaviour }, { operation: 'query', behaviour: '500_before' });
      const creating = t.create({ order_reference: behaviour });
      const reference = await referenceOf(behaviour);
      await vi.waitFor(() => t.rail.pay(reference), soon);

      await t.tellAbout(reference);
      const created = await creating;
      await t.rail.clearScript();

      expect([201, 202]).toContain(created.status);
      expect(await t.intent(created.body.id)).toMatchObject({ status: 'succeeded', operation: null });
      expect((await t.rail.entry(reference))?.received.authorize).toBe(1);
    },
  );
});

describe('a payment against the end of its intent', () => {
  let t: Shop;
  beforeAll(async () => {
    t = await shopWithRail();
  });
  const end = {
    expiry: async (_ids: string[]) => {
      t.clock.advance('16m');
      await t.settle();
    },
    'a void': async (ids: string[]) => {
      const answers = await Promise.all(ids.map((id) => t.cancel(id)));
      expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 409)).toEqual([]);
    },
  };
  const ends = [
    ['expiry', 'expired'],
    ['a void', 'cancelled'],
  ] as const;

  it.each(ends)('wins over %s when it was made before the rail closed the order', async (by) => {
    const { id, reference } = await t.opened();
    await t.rail.pay(reference);

    await end[by]([id]);

    expect(await t.intent(id)).toMatchObject({
      status: 'succeeded',
      amount_captured: thb(10_000),
      late_payment: false,
    });
    expect(await t.inflows(id)).toMatchObject([{ kind: 'exact', status: 'applied', evidence: { source: 'query' } }]);
  });

  it.each(ends)('wins over %s when it is made while the rail closes the order', async (by) => {
    const { id, reference } = await t.opened();
    await t.rail.script({ operation: 'cancel', reference, behaviour: 'slow:1000' });

    const ending = end[by]([id]);
    await vi.waitFor(async () => expect((await t.rail.entry(reference))!.received.cancel).toBe(1), soon);
    await t.rail.pay(reference);
    await ending;

    expect((await t.intent(id)).status).toBe('succeeded');
  });

  it.each(ends)('ends as paid or by %s, and never as both', { timeout: 120_000 }, async (by, ended) => {
    for (const _ of times(ROUNDS)) {
      const orders = await Promise.all(times(AT_ONCE).map(() => t.opened()));
      const pay = async (reference: string) => {
        const paid = await t.rail.pay(reference).then(
          () => true,
          () => false,
        );
        if (paid) await t.tellAbout(reference);
        return paid;
      };

      const [paid] = await Promise.all([
        Promise.all(orders.map(({ reference }) => pay(reference))),
        end[by](orders.map(({ id }) => id)),
      ]);
      // What was refused as busy is told again; what the rail had closed expires with the next look.
      await t.deliver();
      await t.settle();

      const found = await Promise.all(orders.map(({ id }) => t.intent(id)));
      expect(found.map(({ status }) => status)).toEqual(paid.map((was) => (was ? 'succeeded' : ended)));
    }
  });
});

describe('two payments of one intent', () => {
  it('counts the first and sends the second back, also after the code was refreshed', async () => {
    const t = await shopWithRail();
    for (const _ of times(ROUNDS)) {
      const { id, reference } = await t.opened();
      await t.post(`/v1/payment-intents/${id}/qr`);
      await t.rail.pay(reference, { times: 2 });

      const answers = await Promise.all((await t.about(reference)).map(t.tell));
      await t.settle();

      expect(statuses(answers)).toEqual([200, 200]);
      expect(await t.intent(id)).toMatchObject({ status: 'succeeded', amount_captured: thb(10_000) });
      expect((await t.inflows(id)).map(({ kind, status }) => `${kind} ${status}`).toSorted()).toEqual([
        'duplicate refunded',
        'exact applied',
      ]);
      const entry = (await t.rail.entry(reference))!;
      expect(entry.refunds.map(({ status, amount }) => [status, Number(amount.value)])).toEqual([
        ['succeeded', 10_000],
      ]);
    }
  });

  it('sends the second back when the rail had to open a second order', async () => {
    const capabilities = FAKE_CAPABILITIES.filter((one) => one !== 'authorize_idempotent');
    const t = await shopWithRail({ capabilities });
    await t.rail.setPayableAfterClose(true);
    await t.rail.script({ operation: 'authorize', behaviour: 'reset_after' });
    const first = await t.opened();
    t.clock.advance('6s');
    await t.settle();
    const second = (await t.intent(first.id)).channel_reference;

    await Promise.all([t.rail.pay(first.reference), t.rail.pay(second)]);
    await Promise.all((await t.rail.callbacks()).map(t.tell));
    await t.settle();

    expect(second).not.toBe(first.reference);
    expect(await t.intent(first.id)).toMatchObject({ status: 'succeeded', amount_captured: thb(10_000) });
    expect((await t.inflows(first.id)).map(({ kind, status }) => `${kind} ${status}`).toSorted()).toEqual([
      'duplicate refunded',
      'exact applied',
    ]);
    const { moneyReceived, moneyRefunded } = await t.rail.books();
    expect(Number(moneyReceived[0]!.value) - Number(moneyRefunded[0]!.value)).toBe(10_000);
  });

  it('books one transaction once, told by the rail and by an operator at the same time', async () => {
    const t = await shopWithRail();
    const url = await t.notifyUrl();
    for (const n of times(ROUNDS)) {
      const { id, reference } = await t.opened();
      const event = paymentEvent(reference);
      const seen = { channel: 'fake', channel_transaction_id: event.transaction_id, amount: thb(10_000) };
      const evidence = { reason: 'Seen at the bank', evidence: `Statement ${n}`, paid_at: '2024-12-31T23:59:00Z' };

      const [told, recorded] = await Promise.all([
        t.tell(t.notice(url, event)),
        t.operate('/v1/inflows', { ...seen, ...evidence }),
      ]);

      expect(told.status).toBe(200);
      expect([200, 201, 409]).toContain(recorded.status);
      const booked = await t.rows('inflows', { channel_transaction_id: event.transaction_id });
      const ledger = await t.rows('ledger_entries', { ledger_account: 'payer' });
      const counted = booked.filter(({ payment_intent_id: intent }) => intent === id);
      expect(booked).toHaveLength(1);
      expect(ledger.filter(({ object_id: of }) => of === booked[0].id)).toHaveLength(1);
      expect(ledger).toHaveLength(n + 1);
      expect((await t.intent(id)).status).toBe(counted.length === 1 ? 'succeeded' : 'qr_generated');
    }
  });
});

// One connection cannot wait for another.
if (backend() === 'postgres') {
  it('books a transaction once when another process is just booking it for no payment', async () => {
    const t = await shopWithRail();
    const url = await t.notifyUrl();
    const { id, reference } = await t.opened();
    const event = paymentEvent(reference);
    const other = await t.pay.knex.transaction();
    await t.operate('/v1/inflows', {
      channel: 'fake',
      channel_transaction_id: 'pattern',
      amount: thb(10_000),
      paid_at: event.paid_at,
      reason: 'Seen at the bank',
      evidence: 'Statement 1',
    });
    const [pattern] = await t.rows('inflows', { channel_transaction_id: 'pattern' });
    await other
      .withSchema('itpay')
      .into('inflows')
      .insert({ ...pattern, id: 'inf_other', channel_transaction_id: event.transaction_id });

    const telling = t.tell(t.notice(url, event));
    await vi.waitFor(async () => {
      const { rows } = await t.pay.knex.raw(`select 1 from pg_stat_activity where wait_event_type = 'Lock'`);
      expect(rows).toHaveLength(1);
    }, soon);
    await other.commit();
    const told = await telling;

    expect(told.status).toBe(200);
    expect(await t.intent(id)).toMatchObject({ status: 'qr_generated', amount_captured: { value: 0 } });
    expect(await t.rows('ledger_entries', { payment_intent_id: id })).toEqual([]);
  });
}

describe('several refunds at once', () => {
  let t: Shop;
  beforeAll(async () => {
    t = await shopWithRail();
  });

  it.each([
    ['two of 60 %', 2, 6_000],
    ['eight of 30 %', 8, 3_000],
    ['eight of all', 8, 10_000],
  ])('%s never give back more than was captured', { timeout: 120_000 }, async (_name, count, value) => {
    for (const _ of times(ROUNDS)) {
      const { id, reference } = await t.paid();

      const answers = await Promise.all(
        times(count).map(() => t.refund(id, { amount: thb(value), confirm_duplicate: true })),
      );

      const fit = Math.floor(10_000 / value);
      const refused = answers.filter(({ status }) => status !== 201);
      expect(refused).toHaveLength(count - fit);
      for (const { body } of refused) {
        expect(['REFUND_AMOUNT_EXCEEDED', 'ALREADY_REFUNDED', 'REFUND_IN_PROGRESS']).toContain(body.error.code);
      }
      expect((await t.rail.entry(reference))!.refunds).toHaveLength(fit);
      expect((await t.intent(id)).amount_refunded.value).toBe(fit * value);
    }
  });

  it('are one when they are the same refund under different keys', async () => {
    for (const _ of times(ROUNDS)) {
      const { id, reference } = await t.paid();

      const answers = await Promise.all(times(AT_ONCE).map(() => t.refund(id)));

      expect(statuses(answers)).toEqual([...times(AT_ONCE - 1).map(() => 200), 201]);
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
      expect((await t.rail.entry(reference))!.received.refund).toBe(1);
    }
  });
});

describe('a hold', () => {
  let t: Shop;
  beforeAll(async () => {
    t = await shopWithRail();
  });

  it('is captured or released, and the loser hears 409', { timeout: 120_000 }, async () => {
    for (const n of times(ROUNDS)) {
      const { id, reference } = await t.held();

      const calls = [() => t.capture(id), () => t.cancel(id)];
      const [first, second] = await Promise.all((n % 2 ? calls : calls.toReversed()).map((call) => call()));

      expect(statuses([first!, second!])).toEqual([200, 409]);
      const loser = first!.status === 409 ? first! : second!;
      expect(loser.body.error.code).toBe('INVALID_STATE_TRANSITION');
      const intent = await t.intent(id);
      const entry = (await t.rail.entry(reference))!;
      expect([intent.status, entry.order!.status]).toEqual(
        entry.captures.length === 1 ? ['succeeded', 'captured'] : ['cancelled', 'closed'],
      );
      expect(entry.received.capture + entry.received.cancel).toBe(1);
    }
  });

  it.each([
    ['a void', 'capture', (id: string) => t.capture(id), (id: string) => t.cancel(id)],
    ['a capture', 'cancel', (id: string) => t.cancel(id), (id: string) => t.capture(id)],
  ] as const)('refuses %s with 409 while the rail works on the %s', async (_loser, operation, first, second) => {
    const { id, reference } = await t.held();
    await t.rail.script({ operation, reference, behaviour: 'slow:1000' });

    const running = first(id);
    await vi.waitFor(async () => expect((await t.rail.entry(reference))!.received[operation]).toBe(1), soon);
    const refused = await second(id);
    const done = await running;

    expect(done.status).toBe(200);
    expect(refused.status).toBe(409);
    expect(refused.body.error).toMatchObject({ code: 'INVALID_STATE_TRANSITION' });
  });

  it('is captured once by several captures at once', { timeout: 120_000 }, async () => {
    for (const _ of times(ROUNDS)) {
      const { id, reference } = await t.held();

      const answers = await Promise.all(times(4).map(() => t.capture(id)));

      expect(statuses(answers)).toEqual([200, 409, 409, 409]);
      expect((await t.rail.entry(reference))!.captures).toHaveLength(1);
    }
  });

  it('is released once by several voids at once, and no void stays open', { timeout: 120_000 }, async () => {
    for (const _ of times(ROUNDS)) {
      const { id, reference } = await t.held();

      const answers = await Promise.all(times(4).map(() => t.cancel(id)));

      expect(statuses(answers)).toEqual([200, 409, 409, 409]);
      expect((await t.rail.entry(reference))!.received.cancel).toBe(1);
      expect((await t.rows('voids', { target_id: id })).map(({ status }) => status)).toEqual(['voided']);
    }
  });

  it('can be captured again under another key when the rail certainly did nothing', async () => {
    const { id, reference } = await t.held();
    await t.rail.script({ operation: 'capture', behaviour: 'not_processed' });

    const failed = await t.capture(id, 4_000);
    const captured = await t.capture(id, 6_000);

    expect(failed.status).toBe(502);
    expect(captured.status).toBe(200);
    expect(captured.body.amount_captured.value).toBe(6_000);
    expect((await t.rail.entry(reference))!.captures).toHaveLength(1);
  });
});

describe('the same purchase under different keys', () => {
  const PATH = '/v1/payment-intents';
  const rails = [
    ['a rail with a network', 'fake'],
    ['a rail whose code is built here', 'promptpay'],
  ] as const;

  describe.each(rails)('on %s', (_name, channel) => {
    let t: Pick<Shop, 'request' | 'clock' | 'settle' | 'pay'>;
    let shop: Shop;
    beforeAll(async () => {
      shop = await shopWithRail();
      t = channel === 'fake' ? shop : await testPay();
    });
    const post = (path: string, body: object = {}) => t.request('POST', path, { body });
    const buy = (order: string, more: object = {}) =>
      post(PATH, { amount: thb(10_000), channel, order_reference: order, ...more });
    const pay = async ({ id, channel_reference: reference }: { id: string; channel_reference: string }) => {
      if (channel === 'promptpay') return post(`/v1/test-helpers/payment-intents/${id}/simulate`, { event: 'paid' });
      await shop.rail.pay(reference);
      return shop.tellAbout(reference);
    };

    it('is one intent, and at the rail one order, however many ask at once', { timeout: 120_000 }, async () => {
      for (const n of times(ROUNDS)) {
        const before = (await shop.rail.books()).entries.length;

        const answers = await Promise.all(times(AT_ONCE).map(() => buy(`at-once-${n}`)));

        expect(statuses(answers)).toEqual([...times(AT_ONCE - 1).map(() => 200), 201]);
        expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
        for (const { status, body } of answers) expect(body.duplicate_of_existing).toBe(status === 200);
        const { entries } = await shop.rail.books();
        expect(entries.length - before).toBe(channel === 'fake' ? 1 : 0);
        const { data } = (await t.request('GET', `${PATH}?order_reference=at-once-${n}`)).body;
        expect(data).toHaveLength(1);
      }
    });

    it('is two intents when the second one is meant', async () => {
      const first = await buy('confirmed');
      const second = await buy('confirmed', { confirm_duplicate: true });
      const third = await buy('confirmed');

      expect(second.status).toBe(201);
      expect(second.body.id).not.toBe(first.body.id);
      expect([third.status, third.body.id]).toEqual([200, second.body.id]);
    });

    it.each([
      ['was cancelled', (id: string) => post(`${PATH}/${id}/cancel`)],
      [
        'expired',
        async () => {
          t.clock.advance('20m');
          await t.settle();
        },
      ],
    ] as const)('is a new intent when the one before %s', async (how, end) => {
      const first = await buy(`after-${how}`);
      await end(first.body.id);

      const again = await buy(`after-${how}`);

      expect(again.status).toBe(201);
      expect(again.body.id).not.toBe(first.body.id);
    });

    it.each([
      ['the same until ten minutes after it was paid', '9m', 200],
      ['a new one ten minutes after it was paid', '10m', 201],
    ])('is %s', async (_what, later, status) => {
      const first = await buy(`paid-${later}`);
      await pay(first.body);
      t.clock.advance(later);

      const again = await buy(`paid-${later}`);

      expect((await t.request('GET', `${PATH}/${first.body.id}`)).body.status).toBe('succeeded');
      expect(again.status).toBe(status);
      expect(again.body.id === first.body.id).toBe(status === 200);
    });
  });

  it('is a new intent when the rail refused the one before', async () => {
    const t = await shopWithRail();
    await t.rail.script({ operation: 'authorize', behaviour: 'decline' });

    const first = await t.create({ order_reference: 'declined' });
    const again = await t.create({ order_reference: 'declined' });

    expect([first.status, again.status]).toEqual([402, 201]);
  });

  it('is the existing intent while its outcome is unknown', async () => {
    const t = await shopWithRail();
    await t.rail.script({ operation: 'authorize', behaviour: 'reset_after' });

    const first = await t.create({ order_reference: 'unknown' });
    const again = await t.create({ order_reference: 'unknown' });

    expect(first.status).toBe(202);
    expect([again.status, again.body.id]).toEqual([200, first.body.id]);
    expect((await t.rail.books()).entries).toHaveLength(1);
  });
});

// Two processes need a server; PGlite belongs to one.
if (backend() === 'postgres') {
  describe('two instances of ItPay on one database', () => {
    let a: Shop;
    let b: Awaited<ReturnType<typeof testPay>>;
    beforeAll(async () => {
      const store = await freshStore();
      a = await shopWithRail({}, store);
      const { url, secret } = a.rail;
      b = await testPay({ ...store, plugins: [fakeChannel({ url, secret, mode: 'test', now: undefined })] });
    });
    const bothSweep = async (later?: string) => {
      if (later) for (const { clock } of [a, b]) clock.advance(later);
      await Promise.all([a.settle(), b.settle()]);
    };

    it('ask once about each operation whose outcome is unknown', async () => {
      const orders = [];
      for (const n of times(12)) {
        await a.rail.script({ operation: 'authorize', behaviour: 'garbage' });
        orders.push((await a.create({ order_reference: `unknown-${n}` })).body);
      }

      await bothSweep('6s');

      for (const { id, channel_reference: reference } of orders) {
        const { received } = (await a.rail.entry(reference))!;
        // The second authorize is the identical one that gives the code again; the rail declares that it may be sent.
        expect([received.query, received.authorize]).toEqual([1, 2]);
        expect((await a.intent(id)).status).toBe('qr_generated');
      }
    });

    it('send each queued refund once', async () => {
      const orders = await Promise.all(times(12).map(() => a.opened()));
      for (const { reference } of orders) await a.rail.pay(reference, { times: 2 });
      for (const { reference } of orders) await a.tellAbout(reference);

      await bothSweep();

      for (const { id, reference } of orders) {
        const entry = (await a.rail.entry(reference))!;
        expect([entry.received.refund, entry.refunds.length]).toEqual([1, 1]);
        expect(await a.refunds(id)).toMatchObject([{ status: 'succeeded', reason: 'duplicate' }]);
      }
    });

    it('close each expired order once', async () => {
      const orders = await Promise.all(times(12).map(() => a.opened()));

      await bothSweep('16m');

      for (const { id, reference } of orders) {
        expect((await a.rail.entry(reference))!.received.cancel).toBe(1);
        expect((await a.intent(id)).status).toBe('expired');
      }
    });

    it('change something once when both are told the same', async () => {
      for (const _ of times(ROUNDS)) {
        const { id, reference } = await a.opened();
        await a.rail.pay(reference);
        const [callback] = await a.about(reference);
        const toB = () => b.pay.fetch(new Request(callback!.url, { method: 'POST', ...callback }));

        const answers = await Promise.all(times(4).flatMap(() => [a.tell(callback!), toB()]));

        expect(answers.some(({ status }) => status === 200)).toBe(true);
        expect(await a.inflows(id)).toHaveLength(1);
        const numbers = (await a.rows('events', { object_id: id })).map(({ sequence }) => sequence);
        expect(numbers.toSorted((x, y) => x - y)).toEqual(times(numbers.length).map((n) => n + 1));
      }
    });
  });
}
