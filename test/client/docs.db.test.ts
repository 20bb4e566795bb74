import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { ItPay } from '@itpay/client';
import { beforeAll, expect, it } from 'vitest';
import { root } from '../../tools/workspaces.mjs';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDirectory } from '../support/database.js';
import { startProcess } from '../support/process.js';
import { served } from './server.js';

const run = promisify(execFile);

/** The blocks of a page in one language, each compiled as a program of its own, strictly. */
async function compiled(page: string): Promise<string[]> {
  const folder = await freshDirectory();
  const text = await readFile(join(root, page), 'utf8');
  const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
  const names = blocks.map((_, index) => `block-${index}`);
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await mkdir(join(folder, 'out'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  for (const [index, code] of blocks.entries()) await writeFile(join(folder, `${names[index]}.ts`), code);
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2023'],
    types: ['node'],
    skipLibCheck: true,
    outDir: 'out',
  };
  const files = names.map((name) => `${name}.ts`);
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const result = await run(process.execPath, [tsc, '-p', folder], { cwd: folder }).catch((error: Error) => error);
  expect('stdout' in result ? result.stdout : result).toBe('');
  return names.map((name) => join(folder, 'out', `${name}.js`));
}

let house: Awaited<ReturnType<typeof served>>;
let origin: string;
let hooks: (request: any, response: any) => unknown;
let guide: Record<string, any>;

beforeAll(async () => {
  const server = createServer((request, response) => void hooks(request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  whenFileEnds(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  house = await served({ webhooks: { allowedOrigins: [origin] } });
  const modules = await compiled('docs/guides/client.md');
  guide = Object.assign(
    {},
    ...(await Promise.all(modules.map((file) => import(/* @vite-ignore */ pathToFileURL(file).href)))),
  );
});

const env = () => ({ ITPAY_BASE_URL: house.baseUrl, ITPAY_API_KEY: house.token });
async function payFor(order_reference: string) {
  const client = house.client();
  const [intent] = (await client.paymentIntents.list({ order_reference }).page()).data;
  await client.testHelpers.simulate(intent!.id, { event: 'paid' });
  return intent!.id;
}

it('the example in the README takes a payment', async () => {
  const [file] = await compiled('packages/client/README.md');

  const shop = await startProcess(process.execPath, [file!], {
    env: env(),
    readyWhen: /The payer scans 0002.*opens http/,
  });
  await payFor('order-7');

  expect(await shop.exited).toEqual({ code: 0, signal: null });
  expect(shop.stdout.at(-1)).toBe('Order order-7: succeeded');
});

it('the guide takes a payment once, gives it back, and counts', async () => {
  const client = house.client();
  const since = new Date().toISOString();
  const order = { id: 'guide-1', satang: 500 };

  const payUrl = await guide['checkout'](client, order);
  expect(await guide['checkout'](client, order)).toBe(payUrl);
  const id = await payFor(order.id);
  await client.waitForPayment(id);

  expect(await guide['takings'](client, since)).toBe(500);
  expect(await guide['giveBack'](client, id)).toMatchObject({ object: 'refund', payment_intent_id: id });
  expect(await guide['giveBack'](client, 'pi_nothing')).toBe('refused');
  house.writesMeet('cut_before', 'cut_before', 'cut_before', 'cut_before');
  expect(await guide['giveBack'](client, id)).toBe('try again');
});

it('the guide starts with a journal', async () => {
  Object.assign(process.env, env());
  try {
    const client = await guide['start'](join(await freshDirectory(), 'journal'));
    expect(await client.paymentIntents.list().page()).toMatchObject({ object: 'list' });
  } finally {
    for (const name of Object.keys(env())) delete process.env[name];
  }
});

it('the guide marks an order as paid once, by webhook or by catching up', async () => {
  const { knex } = house.t.pay;
  const page = await readFile(join(root, 'docs/guides/client.md'), 'utf8');
  const [, tables] = /^```sql\n([\s\S]*?)^```$/m.exec(page)!;
  await knex.raw(tables!);
  await knex.raw('create table orders (id text primary key, paid boolean not null default false)');
  await knex('orders').insert([{ id: 'by-webhook' }, { id: 'by-log' }]);
  const paid = async () =>
    (await knex('orders').where({ paid: true }).orderBy('id')).map(({ id }: { id: string }) => id);
  const admin = house.client();
  const endpoint = await admin.webhookEndpoints.create({
    url: `${origin}/hooks`,
    enabled_events: ['payment_intent.*'],
  });
  const client = new ItPay({ apiKey: house.token, baseUrl: house.baseUrl, webhookSecret: endpoint.secret });
  const { handler, catchUp } = guide['receiver'](client, guide['storeIn'](knex));
  hooks = handler;

  await guide['checkout'](client, { id: 'by-webhook', satang: 100 });
  await payFor('by-webhook');
  await expect.poll(paid, { timeout: 20_000 }).toEqual(['by-webhook']);

  await admin.webhookEndpoints.delete(endpoint.id);
  await guide['checkout'](client, { id: 'by-log', satang: 100 });
  await payFor('by-log');
  await expect.poll(async () => (await catchUp(), paid()), { timeout: 20_000 }).toEqual(['by-log', 'by-webhook']);
  expect(await catchUp()).toMatchObject({ handled: 0 });
});
