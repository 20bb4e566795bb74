import { fakeChannel } from '@itpay/testkit/fake-rail';
import { beforeAll, describe, expect, it } from 'vitest';
import { contents } from '../scenarios/tables.js';
import { backend } from '../support/database.js';
import { paymentEvent, shopWithRail, statuses, thb, times, type Shop } from './shop.js';

// Protocol, 10.4: forged, incomplete or mismatched notifications change no payment state. (G12)

let t: Shop;
let url: string;
/** A paid order with its refund, an open order, and an open hold: whatever a notice may name. */
let open: { id: string; reference: string };
let hold: { id: string; reference: string };
let refunded: { id: string; reference: string; refund: string; refundId: string };

beforeAll(async () => {
  t = await shopWithRail();
  url = await t.notifyUrl();
  open = await t.opened();
  hold = await t.opened({ capture_method: 'manual' });
  const paid = await t.paid();
  await t.rail.script({ operation: 'refund', behaviour: 'pending' });
  await t.refund(paid.id);
  const [refund] = (await t.rail.entry(paid.reference))!.refunds;
  refunded = { ...paid, refund: refund!.refundReference, refundId: refund!.refundId };
});

const refundEvent = (more: object = {}) => ({
  event_id: 'E-refund',
  merchant: 'shop-test',
  reference: refunded.refund,
  kind: 'refund',
  refund_id: refunded.refundId,
  amount: '10000',
  currency: 'THB',
  status: 'succeeded',
  ...more,
});
const holdEvent = (more: object = {}) => paymentEvent(hold.reference, { kind: 'authorized', ...more });
const without = (event: object, field: string) =>
  Object.fromEntries(Object.entries(event).filter(([name]) => name !== field));

/** What is kept of payments, without the row that says that a notice came and was rejected. */
const money = async () => {
  const { notifications: _, ...held } = await contents(t.pay.knex);
  return held;
};

async function refusedWithoutTrace(
  callback: { url: string; headers: Record<string, string>; body: string },
  status: number,
) {
  const before = await money();
  const answer = await t.tell(callback);
  expect(await money()).toEqual(before);
  expect(answer.status).toBe(status);
  expect(await answer.text()).not.toContain('"ok":true');
}

const PAYMENT_FIELDS = [
  'event_id',
  'merchant',
  'reference',
  'kind',
  'transaction_id',
  'amount',
  'currency',
  'paid_at',
] as const;
const REFUND_FIELDS = [
  'event_id',
  'merchant',
  'reference',
  'kind',
  'refund_id',
  'amount',
  'currency',
  'status',
] as const;

describe('a notice that is signed by the rail', () => {
  const BAD = [null, '', 0, {}, ['x'], true] as const;

  it.each(PAYMENT_FIELDS)('of a payment changes nothing without %s, or with nonsense there', async (field) => {
    await refusedWithoutTrace(t.notice(url, without(paymentEvent(open.reference), field)), 400);
    for (const value of BAD) {
      await refusedWithoutTrace(t.notice(url, { ...paymentEvent(open.reference), [field]: value }), 400);
    }
  });

  it.each(REFUND_FIELDS)('of a refund changes nothing without %s, or with nonsense there', async (field) => {
    await refusedWithoutTrace(t.notice(url, without(refundEvent(), field)), 400);
    for (const value of BAD) await refusedWithoutTrace(t.notice(url, { ...refundEvent(), [field]: value }), 400);
  });

  it.each([
    // what is wrong                                     the notice
    ['another merchant’s', () => paymentEvent(open.reference, { merchant: 'shop-other' })],
    ['our live merchant’s', () => paymentEvent(open.reference, { merchant: 'shop-live' })],
    ['of nothing', () => paymentEvent(open.reference, { amount: '0' })],
    ['of less than nothing', () => paymentEvent(open.reference, { amount: '-10000' })],
    ['of a broken amount', () => paymentEvent(open.reference, { amount: '100.00' })],
    ['of an amount with a sign', () => paymentEvent(open.reference, { amount: '+10000' })],
    ['of an amount in hexadecimal', () => paymentEvent(open.reference, { amount: '0x2710' })],
    ['in a currency that the rail has not', () => paymentEvent(open.reference, { currency: 'EUR' })],
    ['in a currency in lower case', () => paymentEvent(open.reference, { currency: 'thb' })],
    ['of a date that is none', () => paymentEvent(open.reference, { paid_at: 'yesterday' })],
    ['of an unknown kind', () => paymentEvent(open.reference, { kind: 'chargeback' })],
    ['of a kind of JavaScript', () => paymentEvent(open.reference, { kind: '__proto__' })],
    ['a hold on an order without hold', () => paymentEvent(open.reference, { kind: 'authorized' })],
    ['a hold of another amount', () => holdEvent({ amount: '9999' })],
    ['a hold in another currency', () => holdEvent({ currency: 'CNY' })],
    ['a hold of another merchant', () => holdEvent({ merchant: 'shop-other' })],
    ['a hold of no order', () => holdEvent({ reference: 'NOSUCHORDER' })],
    ['a scan of no order', () => ({ ...paymentEvent('NOSUCHORDER'), kind: 'scanned' })],
    ['a closure of no order', () => ({ ...paymentEvent('NOSUCHORDER'), kind: 'closed' })],
    ['a payment with the number of a refund', () => paymentEvent(refunded.refund)],
    ['a refund with the number of an order', () => refundEvent({ reference: open.reference })],
    ['a refund of another amount', () => refundEvent({ amount: '9999' })],
    ['a refund in another currency', () => refundEvent({ currency: 'CNY' })],
    ['a refund of another merchant', () => refundEvent({ merchant: 'shop-other' })],
    ['a refund of no number', () => refundEvent({ reference: 'NOSUCHREFUND' })],
    ['a refund in no known state', () => refundEvent({ status: 'processing' })],
  ])('changes nothing when it is %s', async (_what, event) => {
    await refusedWithoutTrace(t.notice(url, event()), 400);
  });

  it('about a closure on the payment’s route is acknowledged, and neither a payment nor the end', async () => {
    const answer = await t.tell(
      t.notice(url, { ...paymentEvent(open.reference), event_id: 'E-closed', kind: 'closed' }),
    );

    expect(answer.status).toBe(200);
    expect((await t.intent(open.id)).status).toBe('qr_generated');
    expect(await t.inflows(open.id)).toEqual([]);
  });

  it('can come again in a better form under the same event', async () => {
    const { id, reference } = await t.opened();
    await refusedWithoutTrace(t.notice(url, paymentEvent(reference, { merchant: 'shop-other' })), 400);

    const answer = await t.tell(t.notice(url, paymentEvent(reference)));

    expect(answer.status).toBe(200);
    expect((await t.intent(id)).status).toBe('succeeded');
  });
});

describe('what does not prove to come from the rail', () => {
  const body = () => JSON.stringify(paymentEvent(open.reference));
  const genuine = () => t.notice(url, paymentEvent(open.reference));
  const altered = (change: (headers: Record<string, string>) => object) => {
    const callback = genuine();
    return { ...callback, headers: { ...callback.headers, ...change(callback.headers) } as Record<string, string> };
  };
  const seconds = (n: number) => new Date(Date.now() + n * 1_000);

  it.each([
    ['a signature of another secret', () => t.notice(url, paymentEvent(open.reference), { secret: 'guessed' })],
    ['no signature', () => ({ url, headers: {}, body: body() })],
    ['an empty signature', () => altered(() => ({ 'fake-signature': '' }))],
    ['a signature of zeros', () => altered(() => ({ 'fake-signature': '0'.repeat(64) }))],
    ['a cut signature', () => altered((headers) => ({ 'fake-signature': headers['fake-signature']!.slice(1) }))],
    [
      'another time than was signed',
      () => altered((headers) => ({ 'fake-timestamp': String(Number(headers['fake-timestamp']) + 1) })),
    ],
    ['a signature that is too old', () => t.notice(url, paymentEvent(open.reference), { at: seconds(-301) })],
    ['a signature from the future', () => t.notice(url, paymentEvent(open.reference), { at: seconds(302) })],
    ['an altered amount', () => ({ ...genuine(), body: body().replace('"10000"', '"10001"') })],
    ['an altered order', () => ({ ...genuine(), body: body().replaceAll(open.reference, hold.reference) })],
    ['one more space', () => ({ ...genuine(), body: `${body()} ` })],
    ['a body that is no JSON', () => ({ ...genuine(), body: 'paid!' })],
    ['no body', () => ({ ...genuine(), body: '' })],
  ])('changes nothing: %s', async (_what, callback) => {
    await refusedWithoutTrace(callback(), 400);
  });

  it('changes nothing: a body that is too large', async () => {
    const callback = t.notice(url, paymentEvent(open.reference, { padding: 'x'.repeat(256 * 1024) }));

    await refusedWithoutTrace(callback, 413);
  });

  it.each([
    ['a guessed one', () => url.replace(/[^/]+$/, 'AAAAAAAAAAAAAAAAAAAAAA')],
    ['a cut one', () => url.slice(0, -1)],
    ['one spelt in another way', () => `${url}=`],
    ['one of another channel', () => url.replace('/fake/', '/promptpay/')],
  ])('changes nothing: another token in the address (%s)', async (_what, address) => {
    await refusedWithoutTrace({ ...genuine(), url: address() }, 404);
  });
});

describe('the token of another instance', () => {
  it('selects that instance, and a notice for ours does not fit there', async () => {
    const { rail } = await shopWithRail();
    const { url: address, secret } = rail;
    const instances = [
      { url: address, secret, mode: 'test' },
      { url: address, secret, mode: 'live' },
    ] as const;
    const both = await shopWithRail({}, { plugins: [fakeChannel(...instances)] });
    const { body: order } = await both.create();
    const { body: live } = await both.request('POST', '/v1/payment-intents', {
      key: both.liveKey,
      body: { amount: thb(10_000), channel: 'fake' },
    });
    const { notifyUrl: liveUrl } = (await rail.entry(live.channel_reference))!.order!;
    const { notifyUrl: testUrl } = (await rail.entry(order.channel_reference))!.order!;
    const { notifications: _, ...before } = await contents(both.pay.knex);
    const event = paymentEvent(order.channel_reference);

    const answers = await Promise.all([
      both.tell(both.notice(liveUrl, event, { secret })),
      both.tell(both.notice(testUrl, { ...event, merchant: 'shop-live' }, { secret })),
      both.tell(both.notice(testUrl, paymentEvent(live.channel_reference, { merchant: 'shop-live' }), { secret })),
    ]);

    const { notifications: __, ...after } = await contents(both.pay.knex);
    expect(liveUrl).not.toBe(testUrl);
    expect(statuses(answers)).toEqual([400, 400, 400]);
    expect(after).toEqual(before);
  });
});

describe('verified money', () => {
  it('for an unknown reference waits to be matched, is acknowledged, and is booked once', async () => {
    const event = paymentEvent('NOSUCHORDER', { event_id: 'E-nobody' });

    const first = await t.tell(t.notice(url, event));
    const again = await t.tell(t.notice(url, { ...event, event_id: 'E-nobody-again' }));

    expect(statuses([first, again])).toEqual([200, 200]);
    const booked = await t.rows('inflows', { channel_reference: 'NOSUCHORDER' });
    expect(booked).toMatchObject([{ status: 'needs_match', kind: 'unattributed', payment_intent_id: null }]);
  });

  it.each([
    // amount  currency  the intent        kind              status       counted
    ['9999', 'THB', 'qr_generated', 'under', 'parked', 0],
    ['10001', 'THB', 'succeeded', 'over', 'refunded', 10_000],
    ['10000', 'CNY', 'qr_generated', 'wrong_currency', 'parked', 0],
  ])(
    'of %s %s leaves the intent %s, as %s money that is %s',
    async (amount, currency, status, kind, inflow, counted) => {
      const { id, reference } = await t.opened();
      await t.rail.pay(reference, { amount: BigInt(amount), currency });

      const answers = await t.tellAbout(reference);
      await t.settle();

      expect(statuses(answers)).toEqual([200]);
      expect((await t.intent(id)).status).toBe(status);
      expect(await t.inflows(id)).toMatchObject([{ kind, status: inflow }]);
      expect(Number((await t.rows('inflows', { payment_intent_id: id }))[0].counted)).toBe(counted);
    },
  );

  it.each([
    ['one after the other', async (send: () => Promise<Response>) => [await send(), await send(), await send()]],
    ['all at once', (send: () => Promise<Response>) => Promise.all(times(8).map(send))],
  ])('told many times, %s, is one inflow and one acknowledgement', async (_how, deliver) => {
    const { id, reference } = await t.opened();
    const callback = t.notice(url, paymentEvent(reference));

    await deliver(() => t.tell(callback));
    const before = await contents(t.pay.knex);
    const again = await Promise.all(times(3).map(() => t.tell(callback)));

    expect(await contents(t.pay.knex)).toEqual(before);
    expect(await Promise.all(again.map((answer) => answer.text()))).toEqual(times(3).map(() => '{"ok":true}'));
    expect(await t.inflows(id)).toHaveLength(1);
    expect((await t.intent(id)).amount_captured).toEqual(thb(10_000));
  });

  it('told under different events, and by question, is one inflow', async () => {
    const { id, reference } = await t.opened();
    const [payment] = await t.rail.pay(reference);
    const event = paymentEvent(reference, { transaction_id: payment!.transactionId, paid_at: payment!.paidAt });

    const answers = await Promise.all(
      times(4).map((n) => t.tell(t.notice(url, { ...event, event_id: `E-${n}-${id}` }))),
    );
    t.clock.advance('11s');
    await t.settle();

    expect(statuses(answers)).toEqual([200, 200, 200, 200]);
    expect(await t.inflows(id)).toHaveLength(1);
  });
});

describe('a claim on a notice', () => {
  const claimed = async (reference: string, leaseEnds: string) => {
    const event = paymentEvent(reference);
    await t.pay.knex
      .withSchema('itpay')
      .into('notifications')
      .insert({
        id: `ntf_${reference}`,
        channel_instance: (await t.rows('channel_operations', { reference }))[0].channel_instance,
        event_key: [event.event_id, event.kind, event.reference].join('|'),
        state: 'claimed',
        lease_expires_at: new Date(t.clock.now().getTime() + Number(leaseEnds)),
        body_digest: Buffer.alloc(32),
        received_at: t.clock.now(),
      });
    return t.notice(url, event);
  };

  it('of a living process is left alone, and the rail is told to come again', async () => {
    const { id, reference } = await t.opened();
    const callback = await claimed(reference, '60000');

    const answer = await t.tell(callback);

    expect(answer.status).toBe(500);
    expect((await t.intent(id)).status).toBe('qr_generated');
  });

  it('of a dead process is taken over once its lease has ended', async () => {
    const { id, reference } = await t.opened();
    const callback = await claimed(reference, '60000');
    t.clock.advance('60s');

    const answers = await Promise.all(times(4).map(() => t.tell(callback)));

    expect(answers.some(({ status }) => status === 200)).toBe(true);
    expect((await t.intent(id)).status).toBe('succeeded');
    expect(await t.inflows(id)).toHaveLength(1);
  });
});

if (backend() === 'postgres') {
  it('a notice that waits for a lock is not acknowledged before the commit', async () => {
    const { id, reference } = await t.opened();
    const other = await t.pay.knex.transaction();
    await other.raw('select 1 from itpay.payment_intents where id = ? for update', [id]);
    let answered = false;
    const telling = t.tell(t.notice(url, paymentEvent(reference))).finally(() => (answered = true));
    await expect
      .poll(
        async () => (await t.pay.knex.raw(`select 1 from pg_stat_activity where wait_event_type = 'Lock'`)).rows.length,
      )
      .toBeGreaterThan(0);
    const early = answered;
    await other.rollback();
    const answer = await telling;

    expect(early).toBe(false);
    expect(answer.status).toBe(200);
    expect((await t.intent(id)).status).toBe('succeeded');
  });
}
