import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { freshDirectory } from '../support/database.js';
import { startProcess } from '../support/process.js';
import { served, type Fate } from './server.js';

const program = fileURLToPath(new URL('shop.mjs', import.meta.url));

let house: Awaited<ReturnType<typeof served>>;
beforeAll(async () => {
  house = await served();
});

async function shop(what: 'create' | 'resume', directory: string, order: string) {
  const env = { ITPAY_API_KEY: house.token, ITPAY_BASE_URL: house.baseUrl, ORDER: order };
  return startProcess(process.execPath, [program, what, directory], { env });
}

async function resume(directory: string, order: string) {
  const process = await shop('resume', directory, order);
  expect(await process.exited, process.stderr.join('\n')).toEqual({ code: 0, signal: null });
  return JSON.parse(process.stdout[0]!).resumed as { state: string; id: string }[];
}

const paymentsOf = async (order_reference: string) =>
  (await house.client().paymentIntents.list({ order_reference }).page()).data;

it.each<[string, Fate]>([
  ['after the server did the work', 'hang_after'],
  ['before the server did anything', 'hang_before'],
])('a shop that is killed %s finds out in its next life, and pays once', async (when, fate) => {
  const directory = join(await freshDirectory(), 'journal');
  house.fate(({ method }) => (method === 'POST' ? fate : 'pass'));
  const lost = house.lost();

  const first = await shop('create', directory, when);
  await lost;
  expect(await first.kill('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
  expect(first.stdout).toEqual([]);
  expect(await readdir(directory)).toHaveLength(1);
  expect(await paymentsOf(when)).toHaveLength(fate === 'hang_after' ? 1 : 0);
  house.fate(() => 'pass');

  const resumed = await resume(directory, when);

  expect(resumed).toEqual([{ state: 'done', id: expect.stringMatching(/^pi_/) }]);
  expect((await paymentsOf(when)).map(({ id }) => id)).toEqual([resumed[0]!.id]);
  expect(await readdir(directory)).toEqual([]);
  expect(await resume(directory, when)).toEqual([]);
});
