import { expect, it } from 'vitest';
import { testPay } from '../support/pay.js';

type Pay = Awaited<ReturnType<typeof testPay>>;
const amount = { currency: 'THB', value: 100 };

async function create(t: Pay, order: string): Promise<string> {
  const { status, text, body } = await t.request('POST', '/v1/payment-intents', {
    body: { amount, order_reference: order, expires_in: 86_400 },
  });
  if (status !== 201 && status !== 200) throw new Error(text);
  return body.id;
}
const pay = (t: Pay, id: string) =>
  t.request('POST', `/v1/test-helpers/payment-intents/${id}/simulate`, { body: { event: 'paid' } });

/** A subscriber that some process had, and the event that it has not been told yet. */
async function subscriberElsewhere(t: Pay, seenAt: Date) {
  const created = { position: 0, created_at: seenAt, seen_at: seenAt };
  await t.pay.knex('itpay.event_subscribers').insert({ name: 'elsewhere', ...created });
}
const eventsOf = async (t: Pay, id: string): Promise<string[]> =>
  (await t.request('GET', `/v1/events?object_id=${id}&limit=100`)).body.data.map(({ type }: { type: string }) => type);

it('deletes the guard of a paid purchase when it is over, and keeps that of an open one', async () => {
  const t = await testPay();
  const paid = await create(t, 'paid');
  const open = await create(t, 'open');
  await pay(t, paid);
  const guarded = async () => (await t.pay.knex('itpay.duplicate_guards').pluck('object_id')).toSorted();

  t.clock.advance('10m');
  await t.settle();
  expect(await guarded()).toEqual([paid, open].toSorted());

  t.clock.advance('3m');
  await t.settle();
  expect(await guarded()).toEqual([open]);
  expect(await create(t, 'open')).toBe(open);
  expect(await create(t, 'paid')).not.toBe(paid);
});

it('keeps no event for a subscriber that no process has had for as long as events are kept', async () => {
  const t = await testPay();
  const id = await create(t, 'one');
  await t.settle();
  await subscriberElsewhere(t, t.clock.now());
  const [{ id: event }] = (await t.request('GET', `/v1/events?object_id=${id}&type=payment_intent.created`)).body.data;
  const job = { name: 'event.deliver:elsewhere', key: event, payload: '{}', run_at: t.clock.now() };
  await t.pay.knex('itpay.jobs').insert({ id: 'job_1', ...job, created_at: t.clock.now() });

  t.clock.advance('29d');
  await t.settle();
  t.clock.advance('61m'); // the processes that are there are noted again
  await t.settle();
  expect(await eventsOf(t, id)).toContain('payment_intent.created');

  t.clock.advance('2d');
  await t.settle();
  t.clock.advance('2m');
  await t.settle();
  expect(await eventsOf(t, id)).not.toContain('payment_intent.created');
  expect(await t.pay.knex('itpay.jobs').where({ key: event })).toEqual([]);
});

it('keeps every event for a subscriber that is there and behind', async () => {
  const t = await testPay();
  const id = await create(t, 'one');
  await t.settle();
  await subscriberElsewhere(t, t.clock.now());

  for (let days = 0; days < 40; days += 10) {
    t.clock.advance('10d');
    await t.pay.knex('itpay.event_subscribers').where({ name: 'elsewhere' }).update({ seen_at: t.clock.now() });
    await t.settle();
  }

  expect(await eventsOf(t, id)).toContain('payment_intent.created');
});
