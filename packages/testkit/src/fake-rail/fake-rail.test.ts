import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Channel, OrderRequest } from '@itpay/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeChannel } from '../fake-channel/channel.js';
import type { FakeRail } from './rail.js';
import { signed } from './signature.js';
import { createFakeRailServer, startFakeRail } from './start.js';

let rail: FakeRail;
let channel: Required<Channel>;
const context = { signal: AbortSignal.timeout(60_000) };
const CNY = (value: bigint) => ({ currency: 'CNY', value });

beforeAll(async () => {
  rail = await createFakeRailServer({ seed: 7 });
  channel = channelOf(rail);
});
afterAll(() => rail.stop());

function channelOf({ url, secret }: FakeRail): Required<Channel> {
  return fakeChannel({ url, secret, mode: 'test' }).channels[0] as Required<Channel>;
}

function order(reference: string, change: Partial<OrderRequest> = {}): OrderRequest {
  return {
    reference,
    amount: CNY(100n),
    description: 'Two coffees',
    expiresAt: new Date('2025-01-01T00:15:00Z'),
    captureMethod: 'automatic',
    notifyUrl: 'http://127.0.0.1:9/callback',
    ...change,
  };
}

describe('the books', () => {
  it('count every request, and one order, one capture, one refund', async () => {
    await channel.authorize(order('B1', { captureMethod: 'manual' }), context);
    await channel.authorize(order('B1', { captureMethod: 'manual' }), context);
    await rail.authorize('B1');
    const capture = { reference: 'B1', captureReference: 'C1', amount: CNY(80n) };
    for (let i = 0; i < 3; i += 1) await channel.capture(capture, context);
    const [payment] = (await rail.entry('B1'))!.payments;
    const refund = {
      reference: 'B1',
      channelTransactionId: payment!.transactionId,
      refundReference: 'R1',
      amount: CNY(30n),
      total: CNY(80n),
      reason: 'other',
    };
    for (let i = 0; i < 2; i += 1) await channel.refund(refund, context);

    const entry = await rail.entry('B1');

    expect(entry).toMatchObject({
      received: { authorize: 2, capture: 3, refund: 2, cancel: 0, query: 0, queryRefund: 0 },
      order: { status: 'captured', amount: CNY(100n) },
      payments: [{ amount: CNY(80n) }],
      captures: [{ captureReference: 'C1' }],
      refunds: [{ refundReference: 'R1', amount: CNY(30n), status: 'succeeded' }],
    });
    expect(await rail.books()).toMatchObject({ moneyReceived: [CNY(80n)], moneyRefunded: [CNY(30n)] });
  });

  it('count what was heard, though nothing was done', async () => {
    await rail.script({ operation: 'authorize', reference: 'B2', behaviour: '500_before' });

    await channel.authorize(order('B2'), context).catch(() => {});

    expect(await rail.entry('B2')).toMatchObject({ received: { authorize: 1 }, order: null });
  });

  it('refuse a number that is used for something else', async () => {
    await channel.authorize(order('B3'), context);

    const other = channel.authorize(order('B3', { amount: CNY(101n) }), context);

    await expect(other).rejects.toMatchObject({ failure: { category: 'duplicate' } });
  });

  it('number transactions by their seed', async () => {
    const again = await createFakeRailServer({ seed: 7 });
    const idOf = async (one: FakeRail) => {
      await channelOf(one).authorize(order('B4'), context);
      const [payment] = await one.pay('B4');
      return payment!.transactionId;
    };

    expect(await idOf(again)).toBe(await idOf(rail));
    await again.stop();
  });
});

describe('the payer', () => {
  it('pays less, more, twice, and in another currency', async () => {
    await channel.authorize(order('P1'), context);

    await rail.pay('P1', { amount: 99n });
    await rail.pay('P1', { amount: 101n, times: 2 });
    await rail.pay('P1', { currency: 'USD' });

    const { payments } = (await rail.entry('P1'))!;
    expect(payments.map(({ amount }) => amount)).toEqual([
      CNY(99n),
      CNY(101n),
      CNY(101n),
      { currency: 'USD', value: 100n },
    ]);
    expect(new Set(payments.map(({ transactionId }) => transactionId)).size).toBe(4);
    expect(await channel.query('P1', context)).toMatchObject({ status: 'captured', credit: { amount: CNY(99n) } });
  });

  it('pays late only where that is allowed', async () => {
    await channel.authorize(order('P2'), context);
    await channel.cancel('P2', context);

    await expect(rail.pay('P2')).rejects.toThrow('set payableAfterClose');
    await rail.setPayableAfterClose(true);
    await rail.pay('P2');
    await rail.setPayableAfterClose(false);

    expect(await channel.query('P2', context)).toMatchObject({ status: 'captured' });
  });

  it('finds the order closed once its time is over', async () => {
    await channel.authorize(order('P3'), context);

    await rail.setTime(new Date('2025-01-01T00:15:00Z'));
    const status = await channel.query('P3', context);
    await rail.setTime(null);

    expect(status).toEqual({ status: 'closed' });
  });

  it('declines, and the order is closed', async () => {
    await channel.authorize(order('P4'), context);

    await rail.decline('P4');

    expect(await channel.query('P4', context)).toEqual({ status: 'closed' });
    expect((await rail.callbacks()).filter(({ reference }) => reference === 'P4')).toMatchObject([{ kind: 'closed' }]);
  });

  it('pays what the code says', async () => {
    const outcome = await channel.authorize(order('P5'), context);
    if (outcome.outcome !== 'succeeded') throw new Error(outcome.outcome);

    await rail.pay(outcome.value.qrData);

    expect(await rail.entry(outcome.value.qrData)).toMatchObject({ reference: 'P5', order: { status: 'captured' } });
  });

  it('cannot pay what does not exist', async () => {
    await expect(rail.pay('NOTHING')).rejects.toThrow('There is no order "NOTHING".');
  });
});

describe('the script', () => {
  it('uses rules up one after the other, and only where they fit', async () => {
    await channel.authorize(order('S1'), context);
    await rail.script(
      { operation: 'query', reference: 'OTHER', behaviour: 'decline' },
      { operation: 'query', reference: 'S1', times: 2, behaviour: 'not_found' },
      { operation: 'query', behaviour: 'slow:20' },
    );

    const statuses = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await channel.query('S1', context)).status);
    await rail.clearScript();

    expect(statuses).toEqual(['not_found', 'not_found', 'pending', 'pending']);
  });

  it.each([
    [{ operation: 'pay', behaviour: 'ok' }, 'There is no operation "pay".'],
    [{ operation: 'query', behaviour: 'explode' }, 'There is no behaviour "explode".'],
  ])('refuses the rule %o', async (rule, message) => {
    await expect(rail.script(rule as never)).rejects.toThrow(message);
  });

  it('keeps a refund in processing until it is settled', async () => {
    await channel.authorize(order('S2'), context);
    const [payment] = await rail.pay('S2');
    const refund = {
      reference: 'S2',
      channelTransactionId: payment!.transactionId,
      refundReference: 'R2',
      amount: CNY(100n),
      total: CNY(100n),
      reason: 'other',
    };
    await rail.script({ operation: 'refund', reference: 'R2', behaviour: 'pending' });

    expect(await channel.refund(refund, context)).toEqual({ outcome: 'pending' });
    expect(await channel.queryRefund(refund, context)).toEqual({ status: 'processing' });
    await rail.settleRefund('R2', 'failed');
    expect(await channel.queryRefund(refund, context)).toMatchObject({ status: 'failed' });
  });
});

describe('requests', () => {
  it.each<[string, Record<string, string>]>([
    ['no signature', {}],
    [
      'a wrong signature',
      signed('somebody else', { kind: 'request', method: 'GET', path: '/v1/shop/orders/A1', body: '' }),
    ],
  ])('with %s are refused', async (_, headers) => {
    const answer = await fetch(`${rail.url}/v1/shop/orders/A1`, { headers });

    expect([answer.status, await answer.json()]).toMatchObject([401, { error: { code: 'unauthorized' } }]);
  });

  it('that are old are refused', async () => {
    const content = { kind: 'request', method: 'GET', path: '/v1/shop/orders/A1', body: '' } as const;
    const headers = signed(rail.secret, content, new Date(Date.now() - 301_000));

    expect((await fetch(`${rail.url}${content.path}`, { headers })).status).toBe(401);
  });
});

describe('callbacks', () => {
  it('are delivered in any order, several times, or not at all, and wait until they are acknowledged', async () => {
    const shop = await listener();
    const own = await createFakeRailServer();
    for (const reference of ['C1', 'C2', 'C3']) {
      await channelOf(own).authorize(order(reference, { notifyUrl: shop.url }), context);
      await own.scan(reference);
      await own.pay(reference);
    }

    shop.answer = 500;
    await own.deliverCallbacks({ drop: ['scanned'], order: 'reversed' });
    expect(shop.references()).toEqual(['C3', 'C2', 'C1']);
    shop.answer = 200;
    await own.deliverCallbacks({ reference: 'C2', copies: 3 });
    expect(shop.references()).toEqual(['C2', 'C2', 'C2']);
    await own.deliverCallbacks({ order: 'shuffled', seed: 1, concurrent: true });
    expect(shop.references().toSorted()).toEqual(['C1', 'C3']);
    expect(await own.callbacks()).toEqual([]);

    await own.stop();
    shop.close();
  });

  it('go out by themselves, until they are acknowledged', async () => {
    const shop = await listener();
    shop.answer = 500;
    const own = await createFakeRailServer({ callbacks: 'auto' });
    await channelOf(own).authorize(order('C4', { notifyUrl: shop.url }), context);

    await own.pay('C4');
    await expect.poll(() => shop.received).toBeGreaterThan(0);
    shop.answer = 200;
    await expect.poll(() => own.callbacks(), { timeout: 5_000 }).toEqual([]);

    await own.stop();
    shop.close();
  });
});

it('the rail as a process of its own keeps a journal, and is gone when it is stopped', async () => {
  const journal = join(await mkdtemp(join(tmpdir(), 'fake-rail-')), 'journal');
  const own = await startFakeRail({ journal });
  const ownChannel = channelOf(own);
  await ownChannel.authorize(order('J1'), context);
  await own.pay('J1');

  await own.stop();

  const lines = (await readFile(journal, 'utf8')).trim().split('\n');
  const types = lines.map((line) => (JSON.parse(line) as { type: string }).type);
  expect(types).toEqual(['received', 'order', 'payment', 'callback']);
  const error: unknown = await ownChannel.query('J1', context).catch((thrown: unknown) => thrown);
  expect(ownChannel.mapError(error)).toMatchObject({ category: 'not_connected' });
});

/** A shop that takes callbacks. */
async function listener() {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    bodies.push(body);
    shop.received += 1;
    response.writeHead(shop.answer).end('{"ok":true}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const shop = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`,
    answer: 200,
    received: 0,
    /** Of what came since the last look. */
    references: () => bodies.splice(0).map((body) => (JSON.parse(body) as { reference: string }).reference),
    close: () => server.close(),
  };
  return shop;
}
