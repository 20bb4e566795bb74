import { Webhook } from 'standardwebhooks';
import { beforeAll, describe, expect, it } from 'vitest';
import { generateKeyPairSync } from 'node:crypto';
import { knexDatabase } from '@itpay/data';
import { fakeClock } from '@itpay/testkit';
import { decryptBody } from '@itpay/webhook';
import { assignPositions } from '../../packages/kernel/src/events/relay.js';
import { backend } from '../support/database.js';
import { deferred } from '../support/kernel.js';
import { freshStore, testPay } from '../support/pay.js';
import { ENDPOINTS, webhookHouse } from './house.js';

const CREATED = { enabled_events: ['payment_intent.created'] };

describe('a webhook', () => {
  let h: Awaited<ReturnType<typeof webhookHouse>>;
  beforeAll(async () => {
    h = await webhookHouse();
  });
  /** Endpoints of the test before hear no more. */
  async function alone(more: object = {}) {
    const others = (await h.t.request('GET', ENDPOINTS)).body.data as { id: string }[];
    for (const { id } of others) await h.t.request('DELETE', `${ENDPOINTS}/${id}`);
    await h.t.settle();
    h.t.clock.set(new Date()); // the verifier of others has a clock of its own
    h.shop.received.length = 0;
    h.shop.answer({ status: 204 });
    return h.endpoint(more);
  }

  it('carries the event, signed as Standard Webhooks says', async () => {
    const endpoint = await alone();

    const intent = await h.intent();
    await h.t.settle();

    const types = ['payment_intent.created', 'payment_intent.qr_generated', 'qr_charge.created'];
    expect(h.shop.received.map(({ event }) => event.type).toSorted()).toEqual(types);
    for (const { headers, body, event } of h.shop.received) {
      expect(new Webhook(endpoint.secret).verify(body, headers)).toEqual(event);
      expect(headers).toMatchObject({
        'webhook-id': event.id,
        'content-type': 'application/json',
        'user-agent': expect.stringMatching(/^ItPay\/\d/),
      });
      const { deliveries, ...read } = (await h.t.request('GET', `/v1/events/${event.id}`)).body;
      expect(event).toEqual(read);
      expect(deliveries).toMatchObject([{ webhook_endpoint_id: endpoint.id, state: 'delivered', attempts: 1 }]);
    }
    expect(h.shop.received.some(({ event }) => event.data.object.id === intent.id)).toBe(true);
    expect(await h.attempts(endpoint.id)).toMatchObject(
      Array.from({ length: 3 }, () => ({ status: 204, error: null })),
    );
  });

  it('goes to those that asked for its type or family, once each', async () => {
    const exact = await alone(CREATED);
    const family = await h.endpoint({ enabled_events: ['qr_charge.*', 'qr_charge.created'] });
    await h.endpoint({ enabled_events: ['refund.*'] });

    await h.intent();
    await h.t.settle();

    expect(h.shop.received.map(({ path, event }) => [h.shop.origin + path, event.type]).toSorted()).toEqual(
      [
        [exact.url, 'payment_intent.created'],
        [family.url, 'qr_charge.created'],
      ].toSorted(),
    );
  });

  it('does not tell a new endpoint of the past', async () => {
    await alone();
    await h.intent();
    h.t.clock.advance('1s');
    const late = await h.endpoint();

    await h.t.settle();

    expect(await h.attempts(late.id)).toEqual([]);
    expect(h.shop.received).toHaveLength(3 + 1); // and that there is another endpoint
  });

  describe.each([
    ['made', async () => () => h.endpoint(CREATED)],
    [
      'enabled again',
      async () => {
        const endpoint = await h.endpoint(CREATED);
        await h.t.request('PATCH', `${ENDPOINTS}/${endpoint.id}`, { body: { status: 'disabled' } });
        return async () => {
          await h.post(`${ENDPOINTS}/${endpoint.id}/reactivate`);
          return endpoint;
        };
      },
    ],
  ])('to an endpoint that was %s', (_how, prepare) => {
    const told = ({ url }: { url: string }) =>
      h.shop.received.filter(({ path }) => url.endsWith(path)).map(({ event }) => event.data.object.id);

    it('by a clock that is ahead, brings what commits after it', async () => {
      await alone({ enabled_events: ['refund.*'] });
      const enable = await prepare();
      const now = h.t.clock.now();
      h.t.clock.advance('1h');
      const endpoint = await enable();
      h.t.clock.set(now);

      const intent = await h.intent();
      await h.t.settle();

      expect(told(endpoint)).toEqual([intent.id]);
    });

    it('by a clock that is behind, brings nothing of the past, whether it has its place in the log or waits for it', async () => {
      await alone({ enabled_events: ['refund.*'] });
      const enable = await prepare();
      const now = h.t.clock.now();
      h.t.clock.advance('1h');
      await h.intent();
      await assignPositions(knexDatabase({ knex: h.t.pay.knex, schema: 'itpay', preparedStatements: false }));
      await h.intent();
      h.t.clock.set(now);
      const endpoint = await enable();

      h.t.clock.advance('1h');
      const intent = await h.intent();
      await h.t.settle();

      expect(told(endpoint)).toEqual([intent.id]);
    });
  });

  it('comes again after a failure, on schedule, with the same id and a fresh timestamp', async () => {
    const endpoint = await alone(CREATED);
    h.shop.answer({ status: 500, body: 'not today' });
    await h.intent();

    await h.t.settle();
    await h.t.settle();
    expect(h.shop.received).toHaveLength(1);
    h.t.clock.advance('6s');
    await h.t.settle();
    h.shop.answer({ status: 200 });
    h.t.clock.advance('6m');
    await h.t.settle();

    expect(h.shop.received).toHaveLength(3);
    expect(new Set(h.shop.received.map(({ event }) => event.id)).size).toBe(1);
    expect(new Set(h.shop.received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(3);
    expect((await h.attempts(endpoint.id)).map(({ status, excerpt }) => [status, excerpt])).toEqual([
      [200, ''],
      [500, 'not today'],
      [500, 'not today'],
    ]);
    expect(await h.deliveries(h.shop.received[0]!.event.id)).toMatchObject([{ state: 'delivered', attempts: 3 }]);
  });

  it('waits as long as Retry-After says', async () => {
    await alone(CREATED);
    h.shop.answer({ status: 429, headers: { 'retry-after': '3600' } });
    await h.intent();
    await h.t.settle();

    h.t.clock.advance('59m');
    await h.t.settle();
    expect(h.shop.received).toHaveLength(1);
    h.t.clock.advance('1m');
    await h.t.settle();

    expect(h.shop.received).toHaveLength(2);
  });

  it('ends as failed_delivery after three days, and a replay begins anew', async () => {
    const endpoint = await alone(CREATED);
    h.shop.answer({ status: 503 });
    await h.intent();
    for (let hours = 0; hours < 80; hours += 1) {
      await h.t.settle();
      h.t.clock.advance('1h');
    }
    const [first] = h.shop.received;
    const id = first!.event.id;
    const tried = h.shop.received.length;
    expect(tried).toBeGreaterThan(7);
    expect(await h.deliveries(id)).toMatchObject([{ state: 'failed_delivery', next_attempt_at: null }]);

    h.shop.answer({ status: 204 });
    const replayed = await h.post(`/v1/events/${id}/replay`, {});
    await h.t.settle();

    expect([replayed.status, replayed.body]).toEqual([202, { object: 'replay', count: 1 }]);
    expect(h.shop.received).toHaveLength(tried + 1);
    expect(h.shop.received.at(-1)!.event).toEqual(first!.event);
    expect(await h.deliveries(id)).toMatchObject([
      { webhook_endpoint_id: endpoint.id, state: 'delivered', attempts: 1 },
    ]);
  });

  it('disables an endpoint that says 410, tells the others, and replays what it missed', async () => {
    const gone = await alone();
    const other = await h.endpoint({ enabled_events: ['webhook_endpoint.*'] });
    await h.t.settle();
    h.t.clock.advance('1s');
    const from = h.t.clock.now().toISOString();
    h.shop.received.length = 0;
    h.shop.answer(({ path }) => ({ status: gone.url.endsWith(path) ? 410 : 204 }));

    await h.intent();
    await h.t.settle();

    const read = (await h.t.request('GET', `${ENDPOINTS}/${gone.id}`)).body;
    expect(read).toMatchObject({ status: 'disabled', disabled_reason: 'gone' });
    const told = h.shop.received.filter(({ path }) => other.url.endsWith(path));
    expect(told.map(({ event }) => [event.type, event.data.object.id])).toEqual([
      ['webhook_endpoint.disabled', gone.id],
    ]);
    expect(h.t.logger.lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        fields: expect.objectContaining({ endpoint: gone.id, reason: 'gone' }),
      }),
    );

    h.t.clock.advance('1m');
    await h.intent(); // missed
    await h.t.settle();
    const refused = await h.post(`${ENDPOINTS}/${gone.id}/replay`, { from, to: h.t.clock.now().toISOString() });
    expect([refused.status, refused.body.error.code]).toEqual([409, 'INVALID_STATE_TRANSITION']);
    h.shop.answer({ status: 204 });
    h.t.clock.advance('1m');
    await h.post(`${ENDPOINTS}/${gone.id}/reactivate`);
    await h.t.settle();
    h.shop.received.length = 0;
    const to = h.t.clock.now().toISOString();
    const failed = await h.post(`${ENDPOINTS}/${gone.id}/replay`, { from, to, only_failed: true });
    const all = await h.post(`${ENDPOINTS}/${gone.id}/replay`, { from, to });
    await h.t.settle();

    expect([failed.body.count, all.body.count]).toEqual([3, 6]);
    expect(h.shop.received.filter(({ path }) => gone.url.endsWith(path))).toHaveLength(6);
  });

  it('disables an endpoint after five days of nothing but failures, and a success starts anew', async () => {
    const endpoint = await alone(CREATED);
    const status = async () => (await h.t.request('GET', `${ENDPOINTS}/${endpoint.id}`)).body;
    h.shop.answer({ status: 500 });
    await h.intent();
    await h.t.settle();
    expect((await status()).failing_since).not.toBeNull();
    h.shop.answer({ status: 204 });
    h.t.clock.advance('4d');
    await h.intent();
    await h.t.settle();
    expect((await status()).failing_since).toBeNull();

    h.shop.answer({ status: 500 });
    for (const pause of ['2d', '2d', '1d'] as const) {
      await h.intent();
      await h.t.settle();
      expect((await status()).status).toBe('enabled');
      h.t.clock.advance(pause);
    }
    await h.intent();
    await h.t.settle();

    expect(await status()).toMatchObject({ status: 'disabled', disabled_reason: 'failing' });
  });

  it('is signed with both secrets for a day after a rotation', async () => {
    const endpoint = await alone(CREATED);
    const rotated = (await h.post(`${ENDPOINTS}/${endpoint.id}/rotate-secret`)).body;
    await h.intent();
    await h.t.settle();
    const during = h.shop.received.pop()!;
    h.t.clock.advance('25h');
    await h.intent();
    await h.t.settle();
    const after = h.shop.received.pop()!;

    expect(rotated.secret).not.toBe(endpoint.secret);
    for (const secret of [endpoint.secret, rotated.secret]) {
      expect(new Webhook(secret).verify(during.body, during.headers)).toEqual(during.event);
    }
    expect(during.headers['webhook-signature']!.split(' ')).toHaveLength(2);
    expect(after.headers['webhook-signature']!.split(' ')).toHaveLength(1);
  });

  it('is encrypted to the key of its receiver', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('x25519');
    const raw = (key: 'x' | 'd') =>
      Buffer.from((key === 'x' ? publicKey : privateKey).export({ format: 'jwk' })[key]!, 'base64url');
    const endpoint = await alone({ ...CREATED, public_key: raw('x').toString('base64') });

    const intent = await h.intent();
    await h.t.settle();

    const { body, headers, event } = h.shop.received[0]!;
    expect(event).toHaveProperty('enc.kid', endpoint.encryption.kid);
    expect(body).not.toContain(intent.id);
    new Webhook(endpoint.secret).verify(body, headers);
    const clear = decryptBody(body, { [endpoint.encryption.kid]: raw('d') }, headers['webhook-id']!);
    expect(JSON.parse(clear.body).data.object.id).toBe(intent.id);
  });

  it('of a test goes to one endpoint alone, whatever it subscribes to', async () => {
    const endpoint = await alone(CREATED);
    await h.endpoint();
    await h.t.settle();
    h.shop.received.length = 0;

    const answer = await h.post(`${ENDPOINTS}/${endpoint.id}/test`);
    await h.t.settle();

    expect(answer.status).toBe(202);
    expect(h.shop.received.map(({ path, event }) => [path, event.type])).toEqual([
      [new URL(endpoint.url).pathname, 'webhook_endpoint.test'],
    ]);
  });

  it('is sent again when the process that had taken it up died', async () => {
    await alone(CREATED);
    h.shop.answer({ status: 500 });
    await h.intent();
    await h.t.settle();
    const { knex } = h.t.pay;
    h.t.clock.advance('10s');
    const until = new Date(h.t.clock.now().getTime() + 60_000);
    await knex('itpay.webhook_deliveries')
      .where({ state: 'pending' })
      .update({ lease_owner: 'req_dead', lease_expires_at: until });
    h.shop.received.length = 0;
    h.shop.answer({ status: 204 });

    await h.t.settle();
    expect(h.shop.received).toEqual([]);
    h.t.clock.advance('1m');
    await h.t.settle();

    expect(h.shop.received).toHaveLength(1);
  });

  it('holds no transaction while it is on its way, and one that hangs leaves room for others', async () => {
    const slow = await alone(CREATED);
    const quick = await h.endpoint(CREATED);
    const [hanging, goOn] = [deferred(), deferred()];
    h.shop.answer(async ({ path }) => {
      if (!slow.url.endsWith(path)) return { status: 204 };
      hanging.resolve();
      await goOn.promise;
      return { status: 204 };
    });
    for (let n = 0; n < 15; n += 1) await h.intent();

    const settled = h.t.settle();
    await hanging.promise;
    await h.t.pay.knex.raw('select 1'); // with the one session of the embedded database: nobody holds it
    const sentTo = ({ url }: { url: string }) => h.shop.received.filter(({ path }) => url.endsWith(path)).length;
    while (sentTo(quick) < 10 || sentTo(slow) < 10) await new Promise((resolve) => setImmediate(resolve));
    expect(sentTo(slow)).toBe(10);
    goOn.resolve();
    await settled;

    expect(h.shop.received).toHaveLength(30);
  });
});

if (backend() === 'postgres') {
  it('is sent once by two processes that send at once', async () => {
    const store = await freshStore();
    const h = await webhookHouse(store);
    const other = await testPay({ ...store, clock: h.t.clock, webhooks: { allowedOrigins: [h.shop.origin] } });
    await h.endpoint({ enabled_events: ['payment_intent.*', 'qr_charge.*'] });
    for (let n = 0; n < 40; n += 1) await h.intent();

    await Promise.all([h.t.settle(), other.settle()]);
    await Promise.all([h.t.settle(), other.settle()]);

    expect(h.shop.received).toHaveLength(120);
    expect(new Set(h.shop.received.map(({ event }) => event.id)).size).toBe(120);
  });

  it('goes to an endpoint that another process made, whose clock is ahead', async () => {
    const store = await freshStore();
    const h = await webhookHouse(store);
    const ahead = fakeClock(new Date(h.t.clock.now().getTime() + 5_000));
    const other = await testPay({ ...store, clock: ahead, webhooks: { allowedOrigins: [h.shop.origin] } });
    const body = { url: `${h.shop.origin}/ahead`, ...CREATED };
    const made = await other.request('POST', ENDPOINTS, { body, idempotencyKey: 'ahead' });

    h.t.clock.advance('2s');
    const intent = await h.intent();
    await h.t.settle();

    expect(made.status).toBe(201);
    expect(h.shop.received.map(({ event }) => event.data.object.id)).toEqual([intent.id]);
  });

  it('goes to an endpoint that was made while the transaction was still open', async () => {
    const h = await webhookHouse();
    const trx = await h.t.pay.knex.transaction();
    const intent = await h.t.pay.payments.createIntent({ amount: { currency: 'THB', value: 5n } }, { trx });
    h.t.clock.advance('1s');
    await h.endpoint(CREATED);
    await h.intent(); // has its place, and is sent, before the other commits
    await h.t.settle();
    h.shop.received.length = 0;

    await trx.commit();
    await h.t.settle();

    expect(h.shop.received.map(({ event }) => event.data.object.id)).toEqual([intent.id]);
  });
}
