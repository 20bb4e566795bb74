import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { beforeAll, expect, it } from 'vitest';
import { root } from '../../tools/workspaces.mjs';
import { chromiumNeed, openBrowser } from '../support/browser.js';
import { whenFileEnds } from '../support/cleanup.js';
import { describeNeeding } from '../support/needs.js';
import { servedAlone } from './server.js';

// The package as it is published, without a bundler. The map has no entry for anything else, so nothing else is needed.
const PAGE = `<!doctype html><meta charset="utf-8"><title>client</title><link rel="icon" href="data:,">
<script type="importmap">{ "imports": { "@itpay/client": "/client/index.js" } }</script>
<script type="module">import * as client from '@itpay/client'; globalThis.client = client;</script>`;

describeNeeding(chromiumNeed, 'the client in a browser', () => {
  let house: Awaited<ReturnType<typeof servedAlone>>;
  let origin: string;
  let run: <T>(work: string) => Promise<T>;
  const said: string[] = [];
  const asked: string[] = [];

  beforeAll(async () => {
    const server = createServer(async ({ url = '/' }, response) => {
      if (url === '/') return void response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
      asked.push(url);
      const file = join(root, 'packages/client/dist', url.replace(/^\/client\//, ''));
      const text = await readFile(file).catch(() => null);
      response.writeHead(text === null ? 404 : 200, { 'content-type': 'text/javascript' }).end(text);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    whenFileEnds(async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    });
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    house = await servedAlone({ cors: { origins: [origin] } });

    const page = await (await openBrowser())!.newPage();
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    await page.goto(origin);
    await page.waitForFunction('globalThis.client !== undefined');
    run = (work) => {
      const options = JSON.stringify({ apiKey: house.token, baseUrl: house.baseUrl });
      return page.evaluate(`(async () => { const shop = new client.ItPay(${options}); ${work} })()`);
    };
  });

  it('creates a payment, waits for it, reads lists and images, and hears of errors', async () => {
    const seen = await run<Record<string, unknown>>(`
      const created = await shop.paymentIntents.create({ amount: { currency: 'THB', value: 100 }, order_reference: 'web' });
      const waiting = shop.waitForPayment(created.id);
      await shop.testHelpers.simulate(created.id, { event: 'paid' });
      const paid = await waiting;
      const ids = [];
      for await (const { id } of shop.paymentIntents.list({ order_reference: 'web', limit: 1 })) ids.push(id);
      const error = await shop.refunds.retrieve('ref_nothing').catch((thrown) => thrown);
      return {
        id: created.id, ids, status: paid.status, request: client.responseOf(created).requestId,
        code: error.code, isApiError: error instanceof client.ItPayApiError, requestId: error.requestId,
      };
    `);

    expect(seen).toEqual({
      id: expect.stringMatching(/^pi_/),
      ids: [seen['id']],
      status: 'succeeded',
      request: expect.stringMatching(/^req_/),
      code: 'REFUND_NOT_FOUND',
      isApiError: true,
      requestId: expect.stringMatching(/^req_/),
    });
  });

  it('repeats what the network lost, and pays once', async () => {
    house.writesMeet('cut_after');

    const count = await run(`
      await shop.paymentIntents.create({ amount: { currency: 'THB', value: 100 }, order_reference: 'lost' });
      return (await shop.paymentIntents.list({ order_reference: 'lost' }).page()).data.length;
    `);

    expect(count).toBe(1);
  });

  it('verifies a webhook', async () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const now = new Date();
    const body = JSON.stringify({
      id: 'evt_1',
      type: 'refund.succeeded',
      sequence: 1,
      data: { object: { id: 'ref_1' } },
    });
    const headers = {
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign('evt_1', now, body),
    };

    const seen = await run(`
      const receiver = new client.ItPay({ webhookSecret: ${JSON.stringify(secret)} });
      const headers = ${JSON.stringify(headers)};
      const event = await receiver.webhooks.verify(${JSON.stringify(body)}, headers);
      const forged = await receiver.webhooks.verify('{}', headers).catch(({ problem }) => problem);
      return [event.type, forged];
    `);

    expect(seen).toEqual(['refund.succeeded', 'signature_invalid']);
  });

  it('says nothing to the console, and loads no file but its own', () => {
    // The browser itself writes down what was refused or lost.
    expect(said.filter((line) => !line.startsWith('Failed to load resource'))).toEqual([]);
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.every((path) => path.startsWith('/client/') && path !== '/client/node.js')).toBe(true);
  });
});
