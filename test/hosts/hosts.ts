import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { mount as mountInExpress } from '@itpay/express';
import { itpay } from '@itpay/fastify';
import { belowMount, fromNode, toFetch, writeNode, type Handle } from '@itpay/gateway';
import { mount as mountInKoa } from '@itpay/koa';
import express5 from 'express';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach } from 'vitest';

// The table of hosts: each framework and version, each place that a mount may have among its parsers. Every case of this
// folder runs for every row, and docs/mounting.md shows the table.

/** The kinds of signed bodies that rails send. Only the bytes themselves fit: no parser writes JSON like this. */
export const BODIES = {
  JSON: { type: 'application/json', bytes: Buffer.from('{ "b": 1.0,\r\n "a": "\\u00e9" }\n') },
  form: { type: 'application/x-www-form-urlencoded', bytes: Buffer.from('b=%e0%b8%81&a=ก+1') },
  'form in GBK': {
    type: 'application/x-www-form-urlencoded',
    bytes: Buffer.from([0x61, 0x3d, 0xd6, 0xa7, 0xff, 0x00]),
  },
  'XML in GBK': { type: 'text/xml; charset=gbk', bytes: Buffer.from([0x3c, 0xd6, 0xa7, 0x3e]) },
  bytes: { type: 'application/octet-stream', bytes: Buffer.from([0x61, 0x3d, 0xd6, 0xa7, 0xff, 0x00]) },
} as const;
export type BodyKind = keyof typeof BODIES;
const ALL = Object.keys(BODIES) as BodyKind[];

/** One place among the parsers of a host. */
export interface Place {
  /** Follows "Mounted". */
  readonly name: string;
  /** Signed bodies whose bytes are gone there; all others arrive byte for byte. */
  readonly gone: readonly BodyKind[];
  /** For gone bytes: what the log says. */
  readonly fix?: string;
  /** The app reads bodies of its own, at `/echo`. */
  readonly echoes?: true;
  /** Set where nothing is left of a request's body, so that also our own API cannot read it. */
  readonly leavesNothing?: true;
}

/** The app of a test: the mounts, and what else it has. */
export interface App<Where extends string = string> {
  readonly mounts: readonly { readonly path: string; readonly pay: { readonly handle: Handle } }[];
  /** The name of a place. Left out: the first one, without a parser. */
  readonly place?: Where;
  /** With CORS, compression and helmet of the host's kind in front. */
  readonly dressed?: boolean;
  /** Answers every request before the mount sees it, and passes it on all the same. */
  readonly answersFirst?: boolean;
}

/** An app that answers. */
export interface Served {
  /** @param path from the root of the app: `/itpay/v1/health` */
  call(path: string, init?: RequestInit): Promise<Response>;
  /** `http://127.0.0.1:…`; null where there is no server. */
  readonly origin: string | null;
}

export interface Host {
  readonly name: string;
  /** The first one is without a parser. */
  readonly places: readonly Place[];
  /** What the app runs after the mount adds `x-after` to its answers, as sessions and timers do. */
  readonly afterwards?: true;
  serve(app: App): Promise<Served>;
}

/** What the app itself has at `/orders`, `/broken` and everywhere else. The same for each host. */
export const SHOP = { orders: 'the shop', broken: 'handled: of the shop', missing: 'not in the shop' };
const ofTheShop = () => {
  throw new Error('of the shop');
};

const require = createRequire(import.meta.url);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Serves on the loopback interface until the test ends. */
export async function listen(listener: RequestListener): Promise<Served & { origin: string }> {
  return listening(createServer(listener).listen(0, '127.0.0.1'));
}

async function listening(server: Server): Promise<Served & { origin: string }> {
  closers.push(() => server.close().closeAllConnections());
  if (!server.listening) await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, call: (path, init) => fetch(origin + path, init) };
}

// --- Express ---

const keepBytes = (req: object, _res: unknown, bytes: Buffer) => Object.assign(req, { rawBody: bytes });
const any = { type: '*/*' };
const EXPRESS_FIX = 'express.json({ verify: (req, _res, bytes) => { req.rawBody = bytes } })';

type Middlewares = (express: typeof express5) => any[];
interface ExpressPlace extends Place {
  readonly before?: Middlewares;
  readonly after?: Middlewares;
  readonly inRouter?: true;
}

const EXPRESS_PLACES: readonly ExpressPlace[] = [
  { name: 'without a body parser', gone: [] },
  { name: 'before `express.json()`', after: (express) => [express.json()], gone: [], echoes: true },
  { name: 'inside a router', inRouter: true, gone: [] },
  {
    name: 'after `express.json({ verify })`',
    before: (express) => [express.json({ verify: keepBytes, limit: '1mb' })],
    gone: [],
  },
  {
    name: 'after parsers of everything with `{ verify }`',
    before: (express) => [
      express.json({ verify: keepBytes }),
      express.urlencoded({ extended: false, verify: keepBytes }),
    ],
    gone: [],
  },
  { name: "after `express.raw({ type: '*/*' })`", before: (express) => [express.raw(any)], gone: [] },
  { name: 'after `express.json()`', before: (express) => [express.json()], gone: ['JSON'], fix: EXPRESS_FIX },
  {
    name: 'after `express.urlencoded()`',
    before: (express) => [express.urlencoded({ extended: false })],
    gone: ['form', 'form in GBK'],
    fix: EXPRESS_FIX,
  },
  {
    name: "after `express.text({ type: '*/*' })`",
    before: (express) => [express.text(any)],
    gone: ['form in GBK', 'XML in GBK', 'bytes'],
    fix: EXPRESS_FIX,
  },
];

const dressing = () => [
  require('cors')({ origin: 'https://admin.example' }),
  require('compression')({ threshold: 0 }),
  require('helmet')(),
];

const answerFirst = (_req: IncomingMessage, res: ServerResponse, next: () => void) => {
  res.statusCode = 418;
  res.end();
  next();
};

function expressHost(name: string, express: typeof express5): Host {
  return {
    name,
    places: EXPRESS_PLACES,
    serve({ mounts, place, dressed, answersFirst }) {
      const { before, after, inRouter } = placeIn(EXPRESS_PLACES, place);
      const app = express();
      for (const middleware of [
        ...(dressed ? dressing() : []),
        ...(answersFirst ? [answerFirst] : []),
        ...(before?.(express) ?? []),
      ]) {
        app.use(middleware);
      }
      app.get('/orders', (_req, res) => void res.send(SHOP.orders));
      for (const { path, pay } of mounts) {
        app.use(path, inRouter ? express.Router().use('/', mountInExpress(pay)) : mountInExpress(pay));
      }
      for (const middleware of after?.(express) ?? []) app.use(middleware);
      app.post('/echo', (req, res) => void res.json(req.body));
      app.get('/broken', ofTheShop);
      app.use((_req, res) => void res.status(404).send(SHOP.missing));
      app.use(
        ((error: Error, _req: unknown, res: any, _next: unknown) =>
          void res.status(418).send(`handled: ${error.message}`)) as never,
      );
      return listen(app);
    },
  };
}

// --- Koa ---

interface KoaPlace extends Place {
  readonly before?: () => any;
  readonly after?: () => any;
  /** With koa-mount in place of the option `path`. */
  readonly byKoaMount?: true;
}

const koaBodyParser = () => require('koa-bodyparser')();
const newKoaBodyParser = () => require('@koa/bodyparser').bodyParser();
const koaBody = () => require('koa-body').koaBody();
const routes = () => {
  const { Router } = require('@koa/router');
  return new Router().get('/of-the-router', (ctx: any) => void (ctx.body = SHOP.orders)).routes();
};
const KOA_FIX = 'parse with @koa/bodyparser or koa-bodyparser, which keep the bytes';

const KOA_PLACES: readonly KoaPlace[] = [
  { name: 'without a body parser', gone: [] },
  { name: 'by `koaMount(path, mount(pay))`', byKoaMount: true, gone: [] },
  { name: 'after the routes of `@koa/router`', before: routes, gone: [] },
  { name: 'before `@koa/bodyparser`', after: newKoaBodyParser, gone: [], echoes: true },
  { name: 'before `koa-body`', after: koaBody, gone: [], echoes: true },
  { name: 'after `@koa/bodyparser`', before: newKoaBodyParser, gone: ['form in GBK'], fix: KOA_FIX },
  { name: 'after `koa-bodyparser`', before: koaBodyParser, gone: ['form in GBK'], fix: KOA_FIX },
  {
    name: 'after `koa-body`',
    before: koaBody,
    gone: ['JSON', 'form', 'form in GBK'],
    fix: KOA_FIX,
  },
];

function koaHost(name: string, Koa: any): Host {
  return {
    name,
    places: KOA_PLACES,
    afterwards: true,
    serve({ mounts, place, dressed, answersFirst }) {
      const { before, after, byKoaMount } = placeIn(KOA_PLACES, place);
      const app = new Koa();
      app.silent = true;
      app.use(async (ctx: any, next: () => Promise<void>) => {
        try {
          await next();
        } catch (error) {
          ctx.status = 418;
          ctx.body = `handled: ${(error as Error).message}`;
        }
        ctx.set('x-after', 'yes');
      });
      if (dressed) {
        app.use(require('@koa/cors')({ origin: 'https://admin.example' }));
        app.use(require('koa-compress')({ threshold: 0 }));
        app.use(require('koa-helmet')());
      }
      if (answersFirst) app.use((ctx: any, next: () => unknown) => answerFirst(ctx.req, ctx.res, next as () => void));
      if (before !== undefined) app.use(before());
      for (const { path, pay } of mounts) {
        app.use(byKoaMount ? require('koa-mount')(path, mountInKoa(pay)) : mountInKoa(pay, { path }));
      }
      if (after !== undefined) app.use(after());
      app.use((ctx: any) => {
        if (ctx.path === '/broken') ofTheShop();
        if (ctx.path === '/echo') return void (ctx.body = ctx.request.body);
        ctx.status = ctx.path === '/orders' ? 200 : 404;
        ctx.body = ctx.path === '/orders' ? SHOP.orders : SHOP.missing;
      });
      return listen(app.callback());
    },
  };
}

// --- Fastify ---

interface FastifyPlace extends Place {
  readonly prepare?: (app: FastifyInstance) => unknown;
}

const FASTIFY_PLACES: readonly FastifyPlace[] = [
  { name: "with Fastify's own parsers", gone: [], echoes: true },
  {
    name: "with a parser of the app's for everything",
    prepare: (app) => {
      app.removeAllContentTypeParsers();
      app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    },
    gone: [],
  },
  {
    name: 'below a `preParsing` hook that takes the body',
    prepare: (app) =>
      app.addHook('preParsing', async (_request, _reply, payload) => {
        for await (const _chunk of payload);
      }),
    gone: ALL,
    fix: 'register ItPay in a scope that does not inherit it',
    leavesNothing: true,
  },
];

/** The app without its mounts. */
async function fastifyApp({ dressed, answersFirst }: App): Promise<FastifyInstance> {
  const app = fastify();
  if (dressed) {
    await app.register(require('@fastify/cors'), { origin: 'https://admin.example' });
    await app.register(require('@fastify/compress'), { threshold: 0 });
    await app.register(require('@fastify/helmet'));
  }
  if (answersFirst) app.addHook('onRequest', async (_request, reply) => reply.code(418).send());
  app.get('/orders', () => SHOP.orders);
  app.post('/echo', ({ body }) => body);
  app.get('/broken', ofTheShop);
  app.setNotFoundHandler((_request, reply) => void reply.code(404).send(SHOP.missing));
  app.setErrorHandler((error: Error, _request, reply) => void reply.code(418).send(`handled: ${error.message}`));
  return app;
}

async function listenFastify(app: FastifyInstance): Promise<Served> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return listening(app.server);
}

const fastifyHost: Host = {
  name: 'Fastify 5',
  places: FASTIFY_PLACES,
  afterwards: true,
  async serve(given) {
    const app = await fastifyApp(given);
    placeIn(FASTIFY_PLACES, given.place).prepare?.(app);
    app.addHook('onSend', async (_request, reply) => void reply.header('x-after', 'yes'));
    for (const { path, pay } of given.mounts) app.register(itpay, { pay, prefix: path });
    return listenFastify(app);
  },
};

const fastifyExpressHost: Host = {
  name: 'Fastify 5 with `@fastify/express`',
  places: EXPRESS_PLACES.filter(({ after, inRouter }) => after === undefined && inRouter === undefined),
  async serve(given) {
    const app = await fastifyApp(given);
    await app.register(require('@fastify/express'));
    const use = (app as unknown as { use: (...args: unknown[]) => void }).use.bind(app);
    for (const middleware of placeIn(EXPRESS_PLACES, given.place).before?.(express5) ?? []) use(middleware);
    for (const { path, pay } of given.mounts) use(path, mountInExpress(pay));
    return listenFastify(app);
  },
};

// --- No framework ---

interface NodePlace extends Place {
  readonly before?: (req: IncomingMessage) => Promise<unknown>;
}

const bytesOf = async (req: IncomingMessage) => {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const NODE_PLACES: readonly NodePlace[] = [
  { name: 'before the app reads the body', gone: [] },
  {
    name: 'after the app kept the bytes in `req.rawBody`',
    before: async (req) => Object.assign(req, { rawBody: await bytesOf(req) }),
    gone: [],
  },
  {
    name: 'after the app read the body',
    before: bytesOf,
    gone: ALL,
    fix: 'keep the bytes in req.rawBody',
    leavesNothing: true,
  },
];

const nodeHost: Host = {
  name: '`node:http`',
  places: NODE_PLACES,
  serve({ mounts, place, dressed, answersFirst }) {
    const { before } = placeIn(NODE_PLACES, place);
    return listen(async (req, res) => {
      for (const middleware of dressed ? dressing() : []) await new Promise((next) => middleware(req, res, next));
      if (answersFirst) answerFirst(req, res, () => {});
      await before?.(req);
      for (const { path, pay } of mounts) {
        const url = belowMount(path, req.url!);
        if (url !== null) return writeNode(res, await pay.handle(fromNode(req, res, { url })));
      }
      try {
        if (req.url === '/broken') ofTheShop();
        res.statusCode = req.url === '/orders' ? 200 : 404;
        res.end(req.url === '/orders' ? SHOP.orders : SHOP.missing);
      } catch (error) {
        res.statusCode = 418;
        res.end(`handled: ${(error as Error).message}`);
      }
    });
  },
};

const FETCH_PLACES: readonly Place[] = [
  { name: 'with the `Request` as it came', gone: [] },
  { name: 'after `request.text()`', gone: ALL, fix: 'Pass request.clone()', leavesNothing: true },
];

/** Hono, Bun, Deno: a function from Request to Response. */
const fetchHost: Host = {
  name: 'web-standard `fetch`',
  places: FETCH_PLACES,
  async serve({ mounts, place = FETCH_PLACES[0]!.name }) {
    const handlers = mounts.map(({ path, pay }) => ({ path, handler: toFetch(pay.handle, { basePath: path }) }));
    return {
      origin: null,
      async call(path, init) {
        const request = new Request(`http://app.example${path}`, init);
        if (place === 'after `request.text()`') await request.text();
        const found = handlers.find((handler) => belowMount(handler.path, path) !== null);
        if (found !== undefined) return found.handler(request);
        if (path === '/broken') return new Response(SHOP.broken, { status: 418 });
        return path === '/orders' ? new Response(SHOP.orders) : new Response(SHOP.missing, { status: 404 });
      },
    };
  },
};

function placeIn<P extends Place>(places: readonly P[], name: string = places[0]!.name): P {
  const found = places.find((place) => place.name === name);
  if (found === undefined) throw new Error(`There is no place "${name}".`);
  return found;
}

export const HOSTS: readonly Host[] = [
  // npm has the earlier versions here under other names.
  expressHost('Express 4', require('express4')),
  expressHost('Express 5', express5),
  koaHost('Koa 2', require('koa2')),
  koaHost('Koa 3', require('koa')),
  fastifyHost,
  fastifyExpressHost,
  nodeHost,
  fetchHost,
];
