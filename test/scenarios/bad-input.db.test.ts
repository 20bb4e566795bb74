import type { TestRequest } from '@itpay/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { testPay } from '../support/pay.js';
import { contents } from './tables.js';

const PATH = '/v1/payment-intents';
const amount = { currency: 'THB', value: 19_900 };
const NOBODY = 'pi_06b2m6vk0dtf5d5cq0m3vz8x4r';

type Refusal = [status: number, code: string, param?: string];
type Case = [what: string, request: TestRequest, ...Refusal];

describe('a request that is refused', () => {
  let t: Awaited<ReturnType<typeof testPay>>;
  let ids: { test: string; live: string; foreign: string; testCharge: string; foreignCharge: string };

  beforeAll(async () => {
    t = await testPay();
    const { id: account } = await t.pay.accounts.create('Another Shop');
    const { token } = await t.pay.keys.create({ account, livemode: false, label: 'other', preset: 'merchant_full' });
    const create = async (key: string) => (await t.request('POST', PATH, { key, body: { amount } })).body;
    const [test, live, foreign] = [await create(t.testKey), await create(t.liveKey), await create(token)];
    ids = {
      test: test.id,
      live: live.id,
      foreign: foreign.id,
      testCharge: test.qr.charge_id,
      foreignCharge: foreign.qr.charge_id,
    };
    // The key whose reuse is refused below, and the cache of keys, are in place before anything is compared.
    await t.request('POST', PATH, { idempotencyKey: 'used', body: { amount } });
    await t.request('POST', `/v1/test-helpers/payment-intents/${ids.test}/simulate`, { body: { event: 'paid' } });
    await t.settle();
  });

  async function expectRefusal(method: string, path: string, request: TestRequest, [status, code, param]: Refusal) {
    const before = await contents(t.pay.knex);

    const answer = await t.request(method, path, request);

    expect({ status: answer.status, ...answer.body?.error }).toMatchObject({ status, code });
    expect(answer.body.error.param).toBe(param);
    expect(answer.body.error.doc_url).toBe(`https://shop.example/itpay/errors/${code}`);
    expect(answer.body.request_id).toBe(answer.headers.get('itpay-request-id'));
    expect(await contents(t.pay.knex)).toEqual(before);
    return answer;
  }

  describe('for its body', () => {
    const json = (text: string) => ({ body: text });
    const withAmount = (text: string) => json(`{"amount":${text}}`);
    const also = (fields: object) => ({ body: { amount, ...fields } });
    const overFields = (fields: Record<string, unknown>) => ({ body: { amount: { ...amount, ...fields } } });

    it.each<Case>([
      ['no JSON', json('{"amount":'), 400, 'BODY_INVALID'],
      ['JSON with a comment', json('{"amount":1 /* baht */}'), 400, 'BODY_INVALID'],
      ['two objects', json('{}{}'), 400, 'BODY_INVALID'],
      [
        'a form',
        { ...json('amount=1'), headers: { 'content-type': 'application/x-www-form-urlencoded' } },
        400,
        'BODY_INVALID',
      ],
      ['text', { ...also({}), headers: { 'content-type': 'text/plain' } }, 400, 'BODY_INVALID'],
      [
        'another charset',
        { ...also({}), headers: { 'content-type': 'application/json; charset=utf-16' } },
        400,
        'BODY_INVALID',
      ],
      ['no type at all', { ...also({}), headers: { 'content-type': '' } }, 400, 'BODY_INVALID'],
      ['nothing', {}, 400, 'BODY_INVALID'],
      ['an empty text', json(''), 400, 'BODY_INVALID'],
      ['a list', json('[]'), 400, 'BODY_INVALID'],
      ['null', json('null'), 400, 'BODY_INVALID'],
      ['a number', json('19900'), 400, 'BODY_INVALID'],
      ['300 kB', also({ description: 'x'.repeat(300_000) }), 413, 'BODY_TOO_LARGE'],
      ['100,000 lists in each other', json('['.repeat(100_000)), 400, 'BODY_INVALID'],

      ['an unknown field', also({ amuont: 1 }), 400, 'PARAMETER_UNKNOWN', 'amuont'],
      ['an unknown field within', overFields({ unit: 'satang' }), 400, 'PARAMETER_UNKNOWN', 'amount.unit'],
      [
        'an unknown field in the payer',
        also({ payer: { agent_id: NOBODY.replace('pi', 'agent'), name: 'Ann' } }),
        400,
        'PARAMETER_UNKNOWN',
        'payer.name',
      ],
      [
        '__proto__',
        json('{"amount":{"currency":"THB","value":1},"__proto__":{"a":1}}'),
        400,
        'PARAMETER_UNKNOWN',
        '__proto__',
      ],
      ['several wrong fields', also({ a: 1, b: 2 }), 400, 'VALIDATION_FAILED'],

      ['no amount', { body: {} }, 400, 'PARAMETER_MISSING', 'amount'],
      ['null as amount', withAmount('null'), 400, 'AMOUNT_INVALID', 'amount'],
      ['a bare number as amount', withAmount('19900'), 400, 'AMOUNT_INVALID', 'amount'],
      ['no value', withAmount('{"currency":"THB"}'), 400, 'PARAMETER_MISSING', 'amount.value'],
      ['a fraction', overFields({ value: 199.5 }), 400, 'AMOUNT_INVALID', 'amount.value'],
      ['a string', overFields({ value: '19900' }), 400, 'AMOUNT_INVALID', 'amount.value'],
      ['zero', overFields({ value: 0 }), 400, 'AMOUNT_INVALID', 'amount.value'],
      ['minus zero', withAmount('{"currency":"THB","value":-0}'), 400, 'AMOUNT_INVALID', 'amount.value'],
      ['less than zero', overFields({ value: -19_900 }), 400, 'AMOUNT_INVALID', 'amount.value'],
      ['null', overFields({ value: null }), 400, 'AMOUNT_INVALID', 'amount.value'],
      ['a huge number', overFields({ value: 1e300 }), 400, 'AMOUNT_INVALID', 'amount.value'],
      [
        'more than a double holds',
        withAmount('{"currency":"THB","value":1e999}'),
        400,
        'AMOUNT_INVALID',
        'amount.value',
      ],
      ['2^53 + 1', withAmount('{"currency":"THB","value":9007199254740993}'), 400, 'AMOUNT_INVALID', 'amount.value'],
      ['2^53', withAmount('{"currency":"THB","value":9007199254740992}'), 400, 'AMOUNT_INVALID', 'amount.value'],

      ['no currency', withAmount('{"value":1}'), 400, 'PARAMETER_MISSING', 'amount.currency'],
      ['an unknown currency', overFields({ currency: 'ZZZ' }), 400, 'CURRENCY_INVALID', 'amount.currency'],
      ['a currency in lower case', overFields({ currency: 'thb' }), 400, 'CURRENCY_INVALID', 'amount.currency'],
      ['a currency that is null', overFields({ currency: null }), 400, 'CURRENCY_INVALID', 'amount.currency'],
      ['a currency of another rail', overFields({ currency: 'USD' }), 422, 'CURRENCY_NOT_SUPPORTED', 'amount.currency'],
      [
        'a currency that the named rail lacks',
        { body: { amount: { currency: 'USD', value: 1 }, channel: 'promptpay' } },
        422,
        'CURRENCY_NOT_SUPPORTED',
        'amount.currency',
      ],
      ['more than the rail takes', overFields({ value: 1_000_000_000_000 }), 422, 'AMOUNT_EXCEEDED', 'amount.value'],
      ['all that JSON carries', overFields({ value: Number.MAX_SAFE_INTEGER }), 422, 'AMOUNT_EXCEEDED', 'amount.value'],
      ['a later capture', also({ capture_method: 'manual' }), 422, 'CHANNEL_CAPABILITY_UNSUPPORTED', 'capture_method'],
      ['an unknown channel', also({ channel: 'paypal' }), 400, 'CHANNEL_NOT_SUPPORTED', 'channel'],
      ['a channel that is a number', also({ channel: 1 }), 400, 'PARAMETER_INVALID', 'channel'],

      ['another type', also({ type: 'subscription' }), 400, 'PARAMETER_INVALID', 'type'],
      [
        'a description of 501 characters',
        also({ description: 'x'.repeat(501) }),
        400,
        'PARAMETER_INVALID',
        'description',
      ],
      ['a description that is null', also({ description: null }), 400, 'PARAMETER_INVALID', 'description'],
      ['a description of spaces', also({ description: '   ' }), 400, 'PARAMETER_INVALID', 'description'],
      ['U+0000 in it', json('{"amount":{"currency":"THB","value":1},"description":"a\\u0000b"}'), 400, 'BODY_INVALID'],
      [
        'half a character in it',
        json('{"amount":{"currency":"THB","value":1},"description":"\\ud83d"}'),
        400,
        'BODY_INVALID',
      ],
      [
        'an order number of 65 characters',
        also({ order_reference: 'x'.repeat(65) }),
        400,
        'PARAMETER_INVALID',
        'order_reference',
      ],
      [
        'an order number that is a number',
        also({ order_reference: 1001 }),
        400,
        'PARAMETER_INVALID',
        'order_reference',
      ],
      ['a payer without a name', also({ payer: {} }), 400, 'PARAMETER_INVALID', 'payer'],
      [
        'a payer’s id of another kind',
        also({ payer: { agent_id: NOBODY } }),
        400,
        'PARAMETER_INVALID',
        'payer.agent_id',
      ],
      ['numbers in metadata', also({ metadata: { count: 1 } }), 400, 'METADATA_INVALID', 'metadata.count'],
      [
        '51 keys in metadata',
        also({ metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, ''])) }),
        400,
        'METADATA_INVALID',
        'metadata',
      ],
      ['5 kB of metadata', also({ metadata: { k: 'x'.repeat(5_000) } }), 400, 'METADATA_INVALID', 'metadata'],
      ['metadata that is a list', also({ metadata: ['a'] }), 400, 'METADATA_INVALID', 'metadata'],
      ['metadata with a strange key', also({ metadata: { 'a b': 'c' } }), 400, 'METADATA_INVALID', 'metadata'],
      [
        'a script as return_url',
        also({ return_url: 'javascript:alert(document.domain)' }),
        400,
        'URL_INVALID',
        'return_url',
      ],
      ['a path as return_url', also({ return_url: '/thanks' }), 400, 'URL_INVALID', 'return_url'],
      ['a password in return_url', also({ return_url: 'https://a:b@shop.example' }), 400, 'URL_INVALID', 'return_url'],
      ['expires_in 0', also({ expires_in: 0 }), 400, 'PARAMETER_INVALID', 'expires_in'],
      ['expires_in 1e9', also({ expires_in: 1e9 }), 400, 'PARAMETER_INVALID', 'expires_in'],
      ['expires_in 1e300', also({ expires_in: 1e300 }), 400, 'PARAMETER_INVALID', 'expires_in'],
      ['expires_in as text', also({ expires_in: '900' }), 400, 'PARAMETER_INVALID', 'expires_in'],
    ])('%s', async (_, request, ...refusal) => {
      await expectRefusal('POST', PATH, request, refusal);
    });

    it('names every wrong field when there are several', async () => {
      const { body } = await t.request('POST', PATH, { body: { amount: { currency: 'thb', value: 0 }, foo: 1 } });

      expect(body.error.details.fields).toEqual([
        { code: 'CURRENCY_INVALID', param: 'amount.currency', message: expect.any(String) },
        { code: 'AMOUNT_INVALID', param: 'amount.value', message: expect.any(String) },
        { code: 'PARAMETER_UNKNOWN', param: 'foo', message: expect.any(String) },
      ]);
    });
  });

  describe('for its idempotency key', () => {
    it.each<Case>([
      ['none', { idempotencyKey: null }, 400, 'IDEMPOTENCY_KEY_REQUIRED'],
      ['an empty one', { idempotencyKey: '' }, 400, 'IDEMPOTENCY_KEY_INVALID'],
      ['256 characters', { idempotencyKey: 'k'.repeat(256) }, 400, 'IDEMPOTENCY_KEY_INVALID'],
      ['an accent', { idempotencyKey: 'clé' }, 400, 'IDEMPOTENCY_KEY_INVALID'],
      ['a tab', { idempotencyKey: 'a\tb' }, 400, 'IDEMPOTENCY_KEY_INVALID'],
      ['one of another request', { idempotencyKey: 'used' }, 422, 'IDEMPOTENCY_KEY_REUSED'],
    ])('%s', async (_, request, ...refusal) => {
      await expectRefusal('POST', PATH, { body: { amount: { ...amount, value: 1 } }, ...request }, refusal);
    });

    it('looks at the body first, so that a key is never spent on a request that cannot be', async () => {
      await expectRefusal('POST', PATH, { idempotencyKey: null, body: {} }, [400, 'PARAMETER_MISSING', 'amount']);
    });
  });

  describe('for its address', () => {
    const of = (id: string) => `${PATH}/${id}`;
    const pay = (id: string) => `/v1/test-helpers/payment-intents/${id}/simulate`;
    const code = (id: string) => `/v1/qr-charges/${id}`;
    const live = () => ({ key: t.liveKey });
    const paid = { body: { event: 'paid' } };

    it.each<[string, string, () => string, () => TestRequest, ...Refusal]>([
      ['an id that nobody has', 'GET', () => of(NOBODY), () => ({}), 404, 'PAYMENT_INTENT_NOT_FOUND', 'id'],
      ['another account’s intent', 'GET', () => of(ids.foreign), () => ({}), 404, 'PAYMENT_INTENT_NOT_FOUND', 'id'],
      ['a live intent with a test key', 'GET', () => of(ids.live), () => ({}), 404, 'PAYMENT_INTENT_NOT_FOUND', 'id'],
      ['a test intent with a live key', 'GET', () => of(ids.test), live, 404, 'PAYMENT_INTENT_NOT_FOUND', 'id'],
      ['no id', 'GET', () => of('nonsense'), () => ({}), 404, 'PAYMENT_INTENT_NOT_FOUND', 'id'],
      [
        'an id in upper case',
        'GET',
        () => of(ids.test.toUpperCase()),
        () => ({}),
        404,
        'PAYMENT_INTENT_NOT_FOUND',
        'id',
      ],
      ['an id of another kind', 'GET', () => of(ids.testCharge), () => ({}), 404, 'PAYMENT_INTENT_NOT_FOUND', 'id'],
      [
        'SQL in the id',
        'GET',
        () => of(`${ids.test}'%20or%20'1'='1`),
        () => ({}),
        404,
        'PAYMENT_INTENT_NOT_FOUND',
        'id',
      ],
      ['an id of 8 kB', 'GET', () => of('p'.repeat(8_000)), () => ({}), 404, 'PAYMENT_INTENT_NOT_FOUND', 'id'],
      ['U+0000 in the id', 'GET', () => of('pi_%00'), () => ({}), 400, 'PARAMETER_INVALID'],
      ['a broken escape', 'GET', () => of('pi_%zz'), () => ({}), 400, 'PARAMETER_INVALID'],
      [
        'waiting for another account’s intent',
        'GET',
        () => `${of(ids.foreign)}/wait`,
        () => ({}),
        404,
        'PAYMENT_INTENT_NOT_FOUND',
        'id',
      ],
      [
        'waiting for a live intent with a test key',
        'GET',
        () => `${of(ids.live)}/wait`,
        () => ({}),
        404,
        'PAYMENT_INTENT_NOT_FOUND',
        'id',
      ],
      [
        'paying another account’s intent',
        'POST',
        () => pay(ids.foreign),
        () => paid,
        404,
        'PAYMENT_INTENT_NOT_FOUND',
        'id',
      ],
      [
        'paying an intent that nobody has',
        'POST',
        () => pay(NOBODY),
        () => paid,
        404,
        'PAYMENT_INTENT_NOT_FOUND',
        'id',
      ],
      ['another account’s code', 'GET', () => code(ids.foreignCharge), () => ({}), 404, 'QR_CHARGE_NOT_FOUND', 'id'],
      [
        'another account’s image',
        'GET',
        () => `${code(ids.foreignCharge)}/image.png`,
        () => ({}),
        404,
        'QR_CHARGE_NOT_FOUND',
        'id',
      ],
      [
        'a code with the key of the other mode',
        'GET',
        () => code(ids.testCharge),
        live,
        404,
        'QR_CHARGE_NOT_FOUND',
        'id',
      ],
      ['no code’s id', 'GET', () => code('nonsense'), () => ({}), 404, 'QR_CHARGE_NOT_FOUND', 'id'],
      ['the code of a paid intent', 'GET', () => code(ids.testCharge), () => ({}), 410, 'QR_EXPIRED'],
      ['the image of a paid intent', 'GET', () => `${code(ids.testCharge)}/image.svg`, () => ({}), 410, 'QR_EXPIRED'],

      ['an unknown route', 'GET', () => '/v1/payment-intent', () => ({}), 404, 'RESOURCE_NOT_FOUND'],
      ['a slash too many', 'GET', () => `${of(ids.test)}/`, () => ({}), 404, 'RESOURCE_NOT_FOUND'],
      ['the mount itself', 'GET', () => '', () => ({}), 404, 'RESOURCE_NOT_FOUND'],
      ['PUT', 'PUT', () => of(ids.test), () => ({ body: {} }), 405, 'METHOD_NOT_ALLOWED'],
      ['DELETE', 'DELETE', () => of(ids.test), () => ({}), 405, 'METHOD_NOT_ALLOWED'],
      ['PATCH', 'PATCH', () => PATH, () => ({ body: {} }), 405, 'METHOD_NOT_ALLOWED'],
      ['POST on one', 'POST', () => of(ids.test), () => ({ body: {} }), 405, 'METHOD_NOT_ALLOWED'],
    ])('%s', async (_, method, path, request, ...refusal) => {
      await expectRefusal(method, path(), request(), refusal);
    });
  });

  describe('for its query', () => {
    it.each<[string, ...Refusal]>([
      ['?colour=red', 400, 'PARAMETER_UNKNOWN', 'colour'],
      ['?Limit=5', 400, 'PARAMETER_UNKNOWN', 'Limit'],
      ['?limit=0', 400, 'PARAMETER_INVALID', 'limit'],
      ['?limit=101', 400, 'PARAMETER_INVALID', 'limit'],
      ['?limit=-1', 400, 'PARAMETER_INVALID', 'limit'],
      ['?limit=abc', 400, 'PARAMETER_INVALID', 'limit'],
      ['?limit=2.5', 400, 'PARAMETER_INVALID', 'limit'],
      ['?limit=1e300', 400, 'PARAMETER_INVALID', 'limit'],
      ['?limit=', 400, 'PARAMETER_INVALID', 'limit'],
      ['?limit=5&limit=6', 400, 'PARAMETER_INVALID', 'limit'],
      ['?starting_after=nonsense', 400, 'CURSOR_INVALID', 'starting_after'],
      ['?starting_after=', 400, 'CURSOR_INVALID', 'starting_after'],
      ['?ending_before=qr_06b2m6vk0dtf5d5cq0m3vz8x4r', 400, 'CURSOR_INVALID', 'ending_before'],
      [`?starting_after=${NOBODY}&ending_before=${NOBODY}`, 400, 'CURSOR_INVALID', 'ending_before'],
      ['?status=paid', 400, 'PARAMETER_INVALID', 'status'],
      ['?expand=all', 400, 'PARAMETER_INVALID', 'expand'],
      ['?order_reference=', 400, 'PARAMETER_INVALID', 'order_reference'],
      ['?order_reference=%00', 400, 'PARAMETER_INVALID', 'order_reference'],
      ['?payer=%00', 400, 'PARAMETER_INVALID', 'payer'],
      ['?created_gte=yesterday', 400, 'PARAMETER_INVALID', 'created_gte'],
      ['?created_gte=2025-02-30T00:00:00Z', 400, 'PARAMETER_INVALID', 'created_gte'],
      ['?created_lte=0000-01-01T00:00:00Z', 400, 'PARAMETER_INVALID', 'created_lte'],
      ['?created_lte=0000-01-01T00:30:00%2B01:00', 400, 'PARAMETER_INVALID', 'created_lte'],
      ['?created_lte=9999-12-31T23:59:59-14:00', 400, 'PARAMETER_INVALID', 'created_lte'],
      ['?t=token', 400, 'PARAMETER_UNKNOWN', 't'],
    ])('%s', async (query, ...refusal) => {
      await expectRefusal('GET', `${PATH}${query}`, {}, refusal);
    });

    it.each<[string, ...Refusal]>([
      ['?timeout=31', 400, 'PARAMETER_INVALID', 'timeout'],
      ['?timeout=-1', 400, 'PARAMETER_INVALID', 'timeout'],
      ['?timeout=soon', 400, 'PARAMETER_INVALID', 'timeout'],
      ['?cursor=x', 400, 'PARAMETER_INVALID', 'cursor'],
      ['?cursor=1.5', 400, 'PARAMETER_INVALID', 'cursor'],
      ['?t=forged', 401, 'API_KEY_INVALID'],
    ])('of a wait: %s', async (query, ...refusal) => {
      await expectRefusal('GET', `${PATH}/${ids.test}/wait${query}`, {}, refusal);
    });

    it.each<[string, string]>([
      ['POST', PATH],
      ['GET', `${PATH}/${NOBODY}`],
    ])('%s %s takes no unknown parameter', async (method, path) => {
      const request = method === 'POST' ? { body: { amount } } : {};

      await expectRefusal(method, `${path}?debug=1`, request, [400, 'PARAMETER_UNKNOWN', 'debug']);
    });
  });

  it('says Allow on 405, and WWW-Authenticate on 401', async () => {
    const wrongMethod = await t.request('DELETE', `${PATH}/${ids.test}`);
    const nobody = await t.request('GET', PATH, { key: null });

    expect(wrongMethod.headers.get('allow')).toBe('GET, HEAD');
    expect(nobody.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('leaves nothing in the log above a warning', () => {
    expect(t.logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
