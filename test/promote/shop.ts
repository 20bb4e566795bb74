import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bankTransfer } from '@itpay/channel-bank-transfer';
import { promptpay } from '@itpay/channel-promptpay';
import { capturedLogger, fakeClock, type FakeClock } from '@itpay/testkit';
import { createItPay, type ItPay, type ItPayOptions } from 'itpay';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDirectory } from '../support/database.js';
import { oddTables } from './odd-tables.mjs';

export const PUBLIC_URL = 'https://shop.example/itpay';

export const PLUGINS = [
  promptpay({ target: '0812345678' }),
  bankTransfer({ beneficiary: 'Laden GmbH', account: { kind: 'sepa', iban: 'DE89370400440532013000' } }),
  oddTables,
];

/** A folder with the configuration that the command reads; the installation is in `.itpay` below it. */
export async function folderOfShop(): Promise<{ readonly cwd: string; readonly dataDir: string }> {
  const cwd = await freshDirectory();
  const built = (path: string) => JSON.stringify(resolve(path));
  await writeFile(
    join(cwd, 'itpay.config.mjs'),
    `import { promptpay } from ${built('adapters/promptpay/dist/index.js')};
import { bankTransfer } from ${built('adapters/bank-transfer/dist/index.js')};
import { oddTables } from ${built('test/promote/odd-tables.mjs')};
export default {
  account: 'Test Shop',
  plugins: [
    promptpay({ target: '0812345678' }),
    bankTransfer({ beneficiary: 'Laden GmbH', account: { kind: 'sepa', iban: 'DE89370400440532013000' } }),
    oddTables,
  ],
};
`,
  );
  return { cwd, dataDir: join(cwd, '.itpay') };
}

/** The key that the first start made. */
export const secretKeyOf = async (dataDir: string) => (await readFile(join(dataDir, 'secret.key'), 'utf8')).trim();

export type Shop = Awaited<ReturnType<typeof openShop>>;

/** The shop in this process, by a clock that a test moves. It is stopped when the file ends, if it runs until then. */
export async function openShop(options: Partial<ItPayOptions> & { readonly clock?: FakeClock }) {
  const clock = options.clock ?? fakeClock();
  const pay: ItPay = await createItPay({
    publicUrl: PUBLIC_URL,
    plugins: PLUGINS,
    account: 'Test Shop',
    mode: 'test',
    work: false,
    rateLimits: false,
    logger: capturedLogger(),
    ...options,
    clock,
  });
  whenFileEnds(() => pay.stop());
  let sends = 0;

  async function request(method: string, path: string, { key, body, once, type = 'application/json' }: Sent) {
    const headers = new Headers({ authorization: `Bearer ${key}` });
    if (method !== 'GET') headers.set('idempotency-key', once ?? `${process.pid}-${sends++}`);
    if (body !== undefined) headers.set('content-type', type);
    const bytes = body === undefined || body instanceof Uint8Array ? body : JSON.stringify(body);
    const response = await pay.fetch(
      new Request(PUBLIC_URL + path, { method, headers, ...(bytes !== undefined && { body: bytes as BodyInit }) }),
    );
    const text = await response.text();
    return { status: response.status, text, body: parsed(text) };
  }

  async function must(key: string, method: string, path: string, sent: Omit<Sent, 'key'> = {}): Promise<any> {
    const answer = await request(method, path, { ...sent, key });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  const newKey = async (preset: 'merchant_full' | 'operator', livemode = false) =>
    (await pay.keys.create({ account: pay.account.id, livemode, label: preset, preset })).token;

  return { pay, clock, request, must, newKey };
}

interface Sent {
  readonly key: string;
  readonly body?: object | Uint8Array;
  readonly once?: string;
  readonly type?: string;
}

function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
