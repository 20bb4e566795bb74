import { beforeAll, describe, expect, it } from 'vitest';
import { backend } from '../support/database.js';
import { testPay } from '../support/pay.js';
import { webhookHouse } from './house.js';

describe('the list of events', () => {
  let h: Awaited<ReturnType<typeof webhookHouse>>;
  beforeAll(async () => {
    h = await webhookHouse();
  });
  const list = async (query: string, key?: string) => h.t.request('GET', `/v1/events?${query}`, { key });
  const ids = (answer: { body: any }) => answer.body.data.map(({ id }: any) => id);

  it('comes newest first in pages, filtered by type and object', async () => {
    const before = ids(await list('limit=100'));
    const intent = await h.intent();
    await h.intent();

    const all = await list('limit=100');
    const first = await list('limit=4');
    const second = await list(`limit=4&starting_after=${first.body.next_cursor}`);

    expect(all.body.data).toHaveLength(before.length + 6);
    expect([...ids(first), ...ids(second)]).toEqual(ids(all).slice(0, 8));
    expect(first.body).toMatchObject({ object: 'list', has_more: true, url: '/v1/events' });
    expect((await list('type=qr_charge.created')).body.data.map(({ type }: any) => type)).toEqual([
      'qr_charge.created',
      'qr_charge.created',
    ]);
    expect((await list(`object_id=${intent.id}`)).body.data.map(({ type }: any) => type)).toEqual([
      'payment_intent.qr_generated',
      'payment_intent.created',
    ]);
    expect((await list('type=nonsense')).body.error.code).toBe('EVENT_TYPE_INVALID');
  });

  it('is caught up with, oldest first, with a cursor that is always there', async () => {
    await h.t.settle();
    let cursor = 'beginning';
    const seen: string[] = [];
    for (let more = true; more;) {
      const { body } = await list(`after=${cursor}&limit=2`);
      seen.push(...body.data.map(({ id }: any) => id));
      cursor = body.next_cursor;
      more = body.has_more;
    }
    expect(seen).toEqual(ids(await list('limit=100')).toReversed());
    expect((await list(`after=${cursor}`)).body).toMatchObject({ data: [], has_more: false, next_cursor: cursor });

    const now = (await list('after=now')).body.next_cursor;
    await h.intent();
    await h.t.settle();
    const fresh = await list(`after=${now}`);

    expect(fresh.body.data.map(({ type }: any) => type)).toEqual([
      'payment_intent.created',
      'payment_intent.qr_generated',
      'qr_charge.created',
    ]);
    expect(ids(await list(`after=${cursor}`))).toEqual(ids(fresh));
  });

  it('goes past the events of others', async () => {
    const before = (await list('after=now', h.t.liveKey)).body.next_cursor;
    await h.intent();
    await h.t.settle();

    const { body } = await list(`after=${before}`, h.t.liveKey);

    expect(body.data).toEqual([]);
    expect(body.next_cursor).not.toBe(before);
  });

  it.each(['after=x', 'after=', 'after=now&starting_after=evt_06b2m6vk0dtf5d5cq0m3vz8x50', 'starting_after=pi_1'])(
    'refuses %s',
    async (query) => {
      const answer = await list(query);

      expect([answer.status, answer.body.error.code]).toEqual([400, 'CURSOR_INVALID']);
    },
  );

  it('says so when an event is not there', async () => {
    const answer = await h.t.request('GET', '/v1/events/evt_06b2m6vk0dtf5d5cq0m3vz8x50');

    expect([answer.status, answer.body.error.code]).toEqual([404, 'RESOURCE_NOT_FOUND']);
  });

  if (backend() === 'postgres') {
    it('brings an event to a reader that was past its time when it committed', async () => {
      const start = (await list('after=now')).body.next_cursor;
      const trx = await h.t.pay.knex.transaction();
      const late = await h.t.pay.payments.createIntent({ amount: { currency: 'THB', value: 5n } }, { trx });
      const quick = await h.intent();
      await h.t.settle();
      const first = (await list(`after=${start}`)).body;

      await trx.commit();
      await h.t.settle();
      const second = (await list(`after=${first.next_cursor}`)).body;

      const created = (page: any) =>
        page.data.filter(({ type }: any) => type === 'payment_intent.created').map(({ data }: any) => data.object.id);
      expect(created(first)).toEqual([quick.id]);
      expect(created(second)).toEqual([late.id]);
      expect(second.data[0].id < first.data[0].id).toBe(true);
    });
  }
});

describe('the retention', () => {
  const rows = async (t: Awaited<ReturnType<typeof testPay>>, table: string) =>
    Number((await t.pay.knex(`itpay.${table}`).count('* as n'))[0]!.n);

  it('forgets events thirty days after their last attempt, but the newest of each object never', async () => {
    const h = await webhookHouse();
    const endpoint = await h.endpoint({ enabled_events: ['payment_intent.created'] });
    const intent = await h.intent();
    await h.t.settle();
    const { event } = h.shop.received[0]!;
    const cursor = (await h.t.request('GET', '/v1/events?after=now')).body.next_cursor;
    h.t.clock.advance('20d');
    await h.post(`/v1/events/${event.id}/replay`, { webhook_endpoint_id: endpoint.id });
    await h.t.settle();
    const of = async (id: string) =>
      (await h.t.request('GET', `/v1/events?object_id=${id}`)).body.data.map(({ type }: any) => type);

    h.t.clock.advance('11d');
    await h.t.settle();
    expect(await of(intent.id)).toContain('payment_intent.created'); // its last attempt was eleven days ago
    h.t.clock.advance('20d');
    await h.t.settle();

    // What happened at last is still there, and the next event goes on counting from it.
    const kept = await h.t.request('GET', `/v1/events?object_id=${intent.id}`);
    expect(kept.body.data).toHaveLength(1);
    expect(kept.body.data[0].type).not.toBe('payment_intent.created');
    expect(await h.attempts(endpoint.id)).toEqual([]);
    expect(await rows(h.t, 'webhook_deliveries')).toBe(0);
    expect((await h.t.request('GET', `/v1/events/${event.id}`)).status).toBe(404);
    await h.t.request('PATCH', `/v1/webhook-endpoints/${endpoint.id}`, { body: { description: 'Later' } });
    await h.t.settle();
    const [changed] = (await h.t.request('GET', `/v1/events?object_id=${endpoint.id}`)).body.data;
    expect([changed.type, changed.sequence]).toEqual(['webhook_endpoint.updated', 2]);
    // A cursor from before is still good.
    const caughtUp = await h.t.request('GET', `/v1/events?after=${cursor}`);
    expect(caughtUp.body.data.at(-1).id).toBe(changed.id);

    // What was the newest then is forgotten once its follower is old as well.
    h.t.clock.advance('31d');
    await h.t.settle();
    h.t.clock.advance('2m');
    await h.t.settle();
    expect(await of(endpoint.id)).toEqual(['webhook_endpoint.updated']);
  });

  it('keeps what is still to be sent, and what a reader has before it', async () => {
    const h = await webhookHouse();
    await h.endpoint({ enabled_events: ['payment_intent.created'] });
    const intent = await h.intent();
    await h.t.settle();
    await h.t.pay.knex('itpay.webhook_deliveries').update({
      state: 'pending',
      next_attempt_at: new Date(h.t.clock.now().getTime() + 40 * 86_400_000),
    });
    const events = async () =>
      (await h.t.request('GET', `/v1/events?object_id=${intent.id}&limit=100`)).body.data.length;
    const before = await events();
    await h.t.pay.knex('itpay.event_subscribers').insert({ name: 'behind', position: 0, created_at: new Date() });
    h.t.clock.advance('35d');
    await h.t.settle();
    expect(await events()).toBeGreaterThanOrEqual(before);

    await h.t.pay.knex('itpay.event_subscribers').where({ name: 'behind' }).del();
    h.t.clock.advance('2m');
    await h.t.settle();

    const left = (await h.t.request('GET', `/v1/events?object_id=${intent.id}`)).body.data;
    expect(left.map(({ type }: any) => type)).toContain('payment_intent.created');
    expect(left.map(({ type }: any) => type)).not.toContain('payment_intent.qr_generated');
  });
});
