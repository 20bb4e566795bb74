import { isItPayError } from '@itpay/core';
import { Redis } from 'ioredis';
import { createItPay } from 'itpay';
import { beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { backend } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { freshStore, testPay } from '../support/pay.js';
import { freshRedis, redisNeed } from '../support/redis.js';

const intent = { amount: { currency: 'THB', value: 19_900 }, channel: 'promptpay', confirm_duplicate: true };

describeNeeding(redisNeed(), 'An installation with Redis', () => {
  let server: Awaited<ReturnType<typeof freshRedis>>;
  beforeAll(async () => {
    server = await freshRedis({ args: ['--requirepass', 's3cr3t'] });
  });
  beforeEach(async () => {
    await server.restart();
  });
  const url = () => server.url.replace('//', '//:s3cr3t@');

  it('serves on, degraded and without delay, while Redis is away, and uses it again', async () => {
    const t = await testPay({ redis: url(), rateLimits: {} });
    const state = async () => (await t.request('GET', '/v1/ready', { key: null })).body;
    expect((await state()).checks).toMatchObject({ redis: { state: 'ok', required: false }, pubsub: { state: 'ok' } });
    await server.kill();

    const startMs = performance.now();
    const statuses = [];
    for (let i = 0; i < 5; i += 1)
      statuses.push((await t.request('POST', '/v1/payment-intents', { body: intent })).status);
    const tookMs = performance.now() - startMs;

    expect(statuses).toEqual([201, 201, 201, 201, 201]);
    expect(tookMs).toBeLessThan(10_000); // a request that waited for Redis would take seconds
    await vi.waitFor(async () => expect((await state()).status).toBe('degraded'), { timeout: 15_000, interval: 300 });
    await server.restart();
    await vi.waitFor(async () => expect((await state()).status).toBe('ok'), { timeout: 15_000, interval: 300 });
    expect(JSON.stringify(t.logger.lines)).not.toContain('s3cr3t');
  });

  it('keeps what it shares under its own name, and sealed', async () => {
    const t = await testPay({ redis: { url: url(), prefix: 'shop.7' }, rateLimits: {} });
    await t.request('GET', '/v1/payment-intents');

    const client = new Redis(url());
    onTestFinished(() => client.disconnect());
    const keys = await client.keys('*');
    const cached = keys.find((key) => key.includes(':cache:api_key:'))!;

    expect(keys.filter((key) => !key.startsWith('{itpay:shop.7}:'))).toEqual([]);
    expect(keys.some((key) => key.includes(':bucket:'))).toBe(true);
    expect(await client.pttl(cached)).toBeLessThanOrEqual(10_000);
    expect((await client.getBuffer(cached))!.toString('latin1')).not.toContain('m_');
  });

  it.each([
    ['not a URL', 'localhost:6379', 'redis://'],
    ['an empty cluster', { cluster: [] }, 'cluster'],
    ['a prefix with braces', { url: 'redis://localhost', prefix: '{a}' }, 'prefix'],
  ])('does not start with %s', async (_what, redis, named) => {
    const error = await createItPay({
      publicUrl: 'https://shop.example/itpay',
      plugins: [],
      redis: redis as string,
      ...(await freshStore()),
    }).catch((thrown: unknown) => thrown);

    expect(isItPayError(error) && [error.code, error.param]).toEqual(['CONFIGURATION_INVALID', 'redis']);
    expect((error as Error).message).toContain(named);
  });

  // The embedded database has one process.
  if (backend() === 'pglite') return;

  it('refuses a revoked key in every process at once, and each looks it up for the others', async () => {
    const store = await freshStore();
    const [here, there] = [await testPay({ ...store, redis: url() }), await testPay({ ...store, redis: url() })];
    const { account } = here.pay;
    const { token, key } = await here.pay.keys.create({
      account: account.id,
      livemode: false,
      label: 'other',
      preset: 'merchant_full',
    });
    const asks = async () => (await there.request('GET', '/v1/payment-intents', { key: token })).status;
    await here.request('GET', '/v1/payment-intents', { key: token });
    expect(await asks()).toBe(200);

    await here.pay.keys.revoke(key.id);

    // By the clock of the test no time passes, so without the news it would work for ever.
    await vi.waitFor(async () => expect(await asks()).toBe(401), { timeout: 10_000, interval: 20 });
  });

  it('limits a caller over all processes', async () => {
    const store = await freshStore();
    const shared = { ...store, redis: url(), rateLimits: { test: { perSecond: 1, burst: 10 } } };
    const [here, there] = [await testPay(shared), await testPay(shared)];

    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 === 0 ? here : there).request('GET', '/v1/payment-intents', { key: here.testKey }),
      ),
    );

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
  });

  it('wakes who waits in another process', async () => {
    const store = await freshStore();
    const [here, there] = [await testPay({ ...store, redis: url() }), await testPay({ ...store, redis: url() })];
    const { body } = await here.request('POST', '/v1/payment-intents', { body: intent });
    const wait = `/v1/payment-intents/${body.id}/wait?timeout=10`;
    const waits = there.request('GET', wait, { key: here.testKey });
    await new Promise((resolve) => setTimeout(resolve, 500));

    await here.request('POST', `/v1/payment-intents/${body.id}/cancel`, { body: {} });
    const startMs = performance.now();
    const answer = await waits;

    expect(answer.text).toContain('cancelled');
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });
});
