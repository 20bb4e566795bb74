import { beforeAll, describe, expect, it } from 'vitest';
import { testPayWithRail } from '../support/fake-rail.js';
import { operatorKey } from './operator.js';
import { contents } from './tables.js';

const PATH = '/v1/operations';
type Rail = Awaited<ReturnType<typeof testPayWithRail>>;

describe('the calls to channels', () => {
  let t: Rail;
  let operator: string;
  let fresh = 0;
  beforeAll(async () => {
    t = await testPayWithRail();
    operator = await operatorKey(t);
  });

  const ask = (id: string, key = operator, idempotencyKey?: string) =>
    t.request('POST', `${PATH}/${id}/query`, { key, idempotencyKey });
  const resolve = (id: string, outcome: string, more: object = {}, key = operator) =>
    t.request('POST', `${PATH}/${id}/resolve`, {
      key,
      body: { outcome, reason: 'Asked the bank', evidence: { call: 17 }, ...more },
    });
  const of = async (intent: string) => (await t.request('GET', `${PATH}?payment_intent_id=${intent}`)).body.data;
  /** What waits for an operator about one payment: the others of this file grow old beside it. */
  const waitingFor = async (intent: string) =>
    (await t.request('GET', `${PATH}?operator_required=true&payment_intent_id=${intent}`)).body.data;
  const paid = async () => {
    const intent = (await t.create({ order_reference: `op-${fresh++}` })).body;
    await t.rail.pay(intent.channel_reference);
    await t.deliver(({ reference }) => reference === intent.channel_reference);
    return intent;
  };
  /** An operation of which the rail has not said in five days what became of it. */
  const forOperators = async (kind: 'authorize' | 'refund') => {
    const intent = kind === 'refund' ? await paid() : null;
    await t.rail.script({ operation: kind, behaviour: '500_before' });
    const answer = intent
      ? await t.request('POST', '/v1/refunds', { body: { payment_intent_id: intent.id } })
      : await t.create({ order_reference: `op-${fresh++}` });
    await t.rail.script({ operation: kind === 'refund' ? 'queryRefund' : 'query', behaviour: '500_before', times: 60 });
    for (const wait of ['6s', '31s', '6m', '2h', '25h', '25h', '25h', '25h', '25h', '25h']) {
      t.clock.advance(wait);
      await t.settle();
    }
    await t.rail.clearScript();
    // Time for the circuit breaker to try again.
    t.clock.advance('1h');
    return { id: answer.body.operation.id as string, status: answer.status, object: answer.body };
  };

  it('are read one by one, and by payment', async () => {
    const intent = await paid();
    await t.request('POST', '/v1/refunds', { body: { payment_intent_id: intent.id } });

    const found = await of(intent.id);

    expect(found).toMatchObject([
      { object: 'operation', kind: 'refund', state: 'succeeded', outcome: 'succeeded', object_type: 'refund' },
      { kind: 'authorize', state: 'succeeded', reference: intent.channel_reference, ordinal: 1, object_id: intent.id },
    ]);
    expect((await t.request('GET', `${PATH}/${found[1].id}`)).body).toEqual(found[1]);
  });

  it('are listed in pages, and by what became of them', async () => {
    const first = (await t.request('GET', `${PATH}?limit=1&state=succeeded`)).body;
    const second = (await t.request('GET', `${PATH}?limit=1&state=succeeded&starting_after=${first.next_cursor}`)).body;
    const none = (await t.request('GET', `${PATH}?state=declined&payment_intent_id=pi_none`)).body;

    expect([first.has_more, first.data.length, second.data.length, none.data]).toEqual([true, 1, 1, []]);
    expect(first.data[0].id > second.data[0].id).toBe(true);
  });

  it('that are unknown can be asked about now', async () => {
    await t.rail.script({ operation: 'authorize', behaviour: 'reset_after' });
    const unknown = (await t.create({ order_reference: `op-${fresh++}` })).body;

    const answer = await ask(unknown.operation.id, operator, `q-${unknown.id}`);
    const again = await ask(unknown.operation.id, operator, `q-${unknown.id}`);

    expect([answer.status, answer.body]).toMatchObject([200, { state: 'succeeded', operator_required: false }]);
    expect([again.status, again.body]).toEqual([200, answer.body]);
    expect((await t.intent(unknown.id)).status).toBe('qr_generated');
  });

  it('find a payment that nobody reported, when somebody asks', async () => {
    const intent = (await t.create({ order_reference: `op-${fresh++}` })).body;
    await t.rail.pay(intent.channel_reference);
    const [order] = await of(intent.id);

    await ask(order.id);

    expect((await t.intent(intent.id)).status).toBe('succeeded');
  });

  it('join the operators’ queue when the rail does not say in five days, and an operator settles them', async () => {
    const { id, status, object } = await forOperators('authorize');
    const queue = await waitingFor(object.id);
    await t.rail.script({ operation: 'query', behaviour: '500_before' });
    const blocked = await t.request('POST', `/v1/payment-intents/${object.id}/cancel`, { body: {} });

    const succeeded = await resolve(id, 'succeeded');
    const answer = await resolve(id, 'declined');
    const again = await resolve(id, 'declined');

    t.clock.advance('1h');
    expect(status).toBe(202);
    expect(queue).toMatchObject([{ id, state: 'unknown', operator_required: true, next_query_at: null }]);
    expect(blocked.status).toBe(409);
    expect([succeeded.status, succeeded.body.error]).toMatchObject([
      400,
      { code: 'PARAMETER_INVALID', param: 'outcome', message: expect.stringContaining('POST /v1/inflows') },
    ]);
    expect([answer.status, answer.body]).toMatchObject([200, { state: 'declined', operator_required: false }]);
    expect([again.status, again.body.error.code]).toEqual([409, 'INVALID_STATE_TRANSITION']);
    expect((await t.intent(object.id)).status).toBe('failed');
    expect(await waitingFor(object.id)).toEqual([]);
  }, 60_000);

  it('of a refund are settled by an operator with the number of the rail', async () => {
    const { id, object } = await forOperators('refund');

    const answer = await resolve(id, 'succeeded', { channel_refund_id: 'R-99' });

    expect(answer.body.state).toBe('succeeded');
    expect((await t.request('GET', `/v1/refunds/${object.id}`)).body).toMatchObject({
      status: 'succeeded',
      channel_refund_id: 'R-99',
    });
    expect((await t.intent(object.payment_intent_id)).refund_status).toBe('full');
  }, 60_000);

  it('cannot be settled by an operator while the rail is still asked, nor once they are', async () => {
    const [settled] = await of((await paid()).id);
    await t.rail.script({ operation: 'authorize', behaviour: 'reset_after' });
    const unknown = (await t.create({ order_reference: `op-${fresh++}` })).body;
    const before = await contents(t.pay.knex);

    const answers = [await resolve(unknown.operation.id, 'declined'), await resolve(settled.id, 'declined')];

    expect(answers.map(({ status, body }) => [status, body.error.details.allowed])).toEqual([
      [409, ['query']],
      [409, []],
    ]);
    expect(await contents(t.pay.knex)).toEqual(before);
    await ask(unknown.operation.id);
  });

  it.each(['query', 'resolve'])('are not for a merchant’s own backend to %s', async (word) => {
    const [order] = await of((await paid()).id);
    const before = await contents(t.pay.knex);

    const answer =
      word === 'query' ? await ask(order.id, t.testKey) : await resolve(order.id, 'declined', {}, t.testKey);

    expect([answer.status, answer.body.error.code]).toEqual([403, 'PERMISSION_DENIED']);
    expect(await contents(t.pay.knex)).toEqual(before);
  });
});

describe('the timeline of a payment', () => {
  it('has every step of it and of its parts, with who did it and what it rests on', async () => {
    const t = await testPayWithRail();
    const intent = (await t.create()).body;
    t.clock.advance('1s');
    await t.rail.pay(intent.channel_reference);
    await t.deliver();
    t.clock.advance('1s');
    await t.request('POST', '/v1/refunds', { body: { payment_intent_id: intent.id } });

    const { body } = await t.request('GET', `/v1/payment-intents/${intent.id}/timeline`);
    const steps = body.data.map((entry: any) => [entry.object_id.split('_')[0], entry.action, entry.from, entry.to]);

    expect(body).toMatchObject({ object: 'list', has_more: false, url: `/v1/payment-intents/${intent.id}/timeline` });
    expect(steps).toEqual(
      expect.arrayContaining([
        ['pi', 'create', null, 'pending'],
        ['op', 'operation.authorize', 'started', 'succeeded'],
        ['qr', 'create', null, 'active'],
        ['pi', 'present', 'pending', 'qr_generated'],
        ['inf', 'inflow', null, 'applied'],
        ['pi', 'capture', 'qr_generated', 'captured'],
        ['pi', 'settle', 'captured', 'succeeded'],
        ['ref', 'refund.request', null, 'requested'],
        ['ref', 'refund.process', 'requested', 'processing'],
        ['op', 'operation.refund', 'started', 'succeeded'],
        ['ref', 'refund.succeed', 'processing', 'succeeded'],
      ]),
    );
    const captured = body.data.find((entry: any) => entry.action === 'capture');
    expect(captured).toMatchObject({ actor: 'channel:fake', evidence_digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(body.data[0].actor).toMatch(/^key_/);
    const times = body.data.map(({ at }: { at: string }) => at);
    expect(times).toEqual(times.toSorted());
  });
});

describe('the channels', () => {
  let t: Rail;
  beforeAll(async () => {
    t = await testPayWithRail({ limits: { THB: { min: 100n, max: 1_000_000n } } });
  });

  it('are listed with what they can do, each mode its own', async () => {
    const { body } = await t.request('GET', '/v1/channels');
    const live = (await t.request('GET', '/v1/channels', { key: t.liveKey })).body;

    expect(body.data).toMatchObject([
      {
        id: 'fake',
        object: 'channel',
        mode: 'test',
        simulated: false,
        currencies: ['CNY', 'THB', 'USD'],
        capabilities: expect.arrayContaining(['refund', 'callback', 'manual_capture']),
        limits: { THB: { min: 100, max: 1_000_000 } },
      },
    ]);
    expect(JSON.stringify(body)).not.toContain(t.rail.secret);
    expect(live.data).toEqual([]);
  });

  it('say how they are', async () => {
    const before = (await t.request('GET', '/v1/channels/fake/health')).body;
    await t.create();
    await t.rail.script({ operation: 'authorize', behaviour: '500_before' });
    await t.create();

    const after = (await t.request('GET', '/v1/channels/fake/health')).body;

    expect(before).toMatchObject({
      id: 'fake',
      healthy: true,
      breaker: 'closed',
      calls: 0,
      failures: {},
      latency_ms: null,
    });
    expect(after).toMatchObject({ healthy: true, breaker: 'closed', latency_ms: expect.any(Number) });
    expect(after.calls).toBeGreaterThanOrEqual(2);
    expect(Object.values<number>(after.failures).reduce((sum, n) => sum + n, 0)).toBe(1);
  });

  it.each([
    ['fake', 'live'],
    ['nonsense', 'test'],
  ])('say 404 for %s in %s mode', async (channel, mode) => {
    const answer = await t.request('GET', `/v1/channels/${channel}/health`, {
      key: mode === 'live' ? t.liveKey : t.testKey,
    });

    expect([answer.status, answer.body.error.code]).toEqual([404, 'CHANNEL_NOT_FOUND']);
  });
});
