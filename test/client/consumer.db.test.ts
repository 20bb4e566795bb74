import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { memoryStore, type AnyEvent, type Consumed, type Consumer, type ConsumerStore } from '@itpay/client';
import { toNodeHandler } from '@itpay/client/node';
import express from 'express';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { served } from './server.js';

const amount = { currency: 'THB', value: 19_900 };

/** Where ItPay sends: notes what comes, and hands it on as the test says. */
let inbox: { body: Buffer; headers: Record<string, string> }[];
let deliver: (request: any, response: any) => unknown;
let house: Awaited<ReturnType<typeof served>>;
let origin: string;
/** Each test has an endpoint of its own: what was sent for the test before may come late. */
let tests = 0;
const patiently = { timeout: 20_000 };

beforeAll(async () => {
  const server = createServer((request, response) => void deliver(request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  whenFileEnds(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  house = await served({ webhooks: { allowedOrigins: [origin] } });
});

let secret: string;
let endpoint: string;
beforeEach(async () => {
  deliver = keep;
  const client = house.client();
  for await (const { id } of client.webhookEndpoints.list()) await client.webhookEndpoints.delete(id);
  tests++;
  inbox = [];
  ({ secret, id: endpoint } = await client.webhookEndpoints.create({
    url: `${origin}/hooks/${tests}`,
    enabled_events: ['*'],
  }));
});

/** Keeps the webhook for the test to deliver as it likes. */
function keep(request: any, response: any) {
  const chunks: Buffer[] = [];
  request
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('end', () => {
      if (request.url === `/hooks/${tests}`) inbox.push({ body: Buffer.concat(chunks), headers: request.headers });
      response.writeHead(204).end();
    });
}

function shop(store: ConsumerStore = memoryStore()) {
  const handled: AnyEvent[] = [];
  const stale: string[] = [];
  const consumer: Consumer = house.client({ webhookSecret: secret }).webhooks.consumer({
    store,
    handlers: {
      '*': (event, context) => {
        handled.push(event);
        if (context.stale) stale.push(event.id);
      },
    },
  });
  return { consumer, handled, stale };
}

async function pay(order_reference: string) {
  const client = house.client();
  const { id } = await client.paymentIntents.create({ amount, order_reference });
  await client.testHelpers.simulate(id, { event: 'paid' });
  await client.waitForPayment(id);
  return id;
}
const isSuccess = ({ body }: { body: Buffer }) => body.includes('"payment_intent.succeeded"');
const about = (events: readonly AnyEvent[], id: string) =>
  events.filter(({ data }) => (data.object as { id: string }).id === id);

it('takes real webhooks, whatever doubles and shuffles them, each once and with what is old marked', async () => {
  const { consumer, handled, stale } = shop();
  const id = await pay('shuffled');
  // They come in any order.
  const complete = () => inbox.some(isSuccess) && inbox.some(({ body }) => body.includes('"payment_intent.created"'));
  await expect.poll(complete, patiently).toBe(true);
  const came = [...inbox];

  // The newest first, and everything three times at once.
  const sequenceOf = ({ body }: { body: Buffer }) => JSON.parse(body.toString()).sequence as number;
  const shuffled = came.toSorted((a, b) => sequenceOf(b) - sequenceOf(a)).flatMap((one) => [one, one, one]);
  const states: Consumed['state'][] = [];
  await Promise.all(
    shuffled.map(async ({ body, headers }) => states.push((await consumer.receive(body, headers)).state)),
  );

  const intent = about(handled, id);
  expect(states.filter((state) => state === 'handled')).toHaveLength(came.length);
  expect(new Set(handled.map((event) => event.id)).size).toBe(handled.length);
  expect(intent.map(({ sequence }) => sequence)).toEqual(
    intent.map(({ sequence }) => sequence).toSorted((a, b) => b - a),
  );
  expect(intent.filter((event) => !stale.includes(event.id))).toHaveLength(1);
  const types = intent.map(({ type }) => type);
  expect(types).toEqual(expect.arrayContaining(['payment_intent.created', 'payment_intent.succeeded']));
});

it('finds in the log what no webhook brought, and handles nothing twice', async () => {
  const { consumer, handled } = shop();
  await consumer.catchUp({ from: 'now' });
  const first = await pay('heard');
  await expect.poll(() => inbox.some(isSuccess), patiently).toBe(true);
  const came = [...inbox];
  for (const { body, headers } of came) await consumer.receive(body, headers);
  const heard = handled.length;
  await house.client().webhookEndpoints.delete(endpoint);

  const ids = [first, await pay('missed-1'), await pay('missed-2')];
  const found = { handled: 0, duplicate: 0 };
  const payments = () =>
    ids.map((id) => about(handled, id).filter(({ type }) => type === 'payment_intent.succeeded').length);
  // An event is in the log a moment after its transaction.
  await expect
    .poll(async () => {
      const counts = await consumer.catchUp();
      found.handled += counts.handled;
      found.duplicate += counts.duplicate;
      return payments();
    }, patiently)
    .toEqual([1, 1, 1]);

  expect(found.duplicate).toBeGreaterThanOrEqual(about(handled, first).length);
  expect(found.handled).toBe(handled.length - heard);
  const nothing = { handled: 0, duplicate: 0, skipped: 0, unhandled: 0 };
  await expect.poll(() => consumer.catchUp(), patiently).toEqual(nothing);
});

it('is a route of an Express app, before or after a body parser that keeps the bytes', async () => {
  const apps = [
    express(),
    express().use(express.json({ verify: (request, _, bytes) => Object.assign(request, { rawBody: bytes }) })),
  ];
  for (const [index, app] of apps.entries()) {
    const { consumer, handled } = shop();
    app.post(`/hooks/${tests}`, toNodeHandler(consumer));
    deliver = app;

    const id = await pay(`express-${index}`);

    await expect
      .poll(() => about(handled, id).map(({ type }) => type), patiently)
      .toContain('payment_intent.succeeded');
    const attempts = await house.client().webhookEndpoints.attempts(endpoint).page();
    expect(new Set(attempts.data.map(({ status }) => status))).toEqual(new Set([204]));
  }
});

it('accepts both secrets while one replaces the other', async () => {
  const old = secret;
  const { secret: fresh } = await house.client().webhookEndpoints.rotateSecret(endpoint);
  await house.client().webhookEndpoints.test(endpoint);
  await expect.poll(() => inbox.length, patiently).toBe(1);

  for (const webhookSecret of [old, fresh, [old, fresh]]) {
    const event = await house.client({ webhookSecret }).webhooks.verify(inbox[0]!.body, inbox[0]!.headers);
    expect(event.type).toBe('webhook_endpoint.test');
  }
});

it('opens what was encrypted to it', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(12);
  const client = house.client();
  const { encryption } = await client.webhookEndpoints.update(endpoint, { public_key: point.toString('base64') });
  await client.webhookEndpoints.test(endpoint);
  const encrypted = () => inbox.find(({ body }) => body.includes('"enc"'));
  await expect.poll(encrypted, patiently).toBeDefined();
  const { body, headers } = encrypted()!;

  const webhookPrivateKeys = { [encryption!.kid]: privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(16) };
  const receiver = house.client({ webhookSecret: secret, webhookPrivateKeys });

  expect(body.toString()).not.toContain(endpoint);
  expect(await receiver.webhooks.verify(body, headers)).toMatchObject({
    id: headers['webhook-id'],
    data: { object: { id: endpoint } },
  });
});
