import type { TestAnswer } from '@itpay/testkit';
import { createFakeRailServer } from '@itpay/testkit/fake-rail';
import { beforeAll, describe, expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { testPayWithRail } from '../support/fake-rail.js';
import { contents } from './tables.js';

const PATH = '/v1/payment-intents';
const wasReplayed = ({ headers }: TestAnswer) => headers.get('idempotent-replayed') === 'true';

describe('a repeated create on a rail with a network', () => {
  let t: Awaited<ReturnType<typeof testPayWithRail>>;
  let fresh = 0;
  beforeAll(async () => {
    t = await testPayWithRail();
  });

  /** The same request, as often as it is called. */
  const aRequest = () => {
    const name = `n-${fresh++}`;
    const body = { amount: { currency: 'THB', value: 10_000 }, channel: 'fake', order_reference: name };
    return () => t.request('POST', PATH, { idempotencyKey: name, body });
  };
  const ordersOf = async (reference: string) => {
    const entries = (await t.rail.books()).entries.filter((entry) => entry.reference === reference);
    return { orders: entries.filter(({ order }) => order !== null).length, calls: entries[0]?.received.authorize ?? 0 };
  };

  it('is replayed once it was created, and the rail hears nothing', async () => {
    const send = aRequest();
    const first = await send();
    const before = await contents(t.pay.knex);

    const again = await send();

    expect([first.status, again.status, again.text]).toEqual([201, 201, first.text]);
    expect([wasReplayed(first), wasReplayed(again)]).toEqual([false, true]);
    expect(await contents(t.pay.knex)).toEqual(before);
    expect(await ordersOf(first.body.channel_reference)).toEqual({ orders: 1, calls: 1 });
  });

  it('shows no code once the payment is in', async () => {
    const send = aRequest();
    const first = await send();
    await t.rail.pay(first.body.channel_reference);
    await t.deliver(({ reference }) => reference === first.body.channel_reference);

    const again = await send();

    expect([again.status, again.body.status, again.body.qr]).toEqual([201, 'qr_generated', null]);
    expect(again.text).not.toContain(first.body.qr.qr_data);
  });

  it.each([
    ['decline', 'PAYMENT_DECLINED'],
    ['insufficient_funds', 'INSUFFICIENT_FUNDS'],
  ] as const)('gets its refusal again: %s', async (behaviour, code) => {
    await t.rail.script({ operation: 'authorize', behaviour });
    const send = aRequest();
    const first = await send();
    const before = await contents(t.pay.knex);

    const again = await send();

    expect([first.status, first.body.error.code]).toEqual([402, code]);
    expect(first.body.error.details.object).toMatchObject({ status: 'failed', failure: { code } });
    expect([again.status, again.body.error]).toEqual([402, first.body.error]);
    expect(await contents(t.pay.knex)).toEqual(before);
  });

  it('may follow a refusal under a new key: a failed purchase is none', async () => {
    await t.rail.script({ operation: 'authorize', behaviour: 'decline' });
    const send = aRequest();
    const first = await send();
    const { order_reference } = first.body.error.details.object;

    const other = await t.create({ order_reference });

    expect([other.status, other.body.duplicate_of_existing]).toEqual([201, false]);
  });

  it('continues on the same intent and number when the rail did not take the order', async () => {
    await t.rail.script({ operation: 'authorize', behaviour: 'not_processed', times: 2 });
    const send = aRequest();

    const [first, second, third] = [await send(), await send(), await send()];
    const { id, channel_reference } = first.body.error.details.object;

    expect([first.status, second.status, third.status]).toEqual([502, 502, 201]);
    expect(first.body.error).toMatchObject({ code: 'CHANNEL_ERROR', retryable: true });
    expect(Number(first.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(third.body).toMatchObject({ id, channel_reference, status: 'qr_generated' });
    expect(await ordersOf(channel_reference)).toEqual({ orders: 1, calls: 3 });
  });

  it('gets the real result after an unknown one, and the rail gets one order', async () => {
    await t.rail.script({ operation: 'authorize', behaviour: 'reset_after' });
    const send = aRequest();

    const [first, second, third] = [await send(), await send(), await send()];

    expect([first.status, second.status, third.status]).toEqual([202, 201, 201]);
    expect(first.body).toMatchObject({
      status: 'pending',
      operation: { kind: 'authorize', outcome: 'unknown' },
      next_action: { type: 'wait' },
    });
    expect(second.body).toMatchObject({ id: first.body.id, status: 'qr_generated', operation: null });
    expect([wasReplayed(second), wasReplayed(third)]).toEqual([false, true]);
    expect((await ordersOf(first.body.channel_reference)).orders).toBe(1);
  });

  it('stays unknown, with 202, while the rail does not say', async () => {
    await t.rail.script(
      { operation: 'authorize', behaviour: 'reset_after' },
      { operation: 'query', behaviour: '500_before', times: 2 },
    );
    const send = aRequest();

    const answers = [await send(), await send(), await send(), await send()];

    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect((await ordersOf(answers[0]!.body.channel_reference)).orders).toBe(1);
  });

  it('gets an answer that a sweep has found meanwhile', async () => {
    await t.rail.script({ operation: 'authorize', behaviour: 'reset_after' });
    const send = aRequest();
    const first = await send();
    t.clock.advance('6s');
    await t.settle();

    const again = await send();

    expect([first.status, again.status, wasReplayed(again)]).toEqual([202, 201, true]);
  });

  it('opens one order when two come at once', async () => {
    for (let round = 0; round < 5; round++) {
      await t.rail.script({ operation: 'authorize', behaviour: 'slow:60' });
      const send = aRequest();

      const answers = await Promise.all([send(), send(), send()]);
      const done = answers.filter(({ status }) => status === 201);
      const waiting = answers.filter(({ status }) => status !== 201);

      expect(done.length).toBeGreaterThan(0);
      expect(new Set(done.map(({ body }) => body.id)).size).toBe(1);
      for (const { status, body, headers } of waiting) {
        expect([status, body.error.code]).toEqual([409, 'IDEMPOTENCY_IN_PROGRESS']);
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      }
      expect(await ordersOf(done[0]!.body.channel_reference)).toEqual({ orders: 1, calls: 1 });
      expect((await send()).body.id).toBe(done[0]!.body.id);
    }
  });

  it('opens one order when the same purchase comes under two keys at once', async () => {
    const order_reference = `n-${fresh++}`;
    await t.rail.script({ operation: 'authorize', behaviour: 'slow:60' });

    const answers = await Promise.all([t.create({ order_reference }), t.create({ order_reference })]);

    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 201]);
    expect(answers.map(({ body }) => body.duplicate_of_existing).toSorted()).toEqual([false, true]);
    expect(await ordersOf(answers[0]!.body.channel_reference)).toEqual({ orders: 1, calls: 1 });
  });

  it('is told that the channel is away, with 503, and goes on when it is back', async () => {
    const away = await createFakeRailServer();
    const shop = await testPayWithRail({ url: away.url, secret: away.secret });
    await away.stop();
    const body = { amount: { currency: 'THB', value: 10_000 }, channel: 'fake' };
    const send = () => shop.request('POST', PATH, { idempotencyKey: 'away', body });

    const [first, second] = [await send(), await send()];
    const { id, channel_reference } = first.body.error.details.object;
    const back = await createFakeRailServer({ port: Number(new URL(away.url).port), secret: away.secret });
    whenFileEnds(() => back.stop());
    const third = await send();

    expect([first.status, first.body.error.code]).toEqual([503, 'CHANNEL_UNAVAILABLE']);
    expect(second.body.error.details.object.id).toBe(id);
    expect([third.status, third.body.id]).toEqual([201, id]);
    expect((await back.entry(channel_reference))?.received.authorize).toBe(1);
    expect(await shop.pay.knex('itpay.payment_intents').select('id')).toEqual([{ id }]);
  });
});

describe('the guard against duplicates', () => {
  let t: Awaited<ReturnType<typeof testPayWithRail>>;
  let fresh = 0;
  beforeAll(async () => {
    t = await testPayWithRail();
  });
  const order = () => ({ order_reference: `g-${fresh++}` });
  const pay = async (reference: string) => {
    await t.rail.pay(reference);
    await t.deliver((callback) => callback.reference === reference);
  };

  it('answers the same purchase with the intent that is open, its code, and 200', async () => {
    const purchase = order();
    const first = await t.create(purchase);
    const before = await t.pay.knex('itpay.payment_intents').count();

    const again = await t.create(purchase);

    expect([again.status, again.body]).toEqual([200, { ...first.body, duplicate_of_existing: true }]);
    expect(await t.pay.knex('itpay.payment_intents').count()).toEqual(before);
  });

  it('replays that answer under its own key', async () => {
    const purchase = order();
    await t.create(purchase);
    const body = { amount: { currency: 'THB', value: 10_000 }, channel: 'fake', ...purchase };
    const first = await t.request('POST', PATH, { idempotencyKey: `again-${fresh}`, body });

    const again = await t.request('POST', PATH, { idempotencyKey: `again-${fresh}`, body });

    expect([again.status, again.body, wasReplayed(again)]).toEqual([200, first.body, true]);
  });

  it.each<[string, (purchase: object) => object]>([
    ['another amount', (purchase) => ({ ...purchase, amount: { currency: 'THB', value: 10_001 } })],
    ['another currency', (purchase) => ({ ...purchase, amount: { currency: 'USD', value: 10_000 } })],
    ['another order', () => order()],
    ['no order', () => ({})],
    ['a payer', (purchase) => ({ ...purchase, payer: { agent_id: 'agent_06b2m6vk0dtf5d5cq0m3vz8x4t' } })],
    ['one that says so', (purchase) => ({ ...purchase, confirm_duplicate: true })],
  ])('lets %s be another purchase', async (_, change) => {
    const purchase = order();
    const first = await t.create(purchase);

    const other = await t.create(change(purchase));

    expect([other.status, other.body.duplicate_of_existing]).toEqual([201, false]);
    expect(other.body.id).not.toBe(first.body.id);
  });

  it('stands for ten minutes after the payment, and no longer', async () => {
    const purchase = order();
    const first = (await t.create(purchase)).body;
    await pay(first.channel_reference);
    t.clock.advance('9m');
    const soon = await t.create(purchase);
    t.clock.advance('2m');

    const later = await t.create(purchase);

    expect([soon.status, soon.body.id, soon.body.status]).toEqual([200, first.id, 'succeeded']);
    expect([later.status, later.body.id === first.id]).toEqual([201, false]);
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['cancelled', (id) => t.request('POST', `${PATH}/${id}/cancel`, { body: {} })],
    [
      'expired',
      async () => {
        t.clock.advance('16m');
        await t.settle();
      },
    ],
  ])('lets a purchase be made again that was %s', async (_, close) => {
    const purchase = order();
    const first = await t.create(purchase);
    await close(first.body.id);

    const again = await t.create(purchase);

    expect([again.status, again.body.id === first.body.id]).toEqual([201, false]);
  });

  it('stands while it is unknown whether the order exists', async () => {
    const purchase = order();
    await t.rail.script({ operation: 'authorize', behaviour: 'reset_after' });
    const first = await t.create(purchase);

    const again = await t.create(purchase);

    expect([first.status, again.body.id]).toEqual([202, first.body.id]);
    expect([200, 202]).toContain(again.status);
  });
});
