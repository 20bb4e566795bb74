import { generateKeyPairSync } from 'node:crypto';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { testInstance } from '@itpay/testkit';
import { promptpay } from '@itpay/channel-promptpay';
import express from 'express';
import { systemClock } from '@itpay/kernel';
import { createItPay, type ItPayOptions } from 'itpay';
import { beforeAll, expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDirectory } from '../support/database.js';

// The examples of docs/webhooks.md, as they stand there.

const examples: any[] = [];
beforeAll(async () => {
  const folder = await freshDirectory();
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  const text = await readFile(resolve('docs/webhooks.md'), 'utf8');
  for (const [index, [, code]] of [...text.matchAll(/```js\n([\s\S]*?)```/g)].entries()) {
    const file = join(folder, `example-${index}.mjs`);
    await writeFile(file, code!);
    examples.push(await import(/* @vite-ignore */ pathToFileURL(file).href));
  }
});

/** A shop that takes webhooks, and an ItPay that knows its address. */
async function shop(more: object = {}) {
  const app = express();
  const server = createServer(app);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  whenFileEnds(() => new Promise((closed) => server.close(closed)));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const t = await testInstance(createItPay, {
    plugins: [promptpay({ target: '0812345678' })],
    dataDir: await freshDirectory(),
    webhooks: { allowedOrigins: [origin] },
    // Receivers compare the time of the signature with their own.
    clock: systemClock,
  } as object as ItPayOptions);
  whenFileEnds(() => t.stop());
  const endpoint = await t.request('POST', '/v1/webhook-endpoints', {
    body: { url: `${origin}/hooks`, enabled_events: ['payment_intent.succeeded'], ...more },
  });
  expect(endpoint.status).toBe(201);
  const pay = async () => {
    const intent = await t.request('POST', '/v1/payment-intents', {
      body: { amount: { currency: 'THB', value: 100 }, order_reference: 'order-7' },
    });
    const path = `/v1/test-helpers/payment-intents/${intent.body.id}/simulate`;
    await t.request('POST', path, { body: { event: 'paid' } });
    await t.settle();
  };
  const attempts = async () => (await t.request('GET', `/v1/webhook-endpoints/${endpoint.body.id}/attempts`)).body.data;
  return { app, endpoint: endpoint.body, pay, attempts };
}

it('the receiver verifies an event and marks the order paid', async () => {
  const { app, endpoint, pay, attempts } = await shop();
  const paid: unknown[] = [];
  app.use(examples[0].receiver(endpoint.secret, async (...facts: unknown[]) => void paid.push(facts)));

  await pay();

  expect(paid).toEqual([[expect.stringMatching(/^evt_/), 'order-7']]);
  expect(await attempts()).toMatchObject([{ status: 204 }]);
});

it('the receiver refuses what is signed with another secret', async () => {
  const { app, pay, attempts } = await shop();
  const paid: unknown[] = [];
  const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  app.use(examples[0].receiver(other, async (...facts: unknown[]) => void paid.push(facts)));

  await pay();

  expect(paid).toEqual([]);
  expect(await attempts()).toMatchObject([{ status: 500 }]);
});

it('an encrypted body is opened with the private key of its kid', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const raw = (key: typeof publicKey, member: 'x' | 'd') =>
    Buffer.from(key.export({ format: 'jwk' })[member]!, 'base64url');
  const { app, endpoint, pay } = await shop({ public_key: raw(publicKey, 'x').toString('base64') });
  const opened: any[] = [];
  app.post('/hooks', express.raw({ type: '*/*' }), (req, res) => {
    opened.push(examples[1].open(req, { [endpoint.encryption.kid]: raw(privateKey, 'd') }));
    res.sendStatus(204);
  });

  await pay();

  expect(opened).toMatchObject([
    { type: 'payment_intent.succeeded', data: { object: { order_reference: 'order-7' } } },
  ]);
});
