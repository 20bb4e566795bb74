import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { NeutralRequest } from './neutral.js';
import { fromNode, writeNode } from './node.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** Sends a body to a server that does something with the request first, and gives the neutral form. */
async function receive<T>(
  body: string | Buffer,
  use: (request: NeutralRequest) => Promise<T>,
  before: (req: IncomingMessage) => Promise<unknown> = async () => {},
  options: object = {},
): Promise<T> {
  let outcome!: Promise<T>;
  const server = createServer((req, res) => {
    outcome = before(req).then(() => use(fromNode(req, res, { url: req.url!, ...options })));
    void outcome.catch(() => {}).then(() => writeNode(res, { status: 200, headers: {}, body: null }));
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a%20b?c=d`, {
    method: 'POST',
    body: body as BodyInit,
  });
  return outcome;
}

const bytes = Buffer.from([0x7b, 0xff, 0x00, 0x7d]);
const readAll = async (request: NeutralRequest) => Buffer.from(await request.rawBody(1_000));

/** What a body parser does: takes the stream to its end and leaves something on the request. */
const parser = (left: object) => async (req: IncomingMessage) => {
  for await (const _chunk of req);
  Object.assign(req, left);
};

it('passes on what the client sent, unchanged', async () => {
  const seen = await receive('', async ({ method, url, headers, remoteAddress }) => ({
    method,
    url,
    host: headers['host'],
    remoteAddress,
  }));

  expect(seen).toEqual({ method: 'POST', url: '/a%20b?c=d', host: expect.any(String), remoteAddress: '127.0.0.1' });
});

describe('The bytes of a body', () => {
  it.each([
    ['from the stream', async () => {}, bytes],
    ['from rawBody, as verify keeps it', parser({ rawBody: bytes, body: {} }), bytes],
    ['from rawBody, kept as text', parser({ rawBody: 'é', body: {} }), Buffer.from('é')],
    ['from body, as express.raw leaves it', parser({ body: bytes }), bytes],
    ['from body, as express.text leaves it', parser({ body: 'é' }), Buffer.from('é')],
  ])('come %s', async (_where, before, sent) => {
    expect(await receive(sent, readAll, before)).toEqual(sent);
  });

  it.each([
    ['bytes that are not UTF-8', Buffer.from([0xf0, 0x9f, 0x98]), '\uFFFD'],
    ['a byte order mark', Buffer.from('\uFEFF{}'), '{}'],
    ['another charset', Buffer.from([0xd6, 0xa7, 0xb8, 0xb6]), '支付'], // GBK: four bytes here, six in UTF-8
  ])('are gone when a parser made text of %s', async (_what, sent, text) => {
    await expect(receive(sent, readAll, parser({ body: text }))).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
    expect(await receive(sent, async (request) => request.parsedBody, parser({ body: text }))).toBe(text);
  });

  it('come from the stream when a parser left a body without reading, as Express 4 does', async () => {
    const before = async (req: IncomingMessage) => Object.assign(req, { body: {} });

    expect(await receive(bytes, readAll, before)).toEqual(bytes);
    expect(await receive(bytes, async (request) => request.parsedBody, before)).toBeUndefined();
  });

  it.each([[{ body: { a: 1 } }], [{}]])(
    'are gone after a parser that left %j, which fails with the fix',
    async (left) => {
      await expect(receive(bytes, readAll, parser(left))).rejects.toMatchObject({
        code: 'INTERNAL_ERROR',
        message: expect.stringContaining('keep the bytes in req.rawBody'),
      });
    },
  );

  it('come from where the host has its parsers leave them, and the fix is the one of the host', async () => {
    const options = (parsed: object) => ({ parsed, keepBytes: 'Use the other parser.' });
    const taken = parser({ rawBody: 'not looked at' });

    expect(await receive(bytes, readAll, taken, options({ rawBody: bytes }))).toEqual(bytes);
    expect(await receive(bytes, async (request) => request.parsedBody, taken, options({ body: 'a' }))).toBe('a');
    await expect(receive(bytes, readAll, taken, options({ body: {} }))).rejects.toThrow('Use the other parser.');
  });

  it('are not taken from a stream that somebody else reads, because some may be missing', async () => {
    const tap = async (req: IncomingMessage) => once(req, 'data');

    await expect(receive(bytes, readAll, tap)).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
  });

  it.each([
    ['from the stream', async () => {}],
    ['that were kept', parser({ rawBody: bytes })],
  ])('beyond the limit are refused, %s', async (_where, before) => {
    await expect(receive(bytes, (request) => request.rawBody(3), before)).rejects.toMatchObject({
      code: 'BODY_TOO_LARGE',
    });
  });

  it('are not waited for when the connection is gone', async () => {
    const destroy = async (req: IncomingMessage) => req.destroy();

    await expect(receive(bytes, readAll, destroy).catch((error) => error)).resolves.toBeInstanceOf(Error);
  });
});

describe('A parsed body', () => {
  const parsed = async (request: NeutralRequest) => request.parsedBody;

  it.each([
    ['is there when the bytes are gone', { body: { a: 1 } }, { a: 1 }],
    ['is not looked at when the bytes are there', { rawBody: bytes, body: { a: 1 } }, undefined],
    ['is not there when it is the bytes', { body: bytes }, undefined],
  ])('%s', async (_what, left, expected) => {
    expect(await receive(bytes, parsed, parser(left))).toEqual(expected);
  });
});

it('aborts when the client leaves before the answer, and not after it', async () => {
  const signals: AbortSignal[] = [];
  const server = createServer((req, res) => {
    signals.push(fromNode(req, res, { url: req.url! }).signal);
    if (req.url === '/answer') writeNode(res, { status: 200, headers: {}, body: 'x' });
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  await (await fetch(`${url}/answer`)).text();
  const leaving = httpRequest(`${url}/wait`).on('error', () => {});
  leaving.end();
  while (signals.length < 2) await new Promise(setImmediate);
  const aborted = once(signals[1]!, 'abort');
  leaving.destroy();
  await aborted;

  expect(signals.map((signal) => signal.aborted)).toEqual([false, true]);
});

it('leaves the cookies of the host beside its own', async () => {
  const server = createServer((_req, res) => {
    res.setHeader('set-cookie', 'session=1');
    writeNode(res, { status: 200, headers: { 'set-cookie': 'itpay=2' }, body: null });
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');

  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);

  expect(answer.headers.getSetCookie()).toEqual(['session=1', 'itpay=2']);
});

describe('An answer in pieces', () => {
  /** Serves it, and says when its source was told to stop. */
  async function serve(pieces: () => AsyncGenerator<string>) {
    let stopped!: () => void;
    const ended = new Promise<void>((resolve) => (stopped = resolve));
    async function* told() {
      try {
        yield* pieces();
      } finally {
        stopped();
      }
    }
    const server = createServer((_req, res) => {
      writeNode(res, { status: 200, headers: { 'content-type': 'text/event-stream' }, body: told() });
    });
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, ended };
  }

  it('is sent as the pieces come', async () => {
    let goOn!: () => void;
    const allowed = new Promise<void>((resolve) => (goOn = resolve));
    const { url } = await serve(async function* () {
      yield 'one';
      await allowed;
      yield 'two';
    });

    const reader = (await fetch(url)).body!.pipeThrough(new TextDecoderStream()).getReader();

    expect((await reader.read()).value).toBe('one');
    goOn();
    expect((await reader.read()).value).toBe('two');
    expect((await reader.read()).done).toBe(true);
  });

  it('ends when the client goes away, however much there would be to send', async () => {
    const { url, ended } = await serve(async function* () {
      for (;;) yield 'x'.repeat(10_000);
    });
    const controller = new AbortController();
    const response = await fetch(url, { signal: controller.signal });
    await response.body!.getReader().read();

    controller.abort();

    await ended;
  });

  it('breaks the connection when a piece cannot be made, so that nobody takes it for whole', async () => {
    const { url } = await serve(async function* () {
      yield 'one';
      throw new Error('no more');
    });

    await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
  });
});
