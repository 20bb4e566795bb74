import { promptpay } from '@itpay/channel-promptpay';
import { testInstance } from '@itpay/testkit';
import { createItPay } from 'itpay';
import { expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDatabase, freshDirectory, postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { countingProxy } from './counting-proxy.mjs';

describeNeeding(postgresNeed(), 'round trips', () => {
  it.each([
    ['creates a payment intent with its QR in one', 'fresh', 1],
    // The key is taken, its answer is read, and the code that the intent shows now, which no answer keeps.
    ['answers a repetition in three', 'used', 3],
  ])('%s', async (_what, key, expected) => {
    const { proxy, create } = await countedInstance();
    await create('used');

    proxy.reset();
    const answer = await create(key);

    expect(answer.status).toBe(201);
    expect(proxy.counts().get('itpay')).toBe(expected);
  });
});

/** Its pool has a connection already, and its only API key stays in the cache, because the clock stands. */
async function countedInstance() {
  const proxy = await countingProxy((await freshDatabase()).url);
  whenFileEnds(proxy.close);
  const instance = await testInstance(createItPay, {
    plugins: [promptpay({ target: '0812345678' })],
    database: proxy.url,
    dataDir: await freshDirectory(),
    secretKey: 'a-secret-key-for-tests-that-is-long-enough',
  });
  whenFileEnds(() => instance.stop());
  const body = { amount: { currency: 'THB', value: 19_900 } };
  return {
    proxy,
    create: (idempotencyKey: string) => instance.request('POST', '/v1/payment-intents', { idempotencyKey, body }),
  };
}
