import { promptpay } from '@itpay/channel-promptpay';
import type { TestAnswer } from '@itpay/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { backend } from '../support/database.js';
import { freshStore, testPay } from '../support/pay.js';
import { fakeRail } from './fake-rail.js';
import { contents } from './tables.js';

const PATH = '/v1/payment-intents';
const body = { amount: { currency: 'THB', value: 19_900 }, channel: 'promptpay', metadata: { b: '1', a: '2' } };
const simulate = (id: string) => `/v1/test-helpers/payment-intents/${id}/simulate`;
const paid = { event: 'paid' };
const wasReplayed = ({ headers }: TestAnswer) => headers.get('idempotent-replayed') === 'true';

describe('a repeated request', () => {
  let t: Awaited<ReturnType<typeof testPay>>;
  let fresh = 0;
  const newKey = () => `key-${fresh++}`;
  beforeAll(async () => {
    t = await testPay({ plugins: [promptpay({ target: '0812345678' }), fakeRail()] });
  });

  const create = (options: object = {}) => t.request('POST', PATH, { body, ...options });
  const count = async (table: string) => Number((await t.pay.knex(`itpay.${table}`).count())[0]!['count']);

  it('gets the same status and the same body, byte for byte, and says so', async () => {
    const idempotencyKey = newKey();
    const first = await create({ idempotencyKey });
    const before = await contents(t.pay.knex);
    t.clock.advance('1h');

    const again = await create({ idempotencyKey });

    expect([again.status, again.text]).toEqual([201, first.text]);
    expect([wasReplayed(first), wasReplayed(again)]).toEqual([false, true]);
    expect(await contents(t.pay.knex)).toEqual(before);
  });

  it('may spell the same body differently', async () => {
    const idempotencyKey = newKey();
    const first = await create({ idempotencyKey });

    const again = await create({
      idempotencyKey,
      body: `{ "metadata": {"a":"2", "b":"1"}, "channel":"\\u0070romptpay", "amount": {"value":1.99e4,"currency":"THB"} }`,
    });

    expect([wasReplayed(again), again.body.id]).toEqual([true, first.body.id]);
  });

  it.each<[string, object]>([
    ['another amount', { ...body, amount: { currency: 'THB', value: 19_901 } }],
    ['a field more', { ...body, description: 'Tea' }],
    ['a field less', { amount: body.amount }],
    ['a default written out', { ...body, capture_method: 'automatic' }],
  ])('is refused when it asks for something else: %s', async (_, other) => {
    const idempotencyKey = newKey();
    await create({ idempotencyKey });
    const before = await contents(t.pay.knex);

    const answer = await create({ idempotencyKey, body: other });

    expect([answer.status, answer.body.error.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    expect(await contents(t.pay.knex)).toEqual(before);
  });

  it('is another one in the other mode, with another key of the API, and on another route', async () => {
    const idempotencyKey = newKey();
    const { token } = await t.pay.keys.create({
      account: t.pay.account.id,
      livemode: false,
      label: 'second',
      preset: 'merchant_full',
    });

    const first = await create({ idempotencyKey });
    const others = [
      await create({ idempotencyKey, key: t.liveKey }),
      await create({ idempotencyKey, key: token }),
      await t.request('POST', simulate(first.body.id), { idempotencyKey, body: paid }),
    ];

    expect(others.map(wasReplayed)).toEqual([false, false, false]);
    expect(others.map(({ status }) => status)).toEqual([201, 201, 200]);
  });

  it('creates one intent when many come at once', async () => {
    const [rounds, callers] = backend() === 'postgres' ? [20, 8] : [3, 4];
    for (let round = 0; round < rounds; round++) {
      const idempotencyKey = newKey();
      const before = [await count('payment_intents'), await count('events'), await count('audit_entries')];

      const answers = await Promise.all(Array.from({ length: callers }, () => create({ idempotencyKey })));

      expect(answers.map(({ status }) => status)).toEqual(Array(callers).fill(201));
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      expect(answers.filter((answer) => !wasReplayed(answer)).length).toBe(1);
      expect([await count('payment_intents'), await count('events'), await count('audit_entries')]).toEqual([
        before[0]! + 1,
        before[1]! + 3,
        before[2]! + 3,
      ]);
    }
  });

  it('has one winner when two different ones come with one key at once', async () => {
    for (let round = 0; round < 5; round++) {
      const idempotencyKey = newKey();
      const before = await count('payment_intents');

      const answers = await Promise.all([
        create({ idempotencyKey }),
        create({ idempotencyKey, body: { amount: { currency: 'THB', value: 1 } } }),
      ]);

      expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 422]);
      expect(answers.find(({ status }) => status === 422)!.body.error.code).toBe('IDEMPOTENCY_KEY_REUSED');
      expect(await count('payment_intents')).toBe(before + 1);
    }
  });

  it.each<[string, object, string]>([
    ['validation', { amount: { currency: 'THB', value: 0 } }, 'AMOUNT_INVALID'],
    ['a limit', { amount: { currency: 'THB', value: 1e15 }, channel: 'promptpay' }, 'AMOUNT_EXCEEDED'],
    ['a channel that is not there', { ...body, channel: 'paypal' }, 'CHANNEL_NOT_SUPPORTED'],
  ])('finds its key free when %s refused the first', async (_, wrong, code) => {
    const idempotencyKey = newKey();
    const refused = await create({ idempotencyKey, body: wrong });

    const corrected = await create({ idempotencyKey });

    expect(refused.body.error.code).toBe(code);
    expect([corrected.status, wasReplayed(corrected)]).toEqual([201, false]);
  });

  it('carries no code once the intent is paid, and still says what was answered then', async () => {
    const idempotencyKey = newKey();
    const first = await create({ idempotencyKey });
    await t.request('POST', simulate(first.body.id), { body: paid });

    const again = await create({ idempotencyKey });

    expect([again.status, wasReplayed(again)]).toEqual([201, true]);
    expect(again.body).toEqual({ ...first.body, qr: null, next_action: { type: 'wait' } });
    expect(again.text).not.toContain(first.body.qr.qr_data);
  });

  describe('of a simulated payment', () => {
    const eventsOf = async (id: string) =>
      (await t.pay.knex('itpay.events').where({ object_id: id }).orderBy('sequence')).map(({ type }) => type);
    const ALL = ['created', 'qr_generated', 'captured', 'succeeded'].map((name) => `payment_intent.${name}`);

    it('gets the same answer and books nothing twice', async () => {
      const { id } = (await create()).body;
      const idempotencyKey = newKey();
      const first = await t.request('POST', simulate(id), { idempotencyKey, body: paid });
      const before = await contents(t.pay.knex);

      const again = await t.request('POST', simulate(id), { idempotencyKey, body: paid });

      expect([again.status, again.text, wasReplayed(again)]).toEqual([200, first.text, true]);
      expect(await contents(t.pay.knex)).toEqual(before);
    });

    it('books once when many come at once with one key', async () => {
      for (let round = 0; round < (backend() === 'postgres' ? 10 : 2); round++) {
        const { id } = (await create()).body;
        const idempotencyKey = newKey();

        const answers = await Promise.all(
          Array.from({ length: 6 }, () => t.request('POST', simulate(id), { idempotencyKey, body: paid })),
        );

        expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
        expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
        expect(await eventsOf(id)).toEqual(ALL);
      }
    });

    it('books once when many come at once with keys of their own', async () => {
      for (let round = 0; round < (backend() === 'postgres' ? 10 : 2); round++) {
        const { id } = (await create()).body;

        const answers = await Promise.all(
          Array.from({ length: 6 }, () => t.request('POST', simulate(id), { body: paid })),
        );

        expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409, 409, 409]);
        expect(await eventsOf(id)).toEqual(ALL);
      }
    });

    it('finds its key free when the first was refused', async () => {
      const idempotencyKey = newKey();
      const { id } = (await create()).body;
      const onFake = (await create({ body: { ...body, channel: 'fake' } })).body.id;
      const refused = await t.request('POST', simulate(onFake), { idempotencyKey, body: paid });

      const other = await t.request('POST', simulate(id), { idempotencyKey, body: paid });

      expect([refused.status, other.status]).toEqual([422, 200]);
    });
  });

  describe('of a host in the same process', () => {
    const input = { amount: { currency: 'THB', value: 19_900n } } as const;

    it('returns the first call’s intent', async () => {
      const idempotencyKey = newKey();
      const first = await t.pay.payments.createIntent(input, { idempotencyKey });

      const again = await t.pay.payments.createIntent(input, { idempotencyKey });

      expect(again).toEqual(first);
    });

    it('creates one intent when many come at once', async () => {
      const idempotencyKey = newKey();

      const all = await Promise.all(
        Array.from({ length: 6 }, () => t.pay.payments.createIntent(input, { idempotencyKey })),
      );

      expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    });

    it('shares no key with callers over HTTP', async () => {
      const idempotencyKey = newKey();
      const overHttp = await create({ idempotencyKey });

      const inProcess = await t.pay.payments.createIntent(input, { idempotencyKey });

      expect(inProcess.id).not.toBe(overHttp.body.id);
    });

    it.each([
      ['other input', { amount: { currency: 'THB', value: 1n } }, 'k', 'IDEMPOTENCY_KEY_REUSED'],
      ['an empty key', input, '', 'IDEMPOTENCY_KEY_INVALID'],
      ['a key with a line end', input, 'a\n', 'IDEMPOTENCY_KEY_INVALID'],
      ['half a character', { ...input, description: '\ud83d' }, 'k2', 'PARAMETER_INVALID'],
      ['a bigint as a time', { ...input, expiresIn: 60n as never }, 'k3', 'PARAMETER_INVALID'],
    ])('is refused with %s', async (_, wrong, idempotencyKey, code) => {
      await t.pay.payments.createIntent(input, { idempotencyKey: 'k' });

      const call = t.pay.payments.createIntent(wrong, { idempotencyKey });

      await expect(call).rejects.toMatchObject({ code });
    });
  });
});

describe('a stored answer', () => {
  it('wins over what would be refused today', async () => {
    const store = await freshStore();
    const yesterday = await testPay({ ...store, plugins: [fakeRail()] });
    const idempotencyKey = 'from-yesterday';
    const first = await yesterday.request('POST', PATH, {
      idempotencyKey,
      body: { amount: body.amount, channel: 'fake' },
    });
    await yesterday.stop();
    const today = await testPay({ ...store, plugins: [fakeRail({ limits: { THB: { max: 100n } } })] });

    // The caller is the API key's lineage, so it is yesterday's key that asks again.
    const send = (options: object) =>
      today.request('POST', PATH, {
        key: yesterday.testKey,
        body: { amount: body.amount, channel: 'fake' },
        ...options,
      });
    const again = await send({ idempotencyKey });
    const fresh = await send({});
    const other = await send({ idempotencyKey, body: { amount: { currency: 'THB', value: 5_000 }, channel: 'fake' } });

    expect([again.status, again.text, wasReplayed(again)]).toEqual([201, first.text, true]);
    expect([fresh.status, fresh.body.error.code]).toEqual([422, 'AMOUNT_EXCEEDED']);
    expect([other.status, other.body.error.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
  });
});
