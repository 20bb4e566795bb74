import { readdir } from 'node:fs/promises';
import { definePlugin, Secrets, secretsFrom } from '@itpay/kernel';
import { capturedLogger } from '@itpay/testkit';
import { afterEach, expect, it, vi } from 'vitest';
import { backend, freshDatabase, freshDirectory } from '../../../test/support/database.js';
import { createItPay } from './create-itpay.js';

const vault = definePlugin({
  name: 'vault',
  version: '1',
  register: (registry) => {
    registry.replace(Secrets, [], () => secretsFrom(['a-key-that-only-the-vault-of-the-shop-has']));
  },
});

afterEach(() => void vi.unstubAllEnvs());

it('needs and makes no secret key where a plugin keeps the secrets', async () => {
  vi.stubEnv('ITPAY_SECRET_KEY', '');
  vi.stubEnv('ITPAY_SECRET_KEY_FILE', '');
  const dataDir = await freshDirectory();
  const database = backend() === 'postgres' ? { database: (await freshDatabase()).url } : {};
  const options = { publicUrl: 'https://shop.example', plugins: [vault], dataDir, logger: capturedLogger() };

  const pay = await createItPay({ ...options, ...database, work: false });
  await pay.stop();

  expect(await readdir(dataDir)).not.toContain('secret.key');
});
