import type { RawCallback } from '@itpay/kernel';
import { startScbSimulator } from '@itpay/simulator';
import { fakeClock } from '@itpay/testkit';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { promptpay } from '../channel.js';
import { scb } from './scb.js';

const clock = fakeClock('2026-11-22T05:00:00Z');
const simulator = await startScbSimulator({ now: () => clock.now() });
afterAll(() => simulator.close());
const { control, credentials, url } = simulator;
const { signal } = new AbortController();

beforeEach(async () => {
  clock.set('2026-11-22T05:00:00Z');
  await control.clearScript();
});

/** A new process: nothing remembered, and the whole budget. */
function newShop() {
  const [channel] = promptpay({
    provider: scb({ test: { ...credentials, baseUrl: url }, now: () => clock.now() }),
  }).channels;
  return channel!;
}

let orders = 0;

/** An order that is paid, and what SCB sends about it. */
async function paidOrder(shop = newShop(), times = 1) {
  const reference = `PAID${String((orders += 1)).padStart(12, '0')}`;
  await shop.authorize!(
    {
      reference,
      amount: { currency: 'THB', value: 12_345n },
      description: null,
      expiresAt: new Date('2026-11-22T06:00:00Z'),
      captureMethod: 'automatic',
      notifyUrl: 'http://127.0.0.1:9/',
    },
    { signal },
  );
  await control.act({ action: 'pay', reference, times });
  const bodies = (await control.callbacks()).filter((one) => one.reference === reference).map(({ body }) => body);
  return { shop, reference, bodies, body: bodies[0]! };
}

const callback = (body: string | Uint8Array): RawCallback => ({
  method: 'POST',
  path: '/v1/channels/promptpay/callback/token',
  headers: {},
  rawBody: Buffer.from(body as string),
});
const changed = (body: string, change: Record<string, unknown>) => JSON.stringify({ ...JSON.parse(body), ...change });
const inquiries = async () => ((await control.books()) as { requests: { inquiry: number } }).requests.inquiry;

describe('a confirmation of SCB', () => {
  it('is acknowledged in its own words, with the number of the payment', async () => {
    const { shop, body } = await paidOrder();
    const { transactionId } = JSON.parse(body) as { transactionId: string };

    const { acknowledge } = await shop.verifyCallback!(callback(body));

    expect(acknowledge).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
    expect(JSON.parse(acknowledge.body)).toEqual({ resCode: '00', resDesc: 'success', transactionId });
  });

  it('may write its amount as a number', async () => {
    const { shop, body } = await paidOrder();

    const { notices } = await shop.verifyCallback!(callback(body.replace('"123.45"', '123.450'.slice(0, 6))));

    expect(notices).toMatchObject([{ kind: 'payment', credit: { amount: { value: 12_345n } } }]);
  });

  it('reports the bank’s answer, whatever else is written in it', async () => {
    const { shop, body } = await paidOrder();
    const { notices } = await shop.verifyCallback!(callback(body));

    const lies = changed(body, { payerName: 'Somebody', status: 'PAID', billPaymentRef2: 'X', reverseFlag: 'R' });

    expect((await shop.verifyCallback!(callback(lies))).notices).toEqual(notices);
  });

  it('with any byte changed is refused, or reports the same', async () => {
    const { shop, body } = await paidOrder();
    const { notices } = await shop.verifyCallback!(callback(body));
    const bytes = Buffer.from(body);

    for (let at = 0; at < bytes.length; at += 1) {
      clock.advance('61s'); // What was asked before is forgotten, so that the bank is asked anew.
      const altered = Buffer.from(bytes);
      altered[at]! ^= 1;
      const result = await shop.verifyCallback!(callback(altered)).catch((error: { code: string }) => error.code);

      expect(typeof result === 'string' ? result : result.notices, `byte ${at}`).toEqual(
        typeof result === 'string' ? 'CHANNEL_SIGNATURE_INVALID' : notices,
      );
    }
  });

  it('tells of every payment of the code, in case that another confirmation was lost', async () => {
    const { shop, reference, bodies } = await paidOrder(newShop(), 2);

    const { notices } = await shop.verifyCallback!(callback(bodies[1]!));

    expect(notices.map(({ eventId }) => eventId).toSorted()).toEqual(
      bodies.map((body) => (JSON.parse(body) as { transactionId: string }).transactionId).toSorted(),
    );
    expect(new Set(notices.map((notice) => notice.reference))).toEqual(new Set([reference]));
  });

  it('of money that was taken back is acknowledged, and reports nothing', async () => {
    const { shop, body } = await paidOrder();
    simulator.reverse((JSON.parse(body) as { transactionId: string }).transactionId);

    const { notices, acknowledge } = await shop.verifyCallback!(callback(body));

    expect(notices).toEqual([]);
    expect(JSON.parse(acknowledge.body)).toMatchObject({ resCode: '00' });
  });

  it('of a payment without a code of ours is reported too', async () => {
    await control.act({ action: 'pay', reference: 'BYHAND1', amount: '500' });
    const { body } = (await control.callbacks()).find(({ reference }) => reference === 'BYHAND1')!;

    expect((await newShop().verifyCallback!(callback(body))).notices).toMatchObject([
      { reference: 'BYHAND1', credit: { amount: { value: 500n } } },
    ]);
  });
});

describe('what is not a confirmation of SCB', () => {
  it('is refused when the bank knows no such payment', async () => {
    const { shop, body } = await paidOrder();
    const invented = changed(body, { billPaymentRef1: 'NEVERPAID0000001' });

    await expect(shop.verifyCallback!(callback(invented))).rejects.toMatchObject({ code: 'CHANNEL_SIGNATURE_INVALID' });
  });

  it('is refused when it names another order that was paid', async () => {
    const [one, other] = [await paidOrder(), await paidOrder()];
    const mixed = changed(one.body, { billPaymentRef1: other.reference });

    await expect(one.shop.verifyCallback!(callback(mixed))).rejects.toMatchObject({
      code: 'CHANNEL_SIGNATURE_INVALID',
    });
  });

  it.each<[what: string, change: Record<string, unknown> | string]>([
    ['another biller', { payeeProxyId: '099400016550100' }],
    ['another currency', { currencyCode: '840' }],
    ['no amount', { amount: undefined }],
    ['half a satang', { amount: '1.005' }],
    ['an amount of nothing', { amount: '0.00' }],
    ['a reference that is a query', { billPaymentRef1: 'A1&transactionDate=2020-01-01' }],
    ['no reference', { billPaymentRef1: '' }],
    ['the prefix of somebody else', { billPaymentRef3: 'ELSE1' }],
    ['a number with a line in it', { transactionId: 'a\r\nb' }],
    ['no time', { transactionDateandTime: 'now' }],
    ['a time three days ago', { transactionDateandTime: '2026-11-19T12:00:00.000+07:00' }],
    ['a time in two days', { transactionDateandTime: '2026-11-24T12:00:00.000+07:00' }],
    ['nothing', ''],
    ['no JSON', 'amount=1'],
    ['a list', '[]'],
    ['endless text', `{"a":"${'a'.repeat(10_000)}"}`],
  ])('is refused without asking the bank, with %s', async (_what, change) => {
    const { shop, body } = await paidOrder();
    const before = await inquiries();

    const text = typeof change === 'string' ? change : changed(body, change);

    await expect(shop.verifyCallback!(callback(text))).rejects.toMatchObject({ code: 'CHANNEL_SIGNATURE_INVALID' });
    expect(await inquiries()).toBe(before);
  });

  it('is refused when it is not posted', async () => {
    const { shop, body } = await paidOrder();

    await expect(shop.verifyCallback!({ ...callback(body), method: 'GET' })).rejects.toMatchObject({
      code: 'CHANNEL_SIGNATURE_INVALID',
    });
  });
});

describe('while the bank does not answer', () => {
  it.each(['500_before', 'garbage', '429', 'reset_after', 'wrong_reference'] as const)(
    'SCB is asked to come again: %s',
    async (behaviour) => {
      const { shop, body } = await paidOrder();
      await control.script({ operation: 'inquiry', behaviour });

      await expect(shop.verifyCallback!(callback(body))).rejects.toMatchObject({ code: 'CHANNEL_UNAVAILABLE' });
      expect((await shop.verifyCallback!(callback(body))).notices).toHaveLength(1);
    },
  );

  it('the way of saying no is never one of saying yes', () => {
    for (const reason of ['signature', 'mismatch', 'failure'] as const) {
      const { status, body } = newShop().rejectCallback!(reason);

      expect(status).toBeGreaterThanOrEqual(400);
      expect(JSON.parse(body)).toMatchObject({ resCode: '99' });
    }
  });
});

describe('a stranger who knows the address', () => {
  it('cannot make us ask the bank without end by inventing payments', async () => {
    const { shop, body } = await paidOrder();
    const before = await inquiries();

    const codes = new Map<string, number>();
    for (let n = 0; n < 100; n += 1) {
      const invented = changed(body, { billPaymentRef1: `FORGED${n}` });
      const { code } = (await shop.verifyCallback!(callback(invented)).catch((error: { code: string }) => error)) as {
        code: string;
      };
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }

    expect((await inquiries()) - before).toBe(30);
    expect(Object.fromEntries(codes)).toEqual({ CHANNEL_SIGNATURE_INVALID: 30, CHANNEL_UNAVAILABLE: 70 });
    clock.advance('2s');
    expect((await shop.verifyCallback!(callback(body))).notices).toHaveLength(1);
  });

  it('cannot make us ask the bank without end by repeating a true confirmation', async () => {
    const { shop, body } = await paidOrder();
    const before = await inquiries();

    for (let n = 0; n < 100; n += 1) expect((await shop.verifyCallback!(callback(body))).notices).toHaveLength(1);

    expect((await inquiries()) - before).toBe(1);
  });

  it('is not believed for longer than a minute without asking again', async () => {
    const { shop, body } = await paidOrder();
    await shop.verifyCallback!(callback(body));
    simulator.reverse((JSON.parse(body) as { transactionId: string }).transactionId);

    clock.advance('59s');
    expect((await shop.verifyCallback!(callback(body))).notices).toHaveLength(1);
    clock.advance('1s');

    expect((await shop.verifyCallback!(callback(body))).notices).toHaveLength(0);
  });

  it('does not keep true confirmations out by sending many at once', async () => {
    const { shop, body } = await paidOrder();
    const paid = await Promise.all(Array.from({ length: 20 }, () => paidOrder(shop)));

    const all = await Promise.all(
      [body, ...paid.map((one) => one.body)].map((one) => shop.verifyCallback!(callback(one))),
    );

    expect(all.every(({ notices }) => notices.length === 1)).toBe(true);
  });
});
