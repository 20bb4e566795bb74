import { alipay } from '@itpay/channel-alipay';
import { promptpay, scb } from '@itpay/channel-promptpay';
import { wechat } from '@itpay/channel-wechat';
import { definePlugin, SimulatedRails, type NetworkedSimulatedRail } from '@itpay/kernel';
import { startAlipaySimulator, startScbSimulator, startWechatSimulator } from '@itpay/simulator';
import type { TestRequest } from '@itpay/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { testPay } from '../support/pay.js';

describe('the payer at a simulated rail with a network', () => {
  let t: Awaited<ReturnType<typeof testPay>>;
  let weixin: Awaited<ReturnType<typeof startWechatSimulator>>;
  let bank: Awaited<ReturnType<typeof startScbSimulator>>;
  beforeAll(async () => {
    const now = () => t?.clock.now() ?? new Date();
    const rails = [startWechatSimulator({ now }), startAlipaySimulator({ now }), startScbSimulator({ now })] as const;
    const [wx, ali, scbank] = await Promise.all(rails);
    for (const { close } of [wx, ali, scbank]) whenFileEnds(close);
    [weixin, bank] = [wx, scbank];
    t = await testPay({
      plugins: [
        wechat({ test: { baseUrl: wx.url, ...wx.credentials }, now }),
        alipay({ test: ali.credentials, now }),
        promptpay({ provider: scb({ test: { ...scbank.credentials, baseUrl: scbank.url }, now }) }),
      ],
      simulators: { wechat: wx.url, alipay: ali.url, promptpay: scbank.url },
    });
  });

  const CURRENCIES: Readonly<Record<string, string>> = { promptpay: 'THB', wechat: 'CNY', alipay: 'CNY' };
  const create = async (channel: string) => {
    const amount = { currency: CURRENCIES[channel], value: 12_900 };
    const { status, body } = await t.request('POST', '/v1/payment-intents', { body: { amount, channel } });
    expect([status, body.status]).toEqual([201, 'qr_generated']);
    return body;
  };
  const simulate = (id: string, event: string, request: TestRequest = {}) =>
    t.request('POST', `/v1/test-helpers/payment-intents/${id}/simulate`, { body: { event }, ...request });
  const inflows = async (id: string) => (await t.request('GET', `/v1/inflows?payment_intent_id=${id}`)).body.data;
  const paymentsAtTheBank = async (reference: string) =>
    (await bank.control.books()).payments.filter(({ ref1 }: { ref1: string }) => ref1 === reference);

  it.each(['wechat', 'alipay', 'promptpay'])(
    'pays on %s, and the answer shows it before a notification came',
    async (channel) => {
      const { id, channel_reference: order } = await create(channel);

      const paid = await simulate(id, 'paid');

      expect(paid.status).toBe(200);
      expect(paid.body).toMatchObject({ status: 'succeeded', amount_captured: { value: 12_900 }, qr: null });
      expect(await inflows(id)).toMatchObject([
        { kind: 'exact', evidence: { source: 'query' }, channel_reference: order },
      ]);
    },
  );

  it('is one payment however the rail tells of it', async () => {
    const { id, channel_reference: order } = await create('wechat');
    await simulate(id, 'paid');

    const [notification] = (await weixin.control.callbacks()).filter(({ reference }) => reference === order);
    const { url, headers, body } = notification!;
    const answer = await t.pay.fetch(new Request(url, { method: 'POST', headers, body }));

    expect(answer.status).toBe(204);
    expect(await inflows(id)).toHaveLength(1);
  });

  it('scans, refuses, and can still pay', async () => {
    const { id, qr } = await create('alipay');

    const scanned = await simulate(id, 'scanned');
    const declined = await simulate(id, 'declined');
    const paid = await simulate(id, 'paid');

    for (const { status, body } of [scanned, declined]) {
      expect([status, body.qr.charge_id]).toEqual([200, qr.charge_id]);
    }
    expect(paid.body.status).toBe('succeeded');
  });

  it.each(['wechat', 'alipay', 'promptpay'])(
    'pays late on %s: the order ends first, and the money goes its way',
    async (channel) => {
      const { id } = await create(channel);

      const late = await simulate(id, 'paid_late');

      expect([late.status, late.body.status, late.body.qr]).toEqual([200, 'expired', null]);
      expect(await inflows(id)).toMatchObject([{ kind: 'late', amount: { value: 12_900 } }]);
    },
  );

  it('pays late what has expired before', async () => {
    const { id } = await create('wechat');
    t.clock.advance('16m');
    await t.settle();

    const late = await simulate(id, 'paid_late');

    expect([late.status, late.body.status]).toEqual([200, 'expired']);
    expect(await inflows(id)).toMatchObject([{ kind: 'late' }]);
  });

  it.each([
    ['underpaid', 6_450, 'under', 'qr_generated'],
    ['overpaid', 19_350, 'over', 'succeeded'],
  ])('sends another amount where the rail lets it: %s', async (event, value, kind, status) => {
    const { id } = await create('promptpay');

    const answer = await simulate(id, event);

    expect([answer.status, answer.body.status]).toEqual([200, status]);
    expect(await inflows(id)).toMatchObject([{ kind, amount: { value } }]);
  });

  it('pays twice where the rail lets it', async () => {
    const { id, channel_reference: order } = await create('promptpay');

    const answer = await simulate(id, 'paid_twice');

    expect(answer.body.status).toBe('succeeded');
    expect(await paymentsAtTheBank(order)).toHaveLength(2);
  });

  it.each(['underpaid', 'overpaid', 'paid_twice'])('cannot: %s, where the code says how much', async (event) => {
    const { id, channel_reference: order } = await create('wechat');

    const answer = await simulate(id, event);

    expect(answer.status).toBe(422);
    expect(answer.body.error).toMatchObject({
      code: 'CHANNEL_CAPABILITY_UNSUPPORTED',
      message: expect.stringMatching(/"wechat".*and once.*Use scanned, paid, declined or paid_late/),
      details: { channel: 'wechat', capability: 'simulate' },
    });
    expect((await weixin.control.books()).orders).toContainEqual(
      expect.objectContaining({ out_trade_no: order, trade_state: 'NOTPAY' }),
    );
  });

  it('acts once under one key, also when requests come at the same time', async () => {
    const { id, channel_reference: order } = await create('promptpay');
    const again = () => simulate(id, 'paid', { idempotencyKey: `once-${id}` });

    const first = await Promise.all([again(), again()]);
    const later = await again();

    expect([...first, later].map(({ status, body }) => [status, body.status])).toEqual([
      [200, 'succeeded'],
      [200, 'succeeded'],
      [200, 'succeeded'],
    ]);
    expect(later.headers.get('idempotent-replayed')).toBe('true');
    expect(await paymentsAtTheBank(order)).toHaveLength(1);
    expect((await simulate(id, 'scanned', { idempotencyKey: `once-${id}` })).body.error.code).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    );
  });

  it('answers a repetition after a crash between the act and the answer, and acts once', async () => {
    const { id, channel_reference: order } = await create('promptpay');
    const again = () => simulate(id, 'paid', { idempotencyKey: `crash-${id}` });
    await again();
    const keys = () => t.pay.knex('itpay.idempotency_keys');
    const answers = await keys().whereNotNull('body').select('scope_hash', 'body');
    const { scope_hash } = answers.find(({ body }) => body.includes(id) && body.includes('"succeeded"'));
    const [operation] = await t.pay.knex('itpay.channel_operations').where({ object_id: id, kind: 'authorize' });
    await keys()
      .where({ scope_hash })
      .update({ recovery_point: 'recorded', operation_id: operation.id, status: null, body: null });

    const repeated = await again();

    expect([repeated.status, repeated.body.status]).toEqual([200, 'succeeded']);
    expect(await paymentsAtTheBank(order)).toHaveLength(1);
    expect((await again()).headers.get('idempotent-replayed')).toBe('true');
  });

  it('leaves a key free when nothing came of it', async () => {
    const { id, channel_reference: order } = await create('wechat');
    const again = (event: string) => simulate(id, event, { idempotencyKey: `free-${id}` });
    const refused = await again('overpaid');

    const paid = await again('paid');

    expect([refused.status, paid.status, paid.body.status]).toEqual([422, 200, 'succeeded']);
    expect((await weixin.control.books()).orders).toContainEqual(
      expect.objectContaining({ out_trade_no: order, trade_state: 'SUCCESS' }),
    );
  });

  it('says that a payment is paid, also when only the rail knew', async () => {
    const { id, channel_reference: order } = await create('wechat');
    await weixin.control.act({ action: 'pay', reference: order });

    const [unaware, aware] = [await simulate(id, 'paid'), await simulate(id, 'paid')];

    for (const { status, body } of [unaware, aware]) {
      expect(status).toBe(409);
      expect(body.error).toMatchObject({ code: 'INVALID_STATE_TRANSITION', details: { current: 'succeeded' } });
    }
    expect(await inflows(id)).toHaveLength(1);
  });

  it('does not expire what is paid', async () => {
    const { id } = await create('wechat');
    await simulate(id, 'paid');
    const unaware = await create('wechat');
    await weixin.control.act({ action: 'pay', reference: unaware.channel_reference });

    for (const one of [id, unaware.id]) {
      const { status, body } = await simulate(one, 'paid_late');
      expect([status, body.error.code, body.error.details.current]).toEqual([
        409,
        'INVALID_STATE_TRANSITION',
        'succeeded',
      ]);
    }
  });

  it('says what the rail says when it refuses', async () => {
    const { id, channel_reference: order } = await create('wechat');
    await weixin.control.act({ action: 'expire', reference: order });

    const { status, body } = await simulate(id, 'paid');

    expect([status, body.error.code]).toEqual([400, 'PARAMETER_INVALID']);
    expect(body.error.message).toMatch(/The simulated rail refuses: The order ".*" ended at/);
  });

  it.each(['paid', 'paid_late'])('waits for an order of which nobody knows whether it exists: %s', async (event) => {
    await weixin.control.script({ operation: 'native', behaviour: 'reset_after' });
    const body = { amount: { currency: 'CNY', value: 12_900 }, channel: 'wechat', order_reference: `unknown-${event}` };
    const created = await t.request('POST', '/v1/payment-intents', { body });

    const answer = await simulate(created.body.id, event);

    expect([created.status, created.body.operation.outcome]).toEqual([202, 'unknown']);
    expect([answer.status, answer.body.error.code]).toEqual([409, 'INVALID_STATE_TRANSITION']);
    expect(await inflows(created.body.id)).toEqual([]);
  });

  it('is not seen by others', async () => {
    const { id } = await create('wechat');

    const { status, body } = await simulate(id, 'paid', { key: t.liveKey });

    expect([status, body.error.code]).toEqual([404, 'PAYMENT_INTENT_NOT_FOUND']);
  });
});

describe('a rail that tells us before its payer is done', () => {
  it('is heard, because nothing is locked meanwhile', async () => {
    const { url, credentials, control, close } = await startWechatSimulator();
    whenFileEnds(close);
    const answers: number[] = [];
    const payer: NetworkedSimulatedRail = {
      channel: 'wechat',
      async play({ action, reference }) {
        await control.act({ action, reference });
        for (const { url: to, headers, body } of await control.callbacks()) {
          answers.push((await t.pay.fetch(new Request(to, { method: 'POST', headers, body }))).status);
        }
      },
    };
    const hasty = definePlugin({
      name: 'hasty-payer',
      version: '1',
      register: (registry) => registry.contribute(SimulatedRails, [], () => payer),
    });
    const t = await testPay({
      plugins: [wechat({ test: { baseUrl: url, ...credentials } }), hasty],
      clock: { now: () => new Date() },
    });
    const { body } = await t.request('POST', '/v1/payment-intents', {
      body: { amount: { currency: 'CNY', value: 5 } },
    });

    const path = `/v1/test-helpers/payment-intents/${body.id}/simulate`;
    const paid = await t.request('POST', path, { body: { event: 'paid' } });

    expect([paid.status, paid.body.status, answers]).toEqual([200, 'succeeded', [204]]);
    expect((await t.request('GET', `/v1/inflows?payment_intent_id=${body.id}`)).body.data).toMatchObject([
      { kind: 'exact', evidence: { source: 'callback' } },
    ]);
  });
});

describe('simulators', () => {
  const NOBODY = 'http://127.0.0.1:9';

  it('have to be running', async () => {
    const { url, credentials, close } = await startWechatSimulator();
    whenFileEnds(close);
    const t = await testPay({
      plugins: [wechat({ test: { baseUrl: url, ...credentials } })],
      simulators: { wechat: NOBODY },
      clock: { now: () => new Date() },
    });
    const { body } = await t.request('POST', '/v1/payment-intents', {
      body: { amount: { currency: 'CNY', value: 5 } },
    });

    const path = `/v1/test-helpers/payment-intents/${body.id}/simulate`;
    const answer = await t.request('POST', path, { body: { event: 'paid' } });

    expect(answer.status).toBe(503);
    expect(answer.body.error).toMatchObject({
      code: 'CHANNEL_UNAVAILABLE',
      message: expect.stringContaining(`does not answer at ${NOBODY}`),
    });
    expect((await t.request('GET', `/v1/payment-intents/${body.id}`)).body.status).toBe('qr_generated');
  });

  it('have to be known', async () => {
    const { url, credentials, close } = await startWechatSimulator();
    whenFileEnds(close);
    const t = await testPay({
      plugins: [wechat({ test: { baseUrl: url, ...credentials } })],
      clock: { now: () => new Date() },
    });
    const { body } = await t.request('POST', '/v1/payment-intents', {
      body: { amount: { currency: 'CNY', value: 5 } },
    });

    const path = `/v1/test-helpers/payment-intents/${body.id}/simulate`;
    const answer = await t.request('POST', path, { body: { event: 'paid' } });

    expect(answer.status).toBe(422);
    expect(answer.body.error).toMatchObject({
      code: 'CHANNEL_CAPABILITY_UNSUPPORTED',
      message: expect.stringContaining("createItPay({ simulators: { wechat: 'http"),
    });
  });

  it.each([
    ['a channel that is not there', { wechta: NOBODY }, /simulators names "wechta".*There are: none/],
    ['a channel that needs none', { promptpay: NOBODY }, /simulators names "promptpay"/],
    ['no address', { promptpay: 'localhost' }, /simulators is not usable. promptpay has no address/],
  ])('stop the start when they name %s', async (_, simulators, message) => {
    await expect(testPay({ plugins: [promptpay()], simulators })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      param: 'simulators',
      message: expect.stringMatching(message),
    });
  });
});
