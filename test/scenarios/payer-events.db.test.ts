import type { Policy } from '@itpay/payment';
import { beforeAll, describe, expect, it } from 'vitest';
import { testPay } from '../support/pay.js';
import { contents } from './tables.js';

const PATH = '/v1/payment-intents';
const amount = { currency: 'THB', value: 19_900 };

type Instance = Awaited<ReturnType<typeof testPay>>;

const createOn = async (t: Instance) => (await t.request('POST', PATH, { body: { amount } })).body;
const simulateOn = (t: Instance, id: string, event: string, key?: string) =>
  t.request('POST', `/v1/test-helpers/payment-intents/${id}/simulate`, { body: { event }, idempotencyKey: key });
const inflowsOf = async (t: Instance, id: string) =>
  (await t.request('GET', `/v1/inflows?payment_intent_id=${id}`)).body.data.toReversed();

describe('what the payer of test mode does on PromptPay', () => {
  let t: Instance;
  const told: { type: string; object: string }[] = [];
  beforeAll(async () => {
    t = await testPay();
    t.pay.on('*', ({ type, data }) => void told.push({ type, object: data.object.id }));
    await t.settle();
  });

  const after = async (...events: string[]) => {
    const { id } = await createOn(t);
    for (const event of events) await simulateOn(t, id, event);
    await t.settle();
    const intent = (await t.request('GET', `${PATH}/${id}`)).body;
    const types = told.filter(({ object }) => object === id).map(({ type }) => type.replace('payment_intent.', ''));
    return { intent, inflows: await inflowsOf(t, id), types };
  };

  it('reads the code: the payment is being scanned, and can still be paid', async () => {
    const { intent, inflows, types } = await after('scanned');

    expect(intent).toMatchObject({ status: 'scanning', next_action: { type: 'show_qr' }, qr: expect.anything() });
    expect(inflows).toEqual([]);
    expect(types.at(-1)).toBe('scanning');
    expect((await simulateOn(t, intent.id, 'paid')).body.status).toBe('succeeded');
  });

  it('reads the code twice, which is told once', async () => {
    const { types } = await after('scanned', 'scanned');

    expect(types.filter((type) => type === 'scanning')).toHaveLength(1);
  });

  it('pays what was asked for', async () => {
    const { intent, inflows } = await after('scanned', 'paid');

    expect(intent).toMatchObject({ status: 'succeeded', amount_captured: amount, late_payment: false, qr: null });
    expect(inflows).toMatchObject([{ kind: 'exact', status: 'applied', counted: 19_900, policy: null, amount }]);
  });

  it('refuses: the order stays open', async () => {
    const { intent, inflows } = await after('declined');

    expect(intent).toMatchObject({ status: 'qr_generated', qr: expect.anything(), failure: null });
    expect(inflows).toEqual([]);
  });

  it('pays twice: the first counts, and the second lies aside, because the rail has no refunds', async () => {
    const { intent, inflows, types } = await after('paid_twice');

    expect(intent).toMatchObject({ status: 'succeeded', amount_captured: amount });
    expect(inflows).toMatchObject([
      { kind: 'exact', status: 'applied', counted: 19_900 },
      { kind: 'duplicate', status: 'parked', counted: 0, policy: 'auto_refund' },
    ]);
    expect(types.at(-1)).toBe('duplicate_payment');
  });

  it('completes the sum with a second half, and both count', async () => {
    const { intent, inflows } = await after('underpaid', 'underpaid');

    expect(intent).toMatchObject({ status: 'succeeded', amount_captured: amount, version: 3 });
    expect(inflows).toMatchObject([
      { kind: 'under', status: 'applied', counted: 9_950 },
      { kind: 'exact', status: 'applied', counted: 9_950 },
    ]);
  });

  it('pays late once more for what was closed, and all of it lies aside', async () => {
    const { intent, inflows } = await after('paid_late', 'paid_late');

    expect(intent).toMatchObject({ status: 'expired', amount_captured: { value: 0 }, late_payment: false });
    expect(inflows).toMatchObject([
      { kind: 'late', status: 'parked' },
      { kind: 'late', status: 'parked' },
    ]);
  });

  it.each(['scanned', 'paid', 'declined', 'paid_late', 'underpaid', 'overpaid', 'paid_twice'])(
    'cannot do “%s” with a paid payment, and changes nothing',
    async (event) => {
      const { intent } = await after('paid');
      const before = await contents(t.pay.knex);

      const answer = await simulateOn(t, intent.id, event);

      expect([answer.status, answer.body.error.code]).toEqual([409, 'INVALID_STATE_TRANSITION']);
      expect(await contents(t.pay.knex)).toEqual(before);
    },
  );

  it.each(['scanned', 'paid', 'overpaid'])('cannot do “%s” with a code that is gone', async (event) => {
    const { intent } = await after('paid_late');

    const answer = await simulateOn(t, intent.id, event);

    expect([answer.status, answer.body.error.details.current]).toEqual([409, 'expired']);
  });

  it.each(['underpaid', 'overpaid', 'paid_late', 'paid_twice'])('does “%s” once per idempotency key', async (event) => {
    const { id } = await createOn(t);
    const first = await simulateOn(t, id, event, `once-${event}`);

    const again = await simulateOn(t, id, event, `once-${event}`);

    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await inflowsOf(t, id)).toHaveLength(event === 'paid_twice' ? 2 : 1);
  });

  it('cannot pay less than one satang', async () => {
    const { id } = (await t.request('POST', PATH, { body: { amount: { currency: 'THB', value: 1 } } })).body;

    const answer = await simulateOn(t, id, 'underpaid');

    expect([answer.status, answer.body.error.code]).toEqual([422, 'AMOUNT_TOO_SMALL']);
    expect(await inflowsOf(t, id)).toEqual([]);
  });
});

describe.each<[Policy]>([['accept'], ['auto_refund'], ['park']])('under the policy “%s”', (policy) => {
  let t: Instance;
  beforeAll(async () => {
    t = await testPay({ paymentPolicy: { late: policy, over: policy, under: policy } });
  });

  // PromptPay gives nothing back, so what shall go back lies aside.
  const accepted = policy === 'accept';

  it.each<[event: string, status: string, captured: number, kind: string, counted: number]>([
    accepted ? ['paid_late', 'succeeded', 19_900, 'late', 19_900] : ['paid_late', 'expired', 0, 'late', 0],
    accepted ? ['overpaid', 'succeeded', 29_850, 'over', 29_850] : ['overpaid', 'succeeded', 19_900, 'over', 19_900],
    accepted ? ['underpaid', 'succeeded', 9_950, 'under', 9_950] : ['underpaid', 'qr_generated', 0, 'under', 0],
  ])('“%s” ends %s with %d captured', async (event, status, captured, kind, counted) => {
    const { id } = await createOn(t);

    const answer = await simulateOn(t, id, event);

    expect(answer.body).toMatchObject({
      status,
      amount_captured: { currency: 'THB', value: captured },
      late_payment: accepted && event === 'paid_late',
    });
    expect((await t.request('GET', `${PATH}/${id}`)).body).toMatchObject({
      status,
      late_payment: answer.body.late_payment,
    });
    expect(await inflowsOf(t, id)).toMatchObject([
      { kind, status: accepted ? 'applied' : 'parked', counted, policy, payment_intent_id: id, refund_id: null },
    ]);
  });
});

describe('the policy of an account', () => {
  it.each([[{ late: 'refund' }], [{ early: 'accept' }], [{ under: null }], [{ late: 'accept', over: 'ACCEPT' }]])(
    'is refused when it is %j',
    async (paymentPolicy) => {
      await expect(testPay({ paymentPolicy: paymentPolicy as never })).rejects.toMatchObject({
        code: 'CONFIGURATION_INVALID',
        param: 'paymentPolicy',
        message: expect.stringContaining('accept, auto_refund, park'),
      });
    },
  );
});
