import { promptpay } from '@itpay/channel-promptpay';
import { fakeChannel } from '@itpay/testkit/fake-rail';
import { beforeAll, describe, expect, it } from 'vitest';
import { testPayWithRail } from '../support/fake-rail.js';
import { operatorKey } from './operator.js';
import { contents } from './tables.js';

const THB = (value: unknown) => ({ currency: 'THB', value });
const amount = THB(10_000);
const reason = 'Asked the bank';

type Case = [what: string, method: string, path: string, body: unknown, status: number, code: string, param?: string];

describe('money operations that are refused', () => {
  let t: Awaited<ReturnType<typeof testPayWithRail>>;
  let operator: string;
  /** Everything that there is, by a word for it. */
  const ids: Record<string, string> = {};
  const strangers: Record<string, string> = {};

  beforeAll(async () => {
    const other = await testPayWithRail();
    const facts = { url: other.rail.url, secret: other.rail.secret };
    t = await testPayWithRail(
      {},
      {
        plugins: [
          fakeChannel({ ...facts, mode: 'test' }, { ...facts, mode: 'live' }),
          promptpay({ target: '0812345678' }),
        ],
      },
    );
    operator = await operatorKey(t);
    const { id: account } = await t.pay.accounts.create('Another Shop');
    const keyOf = async (of: object) =>
      (
        await t.pay.keys.create({
          account: t.pay.account.id,
          livemode: false,
          label: 'x',
          preset: 'operator',
          ...of,
        } as never)
      ).token;
    strangers['another account'] = await keyOf({ account });
    strangers['the other mode'] = await keyOf({ livemode: true });

    const post = async (path: string, body: object) => (await t.request('POST', path, { key: operator, body })).body;
    const pay = (id: string, event: string) => post(`/v1/test-helpers/payment-intents/${id}/simulate`, { event });
    const onPromptPay = { amount, channel: 'promptpay' };
    ids['intent'] = (await post('/v1/payment-intents', onPromptPay)).id;
    ids['paid'] = (await post('/v1/payment-intents', onPromptPay)).id;
    await pay(ids['paid']!, 'paid_twice');
    ids['refund'] = (
      await post('/v1/refunds', { payment_intent_id: ids['paid'], amount: THB(1), require_approval: true })
    ).id;
    ids['manual'] = (await post('/v1/refunds', { payment_intent_id: ids['paid'], amount: THB(2) })).id;
    const cancelled = (await post('/v1/payment-intents', onPromptPay)).id;
    ids['void'] = (await post('/v1/voids', { target_type: 'payment_intent', target_id: cancelled })).id;
    ids['inflow'] = (await t.request('GET', '/v1/inflows?status=parked')).body.data[0].id;
    ids['operation'] = (await t.request('GET', '/v1/operations')).body.data[0].id;
    await t.settle();
  });

  /** `{intent}` in a path or a body stands for the id. */
  const withIds = (text: string) => text.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? `{${name}}`);
  const send = (method: string, path: string, body: unknown, key = operator) =>
    t.request(method, withIds(path), {
      key,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.parse(withIds(JSON.stringify(body))) }),
    });

  const seen = {
    channel: 'promptpay',
    channel_transaction_id: 'x-1',
    amount,
    paid_at: '2025-01-01T00:00:00Z',
    reason,
    evidence: 'y',
  };
  const record = (change: object) => ({ ...seen, ...change });
  const without = (name: keyof typeof seen) => Object.fromEntries(Object.entries(seen).filter(([key]) => key !== name));

  describe('as somebody else’s', () => {
    const rows: [string, string, unknown, string][] = [
      ['GET', '/v1/payment-intents/{intent}/timeline', undefined, 'PAYMENT_INTENT_NOT_FOUND'],
      ['POST', '/v1/payment-intents/{intent}/capture', {}, 'PAYMENT_INTENT_NOT_FOUND'],
      ['POST', '/v1/payment-intents/{intent}/cancel', {}, 'PAYMENT_INTENT_NOT_FOUND'],
      ['POST', '/v1/payment-intents/{intent}/qr', {}, 'PAYMENT_INTENT_NOT_FOUND'],
      ['POST', '/v1/test-helpers/payment-intents/{intent}/simulate', { event: 'paid' }, 'PAYMENT_INTENT_NOT_FOUND'],
      ['POST', '/v1/refunds', { payment_intent_id: '{paid}' }, 'PAYMENT_INTENT_NOT_FOUND'],
      ['GET', '/v1/refunds/{refund}', undefined, 'REFUND_NOT_FOUND'],
      ['POST', '/v1/refunds/{refund}/approve', undefined, 'REFUND_NOT_FOUND'],
      ['POST', '/v1/refunds/{refund}/reject', undefined, 'REFUND_NOT_FOUND'],
      ['POST', '/v1/refunds/{refund}/cancel', undefined, 'REFUND_NOT_FOUND'],
      ['POST', '/v1/refunds/{manual}/complete', { reason, evidence: 'y' }, 'REFUND_NOT_FOUND'],
      ['POST', '/v1/voids', { target_type: 'payment_intent', target_id: '{intent}' }, 'PAYMENT_INTENT_NOT_FOUND'],
      ['POST', '/v1/voids', { target_type: 'payment_intent', target_id: '{paid}' }, 'PAYMENT_INTENT_NOT_FOUND'],
      ['GET', '/v1/voids/{void}', undefined, 'RESOURCE_NOT_FOUND'],
      ['GET', '/v1/inflows/{inflow}', undefined, 'INFLOW_NOT_FOUND'],
      ['POST', '/v1/inflows/{inflow}/apply', { reason }, 'INFLOW_NOT_FOUND'],
      ['POST', '/v1/inflows/{inflow}/refund', { reason }, 'INFLOW_NOT_FOUND'],
      ['POST', '/v1/inflows/{inflow}/keep', { reason }, 'INFLOW_NOT_FOUND'],
      ['POST', '/v1/inflows', record({ payment_intent_id: '{intent}' }), 'PAYMENT_INTENT_NOT_FOUND'],
      ['GET', '/v1/operations/{operation}', undefined, 'OPERATION_NOT_FOUND'],
      ['POST', '/v1/operations/{operation}/query', undefined, 'OPERATION_NOT_FOUND'],
      [
        'POST',
        '/v1/operations/{operation}/resolve',
        { outcome: 'declined', reason, evidence: 'y' },
        'OPERATION_NOT_FOUND',
      ],
    ];
    it.each(['another account', 'the other mode'].flatMap((who) => rows.map((row) => [who, ...row] as const)))(
      'by %s: %s %s',
      async (who, method, path, body, code) => {
        const before = await contents(t.pay.knex);

        const answer = await send(method, path, body, strangers[who]);

        expect([answer.status, answer.body.error?.code]).toEqual([404, code]);
        expect(await contents(t.pay.knex)).toEqual(before);
      },
    );

    it.each(['refunds', 'inflows', 'operations'])('and its lists of %s are empty', async (what) => {
      for (const key of Object.values(strangers)) {
        expect((await t.request('GET', `/v1/${what}`, { key })).body.data).toEqual([]);
        expect((await t.request('GET', withIds(`/v1/${what}?payment_intent_id={paid}`), { key })).body.data).toEqual(
          [],
        );
      }
    });

    it('money that one account has booked is no news to another one, and says nothing of it', async () => {
      const transaction = (await t.request('GET', withIds('/v1/inflows/{inflow}'))).body.channel_transaction_id;
      const body = record({ channel_transaction_id: transaction });

      const answer = await t.request('POST', '/v1/inflows', { key: strangers['another account'], body });

      expect([answer.status, answer.body.error.code]).toEqual([409, 'RESOURCE_ALREADY_EXISTS']);
      expect(answer.text).not.toContain(ids['inflow']);
    });
  });

  describe('for a key that may not', () => {
    it.each<[string, string, unknown]>([
      ['POST', '/v1/refunds', { payment_intent_id: '{paid}' }],
      ['POST', '/v1/refunds/{refund}/approve', undefined],
      ['POST', '/v1/refunds/{manual}/complete', { reason, evidence: 'y' }],
      ['POST', '/v1/voids', { target_type: 'payment_intent', target_id: '{intent}' }],
      ['POST', '/v1/payment-intents/{intent}/capture', {}],
      ['POST', '/v1/payment-intents/{intent}/cancel', {}],
      ['POST', '/v1/payment-intents/{intent}/qr', {}],
    ])('%s %s with a key that only reads', async (method, path, body) => {
      const { token } = await t.pay.keys.create({
        account: t.pay.account.id,
        livemode: false,
        label: 'reader',
        preset: 'merchant_readonly',
      });
      await send('GET', '/v1/channels', undefined, token);
      const before = await contents(t.pay.knex);

      const answer = await send(method, path, body, token);

      expect([answer.status, answer.body.error.code]).toEqual([403, 'PERMISSION_DENIED']);
      expect(await contents(t.pay.knex)).toEqual(before);
    });
  });

  it.each<Case>([
    ['no payment', 'POST', '/v1/refunds', {}, 400, 'PARAMETER_MISSING', 'payment_intent_id'],
    [
      'two names for it',
      'POST',
      '/v1/refunds',
      { payment_intent_id: '{paid}', payment_intent: '{paid}' },
      400,
      'PARAMETER_INVALID',
      'payment_intent_id',
    ],
    [
      'a payment that there is not',
      'POST',
      '/v1/refunds',
      { payment_intent_id: 'pi_none' },
      404,
      'PAYMENT_INTENT_NOT_FOUND',
      'payment_intent_id',
    ],
    [
      'an unknown field',
      'POST',
      '/v1/refunds',
      { payment_intent_id: '{paid}', sum: 1 },
      400,
      'PARAMETER_UNKNOWN',
      'sum',
    ],
    [
      'a bare number',
      'POST',
      '/v1/refunds',
      { payment_intent_id: '{paid}', amount: 5 },
      400,
      'AMOUNT_INVALID',
      'amount',
    ],
    [
      'nothing',
      'POST',
      '/v1/refunds',
      { payment_intent_id: '{paid}', amount: THB(0) },
      400,
      'AMOUNT_INVALID',
      'amount.value',
    ],
    [
      'less than nothing',
      'POST',
      '/v1/refunds',
      { payment_intent_id: '{paid}', amount: THB(-1) },
      400,
      'AMOUNT_INVALID',
      'amount.value',
    ],
    [
      'a fraction',
      'POST',
      '/v1/refunds',
      { payment_intent_id: '{paid}', amount: THB(0.5) },
      400,
      'AMOUNT_INVALID',
      'amount.value',
    ],
    [
      'text as amount',
      'POST',
      '/v1/refunds',
      { payment_intent_id: '{paid}', amount: THB('5') },
      400,
      'AMOUNT_INVALID',
      'amount.value',
    ],
    [
      'an unknown currency',
      'POST',
      '/v1/refunds',
      { payment_intent_id: '{paid}', amount: { currency: 'XXB', value: 1 } },
      400,
      'CURRENCY_INVALID',
      'amount.currency',
    ],
    [
      'an unknown reason',
      'POST',
      '/v1/refunds',
      { payment_intent_id: '{paid}', reason: 'because' },
      400,
      'PARAMETER_INVALID',
      'reason',
    ],
    [
      'metadata with a number',
      'POST',
      '/v1/refunds',
      { payment_intent_id: '{paid}', metadata: { a: 1 } },
      400,
      'METADATA_INVALID',
      'metadata.a',
    ],
    [
      'an empty description',
      'POST',
      '/v1/refunds',
      { payment_intent_id: '{paid}', description: ' ' },
      400,
      'PARAMETER_INVALID',
      'description',
    ],
    [
      'half a character',
      'POST',
      '/v1/refunds',
      { payment_intent_id: '{paid}', description: '\ud800' },
      400,
      'BODY_INVALID',
    ],
    ['a payment with U+0000', 'POST', '/v1/refunds', { payment_intent_id: 'pi_\0' }, 400, 'BODY_INVALID'],
    [
      'more than is left',
      'POST',
      '/v1/refunds',
      { payment_intent_id: '{paid}', amount: THB(9_998) },
      422,
      'REFUND_AMOUNT_EXCEEDED',
      'amount.value',
    ],
    ['an open payment', 'POST', '/v1/refunds', { payment_intent_id: '{intent}' }, 409, 'PAYMENT_NOT_SUCCEEDED'],
    ['a body on approve', 'POST', '/v1/refunds/{manual}/approve', undefined, 409, 'INVALID_STATE_TRANSITION'],
    ['no evidence', 'POST', '/v1/refunds/{manual}/complete', { reason }, 400, 'PARAMETER_MISSING', 'evidence'],
    ['no reason', 'POST', '/v1/refunds/{manual}/complete', { evidence: 'y' }, 400, 'PARAMETER_MISSING', 'reason'],
    [
      'the complete of one that waits',
      'POST',
      '/v1/refunds/{refund}/complete',
      { reason, evidence: 'y' },
      409,
      'INVALID_STATE_TRANSITION',
    ],
    ['a refund that there is not', 'POST', '/v1/refunds/ref_none/approve', undefined, 404, 'REFUND_NOT_FOUND', 'id'],

    [
      'another target',
      'POST',
      '/v1/voids',
      { target_type: 'invoice', target_id: 'inv_1' },
      400,
      'PARAMETER_INVALID',
      'target_type',
    ],
    ['no target', 'POST', '/v1/voids', { target_type: 'payment_intent' }, 400, 'PARAMETER_MISSING', 'target_id'],
    [
      'a target that there is not',
      'POST',
      '/v1/voids',
      { target_type: 'payment_intent', target_id: 'pi_none' },
      404,
      'PAYMENT_INTENT_NOT_FOUND',
      'target_id',
    ],
    [
      'a target with U+0000',
      'POST',
      '/v1/voids',
      { target_type: 'payment_intent', target_id: 'pi_\0' },
      400,
      'BODY_INVALID',
    ],
    [
      'a reason with U+0000',
      'POST',
      '/v1/voids',
      { target_type: 'payment_intent', target_id: '{intent}', reason: 'a\0b' },
      400,
      'BODY_INVALID',
    ],
    [
      'an unknown field',
      'POST',
      '/v1/voids',
      { target_type: 'payment_intent', target_id: '{intent}', force: true },
      400,
      'PARAMETER_UNKNOWN',
      'force',
    ],
    ['a reason with U+0000', 'POST', '/v1/payment-intents/{intent}/cancel', { reason: 'a\0b' }, 400, 'BODY_INVALID'],
    ['half a character', 'POST', '/v1/payment-intents/{intent}/cancel', { reason: '\udc00' }, 400, 'BODY_INVALID'],
    ['an unknown field', 'POST', '/v1/payment-intents/{intent}/cancel', { why: 'x' }, 400, 'PARAMETER_UNKNOWN', 'why'],
    ['the capture of no hold', 'POST', '/v1/payment-intents/{intent}/capture', {}, 409, 'INVALID_STATE_TRANSITION'],
    [
      'an unknown field',
      'POST',
      '/v1/payment-intents/{intent}/capture',
      { value: 1 },
      400,
      'PARAMETER_UNKNOWN',
      'value',
    ],
    [
      'an unknown reason',
      'POST',
      '/v1/payment-intents/{intent}/qr',
      { reason: 'bored' },
      400,
      'PARAMETER_INVALID',
      'reason',
    ],
    [
      'an unknown field',
      'POST',
      '/v1/payment-intents/{intent}/qr',
      { channel: 'fake' },
      400,
      'PARAMETER_UNKNOWN',
      'channel',
    ],

    ['no amount', 'POST', '/v1/inflows', without('amount'), 400, 'PARAMETER_MISSING', 'amount'],
    [
      'no number',
      'POST',
      '/v1/inflows',
      without('channel_transaction_id'),
      400,
      'PARAMETER_MISSING',
      'channel_transaction_id',
    ],
    ['no evidence', 'POST', '/v1/inflows', without('evidence'), 400, 'PARAMETER_MISSING', 'evidence'],
    ['no reason', 'POST', '/v1/inflows', without('reason'), 400, 'PARAMETER_MISSING', 'reason'],
    ['nothing', 'POST', '/v1/inflows', record({ amount: THB(0) }), 400, 'AMOUNT_INVALID', 'amount.value'],
    ['a day', 'POST', '/v1/inflows', record({ paid_at: '2025-01-01' }), 400, 'PARAMETER_INVALID', 'paid_at'],
    [
      'a year before 1',
      'POST',
      '/v1/inflows',
      record({ paid_at: '0000-01-01T00:00:00Z' }),
      400,
      'PARAMETER_INVALID',
      'paid_at',
    ],
    ['a number with U+0000', 'POST', '/v1/inflows', record({ channel_transaction_id: 'a\0' }), 400, 'BODY_INVALID'],
    ['a payment with U+0000', 'POST', '/v1/inflows', record({ payment_intent_id: 'pi_\0' }), 400, 'BODY_INVALID'],
    ['evidence with half a character', 'POST', '/v1/inflows', record({ evidence: '\ud800' }), 400, 'BODY_INVALID'],
    ['evidence that is a list', 'POST', '/v1/inflows', record({ evidence: [1] }), 400, 'PARAMETER_INVALID', 'evidence'],
    ['an unknown field', 'POST', '/v1/inflows', record({ status: 'applied' }), 400, 'PARAMETER_UNKNOWN', 'status'],
    ['no reason', 'POST', '/v1/inflows/{inflow}/keep', {}, 400, 'PARAMETER_MISSING', 'reason'],
    ['no reason', 'POST', '/v1/inflows/{inflow}/refund', {}, 400, 'PARAMETER_MISSING', 'reason'],
    [
      'a word for yes',
      'POST',
      '/v1/inflows/{inflow}/apply',
      { reason, accept_under: 'yes' },
      400,
      'PARAMETER_INVALID',
      'accept_under',
    ],
    ['a paid payment', 'POST', '/v1/inflows/{inflow}/apply', { reason }, 409, 'INVALID_STATE_TRANSITION'],
    [
      'a payment that there is not',
      'POST',
      '/v1/inflows/{inflow}/apply',
      { reason, payment_intent_id: 'pi_none' },
      404,
      'PAYMENT_INTENT_NOT_FOUND',
      'payment_intent_id',
    ],

    [
      'another outcome',
      'POST',
      '/v1/operations/{operation}/resolve',
      { outcome: 'unknown', reason, evidence: 'y' },
      400,
      'PARAMETER_INVALID',
      'outcome',
    ],
    [
      'no evidence',
      'POST',
      '/v1/operations/{operation}/resolve',
      { outcome: 'declined', reason },
      400,
      'PARAMETER_MISSING',
      'evidence',
    ],
    [
      'a settled operation',
      'POST',
      '/v1/operations/{operation}/resolve',
      { outcome: 'declined', reason, evidence: 'y' },
      409,
      'INVALID_STATE_TRANSITION',
    ],

    ['a state that there is not', 'GET', '/v1/operations?state=lost', undefined, 400, 'PARAMETER_INVALID', 'state'],
    [
      'a word for yes',
      'GET',
      '/v1/operations?operator_required=yes',
      undefined,
      400,
      'PARAMETER_INVALID',
      'operator_required',
    ],
    ['a status that there is not', 'GET', '/v1/refunds?status=done', undefined, 400, 'PARAMETER_INVALID', 'status'],
    [
      'a cursor of another kind',
      'GET',
      '/v1/refunds?starting_after=pi_06b2m6vk0dtf5d5cq0m3vz8x4r',
      undefined,
      400,
      'CURSOR_INVALID',
      'starting_after',
    ],
    [
      'a cursor of another kind',
      'GET',
      '/v1/inflows?ending_before=ref_06b2m6vk0dtf5d5cq0m3vz8x4r',
      undefined,
      400,
      'CURSOR_INVALID',
      'ending_before',
    ],
    ['a limit of 0', 'GET', '/v1/inflows?limit=0', undefined, 400, 'PARAMETER_INVALID', 'limit'],
    ['an unknown parameter', 'GET', '/v1/inflows?kind=late', undefined, 400, 'PARAMETER_UNKNOWN', 'kind'],
    ['an unknown parameter', 'GET', '/v1/channels?mode=live', undefined, 400, 'PARAMETER_UNKNOWN', 'mode'],
  ])('for %s: %s %s %o → %i %s', async (_, method, path, body, status, code, param) => {
    const before = await contents(t.pay.knex);

    const answer = await send(method, path, body);

    expect({ status: answer.status, code: answer.body.error?.code, param: answer.body.error?.param }).toEqual({
      status,
      code,
      param,
    });
    expect(await contents(t.pay.knex)).toEqual(before);
  });

  it.each([
    ['/v1/refunds', { payment_intent_id: 'pi_1' }],
    ['/v1/voids', { target_type: 'payment_intent', target_id: 'pi_1' }],
    ['/v1/inflows', seen],
    ['/v1/payment-intents/{intent}/capture', {}],
    ['/v1/payment-intents/{intent}/qr', {}],
    ['/v1/refunds/{refund}/approve', undefined],
    ['/v1/operations/{operation}/query', undefined],
  ])('for want of an idempotency key: POST %s', async (path, body) => {
    const answer = await t.request('POST', withIds(path), { key: operator, idempotencyKey: null, body });

    expect([answer.status, answer.body.error.code]).toEqual([400, 'IDEMPOTENCY_KEY_REQUIRED']);
  });

  it('leave nothing in the log above a warning', () => {
    expect(t.logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
