import { readdir } from 'node:fs/promises';
import { definePlugin } from '@itpay/kernel';
import { capturedLogger } from '@itpay/testkit';
import { expect, it } from 'vitest';
import { freshDirectory } from '../../../test/support/database.js';
import { createItPay } from './create-itpay.js';

it('opens nothing when the plugins do not fit together', async () => {
  const dataDir = await freshDirectory();
  const loyalty = definePlugin({ name: 'loyalty', version: '1' });
  const options = { publicUrl: 'https://shop.example', plugins: [loyalty, loyalty], dataDir, logger: capturedLogger() };

  await expect(createItPay(options)).rejects.toThrow(/"loyalty" is listed twice/);

  expect(await readdir(dataDir)).toEqual([]);
});
