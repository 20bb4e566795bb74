import { promptpay } from '@itpay/channel-promptpay';
import type { AnyPlugin } from '@itpay/kernel';
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
export async function testPay<const P extends readonly AnyPlugin[] = readonly AnyPlugin[]>(
  options: Partial<ItPayOptions<P>> = {},
) {
  const plugins = options.plugins ?? ([promptpay({ target: '0812345678' })] as unknown as P);
  // testInstance brings the address.
  const all = { ...(await freshStore()), ...options, plugins } as ItPayOptions<P>;
  const instance = await testInstance(createItPay<P>, all);
  whenFileEnds(() => instance.stop());
  return instance;
}
