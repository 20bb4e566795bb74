import { promptpay } from '@itpay/channel-promptpay';
import { loyalty } from '@itpay/example-custom-plugin';
import { beforeAll, describe, expect, it } from 'vitest';
import { testPay } from '../../../test/support/pay.js';

const blocked = new Set<string>();
const start = () =>
  testPay({
    plugins: [promptpay({ target: '0812345678' }), loyalty({ isBlocked: (customer) => blocked.has(customer) })],
  });

let t: Awaited<ReturnType<typeof start>>;
let key: string;
beforeAll(async () => {
  t = await start();
  // A scope that a plugin brings is in no preset: whoever needs it gets it by name.
  const made = await t.pay.keys.create({
    account: t.pay.account.id,
    livemode: false,
    label: 'points',
    scopes: ['loyalty:read'],
  });
  key = made.token;
});

let orders = 0;
async function buy(customer: string, value: number) {
  const body = {
    amount: { currency: 'THB', value },
    channel: 'promptpay',
    order_reference: `order-${(orders += 1)}`,
    metadata: { customer },
  };
  const { body: intent } = await t.request('POST', '/v1/payment-intents', { body });
  await t.request('POST', `/v1/test-helpers/payment-intents/${intent.id}/simulate`, { body: { event: 'paid' } });
  await t.settle();
  return intent.id as string;
}
const refund = (id: string, value: number) =>
  t.request('POST', '/v1/refunds', {
    body: { payment_intent_id: id, amount: { currency: 'THB', value }, reason: 'customer_request' },
  });
const pointsOf = async (customer: string) => (await t.request('GET', `/v1/loyalty/${customer}`, { key })).body;

it('earns points with a payment, once, and tells about it', async () => {
  const told: unknown[] = [];
  t.pay.on('custom.loyalty.*', ({ type, data }) => void told.push([type, data.object]));
  await t.settle();

  const payment = await buy('ann', 19_950);
  await t.settle();

  expect(await pointsOf('ann')).toMatchObject({
    points: 199,
    entries: [{ kind: 'earned', points: 199, source: payment }],
  });
  expect(told).toEqual([
    [
      'custom.loyalty.points_changed',
      expect.objectContaining({ customer: 'ann', kind: 'earned', points: 199, source: payment }),
    ],
  ]);
});

it('has an API of its own in the process', async () => {
  await buy('bob', 10_000);
  const owner = { account: t.pay.account.id, livemode: false };

  const points: number = await t.pay.plugins.loyalty.balanceOf(owner, 'bob');

  expect([points, await t.pay.plugins.loyalty.balanceOf({ ...owner, livemode: true }, 'bob')]).toEqual([100, 0]);
});

describe('A refund', () => {
  it('takes its points back in the same transaction', async () => {
    const payment = await buy('cid', 20_000);

    const { status } = await refund(payment, 5_000);

    expect([status, (await pointsOf('cid')).points]).toEqual([201, 150]);
  });

  it('is refused when they are spent, and leaves nothing behind', async () => {
    const payment = await buy('dan', 20_000);
    await t.pay.knex('itpay.loyalty_balances').where({ customer: 'dan' }).update({ points: 20 });

    const { status, body } = await refund(payment, 5_000);
    const { body: refunds } = await t.request('GET', `/v1/refunds?payment_intent_id=${payment}`);

    expect([status, body.error]).toEqual([
      403,
      expect.objectContaining({
        code: 'OPERATION_VETOED',
        message: 'The 50 points of this purchase are spent already.',
        details: { veto: 'points_spent', hook: 'loyalty.take_back' },
      }),
    ]);
    expect([refunds.data, (await pointsOf('dan')).points]).toEqual([[], 20]);
  });
});

it('forgets points after a year, as far as they are still there', async () => {
  await buy('eve', 30_000);
  await t.pay.knex('itpay.loyalty_balances').where({ customer: 'eve' }).update({ points: 120 });

  t.clock.advance('366d');
  await t.settle();

  expect(await pointsOf('eve')).toMatchObject({ points: 0, entries: [{ kind: 'expired', points: -120 }, {}] });
});

it('lets nobody buy who is blocked, in a transaction of the host either', async () => {
  const { pay } = t;
  const amount = { currency: 'THB', value: 10_000n };
  const input = { amount, channel: 'promptpay', orderReference: 'trx-1', metadata: { customer: 'fay' } };

  const ticket = await pay.payments.prepare(input);
  await pay.knex.transaction((trx) => pay.payments.createIntent(input, { trx, ticket }));

  expect((await pay.payments.listIntents({ orderReference: 'trx-1' })).intents).toHaveLength(1);
  blocked.add('fay');
  await expect(pay.payments.prepare(input)).rejects.toMatchObject({
    code: 'OPERATION_VETOED',
    details: { veto: 'customer_blocked', hook: 'loyalty.blocked' },
  });
});

it('refuses an option that makes no sense', () => {
  expect(() => loyalty({ unitsPerPoint: 0 })).toThrow(expect.objectContaining({ param: 'unitsPerPoint' }));
});
