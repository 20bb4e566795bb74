import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promptpay } from '@itpay/channel-promptpay';
import { createItPay } from 'itpay';
import { TYPES, typesOf } from '../packages/client/tools/types-of.mjs';
import { root } from './workspaces.mjs';

// What `npm run client:types` runs after the build: asks an installation to describe its API, and writes the types of the
// client. `test/client/types.test.ts` fails while they are older than the API.

const publicUrl = 'https://shop.example/itpay';
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const dataDir = await mkdtemp(join(tmpdir(), 'itpay-client-types-'));
const plugins = [promptpay({ target: '0812345678' })];
const pay = await createItPay({ publicUrl, plugins, dataDir, mode: 'test', work: false, logger: quiet });
try {
  const response = await pay.fetch(new Request(`${publicUrl}/v1/openapi.json`));
  await writeFile(join(root, TYPES), await typesOf(await response.json()));
  console.log(`Wrote ${TYPES}.`);
} finally {
  await pay.stop();
  await rm(dataDir, { recursive: true, force: true });
}
