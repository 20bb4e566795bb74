import { once } from 'node:events';
import { request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BODY_LIMIT, createHandle } from '@itpay/gateway';
import { defineRoute, type RawRequest } from '@itpay/kernel';
import { capturedLogger, fakeClock, seededIds } from '@itpay/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mount } from '@itpay/express';
import { EXPRESS_VERSIONS, type Express } from './express-versions.js';

const logger = capturedLogger();
const callbacks: RawRequest[] = [];
let pollEnded: Promise<unknown> = Promise.resolve();

const common = { summary: 'A route of a test', tag: 'Test', answers: {}, errors: [] };
const pay = {
  handle: createHandle({
    routes: [
      {
        ...common,
        method: 'GET',
        path: '/v1/things/{id}',
        access: 'public',
        query: z.strictObject({ q: z.string().optional() }),
        run: async ({ params, query }) => ({ status: 200, body: { params, query } }),
      },
      {
        ...common,
        method: 'POST',
        path: '/v1/things',
        access: 'payments:write',
        body: z.strictObject({ note: z.string() }),
        run: async ({ body }) => ({ status: 201, body }),
      },
      {
        ...common,
        method: 'POST',
        path: '/v1/things/{id}/cancel',
        access: 'payments:write',
        run: async () => ({ status: 200, body: { cancelled: true } }),
      },
      defineRoute({
        ...common,
        method: 'POST',
        path: '/v1/channels/{channel}/callback',
        access: 'public',
        raw: true,
        run: async ({ raw }) => {
          callbacks.push(raw);
          return { status: 200, content: { type: 'text/plain', bytes: 'success' } };
        },
      }),
      {
        ...common,
        method: 'GET',
        path: '/v1/wait',
        access: 'public',
        run: async ({ signal }) => {
          pollEnded = once(signal, 'abort');
          await pollEnded;
          return { status: 200 };
        },
      },
    ],
    authenticator: {
      authenticate: async ({ headers }) =>
        headers['authorization'] === 'merchant'
          ? { id: 'key_1', kind: 'api_key', account: 'm_1', livemode: false, scopes: ['payments:write'] }
          : null,
    },
    displayTokens: { verify: () => null },
    ids: seededIds(fakeClock(), 'express'),
    logger,
    publicUrl: 'https://shop.example/itpay',
  }),
};

describe.each(EXPRESS_VERSIONS)('Express %s', (_version, express) => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  /** Serves an app of Express on the loopback interface and gives the address of the mount. */
  async function serve(build: (app: Express) => void): Promise<string> {
    const app = express();
    build(app);
    const server = app.listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const headers = { authorization: 'merchant', 'idempotency-key': 'k', 'content-type': 'application/json' };
  const post = (url: string, body: string | undefined, more: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', headers: { ...headers, ...more }, ...(body !== undefined && { body }) });

  const keepBytes = (req: object, _res: unknown, bytes: Buffer) => Object.assign(req, { rawBody: bytes });

  describe.each([
    ['without a body parser', (app: Express) => app.use('/itpay', mount(pay))],
    ['before express.json()', (app: Express) => app.use('/itpay', mount(pay)).use(express.json())],
    ['after express.json()', (app: Express) => app.use(express.json()).use('/itpay', mount(pay))],
    [
      'after express.json({ verify })',
      (app: Express) => app.use(express.json({ verify: keepBytes })).use('/itpay', mount(pay)),
    ],
    ['after express.raw()', (app: Express) => app.use(express.raw({ type: '*/*' })).use('/itpay', mount(pay))],
    ['after express.text()', (app: Express) => app.use(express.text({ type: '*/*' })).use('/itpay', mount(pay))],
    [
      'after express.urlencoded({ extended: false })',
      (app: Express) => app.use(express.urlencoded({ extended: false })).use('/itpay', mount(pay)),
    ],
    ['inside a router', (app: Express) => app.use('/itpay', express.Router().use('/', mount(pay)))],
  ] as const)('Mounted %s', (_how, build) => {
    it('reads a body', async () => {
      const response = await post(`${await serve(build)}/itpay/v1/things`, '{"note":"ก ¥ 😀"}');

      expect(response.status).toBe(201);
      expect(await response.json()).toEqual({ note: 'ก ¥ 😀' });
    });

    it.each([undefined, '{}'])('takes a request without a body, sent as %j', async (body) => {
      const response = await post(`${await serve(build)}/itpay/v1/things/1/cancel`, body);

      expect(response.status).toBe(200);
    });

    it('refuses a form', async () => {
      const form = { 'content-type': 'application/x-www-form-urlencoded' };

      const response = await post(`${await serve(build)}/itpay/v1/things`, 'note=x', form);

      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { code: 'BODY_INVALID' } });
    });
  });

  describe('A callback, whose signature covers the bytes', () => {
    const call = (base: string, type: string, body: Buffer) =>
      fetch(`${base}/itpay/v1/channels/sample/callback?sign=%2b`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: body as BodyInit,
      });
    const spaced = Buffer.from('{ "b": 1.0,\r\n "a": "\\u00e9" }\n');
    const gbk = Buffer.from([0x61, 0x3d, 0xd6, 0xa7, 0xff, 0x00]);
    const any = { type: '*/*' };

    it.each([
      ['without a body parser', (app: Express) => app.use('/itpay', mount(pay))],
      ['before express.json()', (app: Express) => app.use('/itpay', mount(pay)).use(express.json())],
      [
        'after express.json({ verify })',
        (app: Express) => app.use(express.json({ verify: keepBytes })).use('/itpay', mount(pay)),
      ],
      [
        'after parsers of everything with { verify }',
        (app: Express) =>
          app
            .use(express.json({ verify: keepBytes }))
            .use(express.urlencoded({ extended: false, verify: keepBytes }))
            .use('/itpay', mount(pay)),
      ],
      ['after express.raw()', (app: Express) => app.use(express.raw(any)).use('/itpay', mount(pay))],
    ])('arrives byte for byte when mounted %s', async (_how, build) => {
      const base = await serve(build);

      for (const [type, body] of [
        ['application/json', spaced],
        ['application/x-www-form-urlencoded', gbk],
        ['application/octet-stream', gbk],
        ['text/xml; charset=gbk', gbk],
      ] as const) {
        const response = await call(base, type, body);

        expect([response.status, await response.text()]).toEqual([200, 'success']);
        expect(callbacks.at(-1)).toMatchObject({ path: '/itpay/v1/channels/sample/callback?sign=%2b' });
        expect(Buffer.from(callbacks.at(-1)!.rawBody)).toEqual(body);
      }
    });

    it.each([
      ['express.json()', express.json(), 'application/json', spaced],
      [
        'express.urlencoded({ extended: false })',
        express.urlencoded({ extended: false }),
        'application/x-www-form-urlencoded',
        Buffer.from('a=b'),
      ],
      ['express.text()', express.text(any), 'text/xml; charset=gbk', gbk],
    ])('fails after %s kept no bytes, and the log has the fix', async (_how, parser, type, body) => {
      const before = [logger.lines.length, callbacks.length] as const;
      const base = await serve((app) => app.use(parser).use('/itpay', mount(pay)));

      const response = await call(base, type, body);

      expect([response.status, callbacks.length]).toEqual([500, before[1]]);
      expect(logger.lines.slice(before[0])).toMatchObject([
        { level: 'error', fields: { err: { message: expect.stringContaining('Mount ItPay before express.json()') } } },
      ]);
    });

    it('arrives after express.json() when that left it alone', async () => {
      const base = await serve((app) => app.use(express.json()).use('/itpay', mount(pay)));

      await call(base, 'application/x-www-form-urlencoded', gbk);

      expect(Buffer.from(callbacks.at(-1)!.rawBody)).toEqual(gbk);
    });
  });

  describe('A body that is too large', () => {
    const large = JSON.stringify({ note: 'x'.repeat(300_000) });

    it('is refused, and the connection stays usable', async () => {
      const url = await serve((app) => app.use('/itpay', mount(pay)));

      const refused = await post(`${url}/itpay/v1/things`, large);
      const next = await post(`${url}/itpay/v1/things`, '{"note":"small"}');

      expect(refused.status).toBe(413);
      expect(await refused.json()).toMatchObject({ error: { code: 'BODY_TOO_LARGE', details: { limit: BODY_LIMIT } } });
      expect(next.status).toBe(201);
    });

    it('is refused as well when its length was not announced', async () => {
      const url = await serve((app) => app.use('/itpay', mount(pay)));
      const sending = httpRequest(`${url}/itpay/v1/things`, { method: 'POST', headers });

      sending.write(large.slice(0, 200_000));
      sending.end(large.slice(200_000));
      const [response] = await once(sending, 'response');

      expect(response.statusCode).toBe(413);
      response.resume();
    });

    it('is refused as well when a parser of the host kept its bytes', async () => {
      const parser = express.json({ verify: keepBytes, limit: '1mb' });
      const url = await serve((app) => app.use(parser).use('/itpay', mount(pay)));

      expect((await post(`${url}/itpay/v1/things`, large)).status).toBe(413);
    });
  });

  it.each([
    ['/itpay', '/itpay/v1/things/a%2Fb%20c?q=d%20e'],
    ['/shop/pay', '/shop/pay/v1/things/a%2Fb%20c?q=d%20e'],
    ['/', '/v1/things/a%2Fb%20c?q=d%20e'],
  ])('serves below %s', async (path, url) => {
    const base = await serve((app) => app.use(path, mount(pay)));

    const response = await fetch(base + url);

    expect(await response.json()).toEqual({ params: { id: 'a/b c' }, query: { q: 'd e' } });
  });

  it('serves twice in one app', async () => {
    const base = await serve((app) => app.use('/one', mount(pay)).use('/two', mount(pay)));

    expect((await fetch(`${base}/one/v1/things/x`)).status).toBe(200);
    expect((await fetch(`${base}/two/v1/things/x`)).status).toBe(200);
  });

  it('answers 404 below the mount itself, and leaves the rest to the app', async () => {
    const base = await serve((app) => {
      app.use('/itpay', mount(pay));
      app.get('/orders', (_req, res) => void res.send('the shop'));
    });

    const below = await fetch(`${base}/itpay/nothing`);
    const beside = await fetch(`${base}/nothing`);

    expect([below.status, await below.json()]).toMatchObject([404, { error: { code: 'RESOURCE_NOT_FOUND' } }]);
    expect([beside.status, beside.headers.get('itpay-request-id')]).toEqual([404, null]);
    expect(await (await fetch(`${base}/orders`)).text()).toBe('the shop');
  });

  it('answers a broken percent escape with 400', async () => {
    const base = await serve((app) => app.use('/itpay', mount(pay)));

    expect((await fetch(`${base}/itpay/v1/things/%ff`)).status).toBe(400);
  });

  it('answers HEAD with the headers of GET', async () => {
    const base = await serve((app) => app.use('/itpay', mount(pay)));

    const get = await fetch(`${base}/itpay/v1/things/x`);
    const head = await fetch(`${base}/itpay/v1/things/x`, { method: 'HEAD' });

    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
    expect(await head.text()).toBe('');
  });

  it('tells a route that the client has gone away', async () => {
    const base = await serve((app) => app.use('/itpay', mount(pay)));
    const client = new AbortController();

    const polling = fetch(`${base}/itpay/v1/wait`, { signal: client.signal });
    await sleep(50);
    client.abort();

    await expect(polling).rejects.toThrow();
    await expect(pollEnded).resolves.toBeDefined();
  });

  it('survives a client that leaves in the middle of its body, and does not call that an error of ours', async () => {
    const base = await serve((app) => app.use('/itpay', mount(pay)));
    const before = logger.lines.length;
    const sending = httpRequest(`${base}/itpay/v1/things`, {
      method: 'POST',
      headers: { ...headers, 'content-length': 1000 },
    });
    sending.on('error', () => {});
    sending.write('{"note":');
    await sleep(50);

    sending.destroy();
    await sleep(50);

    expect((await fetch(`${base}/itpay/v1/things/x`)).status).toBe(200);
    expect(logger.lines.slice(before)).toEqual([]);
  });

  it('sends nothing a second time when the host has answered already', async () => {
    const base = await serve((app) => {
      app.use((_req, res, next) => {
        res.status(418).end();
        next();
      });
      app.use('/itpay', mount(pay));
    });

    expect((await fetch(`${base}/itpay/v1/things/x`)).status).toBe(418);
  });
});
