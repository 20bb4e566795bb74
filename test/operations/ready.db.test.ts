import { expect, it } from 'vitest';
import { testPayWithRail } from '../support/fake-rail.js';
import { testPay } from '../support/pay.js';

it('says of each thing that this process works with how it is', async () => {
  const t = await testPayWithRail();

  const { status, body } = await t.request('GET', '/v1/ready', { key: null });

  expect([status, body.status]).toEqual([200, 'ok']);
  expect(
    Object.entries(body.checks).map(([name, { state, required }]: [string, any]) => [name, state, required]),
  ).toEqual(
    expect.arrayContaining([
      ['database', 'ok', true],
      ['migrations', 'ok', true],
      ['pubsub', 'ok', false],
      ['blob_store', 'ok', false],
      ['worker', 'off', false],
      ['channel:fake:test', 'ok', false],
    ]),
  );
});

it('serves on, degraded, while a channel and the blob store are away', async () => {
  const away = () => Promise.reject(new Error('secret-host.internal refused'));
  const t = await testPayWithRail(
    { url: 'http://127.0.0.1:1' },
    { blobStore: { get: away, put: away, delete: away }, work: true },
  );
  for (let call = 0; call < 6; call++) await t.create({ confirm_duplicate: true });

  const { status, text, body } = await t.request('GET', '/v1/ready', { key: null });

  expect([status, body.status]).toEqual([200, 'degraded']);
  expect(body.checks).toMatchObject({
    blob_store: { state: 'failed' },
    'channel:fake:test': { state: 'failed' },
    worker: { state: 'ok' },
  });
  expect(text).not.toContain('internal');
});

it('answers 503 without the database or its schema, and health goes on', async () => {
  const t = await testPay();
  await t.pay.knex.raw('alter table itpay.migrations rename to gone');

  const ready = await t.request('GET', '/v1/ready', { key: null });
  const health = await t.request('GET', '/v1/health', { key: null });

  expect([ready.status, ready.body.status, health.status]).toEqual([503, 'failed', 200]);
  expect(ready.body.checks.migrations).toMatchObject({ state: 'failed', required: true });
  expect(ready.body.checks.database).toMatchObject({ state: 'ok' });
});
