import { promptpay } from '@itpay/channel-promptpay';
import { testInstance } from '@itpay/testkit';
import { createItPay, type ItPayOptions } from 'itpay';
import { whenFileEnds } from './cleanup.js';
import { backend, freshDatabase, freshDirectory } from './database.js';

/** Where a test instance of this run's back end keeps its rows: the same for two instances that share a database. */
export async function freshStore(): Promise<Pick<ItPayOptions, 'database' | 'dataDir' | 'secretKey'>> {
  const dataDir = await freshDirectory();
  const secretKey = 'a-secret-key-for-tests-that-is-long-enough';
  return backend() === 'postgres'
    ? { database: (await freshDatabase()).url, dataDir, secretKey }
    : { dataDir, secretKey };
}

/** A whole ItPay on this run's back end, with PromptPay in both modes. It is stopped when the test file ends. */
export async function testPay(options: Partial<ItPayOptions> = {}) {
  const instance = await testInstance(createItPay, {
    plugins: [promptpay({ target: '0812345678' })],
    ...(await freshStore()),
    ...options,
  });
  whenFileEnds(() => instance.stop());
  return instance;
}
