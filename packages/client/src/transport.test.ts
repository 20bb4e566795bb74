import { createHash, createHmac } from 'node:crypto';
import { expect, describe, it } from 'vitest';
import { broken, json, refusal, scripted } from '../test/scripted.js';
import { ItPayApiError, ItPayConnectionError, ItPayTimeoutError, memoryJournal, responseOf } from './index.js';

const AMOUNT = { amount: { currency: 'THB', value: 19_900 } };
const intent = { id: 'pi_1', object: 'payment_intent', status: 'qr_generated' };
const thrown = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    () => expect.fail('It did not throw.'),
    (error: unknown) => error,
  );

describe('a request', () => {
  it('goes to the mount, with the key, the version and an idempotency key', async () => {
    const { client, sent } = scripted([json(201, intent)]);

    const created = await client.paymentIntents.create(AMOUNT);

    expect(created).toEqual(intent);
    expect(sent).toEqual([
      {
        method: 'POST',
        url: 'https://shop.example/itpay/v1/payment-intents',
        headers: {
          authorization: 'Bearer itpay_test_0123456789ab_secret',
          'content-type': 'application/json',
          'idempotency-key': expect.stringMatching(/^[0-9a-f-]{36}$/),
          'itpay-version': '2026-11-22',
        },
        body: AMOUNT,
      },
    ]);
  });

  it('has the parameters of its path and query in it, and no body or idempotency key when it reads', async () => {
    const { client, sent } = scripted([json(200, intent)]);

    await client.paymentIntents.retrieve('pi_1/../x?', { expand: 'qr' });

    expect(sent[0]).toMatchObject({ method: 'GET', body: undefined });
    expect(sent[0]!.url).toBe('https://shop.example/itpay/v1/payment-intents/pi_1%2F..%2Fx%3F?expand=qr');
    expect(sent[0]!.headers).not.toHaveProperty('idempotency-key');
  });

  it('sends a file as it is, and puts it into no journal', async () => {
    const journal = memoryJournal();
    const { client, sent } = scripted([broken(), json(201, { id: 'stm_1' })], { journal });
    const file = new Uint8Array([0xef, 0xbb, 0xbf, 0x3c, 0xff]);

    await client.statements.create(file, { channel: 'bank_transfer' });

    expect(sent.map(({ raw }) => raw)).toEqual([file, file]);
    expect(new Set(sent.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(sent[0]).toMatchObject({
      url: 'https://shop.example/itpay/v1/statements?channel=bank_transfer',
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(await journal.pending()).toEqual([]);
  });

  it.each(['', '.', '..'])('is not sent for the id %j, which would be something else', async (id) => {
    const { client, sent } = scripted([]);

    await expect(client.webhookEndpoints.delete(id)).rejects.toThrow('needs id');
    expect(sent).toEqual([]);
  });

  it('takes the channel of the client when it names none', async () => {
    const script = [json(201, intent), json(201, intent), json(201, intent)];
    const { client, sent } = scripted(script, { defaultChannel: 'promptpay' });

    await client.paymentIntents.create(AMOUNT);
    await client.paymentIntents.create({ ...AMOUNT, channel: 'wechat' });
    await client.paymentIntents.create({ ...AMOUNT, allowed_channels: ['wechat', 'alipay'] });

    expect(sent.map(({ body }) => body.channel)).toEqual(['promptpay', 'wechat', undefined]);
  });

  it('is signed anew for each attempt, also within one millisecond', async () => {
    const secret = 'itpay_sig_abc';
    const { client, sent } = scripted(
      [refusal(503, 'SERVICE_UNAVAILABLE', { retryable: true }), json(200, { data: [] })],
      {
        signingSecret: secret,
        runtime: { now: () => 1_800_000_000_000, random: () => 0, sleep: async () => {} },
      },
    );

    await client.request('GET', '/v1/refunds', { query: { status: 'succeeded', limit: 2 } });

    const empty = createHash('sha256').update('').digest('hex');
    const expected = ['1800000000.000', '1800000000.001'].map((t) => {
      const text = ['v1', t, 'GET', '/itpay/v1/refunds?limit=2&status=succeeded', '', empty].join('\n');
      return `t=${t},v1=${createHmac('sha256', secret).update(text).digest('hex')}`;
    });
    expect(sent.map(({ headers }) => headers['itpay-signature'])).toEqual(expected);
  });
});

describe('an answer', () => {
  it('tells how it came', async () => {
    const { client } = scripted([json(202, intent, { 'idempotent-replayed': 'true' })]);

    const created = await client.paymentIntents.create(AMOUNT, { idempotencyKey: 'order-7' });

    expect(responseOf(created)).toEqual({
      status: 202,
      requestId: 'req_1',
      replayed: true,
      idempotencyKey: 'order-7',
    });
    expect(responseOf({})).toBeUndefined();
  });

  it('is bytes where it is an image, and nothing where there is nothing', async () => {
    const png = new Response(new Uint8Array([137, 80]), {
      headers: { 'content-type': 'image/png', 'itpay-request-id': 'req_1' },
    });
    const { client } = scripted([png, new Response(null, { status: 204 })]);

    expect(await client.qr.image('qr_1')).toEqual(new Uint8Array([137, 80]));
    expect(await client.apiKeys.delete('key_1')).toBeUndefined();
  });

  it('is bytes where it is a file, also when the file is JSON', async () => {
    const { client } = scripted([json(200, [1, 2])]);

    expect(new TextDecoder().decode(await client.reports.file('rpt_1'))).toBe('[1,2]');
  });

  it('that refuses is an error with all that the server said', async () => {
    const body = {
      error: {
        type: 'validation',
        code: 'AMOUNT_TOO_SMALL',
        message: 'At least 1 THB.',
        param: 'amount.value',
        details: { min: 100 },
        retryable: false,
        doc_url: 'https://shop.example/itpay/errors/AMOUNT_TOO_SMALL',
      },
      request_id: 'req_1',
    };
    const { client, sent } = scripted([json(422, body)]);

    const error = await thrown(client.paymentIntents.create(AMOUNT, { idempotencyKey: 'order-7' }));

    expect(error).toBeInstanceOf(ItPayApiError);
    expect(error).toMatchObject({
      message: 'At least 1 THB.',
      code: 'AMOUNT_TOO_SMALL',
      type: 'validation',
      param: 'amount.value',
      details: { min: 100 },
      status: 422,
      requestId: 'req_1',
      retryable: false,
      docUrl: 'https://shop.example/itpay/errors/AMOUNT_TOO_SMALL',
      idempotencyKey: 'order-7',
    });
    expect(sent).toHaveLength(1);
  });

  it.each([
    ['a page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['a broken page', () => new Response('Not found', { status: 404, headers: { 'content-type': 'text/html' } })],
    [
      'other JSON',
      () => new Response('{"ok":false}', { status: 404, headers: { 'content-type': 'application/json' } }),
    ],
  ])('of a stranger says what baseUrl should be: %s', async (_, response) => {
    const { client } = scripted([response()]);

    const error = await thrown(client.paymentIntents.retrieve('pi_1'));

    expect(error).toBeInstanceOf(ItPayConnectionError);
    expect(error.message).toMatch(/not as ItPay does.*baseUrl/);
  });
});

describe('a write whose connection breaks', () => {
  it('is repeated with the same key, until it is answered', async () => {
    const { client, sent, slept } = scripted([
      broken(),
      refusal(409, 'IDEMPOTENCY_IN_PROGRESS', { retryable: true, 'retry-after': '1' }),
      refusal(503, 'SERVICE_UNAVAILABLE', { retryable: true, 'retry-after': '5' }),
      json(201, intent),
    ]);

    await client.paymentIntents.create(AMOUNT);

    expect(new Set(sent.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(sent).toHaveLength(4);
    expect(slept).toEqual([250, 1_000, 5_000]);
  });

  it('ends with an error that has the key, once it was repeated three times', async () => {
    const { client, sent } = scripted([broken(), broken(), broken(), broken(), json(201, intent)]);

    const error = await thrown(client.refunds.create({ payment_intent_id: 'pi_1' }, { idempotencyKey: 'refund-7' }));

    expect(error).toBeInstanceOf(ItPayConnectionError);
    expect(error).toMatchObject({
      message: 'https://shop.example/itpay does not answer: ECONNRESET.',
      idempotencyKey: 'refund-7',
    });
    expect(JSON.stringify(error) + error.stack).not.toContain('0123456789ab');
    expect(sent).toHaveLength(4);
  });

  it('is sent once when no repetition is wanted', async () => {
    const { client, sent } = scripted([broken()]);

    await expect(client.refunds.create({}, { maxRetries: 0 })).rejects.toThrow(ItPayConnectionError);
    expect(sent).toHaveLength(1);
  });
});

it('does not repeat a payment whose outcome is unknown', async () => {
  const { client, sent } = scripted([refusal(409, 'OUTCOME_UNKNOWN', { retryable: true, 'retry-after': '5' })]);

  await expect(client.paymentIntents.capture('pi_1')).rejects.toMatchObject({
    code: 'OUTCOME_UNKNOWN',
    retryable: true,
    retryAfterMs: 5_000,
  });
  expect(sent).toHaveLength(1);
});

it('gives up on a server that stays silent, and tries again', async () => {
  const { client, sent } = scripted(['silence', 'silence'], { timeoutMs: 20, maxRetries: 1 });

  const error = await thrown(client.paymentIntents.retrieve('pi_1'));

  expect(error).toBeInstanceOf(ItPayTimeoutError);
  expect(error.message).toBe('https://shop.example/itpay did not answer within 20 ms.');
  expect(sent).toHaveLength(2);
});

it('ends at once, with the reason, when its caller no longer wants it', async () => {
  const controller = new AbortController();
  const { client, sent } = scripted(['silence', json(200, intent)]);

  const reading = client.paymentIntents.retrieve('pi_1', {}, { signal: controller.signal });
  await expect.poll(() => sent.length).toBe(1);
  controller.abort(new Error('The user left.'));

  await expect(reading).rejects.toThrow('The user left.');
  expect(sent).toHaveLength(1);
});

describe('the journal', () => {
  it('has the write before it is sent, and forgets it once it is answered', async () => {
    const journal = memoryJournal();
    const seen: unknown[] = [];
    const { client } = scripted(
      [
        async () => {
          seen.push(...(await journal.pending()));
          return json(201, intent);
        },
      ],
      { journal },
    );

    await client.paymentIntents.create(AMOUNT, { idempotencyKey: 'order-7' });

    expect(seen).toEqual([
      {
        key: 'order-7',
        method: 'POST',
        path: '/v1/payment-intents',
        body: JSON.stringify(AMOUNT),
        apiVersion: '2026-11-22',
        baseUrl: 'https://shop.example/itpay',
        livemode: false,
        createdAt: '2026-11-22T10:00:00.000Z',
      },
    ]);
    expect(await journal.pending()).toEqual([]);
  });

  it('that cannot be written keeps the write from being sent', async () => {
    const journal = { ...memoryJournal(), put: async () => Promise.reject(new Error('The disk is full.')) };
    const { client, sent } = scripted([], { journal });

    await expect(client.paymentIntents.create(AMOUNT)).rejects.toThrow('The disk is full.');
    expect(sent).toEqual([]);
  });

  it('that cannot forget does not lose the answer', async () => {
    const journal = { ...memoryJournal(), done: async () => Promise.reject(new Error('The disk is gone.')) };
    const { client } = scripted([json(201, intent)], { journal });

    expect(await client.paymentIntents.create(AMOUNT)).toEqual(intent);
  });

  it('knows nothing of reads', async () => {
    const journal = memoryJournal();
    const { client } = scripted([broken()], { journal, maxRetries: 0 });

    await thrown(client.paymentIntents.retrieve('pi_1'));

    expect(await journal.pending()).toEqual([]);
  });

  it('keeps a write of which nobody knows, and resumes it with its key, version and body', async () => {
    const journal = memoryJournal();
    const first = scripted([broken()], { journal, maxRetries: 0, apiVersion: '2026-01-01' });
    await thrown(first.client.paymentIntents.create(AMOUNT, { idempotencyKey: 'order-7' }));
    const second = scripted([json(201, intent)], { journal });

    const resumed = await second.client.resume();

    expect(resumed).toEqual([
      { state: 'done', entry: expect.objectContaining({ key: 'order-7' }), status: 201, body: intent },
    ]);
    expect(second.sent).toEqual([
      {
        ...first.sent[0],
        headers: { ...first.sent[0]!.headers, 'itpay-version': '2026-01-01', 'idempotency-key': 'order-7' },
      },
    ]);
    expect(await journal.pending()).toEqual([]);
  });

  it.each([
    ['refused for good', refusal(422, 'REFUND_AMOUNT_EXCEEDED'), 'refused', 0],
    ['refused by another lock than its own', refusal(401, 'API_KEY_REVOKED'), 'open', 1],
    ['not answered', broken(), 'open', 1],
  ])('resumes what is then %s', async (_, act, state, kept) => {
    const journal = memoryJournal();
    await thrown(scripted([broken()], { journal, maxRetries: 0 }).client.refunds.create({}));
    const { client } = scripted([act], { journal, maxRetries: 0 });

    expect(await client.resume()).toMatchObject([{ state }]);
    expect(await journal.pending()).toHaveLength(kept);
  });

  it('sends nothing that the server has forgotten, or that is for another server or mode', async () => {
    const journal = memoryJournal();
    const lose = (options: object) =>
      thrown(scripted([broken()], { journal, maxRetries: 0, ...options }).client.refunds.create({}));
    await lose({});
    await lose({ baseUrl: 'https://other.example/itpay' });
    await lose({ apiKey: 'itpay_live_0123456789ab_secret' });
    const { client, sent, advance } = scripted([], { journal });
    advance(71 * 3_600_000);

    expect((await client.resume()).map(({ state }) => state)).toEqual(['expired', 'foreign', 'foreign']);
    expect(sent).toEqual([]);
    expect(await journal.pending()).toHaveLength(3);
  });

  it('keeps a write that its caller repeats in vain, as old as it is', async () => {
    const journal = memoryJournal();
    const { client, advance } = scripted([broken(), refusal(401, 'API_KEY_REVOKED')], { journal, maxRetries: 0 });
    const create = () => thrown(client.paymentIntents.create(AMOUNT, { idempotencyKey: 'order-7' }));

    await create();
    advance(60_000);
    await create();

    expect(await journal.pending()).toMatchObject([{ key: 'order-7', createdAt: '2026-11-22T10:00:00.000Z' }]);
  });

  it('does not resume what is still under way', async () => {
    const journal = memoryJournal();
    let answer!: (response: Response) => void;
    const { client, sent } = scripted([() => new Promise((resolve) => (answer = resolve))], { journal });
    const creating = client.paymentIntents.create(AMOUNT);
    await expect.poll(() => sent.length).toBe(1);

    expect(await client.resume()).toEqual([]);

    answer(json(201, intent));
    await creating;
    expect(sent).toHaveLength(1);
  });

  it('is missed by whoever resumes without one', async () => {
    await expect(scripted([]).client.resume()).rejects.toThrow('journal is missing');
  });
});
