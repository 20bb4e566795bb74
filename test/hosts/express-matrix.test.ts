import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFakeRailServer, fakeChannel, signed, type FakeRail } from '@itpay/testkit/fake-rail';
import { mount } from '@itpay/express';
import { definePlugin, defineRoute, Routes } from '@itpay/kernel';
import { testInstance } from '@itpay/testkit';
import { createItPay } from 'itpay';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDirectory } from '../support/database.js';
import { EXPRESS_VERSIONS, type Express } from './express-versions.js';

// Whole payments through a real mount: each version, each place among the parsers, each path.

/** A stream that says when whoever reads it has gone. */
const streams: { readonly ended: Promise<void> }[] = [];
const ticker = definePlugin({
  name: 'ticker',
  version: '1',
  register: (registry) =>
    registry.contribute(Routes, [], () => [
      defineRoute({
        method: 'GET',
        path: '/v1/ticks',
        summary: 'A stream of a test',
        tag: 'Test',
        access: 'public',
        answers: {},
        errors: [],
        run: async ({ signal }) => {
          let end = () => {};
          streams.push({ ended: new Promise((resolve) => (end = resolve)) });
          return { status: 200, stream: { type: 'text/event-stream', chunks: ticks(signal, end) } };
        },
      }),
    ]),
});

async function* ticks(signal: AbortSignal, end: () => void): AsyncIterable<string> {
  try {
    yield 'data: 1\n\n';
    yield 'data: ก\n\n';
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    end();
  }
}

/** A whole ItPay with a rail that signs its callbacks. */
async function shop(publicUrl: string) {
  const rail = await createFakeRailServer();
  whenFileEnds(() => rail.stop());
  const t = await testInstance(createItPay, {
    publicUrl,
    plugins: [ticker, fakeChannel({ url: rail.url, secret: rail.secret, mode: 'test' })],
    dataDir: await freshDirectory(),
    secretKey: 'a-secret-key-for-tests-that-is-long-enough',
  });
  whenFileEnds(() => t.stop());
  return { ...t, rail, publicUrl };
}
type Shop = Awaited<ReturnType<typeof shop>>;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** @returns the origin at which the server answers */
async function serve(listener: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The shop's customer: calls `publicUrl` and reaches `origin`, as name resolution and proxies do outside. */
function clientOf({ publicUrl, testKey }: Pick<Shop, 'publicUrl' | 'testKey'>, origin: string) {
  const mountPath = new URL(publicUrl).pathname.replace(/\/$/, '');
  let keys = 0;
  return async (method: string, path: string, { body, signal }: { body?: object; signal?: AbortSignal } = {}) =>
    fetch(origin + mountPath + path, {
      method,
      headers: {
        authorization: `Bearer ${testKey}`,
        ...(method === 'POST' && { 'idempotency-key': `${origin}-${keys++}`, 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
}

let orders = 0;
async function pay(client: ReturnType<typeof clientOf>, rail: FakeRail) {
  const body = {
    amount: { currency: 'THB', value: 10_000 },
    channel: 'fake',
    order_reference: `order ${orders++}`,
    description: 'ก๋วยเตี๋ยว',
  };
  const created = await client('POST', '/v1/payment-intents', { body });
  const intent = (await created.json()) as {
    id: string;
    description: string;
    version: number;
    qr: { qr_data: string };
  };
  expect([created.status, intent.description]).toEqual([201, body.description]);
  await rail.pay(intent.qr.qr_data);
  return intent;
}

/** Delivers the rail's callbacks, spaced and signed so that only the bytes themselves fit: no parser writes JSON like this. */
async function deliver(rail: FakeRail, origin: string): Promise<Response[]> {
  const waiting = await rail.callbacks();
  expect(waiting.length).toBeGreaterThan(0);
  return Promise.all(
    waiting.map(({ url, headers, body: plain }) => {
      const { pathname, search } = new URL(url);
      const body = plain.replace('{', '{ \r\n');
      const signature = signed(rail.secret, { kind: 'callback', body });
      return fetch(origin + pathname + search, { method: 'POST', headers: { ...headers, ...signature }, body });
    }),
  );
}

const statusOf = async (client: ReturnType<typeof clientOf>, id: string) =>
  ((await (await client('GET', `/v1/payment-intents/${id}`)).json()) as { status: string }).status;

const keepBytes = (req: object, _res: unknown, bytes: Buffer) => Object.assign(req, { rawBody: bytes });

describe.each([
  ['/itpay', 'https://shop.example/itpay'],
  ['/a/b/itpay', 'https://shop.example/a/b/itpay'],
  ['/', 'https://shop.example'],
])('Mounted at %s', (path, publicUrl) => {
  let t: Shop;
  beforeAll(async () => {
    t = await shop(publicUrl);
  });

  describe.each(EXPRESS_VERSIONS)('in Express %s', (_version, express) => {
    it.each<[string, (app: Express) => unknown]>([
      ['without a parser', (app) => app.use(path, mount(t.pay))],
      ['before express.json()', (app) => app.use(path, mount(t.pay)).use(express.json())],
      ['after express.json({ verify })', (app) => app.use(express.json({ verify: keepBytes })).use(path, mount(t.pay))],
      ['after express.raw()', (app) => app.use(express.raw({ type: '*/*' })).use(path, mount(t.pay))],
    ])('takes a payment and its signed callback, %s', async (_how, build) => {
      const app = express();
      build(app);
      const origin = await serve(app);
      const client = clientOf(t, origin);

      const { id } = await pay(client, t.rail);
      const answers = await deliver(t.rail, origin);

      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect(await statusOf(client, id)).toBe('succeeded');
    });

    it('refuses a callback whose bytes express.json() threw away, and tells how to keep them', async () => {
      const origin = await serve(express().use(express.json()).use(path, mount(t.pay)));
      const client = clientOf(t, origin);
      const before = t.logger.lines.length;

      const { id } = await pay(client, t.rail);
      const answers = await deliver(t.rail, origin);

      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 500));
      expect(await statusOf(client, id)).not.toBe('succeeded');
      expect(
        JSON.stringify(t.logger.lines.slice(before), (_key, value) => (value instanceof Error ? value.message : value)),
      ).toContain('express.json({ verify: (req, _res, bytes) => { req.rawBody = bytes } })');

      // The rail tries again once the line is in.
      const mended = await serve(
        express()
          .use(express.json({ verify: keepBytes }))
          .use(path, mount(t.pay)),
      );
      await deliver(t.rail, mended);
      expect(await statusOf(client, id)).toBe('succeeded');
    });

    it('wakes a long poll when the money arrives', async () => {
      const origin = await serve(express().use(path, mount(t.pay)));
      const client = clientOf(t, origin);
      const { id } = await pay(client, t.rail);
      const { cursor } = (await (await client('GET', `/v1/payment-intents/${id}/wait?timeout=1`)).json()) as any;

      const waiting = client('GET', `/v1/payment-intents/${id}/wait?timeout=30&cursor=${cursor}`);
      await deliver(t.rail, origin);
      const answer = (await (await waiting).json()) as any;

      expect(answer).toMatchObject({ type: 'payment_intent.state', payment_intent: { status: 'succeeded' } });
    });

    it('streams piece by piece, and ends the source when the reader leaves', async () => {
      const client = clientOf(t, await serve(express().use(path, mount(t.pay))));
      const leave = new AbortController();

      const response = await client('GET', '/v1/ticks', { signal: leave.signal });
      const reader = response.body!.getReader();
      let text = '';
      while (!text.includes('ก')) text += Buffer.from((await reader.read()).value!).toString();
      leave.abort();

      expect(response.headers.get('content-type')).toBe('text/event-stream');
      await expect(streams.at(-1)!.ended).resolves.toBeUndefined();
    });

    if (path !== '/') {
      it('leaves the 404s, the errors and the error handler outside to the app', async () => {
        const app = express();
        app.get('/orders', (_req, res) => void res.send('the shop'));
        app.use(path, mount(t.pay));
        app.get('/broken', () => {
          throw new Error('of the shop');
        });
        app.use(
          ((error: Error, _req: unknown, res: any, _next: unknown) =>
            void res.status(418).send(`handled: ${error.message}`)) as never,
        );
        const origin = await serve(app);
        const at = async (url: string) => {
          const response = await fetch(origin + url);
          return [response.status, response.headers.has('itpay-request-id'), await response.text()];
        };

        expect(await at('/orders')).toEqual([200, false, 'the shop']);
        expect(await at('/broken')).toEqual([418, false, 'handled: of the shop']);
        expect((await at('/nothing')).slice(0, 2)).toEqual([404, false]);
        expect((await at(`${path}/nothing`)).slice(0, 2)).toEqual([404, true]);
        expect((await at(`${path}ments`)).slice(0, 2)).toEqual([404, false]);
      });
    }

    it.each([
      ['', 404],
      ['/', 404],
      ['?q=1', 404],
      ['/v1/health', 200],
      ['/v1/health?', 200],
      ['/v1/health/', 404],
      ['/v1//health', 404],
      ['/v1/%68ealth', 200],
      ['/v1/payment-intents/%E0%B8%81', 404],
      ['/v1/payment-intents/a%2Fb', 404],
      ['/v1/payment-intents/%zz', 400],
    ])('answers "%s" below the mount with %d', async (below, status) => {
      const client = clientOf(t, await serve(express().use(path, mount(t.pay))));

      const response = await client('GET', below);

      expect([response.status, response.headers.has('itpay-request-id')]).toEqual([status, true]);
    });
  });
});

describe.each(EXPRESS_VERSIONS)('Express %s', (_version, express) => {
  it('takes a payment behind a proxy that strips a prefix', async () => {
    const t = await shop('https://shop.example/a/b/itpay');
    const inner = await serve(express().use('/itpay', mount(t.pay)));
    const origin = await serve((req, res) => {
      const to = httpRequest(inner + req.url!.replace(/^\/a\/b/, ''), { method: req.method!, headers: req.headers });
      to.on('response', (answer) => answer.pipe(res.writeHead(answer.statusCode!, answer.headers)));
      req.pipe(to);
    });
    const client = clientOf(t, origin);

    const { id } = await pay(client, t.rail);
    const answers = await deliver(t.rail, origin);

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(await statusOf(client, id)).toBe('succeeded');
  });

  it('keeps two of them in one app apart, and lets one stop while the other goes on', async () => {
    const [one, two] = [await shop('https://shop.example/one'), await shop('https://shop.example/two')];
    const origin = await serve(express().use('/one', mount(one.pay)).use('/two', mount(two.pay)));
    const [customer, other] = [clientOf(one, origin), clientOf(two, origin)];
    const stranger = clientOf({ ...two, testKey: one.testKey }, origin);

    const paid = await pay(customer, one.rail);
    const unpaid = await pay(other, two.rail);
    await deliver(one.rail, origin);

    expect(await statusOf(customer, paid.id)).toBe('succeeded');
    expect(await statusOf(other, unpaid.id)).not.toBe('succeeded');
    expect((await stranger('GET', `/v1/payment-intents/${unpaid.id}`)).status).toBe(401);

    const { cursor } = (await (await customer('GET', `/v1/payment-intents/${paid.id}/wait?timeout=1`)).json()) as any;
    const poll = customer('GET', `/v1/payment-intents/${paid.id}/wait?timeout=30&cursor=${cursor}`);
    const stream = await customer('GET', '/v1/ticks');
    await one.pay.stop();

    // All of these would wait for half a minute or for ever, were they not asked to end.
    expect((await poll).status).toBeLessThanOrEqual(503);
    expect(await stream.text()).toContain('data: 1');
    expect((await customer('GET', '/v1/health')).status).toBe(503);
    expect((await other('GET', '/v1/health')).status).toBe(200);
  });
});
