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

it('keeps a refusal for the second key of a purchase, too', async () => {
  const t = await shopWithRail();
  const create = (idempotencyKey: string) =>
    t.request('POST', '/v1/payment-intents', {
      idempotencyKey,
      body: { amount: thb(10_000), channel: 'fake', order_reference: 'twice' },
    });
  await t.rail.script(
    { operation: 'authorize', behaviour: 'not_processed' },
    { operation: 'authorize', behaviour: 'decline' },
  );
  const notSent = await create('first');

  const refused = await create('second');
  const again = await create('second');

  expect([notSent.status, refused.status]).toEqual([502, 402]);
  expect(refused.body.error.code).toBe('PAYMENT_DECLINED');
  expect([again.status, again.body.error]).toEqual([402, refused.body.error]);
});
