import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ItPay } from 'itpay';

/**
 * The key that the banner shows, the same after a restart. A key's secret can be shown only once, so the example keeps it
 * in a file that only its owner reads. Do not do this with a live key.
 */
export async function testKey(pay: ItPay, dataDir: string): Promise<string> {
  const file = join(dataDir, 'test-key');
  const kept = await readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
  if (kept !== null && (await stillActive(pay, kept))) return kept;
  const { token } = await pay.keys.create({
    account: pay.account.id,
    livemode: false,
    label: 'example',
    preset: 'merchant_full',
  });
  await writeFile(file, `${token}\n`, { mode: 0o600 });
  return token;
}

// A key reads itpay_test_<id>_<secret>; a masked one shows the same up to the secret.
async function stillActive(pay: ItPay, token: string): Promise<boolean> {
  const keys = await pay.keys.list(pay.account.id);
  return keys.some((key) => key.status === 'active' && token.startsWith(key.masked.slice(0, 24)));
}
