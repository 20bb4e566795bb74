import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { routingShop, type RoutingShop } from './shop.js';

let t: RoutingShop;
beforeAll(async () => {
  t = await routingShop({ south: { defaultExpiryMs: 3_600_000, qrTtlMs: 7_200_000 } });
});
beforeEach(() => t.clear());

const thb = (value: number) => ({ currency: 'THB', value });

describe('an order that certainly does not exist', () => {
  it.each([
    ['decline', 'declined'],
    ['insufficient_funds', 'declined'],
    ['not_processed', 'not_sent'],
    ['429', 'not_sent'],
  ] as const)('%s: goes to the next channel, within the same request', async (behaviour, state) => {
    await t.north.script({ operation: 'authorize', behaviour });

    const { status, body } = await t.create();

    expect([status, body.status, body.channel]).toEqual([201, 'qr_generated', 'south']);
    expect(body).toMatchObject({
      allowed_channels: ['north', 'south'],
      payee: { merchant_account: 'shop:south' },
      operation: null,
      next_action: { type: 'show_qr' },
    });
    expect(body.qr.qr_data).toContain(body.channel_reference);
    expect(await t.calls(body.id)).toEqual([`authorize north ${state}`, 'authorize south succeeded']);
    expect([await t.ordersAt('north', body.id), await t.ordersAt('south', body.id)]).toEqual([0, 1]);
    const [first, second] = await t.operations(body.id);
    expect(second.reference).toBe(body.channel_reference);
    expect(first.reference).not.toBe(second.reference);
    expect(await t.intent(body.id)).toMatchObject({ status: 'qr_generated', channel: 'south', operation: null });
  });

  it('is written down: who refused, and where it went', async () => {
    await t.north.script({ operation: 'authorize', behaviour: 'decline' });

    const { body } = await t.create();

    const steps = (await t.timeline(body.id)).filter(({ action }) => action === 'rerouted');
    expect(steps).toMatchObject([{ object_id: body.id, from: 'north', to: 'south', actor: 'channel:north' }]);
    const told = await t.pay.knex.withSchema('itpay').from('events').where({ object_id: body.id }).orderBy('sequence');
    expect(told.map(({ type }) => type)).toEqual(['payment_intent.created', 'payment_intent.qr_generated']);
  });

  it('shows the code at once where the next channel builds it here', async () => {
    await t.north.script({ operation: 'authorize', behaviour: 'decline' });
    await t.south.script({ operation: 'authorize', behaviour: 'decline' });

    const { status, body } = await t.create({ amount: thb(10_000) });

    expect([status, body.status, body.channel]).toEqual([201, 'qr_generated', 'local']);
    expect(body.qr.qr_data).toBe(`fake|${body.channel_reference}|THB|10000`);
    expect(await t.calls(body.id)).toEqual([
      'authorize north declined',
      'authorize south declined',
      'authorize local succeeded',
    ]);
    expect((await t.operations(body.id)).map(({ ordinal }) => ordinal)).toEqual([1, 2, 3]);
  });

  it('fails the payment when the last channel declined, with its refusal', async () => {
    await t.north.script({ operation: 'authorize', behaviour: 'not_processed' });
    await t.south.script({ operation: 'authorize', behaviour: 'insufficient_funds' });

    const { status, body } = await t.create({}, 'all-declined');
    const again = await t.create({ order_reference: 'another request' }, 'all-declined');

    const intent = body.error.details.object;
    expect([status, body.error.code]).toEqual([402, 'INSUFFICIENT_FUNDS']);
    expect(intent).toMatchObject({ status: 'failed', channel: 'south', failure: { code: 'INSUFFICIENT_FUNDS' } });
    expect(await t.calls(intent.id)).toEqual(['authorize north not_sent', 'authorize south declined']);
    expect(again.body.error.code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('stays when the last channel did not take it, and a repetition sends it there again, under its number', async () => {
    await t.north.script({ operation: 'authorize', behaviour: 'decline' });
    await t.south.script({ operation: 'authorize', behaviour: 'not_processed' });
    const request = { order_reference: 'stays' };

    const first = await t.create(request, 'stays');
    const { id } = first.body.error.details.object;
    const between = await t.intent(id);
    const again = await t.create(request, 'stays');
    const replay = await t.create(request, 'stays');

    expect([first.status, first.body.error.code]).toEqual([502, 'CHANNEL_ERROR']);
    expect(between).toMatchObject({ status: 'pending', channel: 'south', operation: { outcome: 'not_sent' } });
    expect([again.status, again.body.id, again.body.channel_reference]).toEqual([201, id, between.channel_reference]);
    expect([replay.status, replay.headers.get('idempotent-replayed')]).toEqual([201, 'true']);
    expect(await t.calls(id)).toEqual(['authorize north declined', 'authorize south succeeded']);
  });

  it('goes nowhere when the request names one channel', async () => {
    await t.north.script({ operation: 'authorize', behaviour: 'decline' });

    const { status, body } = await t.create({ channel: 'north' });

    expect([status, body.error.details.object.channel]).toEqual([402, 'north']);
    expect(await t.calls(body.error.details.object.id)).toEqual(['authorize north declined']);
  });

  it('goes by the order of preference of the request', async () => {
    await t.south.script({ operation: 'authorize', behaviour: 'decline' });

    const { body } = await t.create({ allowed_channels: ['local', 'north', 'south'], channel: 'south' });

    expect([body.channel, body.allowed_channels]).toEqual(['north', ['south', 'north']]);
  });
});

describe('an order that may exist', () => {
  it.each(['timeout_before', 'timeout_after', 'reset_after', '500_after', 'garbage'] as const)(
    '%s: stays where it is until the channel has said what became of it',
    async (behaviour) => {
      const ordersInTheSouth = async () => (await t.south.books()).entries.length;
      const before = await ordersInTheSouth();
      await t.north.script(
        { operation: 'authorize', behaviour },
        { operation: 'query', behaviour: '500_before', times: 9 },
      );

      const { status, body } = await t.create();
      t.clock.advance('6s');
      await t.settle();

      expect([status, body.channel, body.operation.outcome]).toEqual([202, 'north', 'unknown']);
      expect(body.next_action).toEqual({ type: 'wait' });
      expect(await t.calls(body.id)).toEqual(['authorize north unknown']);
      expect(await ordersInTheSouth()).toBe(before);
    },
  );

  it('goes to the next channel once the channel has said that it knows nothing of it', async () => {
    await t.north.script({ operation: 'authorize', behaviour: '500_before' });
    const request = { order_reference: 'unheard of' };
    const first = await t.create(request, 'unheard');

    for (const time of ['6s', '31s', '61s'] as const) {
      t.clock.advance(time);
      await t.settle();
    }
    const again = await t.create(request, 'unheard');

    expect([first.status, again.status]).toEqual([202, 201]);
    expect(again.body).toMatchObject({ id: first.body.id, channel: 'south', status: 'qr_generated' });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await t.calls(first.body.id)).toEqual(['authorize north not_sent', 'authorize south succeeded']);
  });

  it('goes to the next channel when an operator says that it does not exist', { timeout: 120_000 }, async () => {
    // A shop of its own: days go by in which the payments of the others would end.
    const own = await routingShop();
    await own.north.script(
      { operation: 'authorize', behaviour: '500_before' },
      { operation: 'query', behaviour: '500_before', times: 99 },
    );
    const { body } = await own.create({ expires_in: 7 * 86_400 });
    for (const time of ['6s', '30s', '5m', '1h', '1d', '1d', '1d', '1d', '1d'] as const) {
      own.clock.advance(time);
      await own.settle();
    }
    const [operation] = await own.operations(body.id);

    const resolved = await own.operate(`/v1/operations/${operation.id}/resolve`, {
      outcome: 'not_sent',
      reason: 'Not in the portal',
      evidence: { screenshot: 1 },
    });
    await own.settle();

    expect([resolved.status, resolved.body.state]).toEqual([200, 'not_sent']);
    expect(await own.intent(body.id)).toMatchObject({ channel: 'south', status: 'qr_generated' });
    expect(await own.calls(body.id)).toEqual(['authorize north not_sent', 'authorize south succeeded']);
  });
});

describe('the time of a payment that moved', () => {
  it.each([
    // expires_in → seconds; the south waits an hour unless asked, and two at most
    [undefined, 3_600],
    [600, 600],
    [7 * 86_400, 7_200],
  ])('with expires_in %s is %d seconds, and then it is over', async (expires_in, seconds) => {
    await t.north.script({ operation: 'authorize', behaviour: 'decline' });

    const { body } = await t.create({ ...(expires_in !== undefined && { expires_in }) });
    t.clock.advance(`${seconds - 1}s`);
    await t.settle();
    const before = (await t.intent(body.id)).status;
    t.clock.advance('1s');
    await t.settle();

    expect([body.channel, Date.parse(body.expires_at) - Date.parse(body.created_at)]).toEqual([
      'south',
      seconds * 1_000,
    ]);
    expect(body.qr.expires_at).toBe(body.expires_at);
    expect([before, (await t.intent(body.id)).status]).toEqual(['qr_generated', 'expired']);
  });

  it('is over as it was when nobody got to a channel before', async () => {
    // A shop of its own: payments of the others would take the answers that are meant for this one.
    const own = await routingShop();
    await own.north.script(
      { operation: 'authorize', behaviour: '500_before' },
      { operation: 'query', behaviour: '500_before', times: 2 },
    );

    const { body } = await own.create({ expires_in: 60 });
    for (const time of ['6s', '2m', '6m', '2h'] as const) {
      own.clock.advance(time);
      await own.settle();
    }

    expect(await own.intent(body.id)).toMatchObject({ channel: 'north', status: 'expired' });
    expect(await own.ordersAt('south', body.id)).toBe(0);
  });
});

describe('once a code was shown', () => {
  it('nothing moves the payment, and a fresh code stays on its channel', async () => {
    await t.north.script({ operation: 'authorize', behaviour: 'decline' });
    const { body } = await t.create();

    const fresh = await t.post(`/v1/payment-intents/${body.id}/qr`);
    await t.south.decline(body.channel_reference);
    await t.tell(body.channel_reference);
    t.clock.advance('16m');
    await t.settle();

    expect([fresh.status, fresh.body.channel, fresh.body.channel_reference]).toEqual([
      200,
      'south',
      body.channel_reference,
    ]);
    expect((await t.calls(body.id)).filter((call) => call.startsWith('authorize'))).toEqual([
      'authorize north declined',
      'authorize south succeeded',
    ]);
  });
});

describe('a channel that is left alone for a while', () => {
  it('comes last, is no error while another one can take it, and is tried again after its time', async () => {
    await t.north.script({ operation: 'authorize', behaviour: '500_before', times: 5 });
    for (const _ of Array(5).keys()) await t.create({ channel: 'north' });

    const away = (await t.create()).body;
    const named = await t.create({ channel: 'north' });
    const chosen = (await t.create({ allowed_channels: ['north', 'south'] })).body;
    t.clock.advance('31s');
    const back = (await t.create()).body;

    expect([away.channel, away.allowed_channels]).toEqual(['south', ['north', 'south']]);
    expect(await t.calls(away.id)).toEqual(['authorize south succeeded']);
    expect([named.status, named.body.error.code]).toEqual([503, 'CHANNEL_UNAVAILABLE']);
    expect([chosen.channel, back.channel]).toEqual(['south', 'north']);
  });

  it('takes nothing over that is not sent either: the payment stays with the preferred one', async () => {
    for (const channel of ['north', 'south'] as const) {
      await t[channel].script({ operation: 'authorize', behaviour: '500_before', times: 5 });
      for (const _ of Array(5).keys()) await t.create({ channel });
    }
    const request = { order_reference: 'all away' };

    const first = await t.create(request, 'all-away');
    t.clock.advance('31s');
    const again = await t.create(request, 'all-away');

    expect([first.status, first.body.error.code]).toEqual([503, 'CHANNEL_UNAVAILABLE']);
    expect([again.status, again.body.channel]).toEqual([201, 'north']);
    expect(await t.calls(again.body.id)).toEqual(['authorize north succeeded']);
  });
});

describe('two requests at once', () => {
  it('with one key make one payment with one order, and hear the same', async () => {
    await t.north.script({ operation: 'authorize', behaviour: 'decline' });
    await t.south.script({ operation: 'authorize', behaviour: 'slow:150' });
    const request = { order_reference: 'at once' };

    const answers = await Promise.all(Array.from({ length: 6 }, () => t.create(request, 'at-once')));
    const late = await t.create(request, 'at-once');

    const made = answers.filter(({ status }) => status === 201);
    expect(answers.map(({ status }) => status).every((status) => status === 201 || status === 409)).toBe(true);
    expect(made.length).toBeGreaterThanOrEqual(1);
    expect([late.status, late.body.channel, late.headers.get('idempotent-replayed')]).toEqual([201, 'south', 'true']);
    expect(new Set([...made, late].map(({ body }) => body.id)).size).toBe(1);
    expect(await t.calls(late.body.id)).toEqual(['authorize north declined', 'authorize south succeeded']);
    expect([await t.ordersAt('north', late.body.id), await t.ordersAt('south', late.body.id)]).toEqual([0, 1]);
  });

  it('with two keys for one purchase are one payment', async () => {
    await t.north.script({ operation: 'authorize', behaviour: 'decline', times: 2 });
    const request = { order_reference: 'same purchase' };

    const answers = await Promise.all([t.create(request, 'key-1'), t.create(request, 'key-2')]);

    const ids = new Set(answers.map(({ body }) => body.id));
    expect(ids.size).toBe(1);
    expect(await t.ordersAt('south', [...ids][0])).toBe(1);
  });
});

describe('a payment of a host’s transaction', () => {
  const create = (name: string) =>
    t.pay.knex.transaction((trx) =>
      t.pay.payments.createIntent(
        { amount: { currency: 'USD', value: 700 }, orderReference: name, allowedChannels: ['north', 'south'] },
        { trx, idempotencyKey: name },
      ),
    );

  it('moves on as well, when it is opened', async () => {
    await t.north.script({ operation: 'authorize', behaviour: 'decline' });
    const { id } = await create('moves on');
    const before = await t.intent(id);

    await t.settle();

    expect([before.status, before.channel]).toEqual(['pending', 'north']);
    expect(await t.intent(id)).toMatchObject({ status: 'qr_generated', channel: 'south' });
  });

  it('is sent again after a minute where no channel took it', async () => {
    await t.north.script({ operation: 'authorize', behaviour: 'not_processed' });
    await t.south.script({ operation: 'authorize', behaviour: 'not_processed' });
    const { id } = await create('comes later');
    await t.settle();
    const before = await t.intent(id);

    t.clock.advance('61s');
    await t.settle();

    expect([before.status, before.operation.outcome]).toEqual(['pending', 'not_sent']);
    expect(await t.intent(id)).toMatchObject({ status: 'qr_generated', channel: 'south' });
  });
});

describe('a request that no channel can take', () => {
  it.each([
    [{ allowed_channels: [] }, 'PARAMETER_INVALID', 'allowed_channels'],
    [{ allowed_channels: ['north', 'north'] }, 'PARAMETER_INVALID', 'allowed_channels'],
    [{ allowed_channels: Array.from({ length: 11 }, (_, n) => `c${n}`) }, 'PARAMETER_INVALID', 'allowed_channels'],
    [{ allowed_channels: ['north', 'east'] }, 'CHANNEL_NOT_SUPPORTED', 'allowed_channels.1'],
    [{ allowed_channels: ['south'], channel: 'north' }, 'PARAMETER_INVALID', 'channel'],
    [
      { allowed_channels: ['north', 'local'], amount: { currency: 'EUR', value: 1 } },
      'CURRENCY_NOT_SUPPORTED',
      'amount.currency',
    ],
    [
      { allowed_channels: ['local'], amount: thb(1), capture_method: 'manual' },
      'CHANNEL_CAPABILITY_UNSUPPORTED',
      'capture_method',
    ],
  ])('%j: %s', async (body, code, param) => {
    const { status, body: answer } = await t.create(body);

    expect(status).toBeGreaterThanOrEqual(400);
    expect([answer.error.code, answer.error.param]).toEqual([code, param]);
  });
});
