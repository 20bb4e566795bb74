import { expect, it } from 'vitest';
import { testPay } from '../support/pay.js';

it('closes the payments of a channel while those of another one, which is gone, cannot be closed', async () => {
  const t = await testPay();
  const ids: string[] = [];
  for (let n = 0; n < 6; n++) {
    const { body } = await t.request('POST', '/v1/payment-intents', {
      body: { amount: { currency: 'THB', value: 100 }, order_reference: `order-${n}` },
    });
    ids.push(body.id);
  }
  const [first, second, third, ...others] = ids as [string, string, string, ...string[]];
  await t.pay
    .knex('itpay.channel_operations')
    .whereIn('payment_intent_id', [first, third])
    .update({ channel_instance: 'gone:1' });

  t.clock.advance('1h');
  await t.settle();

  const states = await t.pay
    .knex('itpay.payment_intents')
    .whereIn('id', [second, ...others])
    .pluck('status');
  expect(states).toEqual(['expired', 'expired', 'expired', 'expired']);
  expect(
    t.logger.lines.filter(({ message }) => message === 'An intent whose time is over could not be closed.'),
  ).toHaveLength(2);
});
