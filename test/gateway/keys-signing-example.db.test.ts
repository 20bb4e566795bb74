import { createServer } from 'node:http';
import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fromNode, writeNode } from '@itpay/gateway';
import { systemClock } from '@itpay/kernel';
import { expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDirectory } from '../support/database.js';
import { testPay } from '../support/pay.js';

it('The example of the documentation signs as the gateway expects it', async () => {
  const { pay } = await testPay({ clock: systemClock } as object);
  const server = createServer((req, res) => {
    const url = req.url!.slice('/itpay'.length);
    void pay.handle(fromNode(req, res, { url })).then((answer) => writeNode(res, answer));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  whenFileEnds(() => new Promise((closed) => server.close(closed)));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/itpay`;
  const { token, signingSecret } = await pay.keys.create({
    account: pay.account.id,
    livemode: false,
    label: 'signed',
    preset: 'merchant_full',
    requireSignature: true,
    ipAllowlist: ['127.0.0.0/8'],
  });
  const text = await readFile(resolve('docs/request-signing.md'), 'utf8');
  const file = join(await freshDirectory(), 'example.mjs');
  await writeFile(file, /```js\n([\s\S]*?)```/.exec(text)![1]!);
  const { signedFetch } = await import(/* @vite-ignore */ pathToFileURL(file).href);

  const body = '{"amount":{"currency":"THB","value":100}}';
  const created = await signedFetch(token, signingSecret, 'POST', `${base}/v1/payment-intents`, body);
  const listed = await signedFetch(
    token,
    signingSecret,
    'GET',
    `${base}/v1/payment-intents?limit=1&created_gte=2020-01-01T00:00:00Z`,
  );
  const withOther = await signedFetch(token, 'itpay_sig_other', 'GET', `${base}/v1/payment-intents`);

  expect([created.status, listed.status, withOther.status]).toEqual([201, 200, 401]);
  expect((await listed.json()).data[0].id).toBe((await created.json()).id);
});
