import { expect, it } from 'vitest';
import { testPayWithRail } from '../support/fake-rail.js';
import { startSdk } from './telemetry-sdk.js';

const { points } = startSdk();

it('counts what is stuck, unknown or aside when somebody collects, and asks nothing before', async () => {
  const t = await testPayWithRail({ timeoutMs: 200 });
  const value = async (name: string, where: object) => {
    const found = (await points(name)).filter(({ attributes }) =>
      Object.entries(where).every(([key, wanted]) => attributes[key] === wanted),
    );
    return found.at(-1)?.value;
  };
  expect(await value('itpay.operation.unknown', { 'itpay.operation.operator_required': false })).toBe(0);
  const { body: paid } = await t.create();
  await t.rail.pay(paid.qr.qr_data, { amount: 4_000n });
  await t.deliver();
  await t.rail.script(
    { operation: 'authorize', behaviour: 'reset_after' },
    { operation: 'query', behaviour: 'reset_after', times: 9 },
  );
  await t.create({ order_reference: 'lost' });

  expect(await value('itpay.operation.unknown', { 'itpay.operation.operator_required': false })).toBe(1);
  expect(await value('itpay.inflow.aside', { 'itpay.inflow.status': 'parked', 'itpay.livemode': false })).toBe(1);
  t.clock.advance('1d');
  expect(await value('itpay.payment.stuck_intents', { 'itpay.livemode': false })).toBeGreaterThanOrEqual(1);
});
