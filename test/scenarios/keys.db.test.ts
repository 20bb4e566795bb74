import { beforeAll, describe, expect, it } from 'vitest';
import { testPay } from '../support/pay.js';
import { contents } from './tables.js';

const PATH = '/v1/payment-intents';
const body = { amount: { currency: 'THB', value: 19_900 } };

describe('an API key', () => {
  let t: Awaited<ReturnType<typeof testPay>>;
  beforeAll(async () => {
    t = await testPay();
  });

  const newKey = (more: object = {}) =>
    t.pay.keys.create({ account: t.pay.account.id, livemode: false, label: 'a key', preset: 'merchant_full', ...more });
  const ask = async (key: string | null) => {
    const answer = await t.request('GET', PATH, { key });
    return [answer.status, answer.body.error?.code];
  };

  it.each([
    ['none', () => null, 'API_KEY_MISSING'],
    ['one that was never issued', () => `itpay_test_${'0'.repeat(12)}_${'a'.repeat(43)}`, 'API_KEY_INVALID'],
    ['one with another secret', () => `${t.testKey.slice(0, -43)}${'a'.repeat(43)}`, 'API_KEY_INVALID'],
    ['one that calls itself live', () => t.testKey.replace('_test_', '_live_'), 'API_KEY_INVALID'],
    ['half a key', () => t.testKey.slice(0, 30), 'API_KEY_INVALID'],
    ['something else', () => 'sk_test_123', 'API_KEY_INVALID'],
  ])('is asked for: %s', async (_, key, code) => {
    expect(await ask(key())).toEqual([401, code]);
  });

  it('is refused from the moment it is revoked, though it was in use a moment ago', async () => {
    const { key, token } = await newKey();
    const before = await ask(token);

    await t.pay.keys.revoke(key.id);

    expect([before, await ask(token)]).toEqual([
      [200, undefined],
      [401, 'API_KEY_REVOKED'],
    ]);
  });

  it('is refused from the moment it expires, though it was in use a moment ago', async () => {
    const { token } = await newKey({ expiresAt: new Date(t.clock.now().getTime() + 60_000) });
    t.clock.advance('59s');
    const before = await ask(token);

    t.clock.advance('1s');

    expect([before, await ask(token)]).toEqual([
      [200, undefined],
      [401, 'API_KEY_EXPIRED'],
    ]);
  });

  it('does what its scopes say, and no more', async () => {
    const { token: reader } = await newKey({ preset: undefined, scopes: ['payments:read'] });
    const { token: writer } = await newKey({ preset: undefined, scopes: ['payments:write'] });
    const { id, qr } = (await t.request('POST', PATH, { body })).body;
    const before = await contents(t.pay.knex);

    const refused = [
      await t.request('POST', PATH, { key: reader, body }),
      await t.request('POST', `/v1/test-helpers/payment-intents/${id}/simulate`, {
        key: reader,
        body: { event: 'paid' },
      }),
      await t.request('GET', PATH, { key: writer }),
      await t.request('GET', `${PATH}/${id}`, { key: writer }),
      await t.request('GET', `${PATH}/${id}/wait`, { key: writer }),
      await t.request('GET', `/v1/qr-charges/${qr.charge_id}`, { key: writer }),
      await t.request('GET', `/v1/qr-charges/${qr.charge_id}/image.png`, { key: writer }),
    ];

    const [write, read] = ['payments:write', 'payments:read'];
    expect(refused.map(({ status, body: { error } }) => [status, error.code, error.details.required])).toEqual(
      [write, write, read, read, read, read, read].map((scope) => [403, 'PERMISSION_DENIED', scope]),
    );
    expect(await contents(t.pay.knex)).toEqual(before);
    expect((await t.request('GET', `${PATH}/${id}`, { key: reader })).status).toBe(200);
    expect((await t.request('POST', PATH, { key: writer, body })).status).toBe(201);
  });

  it('of the other mode or account finds nothing, whatever it asks for', async () => {
    const { id: account } = await t.pay.accounts.create('Another Shop');
    const { token: foreign } = await newKey({ account });
    const { id, qr } = (await t.request('POST', PATH, { body })).body;

    for (const key of [t.liveKey, foreign]) {
      const answers = [
        await t.request('GET', `${PATH}/${id}`, { key }),
        await t.request('GET', `${PATH}/${id}/wait?timeout=0`, { key }),
        await t.request('GET', `/v1/qr-charges/${qr.charge_id}`, { key }),
        await t.request('GET', `/v1/qr-charges/${qr.charge_id}/image.svg`, { key }),
        await t.request('POST', `/v1/test-helpers/payment-intents/${id}/simulate`, { key, body: { event: 'paid' } }),
      ];

      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
      expect((await t.request('GET', PATH, { key })).body.data).toEqual([]);
    }
  });

  it('of a host’s call is its account and mode: others are not found', async () => {
    const intent = await t.pay.payments.createIntent({ amount: { currency: 'THB', value: 100n } });
    const live = t.pay.as({ account: t.pay.account.id, livemode: true });

    await expect(live.payments.getIntent(intent.id)).rejects.toMatchObject({ code: 'PAYMENT_INTENT_NOT_FOUND' });
    expect((await live.payments.listIntents()).intents).toEqual([]);
    expect((await t.request('GET', `${PATH}/${intent.id}`)).status).toBe(200);
  });
});
