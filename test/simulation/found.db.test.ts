import { expect, it, vi } from 'vitest';
import { shopWithRail, thb } from '../money/shop.js';

vi.setConfig({ testTimeout: 60_000 });

// What the simulation has found, as ordinary tests.

it('answers a key as it was answered while this process slept, and not as things are by now', async () => {
  const t = await shopWithRail();
  const create = () =>
    t.request('POST', '/v1/payment-intents', {
      idempotencyKey: 'slept',
      body: { amount: thb(10_000), channel: 'fake', order_reference: 'slept' },
    });
  await t.rail.script({ operation: 'authorize', behaviour: 'slow:6000' });

  const sleeping = create();
  await vi.waitFor(async () => expect((await t.rail.books()).entries[0]?.received.authorize).toBe(1), {
    timeout: 20_000,
  });
  t.clock.advance('61s'); // others take it that it died
  const other = await create();
  await t.cancel(other.body.id);
  const slept = await sleeping;

  expect([other.status, other.body.status]).toEqual([201, 'qr_generated']);
  expect((await t.intent(other.body.id)).status).toBe('cancelled');
  expect([slept.status, slept.body.id, slept.body.status]).toEqual([201, other.body.id, 'qr_generated']);
});
