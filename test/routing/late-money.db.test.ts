import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { routingShop, type RoutingShop } from './shop.js';

// A channel that said no and has the order all the same: what arrives under its number is this payment's money, and goes
// back where it came from.

let t: RoutingShop;
beforeAll(async () => {
  t = await routingShop();
});
beforeEach(() => t.clear());

/** A payment that north refused and opened, and that south shows the code of. */
async function moved(said: 'declined' | 'not_processed' = 'declined', more: object = {}) {
  t.letNorthLie(said);
  const { body } = await t.create(more);
  t.letNorthLie(null);
  expect(body).toMatchObject({ status: 'qr_generated', channel: 'south' });
  return { id: body.id as string, north: await t.numberAt('north', body.id), south: body.channel_reference as string };
}

const paysAt = async (name: 'north' | 'south', reference: string) => {
  await t[name].pay(reference);
  const answers = await t.tell(reference);
  await t.settle();
  return answers;
};

describe.each(['declined', 'not_processed'] as const)('money for an order of which its channel said %s', (said) => {
  it('pays the payment, over that channel', async () => {
    const { id, north } = await moved(said);

    const answers = await paysAt('north', north);

    const intent = await t.intent(id);
    expect(answers).toEqual([200]);
    expect(intent).toMatchObject({
      status: 'succeeded',
      channel: 'north',
      payee: { merchant_account: 'shop:north' },
      channel_reference: north,
      qr: null,
      operation: null,
    });
    expect(await t.inflows(id)).toMatchObject([
      { kind: 'exact', channel: 'north', merchant_account: 'shop:north', channel_reference: north },
    ]);
  });

  it('and then a refund goes to that channel, under its order', async () => {
    const { id, north, south } = await moved(said);
    await paysAt('north', north);

    const refunded = await t.post('/v1/refunds', { payment_intent_id: id });

    expect([refunded.status, refunded.body.status]).toEqual([201, 'succeeded']);
    expect((await t.north.entry(north))!.refunds).toMatchObject([{ status: 'succeeded' }]);
    expect((await t.south.entry(south))!.received.refund).toBe(0);
    expect((await t.calls(id)).at(-1)).toBe('refund north succeeded');
  });
});

it.each([
  ['north', 'south'],
  ['south', 'north'],
] as const)('paid at %s and again at %s: the second goes back where it came from', async (first, second) => {
  const order = await moved();

  await paysAt(first, order[first]);
  await paysAt(second, order[second]);

  expect(await t.intent(order.id)).toMatchObject({ status: 'succeeded', channel: first });
  expect(await t.inflows(order.id)).toMatchObject([
    { kind: 'duplicate', status: 'refunded', channel: second },
    { kind: 'exact', status: 'applied', channel: first },
  ]);
  expect((await t[second].entry(order[second]))!.refunds).toMatchObject([{ status: 'succeeded' }]);
  expect((await t[first].entry(order[first]))!.refunds).toEqual([]);
});

it('a hold of the refused order is not taken for one of the payment, and what is captured is the hold that counts', async () => {
  const { id, north, south } = await moved('declined', { capture_method: 'manual' });

  await t.north.authorize(north);
  const answers = await t.tell(north);
  const before = await t.intent(id);
  await t.south.authorize(south);
  await t.tell(south);
  const captured = await t.post(`/v1/payment-intents/${id}/capture`);

  expect([answers, before.status]).toEqual([[200], 'qr_generated']);
  expect(captured.body).toMatchObject({ status: 'succeeded', channel: 'south' });
  expect((await t.north.entry(north))!.captures).toEqual([]);
  expect((await t.south.entry(south))!.captures).toHaveLength(1);
});

it('a look at the code of the refused order marks no code of the next one', async () => {
  const { id, north } = await moved();

  await t.north.scan(north);
  const answers = await t.tell(north);

  expect([answers, (await t.intent(id)).status]).toEqual([[200], 'qr_generated']);
});

it('money that comes after every channel had said no is late, and goes back where it came from', async () => {
  t.letNorthLie('declined');
  await t.south.script({ operation: 'authorize', behaviour: 'decline' });
  const { body } = await t.create();
  t.letNorthLie(null);
  const { id } = body.error.details.object;
  const north = await t.numberAt('north', id);

  await paysAt('north', north);

  expect((await t.intent(id)).status).toBe('failed');
  expect(await t.inflows(id)).toMatchObject([{ kind: 'late', status: 'refunded', channel: 'north' }]);
  expect((await t.north.entry(north))!.refunds).toMatchObject([{ status: 'succeeded' }]);
});

it('money for the first order may overtake the answer to the second', async () => {
  t.letNorthLie('declined');
  await t.south.script({ operation: 'authorize', behaviour: '500_before' });
  const { body } = await t.create();
  t.letNorthLie(null);
  const north = await t.numberAt('north', body.id);

  await paysAt('north', north);

  expect(await t.intent(body.id)).toMatchObject({ status: 'succeeded', channel: 'north', channel_reference: north });
  for (const time of ['6s', '31s', '5m', '1h'] as const) {
    t.clock.advance(time);
    await t.settle();
  }
  expect(await t.ordersAt('south', body.id)).toBe(0);
  expect((await t.intent(body.id)).status).toBe('succeeded');
});

describe('an operator who has seen the money at the first bank', () => {
  const seen = (id: string, channel: string, number: string, currency = 'USD') =>
    t.operate('/v1/inflows', {
      channel,
      channel_transaction_id: number,
      amount: { currency, value: 10_000 },
      paid_at: t.clock.now().toISOString(),
      payment_intent_id: id,
      reason: 'Seen on the statement',
      evidence: 'line 17',
    });

  it('books it there, and the payment is paid over that bank', async () => {
    const { id, north } = await moved();

    const booked = await seen(id, 'north', 'N-1');

    expect(booked.body).toMatchObject({ channel: 'north', merchant_account: 'shop:north', status: 'applied' });
    expect(await t.intent(id)).toMatchObject({ status: 'succeeded', channel: 'north', channel_reference: north });
  });

  it('books the same number at another bank as other money', async () => {
    const { id, north, south } = await moved();

    await seen(id, 'north', 'S-1');
    const again = await seen(id, 'south', 'S-1');

    expect([north === south, again.status]).toEqual([false, 201]);
    expect((await t.inflows(id)).map(({ channel, kind }) => `${channel} ${kind}`)).toEqual([
      'south duplicate',
      'north exact',
    ]);
  });

  it('hears that the payment never was at a third one', async () => {
    const { id } = await moved('declined', { amount: { currency: 'THB', value: 10_000 } });

    const { status, body } = await seen(id, 'local', 'L-1', 'THB');

    expect([status, body.error.code, body.error.param]).toEqual([400, 'PARAMETER_INVALID', 'channel']);
  });
});
