import { promptpay } from '@itpay/channel-promptpay';
import { fakeChannel } from '@itpay/testkit/fake-rail';
import { beforeAll, describe, expect, it } from 'vitest';
import { testPayWithRail } from '../support/fake-rail.js';
import { operatorKey } from './operator.js';
import { contents } from './tables.js';

const PATH = '/v1/inflows';
const amount = { currency: 'THB', value: 10_000 };
const NOBODY = 'pi_06b2m6vk0dtf5d5cq0m3vz8x4r';

describe('money that an operator deals with', () => {
  let t: Awaited<ReturnType<typeof testPayWithRail>>;
  let operator: string;
  let fresh = 0;
  beforeAll(async () => {
    t = await testPayWithRail({}, { paymentPolicy: { late: 'park', over: 'park', under: 'park' } });
    operator = await operatorKey(t);
  });

  const newIntent = async (more: object = {}) => (await t.create({ order_reference: `o-${fresh++}`, ...more })).body;
  const seen = (more: object = {}) => ({
    channel: 'fake',
    channel_transaction_id: `bank-${fresh++}`,
    amount,
    paid_at: '2025-01-01T00:00:00Z',
    reason: 'Seen on the statement',
    evidence: 'statement 2025-01-01, line 7',
    ...more,
  });
  const record = (body: object, more: object = {}) => t.request('POST', PATH, { key: operator, body, ...more });
  const decide = (id: string, word: 'apply' | 'refund' | 'keep', more: object = {}, key = operator) =>
    t.request('POST', `${PATH}/${id}/${word}`, { key, body: { reason: 'Asked the payer', ...more } });
  const read = async (id: string) => (await t.request('GET', `${PATH}/${id}`)).body;
  const inflowsOf = async (id: string) => (await t.request('GET', `${PATH}?payment_intent_id=${id}`)).body.data;
  /** What the rail reports of a payment of this much. */
  const pays = async (intent: { channel_reference: string }, value: bigint) => {
    await t.rail.pay(intent.channel_reference, { amount: value });
    await t.deliver(({ reference }) => reference === intent.channel_reference);
  };

  describe('recorded', () => {
    it('counts for the payment that it is for', async () => {
      const intent = await newIntent();

      const answer = await record(seen({ payment_intent_id: intent.id }));

      expect(answer.status).toBe(201);
      expect(answer.body).toMatchObject({
        object: 'inflow',
        kind: 'exact',
        status: 'applied',
        counted: 10_000,
        evidence: { source: 'operator', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
        note: 'Seen on the statement',
        resolved_by: expect.stringMatching(/^key_/),
      });
      expect(await read(answer.body.id)).toEqual(answer.body);
      expect(await t.intent(intent.id)).toMatchObject({
        status: 'succeeded',
        amount_captured: amount,
        operation: null,
      });
    });

    it('follows the policies as every other arrival', async () => {
      const intent = await newIntent();

      const answer = await record(seen({ payment_intent_id: intent.id, amount: { currency: 'THB', value: 4_000 } }));

      expect(answer.body).toMatchObject({ kind: 'under', status: 'parked', policy: 'park', counted: 0 });
      expect((await t.intent(intent.id)).status).toBe('qr_generated');
    });

    it('settles an order of which nobody knew whether it exists', async () => {
      await t.rail.script({ operation: 'authorize', behaviour: 'timeout_before' });
      const created = await t.create({ order_reference: `o-${fresh++}` });
      const answer = await record(seen({ payment_intent_id: created.body.id }));

      expect(created.body.operation.outcome).toBe('unknown');
      expect(answer.body.status).toBe('applied');
      expect(await t.intent(created.body.id)).toMatchObject({ status: 'succeeded', operation: null });
    });

    it('is booked once, whoever reports it again, and under whatever key', async () => {
      const intent = await newIntent();
      const body = seen({ payment_intent_id: intent.id });
      const first = await record(body, { idempotencyKey: `r-${intent.id}` });
      const before = await contents(t.pay.knex);

      const replayed = await record(body, { idempotencyKey: `r-${intent.id}` });
      const after = await contents(t.pay.knex);
      const again = await record(body);

      expect([replayed.status, replayed.body]).toEqual([201, first.body]);
      expect(replayed.headers.get('idempotent-replayed')).toBe('true');
      expect(after).toEqual(before);
      expect([again.status, again.body]).toEqual([200, first.body]);
      expect(await inflowsOf(intent.id)).toHaveLength(1);
    });

    it('is the same that the rail reports later', async () => {
      const intent = await newIntent();
      const [payment] = await t.rail.pay(intent.channel_reference);
      await record(seen({ payment_intent_id: intent.id, channel_transaction_id: payment!.transactionId }));

      const answers = await t.deliver(({ reference }) => reference === intent.channel_reference);

      expect(answers.map(({ status }) => status)).toEqual([200]);
      expect(await inflowsOf(intent.id)).toHaveLength(1);
    });

    it.each<[string, (intent: string, other: string) => object]>([
      ['of another amount', (payment_intent_id) => ({ payment_intent_id, amount: { currency: 'THB', value: 1 } })],
      [
        'of another currency',
        (payment_intent_id) => ({ payment_intent_id, amount: { currency: 'USD', value: 10_000 } }),
      ],
      ['for another payment', (_, payment_intent_id) => ({ payment_intent_id })],
    ])('is not the same money %s, and nothing changes', async (_, change) => {
      const [intent, other] = [await newIntent(), await newIntent()];
      const body = seen({ payment_intent_id: intent.id });
      const { id } = (await record(body)).body;
      const before = await contents(t.pay.knex);

      const answer = await record({ ...body, ...change(intent.id, other.id) });

      expect([answer.status, answer.body.error.code]).toEqual([409, 'RESOURCE_ALREADY_EXISTS']);
      expect(answer.body.error).toMatchObject({ param: 'channel_transaction_id', details: { id } });
      expect(await contents(t.pay.knex)).toEqual(before);
    });

    it.each<[string, object, number, string, string]>([
      [
        'a payment that there is not',
        { payment_intent_id: NOBODY },
        404,
        'PAYMENT_INTENT_NOT_FOUND',
        'payment_intent_id',
      ],
      ['a rail that there is not', { channel: 'alipay' }, 400, 'CHANNEL_NOT_SUPPORTED', 'channel'],
      [
        'a currency of other rails',
        { amount: { currency: 'JPY', value: 1 } },
        422,
        'CURRENCY_NOT_SUPPORTED',
        'amount.currency',
      ],
    ])('cannot name %s', async (_, change, status, code, param) => {
      const before = await contents(t.pay.knex);

      const answer = await record(seen(change));

      expect([answer.status, answer.body.error.code, answer.body.error.param]).toEqual([status, code, param]);
      expect(await contents(t.pay.knex)).toEqual(before);
    });
  });

  describe('of no known payment', () => {
    it('waits for a match, and counts once somebody says for what', async () => {
      const intent = await newIntent();
      const { body: inflow } = await record(seen());

      const nameless = await decide(inflow.id, 'apply');
      const applied = await decide(inflow.id, 'apply', { payment_intent_id: intent.id });

      expect(inflow).toMatchObject({ kind: 'unattributed', status: 'needs_match', payment_intent_id: null });
      expect([nameless.status, nameless.body.error.param]).toEqual([400, 'payment_intent_id']);
      expect([applied.status, applied.body]).toMatchObject([
        200,
        { kind: 'exact', status: 'applied', counted: 10_000, payment_intent_id: intent.id, note: 'Asked the payer' },
      ]);
      expect((await t.intent(intent.id)).status).toBe('succeeded');
    });

    it('can be kept, and cannot be sent back', async () => {
      const { body: inflow } = await record(seen());

      const refund = await decide(inflow.id, 'refund');
      const kept = await decide(inflow.id, 'keep');

      expect([refund.status, refund.body.error]).toMatchObject([
        409,
        { code: 'INVALID_STATE_TRANSITION', details: { current: 'needs_match', allowed: ['apply', 'keep'] } },
      ]);
      expect([kept.status, kept.body.status, kept.body.counted]).toEqual([200, 'kept', 0]);
    });

    it('comes from the rail, too, when it knows an order that we do not', async () => {
      const stranger = await t.pay.as({ account: t.pay.account.id, livemode: false }).payments.createIntent({
        amount: { currency: 'THB', value: 10_000n },
        channel: 'fake',
      });
      await t.rail.pay(stranger.channelReference);
      await t.pay
        .knex('itpay.channel_operations')
        .where({ reference: stranger.channelReference })
        .update({ reference: 'GONE' });

      const answers = await t.deliver(({ reference }) => reference === stranger.channelReference);
      const [found] = (await t.request('GET', `${PATH}?status=needs_match`)).body.data;

      expect(answers.map(({ status }) => status)).toEqual([200]);
      expect(found).toMatchObject({ kind: 'unattributed', channel_reference: stranger.channelReference, amount });
      await decide(found.id, 'keep');
    });
  });

  describe('parked', () => {
    const underpaid = async () => {
      const intent = await newIntent();
      await pays(intent, 4_000n);
      const [inflow] = await inflowsOf(intent.id);
      return { intent, inflow };
    };

    it('counts with accept_under only, when it is less than was asked', async () => {
      const { intent, inflow } = await underpaid();

      const tooLittle = await decide(inflow.id, 'apply');
      const accepted = await decide(inflow.id, 'apply', { accept_under: true });

      expect([tooLittle.status, tooLittle.body.error.code]).toEqual([409, 'INVALID_STATE_TRANSITION']);
      expect(tooLittle.body.error.message).toContain('accept_under');
      expect(accepted.body).toMatchObject({ status: 'applied', counted: 4_000, kind: 'under' });
      expect(await t.intent(intent.id)).toMatchObject({ status: 'succeeded', amount_captured: { value: 4_000 } });
    });

    it('is applied with the rest that came later', async () => {
      const { intent } = await underpaid();

      await pays(intent, 6_000n);

      expect(await t.intent(intent.id)).toMatchObject({ status: 'succeeded', amount_captured: { value: 10_000 } });
      expect((await inflowsOf(intent.id)).map(({ status }: { status: string }) => status)).toEqual([
        'applied',
        'applied',
      ]);
    });

    it('goes back on a rail with refunds', async () => {
      const { intent, inflow } = await underpaid();

      const refunding = await decide(inflow.id, 'refund');
      await t.settle();
      const refund = (await t.request('GET', `/v1/refunds/${refunding.body.refund_id}`)).body;

      expect([refunding.status, refunding.body.status]).toEqual([200, 'refunding']);
      expect((await read(inflow.id)).status).toBe('refunded');
      expect(refund).toMatchObject({
        status: 'succeeded',
        inflow_id: inflow.id,
        reason: 'underpayment',
        amount: { value: 4_000 },
      });
      expect(await t.intent(intent.id)).toMatchObject({ status: 'qr_generated', refund_status: 'none' });
      expect((await t.rail.entry(intent.channel_reference))?.refunds).toMatchObject([{ amount: { value: 4_000n } }]);
    });

    it('lies parked again when the rail refuses, and may go back another time', async () => {
      const { inflow } = await underpaid();
      await t.rail.script({ operation: 'refund', behaviour: 'decline' });
      const first = await decide(inflow.id, 'refund');
      await t.settle();
      const refused = await read(inflow.id);

      const second = await decide(inflow.id, 'refund');
      await t.settle();

      expect(refused.status).toBe('parked');
      expect(second.body.refund_id).not.toBe(first.body.refund_id);
      expect((await read(inflow.id)).status).toBe('refunded');
    });

    it('can be kept, and that is final', async () => {
      const { inflow } = await underpaid();
      const kept = await decide(inflow.id, 'keep');
      const before = await contents(t.pay.knex);

      const answers = [
        await decide(inflow.id, 'apply'),
        await decide(inflow.id, 'refund'),
        await decide(inflow.id, 'keep'),
      ];

      expect(kept.body).toMatchObject({ status: 'kept', resolved_by: expect.stringMatching(/^key_/) });
      expect(answers.map(({ status }) => status)).toEqual([409, 409, 409]);
      expect(answers.map(({ body }) => body.error.details.allowed)).toEqual([[], [], []]);
      expect(await contents(t.pay.knex)).toEqual(before);
    });

    it('late money counts when an operator says so', async () => {
      const intent = await newIntent();
      await t.request('POST', `/v1/payment-intents/${intent.id}/cancel`, { body: {} });
      await t.rail.setPayableAfterClose(true);
      await pays(intent, 10_000n);
      await t.rail.setPayableAfterClose(false);
      const [inflow] = await inflowsOf(intent.id);

      const applied = await decide(inflow.id, 'apply');

      expect(inflow).toMatchObject({ kind: 'late', status: 'parked' });
      expect(applied.body.status).toBe('applied');
      expect(await t.intent(intent.id)).toMatchObject({ status: 'succeeded', late_payment: true });
    });

    it('duplicate money cannot count for the payment that is paid, but for another one', async () => {
      const [intent, other] = [await newIntent(), await newIntent()];
      await record(seen({ payment_intent_id: intent.id }));
      const { body: inflow } = await record(
        seen({ payment_intent_id: intent.id, channel_transaction_id: `bank-${fresh++}` }),
      );
      await t.settle();

      const refused = inflow.status === 'parked' ? await decide(inflow.id, 'apply') : null;
      const elsewhere =
        inflow.status === 'parked' ? await decide(inflow.id, 'apply', { payment_intent_id: other.id }) : null;

      // Duplicate money goes back by itself on a rail with refunds.
      expect(inflow).toMatchObject({ kind: 'duplicate', status: 'refunding', policy: 'auto_refund' });
      expect([refused, elsewhere]).toEqual([null, null]);
    });
  });

  it('does what an operator decides once per key', async () => {
    const { body: inflow } = await record(seen());
    const keep = () =>
      t.request('POST', `${PATH}/${inflow.id}/keep`, {
        key: operator,
        idempotencyKey: `keep-${inflow.id}`,
        body: { reason: 'x' },
      });
    const first = await keep();

    const again = await keep();

    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
  });

  it.each<[string, (id: string) => [string, object]]>([
    ['record', () => [PATH, seen()]],
    ['apply', (id) => [`${PATH}/${id}/apply`, { reason: 'x' }]],
    ['refund', (id) => [`${PATH}/${id}/refund`, { reason: 'x' }]],
    ['keep', (id) => [`${PATH}/${id}/keep`, { reason: 'x' }]],
  ])('is not for a merchant’s own backend to %s, which may only read', async (_, request) => {
    const { body: inflow } = await record(seen());
    const [path, body] = request(inflow.id);
    const before = await contents(t.pay.knex);

    const answer = await t.request('POST', path, { body });

    expect([answer.status, answer.body.error.code]).toEqual([403, 'PERMISSION_DENIED']);
    expect((await t.request('GET', `${PATH}/${inflow.id}`)).status).toBe(200);
    expect(await contents(t.pay.knex)).toEqual(before);
  });

  it('is listed newest first, in pages, by status and by payment', async () => {
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.unshift((await record(seen())).body.id);

    const first = (await t.request('GET', `${PATH}?limit=2&status=needs_match`)).body;
    const second = (await t.request('GET', `${PATH}?limit=2&status=needs_match&starting_after=${first.next_cursor}`))
      .body;
    const back = (await t.request('GET', `${PATH}?limit=2&ending_before=${second.data[0].id}`)).body;
    const idsOf = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id);

    expect(first).toMatchObject({ object: 'list', has_more: true, url: PATH, next_cursor: made[1] });
    expect([...idsOf(first), ...idsOf(second)]).toEqual(made.slice(0, 4));
    expect(idsOf(back)).toEqual(made.slice(0, 2));
    expect(back.has_more).toBe(false);
  });
});

describe('parked money on a rail without refunds', () => {
  it('cannot be sent back, and says what to do instead', async () => {
    const t = await testPayWithRail({}, { plugins: [promptpay({ target: '0812345678' })] });
    const operator = await operatorKey(t);
    const intent = (await t.request('POST', '/v1/payment-intents', { body: { amount } })).body;
    await t.request('POST', `/v1/test-helpers/payment-intents/${intent.id}/simulate`, { body: { event: 'underpaid' } });
    const [inflow] = (await t.request('GET', `${PATH}?payment_intent_id=${intent.id}`)).body.data;
    const before = await contents(t.pay.knex);

    const answer = await t.request('POST', `${PATH}/${inflow.id}/refund`, { key: operator, body: { reason: 'x' } });

    expect([answer.status, answer.body.error]).toMatchObject([
      422,
      {
        code: 'CHANNEL_CAPABILITY_UNSUPPORTED',
        message: expect.stringContaining('then keep'),
        details: { capability: 'refund' },
      },
    ]);
    expect(await contents(t.pay.knex)).toEqual(before);
  });
});

describe('money on another rail than that of the payment', () => {
  it('cannot be for it', async () => {
    const t = await testPayWithRail();
    const both = await testPayWithRail(
      {},
      {
        plugins: [
          promptpay({ target: '0812345678' }),
          fakeChannel({ url: t.rail.url, secret: t.rail.secret, mode: 'test' }),
        ],
      },
    );
    const operator = await operatorKey(both);
    const intent = (await both.create()).body;

    const answer = await both.request('POST', PATH, {
      key: operator,
      body: {
        channel: 'promptpay',
        channel_transaction_id: 'x-1',
        amount,
        paid_at: '2025-01-01T00:00:00Z',
        payment_intent_id: intent.id,
        reason: 'x',
        evidence: 'y',
      },
    });

    expect([answer.status, answer.body.error.code, answer.body.error.param]).toEqual([
      400,
      'PARAMETER_INVALID',
      'channel',
    ]);
  });
});
