import { strict as assert } from 'node:assert';
import { promptpay } from '@itpay/channel-promptpay';
import { definePlugin, SimulatedRails, type SimulatedRail } from '@itpay/kernel';
import type { TestRequest } from '@itpay/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { testPay } from '../support/pay.js';
import { fakeRail } from './fake-rail.js';
import { contents } from './tables.js';

const PATH = '/v1/payment-intents';

describe('the simulated payer', () => {
  let t: Awaited<ReturnType<typeof testPay>>;
  beforeAll(async () => {
    const careless = definePlugin({
      name: 'careless-payer',
      version: '1',
      register: (registry) =>
        registry.contribute(SimulatedRails, [], () => ({
          channel: 'careless',
          scan: (qrData) => app.scan(qrData),
          transfer: (asked) => app.transfer(asked),
        })),
    });
    t = await testPay({
      plugins: [
        promptpay({ target: '0812345678' }),
        fakeRail(),
        fakeRail({ id: 'careless' }, { simulated: true }),
        careless,
      ],
    });
  });

  /** The app of the payer on the rail "careless". */
  let app: Pick<SimulatedRail, 'scan' | 'transfer'>;
  const asked = { currency: 'THB', value: 19_900n };
  const paidAt = new Date('2025-01-01T00:00:00Z');

  const create = async (key = t.testKey, channel = 'promptpay') =>
    (await t.request('POST', PATH, { key, body: { amount: { currency: 'THB', value: 19_900 }, channel } })).body;
  const simulate = (id: string, request: TestRequest = {}) =>
    t.request('POST', `/v1/test-helpers/payment-intents/${id}/simulate`, { body: { event: 'paid' }, ...request });

  it('pays: the intent succeeds, its code is gone, its order is closed', async () => {
    const intent = await create();
    t.clock.advance('3s');

    const paid = await simulate(intent.id);

    expect(paid.status).toBe(200);
    expect(paid.body).toEqual({
      ...intent,
      status: 'succeeded',
      amount_captured: intent.amount,
      channel_transaction_id: expect.stringMatching(/^SIM\d{8}[0-9A-Z]{12}$/),
      version: 2,
      updated_at: t.clock.now().toISOString(),
      captured_at: t.clock.now().toISOString(),
      succeeded_at: t.clock.now().toISOString(),
      closed_at: t.clock.now().toISOString(),
      qr: null,
      next_action: { type: 'none' },
    });
    expect((await t.request('GET', `${PATH}/${intent.id}?expand=qr`)).body).toEqual(paid.body);
    expect(await t.pay.knex('itpay.channel_operations').where({ object_id: intent.id }).select('order_open')).toEqual([
      { order_open: false },
    ]);
    expect(await t.pay.knex('itpay.qr_charges').where({ payment_intent_id: intent.id }).select('status')).toEqual([
      { status: 'consumed' },
    ]);
  });

  it('leaves a trace of each step, and of who took it', async () => {
    const intent = await create();
    await simulate(intent.id);

    const trace = await t.pay
      .knex('itpay.audit_entries')
      .where({ object_id: intent.id })
      .orderBy('id')
      .select('action', 'from_state', 'to_state', 'actor', 'evidence_digest', 'request_id');

    expect(trace.map(({ action, from_state, to_state }) => [action, from_state, to_state])).toEqual([
      ['create', null, 'pending'],
      ['present', 'pending', 'qr_generated'],
      ['capture', 'qr_generated', 'captured'],
      ['settle', 'captured', 'succeeded'],
    ]);
    expect(trace.map(({ actor }) => actor.split('_')[0])).toEqual([
      'key',
      'key',
      'simulator:promptpay',
      'simulator:promptpay',
    ]);
    expect(trace.map(({ evidence_digest }) => evidence_digest?.length ?? null)).toEqual([null, null, 32, 32]);
    expect(trace.every(({ request_id }) => request_id.startsWith('req_'))).toBe(true);
  });

  it('forgets the drawn image once the payment is in', async () => {
    const intent = await create();
    const image = `/v1/qr-charges/${intent.qr.charge_id}/image.png`;
    const drawn = await t.request('GET', image);
    await simulate(intent.id);
    await t.settle();

    const after = await t.request('GET', image);

    expect([drawn.status, drawn.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect([after.status, after.body.error.code]).toEqual([410, 'QR_EXPIRED']);
  });

  it.each<[string, () => Promise<{ id: string }>, () => TestRequest, number, object]>([
    [
      'a live payment, with a live key',
      () => create(t.liveKey),
      () => ({ key: t.liveKey }),
      403,
      { code: 'LIVEMODE_MISMATCH' },
    ],
    ['a live payment, with a test key', () => create(t.liveKey), () => ({}), 404, { code: 'PAYMENT_INTENT_NOT_FOUND' }],
    [
      'a test payment, with a live key',
      () => create(),
      () => ({ key: t.liveKey }),
      404,
      { code: 'PAYMENT_INTENT_NOT_FOUND' },
    ],
    [
      'a test payment on a rail that nobody simulates',
      () => create(t.testKey, 'fake'),
      () => ({}),
      422,
      { code: 'CHANNEL_CAPABILITY_UNSUPPORTED', details: { channel: 'fake', capability: 'simulate' } },
    ],
    ['a payment, without a key', () => create(), () => ({ key: null }), 401, { code: 'API_KEY_MISSING' }],
    [
      'an event that it does not know',
      () => create(),
      () => ({ body: { event: 'refunded' } }),
      400,
      { code: 'PARAMETER_INVALID', param: 'event' },
    ],
    [
      'an event that is null',
      () => create(),
      () => ({ body: { event: null } }),
      400,
      { code: 'PARAMETER_INVALID', param: 'event' },
    ],
    ['no event', () => create(), () => ({ body: {} }), 400, { code: 'PARAMETER_MISSING', param: 'event' }],
    [
      'an amount of the caller’s own',
      () => create(),
      () => ({ body: { event: 'paid', amount: 1 } }),
      400,
      { code: 'PARAMETER_UNKNOWN', param: 'amount' },
    ],
    ['no body', () => create(), () => ({ body: undefined }), 400, { code: 'BODY_INVALID' }],
    ['no idempotency key', () => create(), () => ({ idempotencyKey: null }), 400, { code: 'IDEMPOTENCY_KEY_REQUIRED' }],
  ])('refuses %s, and changes nothing', async (_, make, request, status, error) => {
    const { id } = await make();
    const before = await contents(t.pay.knex);

    const answer = await simulate(id, request());

    expect(answer.status).toBe(status);
    expect(answer.body.error).toMatchObject(error);
    expect(await contents(t.pay.knex)).toEqual(before);
  });

  it.each<[string, Partial<SimulatedRail>]>([
    ['it reads the code', { scan: () => assert.fail('crash') }],
    ['it sends the money', { transfer: () => assert.fail('crash') }],
  ])('books nothing when the app crashes as %s, and everything afterwards', async (_, broken) => {
    const { id } = await create(t.testKey, 'careless');
    const before = await contents(t.pay.knex);
    const working = { scan: () => asked, transfer: () => ({ channelTransactionId: `t-${id}`, amount: asked, paidAt }) };
    app = { ...working, ...broken };
    const failed = await simulate(id, { idempotencyKey: `crash-${id}` });
    const after = await contents(t.pay.knex);
    app = working;

    const paid = await simulate(id, { idempotencyKey: `crash-${id}` });

    expect([failed.status, failed.body.error.code]).toEqual([500, 'INTERNAL_ERROR']);
    expect(after).toEqual(before);
    expect([paid.status, paid.body.status]).toEqual([200, 'succeeded']);
  });

  it('books a transfer once when the rail reports it twice under one number', async () => {
    const { id } = await create(t.testKey, 'careless');
    app = { scan: () => asked, transfer: () => ({ channelTransactionId: `t-${id}`, amount: asked, paidAt }) };

    const paid = await simulate(id, { body: { event: 'paid_twice' } });

    expect(paid.body).toMatchObject({ status: 'succeeded', amount_captured: { value: 19_900 } });
    expect((await t.request('GET', `/v1/inflows?payment_intent_id=${id}`)).body.data).toMatchObject([
      { kind: 'exact' },
    ]);
  });

  it('says why a paid payment cannot be paid again, and changes nothing', async () => {
    const { id } = await create();
    await simulate(id);
    const before = await contents(t.pay.knex);

    const answer = await simulate(id);

    expect(answer.status).toBe(409);
    expect(answer.body.error).toMatchObject({
      code: 'INVALID_STATE_TRANSITION',
      message: `Cannot capture payment_intent ${id} because it is succeeded.`,
      details: { object: 'payment_intent', id, current: 'succeeded', requested: 'capture', allowed: [] },
      retryable: false,
    });
    expect(await contents(t.pay.knex)).toEqual(before);
  });

  it('keeps what was created as it is read, also for a host in the process', async () => {
    const created = await t.pay.payments.createIntent({
      amount: { currency: 'THB', value: 19_900n },
      description: 'Two bowls 🍜',
      orderReference: 'order-1',
      payer: { agentId: 'agent_06b2m6vk0dtf5d5cq0m3vz8x4t' },
      metadata: { note: 'ไม่เผ็ด', constructor: 'x' },
      returnUrl: 'https://shop.example/thanks?a=1',
      expiresIn: 600,
    });

    expect(await t.pay.payments.getIntent(created.id)).toEqual(created);
  });
});
