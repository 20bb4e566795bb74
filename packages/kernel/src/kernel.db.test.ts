import { expect, it } from 'vitest';
import { house } from '../../../test/support/kernel.js';
import { Idempotency, KEY_RETENTION_MS } from './idempotency/idempotency.js';
import { idempotencyKey } from './idempotency/key.js';
import { createKernel } from './kernel.js';
import { secretsFrom } from './ports/secrets.js';

it('frees idempotency keys by itself', async () => {
  const { database, clock, pubsub, logger } = await house();
  const kernel = await createKernel({
    database,
    clock,
    pubsub,
    logger,
    blobStore: {} as never,
    secrets: secretsFrom(['a-secret-key-for-tests-that-is-long-enough']),
    settings: { publicUrl: 'https://shop.example' },
    plugins: [],
    migrate: 'auto',
  });
  const idempotency = kernel.get(Idempotency.token);
  const scope = { account: 'm_1', livemode: false, caller: 'key_1', method: 'POST', route: '/v1/things', key: 'k' };
  const key = idempotencyKey(scope, {});
  await database.transaction((tx) => idempotency.once(tx, key, async () => ({ status: 201, body: '{}' })));

  await kernel.settle();
  expect(await idempotency.find(database, key)).not.toBeNull();
  clock.advance(KEY_RETENTION_MS);
  await kernel.settle();

  expect(await idempotency.find(database, key)).toBeNull();
});
