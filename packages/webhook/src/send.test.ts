import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createSender, type SenderOptions } from './send.js';

const closers: Array<() => unknown> = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

function senderFor(options: Partial<SenderOptions> = {}) {
  const sender = createSender({ userAgent: 'ItPay/1', ...options });
  closers.push(() => sender.close());
  return sender;
}

/** Listens on a free port of 127.0.0.1 (or another address) and is gone after the test. */
async function listen(server: Server, host = '127.0.0.1', port = 0) {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => {}));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port: bound } = server.address() as AddressInfo;
  return { port: bound, origin: `http://${host}:${bound}`, connections: () => connections, open: () => sockets.size };
}

const answering = (listener: RequestListener) => listen(createServer(listener));
/** Says the same to whoever connects, and leaves the connection open. */
const saying = (text: string) => listen(createTcpServer((socket) => socket.once('data', () => socket.write(text))));

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

describe('an answer', () => {
  it('carries status, excerpt, latency and Retry-After; the request arrives as it was signed', async () => {
    const seen: unknown[] = [];
    const receiver = await answering(async (request, response) => {
      const { method, url, headers } = request;
      seen.push({ method, url, headers, body: await bodyOf(request) });
      response.writeHead(503, { 'retry-after': '120' }).end('later, 请');
    });
    const sender = senderFor({ allowedOrigins: [receiver.origin] });

    const result = await sender.send({
      url: `${receiver.origin}/hooks?a=%20b#part`,
      headers: { 'webhook-id': 'evt_01', 'content-type': 'application/json' },
      body: '{"note":"已付款"}',
    });

    expect(result).toEqual({
      kind: 'answered',
      status: 503,
      excerpt: 'later, 请',
      retryAfter: '120',
      latencyMs: expect.any(Number),
    });
    expect(seen).toEqual([
      expect.objectContaining({
        method: 'POST',
        url: '/hooks?a=%20b',
        body: '{"note":"已付款"}',
        headers: expect.objectContaining({
          host: receiver.origin.slice('http://'.length),
          'webhook-id': 'evt_01',
          'user-agent': 'ItPay/1',
          'content-length': String(Buffer.byteLength('{"note":"已付款"}')),
        }),
      }),
    ]);
  });

  it('is not followed when it is a redirect', async () => {
    const canary = await answering((_request, response) => response.end());
    const receiver = await answering((_request, response) =>
      response.writeHead(307, { location: `${canary.origin}/inside` }).end(),
    );
    const sender = senderFor({ allowedOrigins: [receiver.origin, canary.origin] });

    const result = await sender.send({ url: receiver.origin, headers: {}, body: '{}' });

    expect(result).toMatchObject({ kind: 'answered', status: 307 });
    expect(canary.connections()).toBe(0);
  });

  it('is read up to a kilobyte when it never ends, and its connection dropped', async () => {
    let written = 0;
    const dropped = later();
    const receiver = await answering((_request, response) => {
      response.on('close', dropped.resolve).writeHead(200);
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536))) written += 65_536;
      };
      response.on('drain', pour);
      pour();
    });
    const sender = senderFor({ allowedOrigins: [receiver.origin] });

    const result = await sender.send({ url: receiver.origin, headers: {}, body: '{}' });
    await dropped.promise;

    expect(result).toMatchObject({ kind: 'answered', status: 200, excerpt: 'x'.repeat(1024) });
    expect(written).toBeLessThan(50_000_000);
  });

  it('ends with a whole character and without NUL', async () => {
    const receiver = await answering((_request, response) => response.end(`\0${'x'.repeat(1021)}请请`));
    const sender = senderFor({ allowedOrigins: [receiver.origin] });

    const result = await sender.send({ url: receiver.origin, headers: {}, body: '{}' });

    expect(result).toMatchObject({ excerpt: `\uFFFD${'x'.repeat(1021)}` });
  });

  it('counts from its status line on, however slow or short the rest is', async () => {
    const slow = await saying('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
    const short = await listen(
      createTcpServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 204 No Content\r\nx: y\r\n\r\n'))),
    );
    const sender = senderFor({ allowedOrigins: [slow.origin, short.origin], timeoutMs: 200 });

    const results = await Promise.all(
      [slow, short].map(({ origin }) => sender.send({ url: origin, headers: {}, body: '{}' })),
    );

    expect(results).toMatchObject([
      { kind: 'answered', status: 200, excerpt: 'half' },
      { kind: 'answered', status: 204, excerpt: '' },
    ]);
  });

  it('may be preceded by early hints', async () => {
    const receiver = await saying(
      'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
    );
    const sender = senderFor({ allowedOrigins: [receiver.origin] });

    expect(await sender.send({ url: receiver.origin, headers: {}, body: '{}' })).toMatchObject({
      status: 200,
      excerpt: 'ok',
    });
  });
});

describe('no answer', () => {
  it.each([
    ['silence', '', 'timeout'],
    ['a status line that never ends', 'HTTP/1.1 200 O', 'timeout'],
    ['nothing but hints', 'HTTP/1.1 103 Early Hints\r\n\r\n', 'timeout'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 'invalid_answer'],
    ['headers without end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 'invalid_answer'],
    [
      'a change of protocol',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      'connection',
    ],
  ])('is what %s means', async (_what, text, error) => {
    const receiver = await saying(text);
    const sender = senderFor({ allowedOrigins: [receiver.origin], timeoutMs: 300 });

    expect(await sender.send({ url: receiver.origin, headers: {}, body: '{}' })).toMatchObject({
      kind: 'failed',
      error,
    });
  });

  it('keeps to its time while hints come without end', async () => {
    const receiver = await listen(
      createTcpServer((socket) => {
        const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 20);
        socket.on('close', () => clearInterval(timer));
      }),
    );
    const sender = senderFor({ allowedOrigins: [receiver.origin], timeoutMs: 200 });

    expect(await sender.send({ url: receiver.origin, headers: {}, body: '{}' })).toMatchObject({ error: 'timeout' });
  });

  it('keeps to its time while a name is looked up', async () => {
    const sender = senderFor({ lookup: () => new Promise(() => {}), timeoutMs: 50 });

    expect(await sender.send({ url: 'https://example.com', headers: {}, body: '' })).toMatchObject({
      error: 'timeout',
    });
  });

  it('names a closed port, a reset, a missing name and a receiver without a certificate', async () => {
    const closed = await listen(createTcpServer());
    await closers.pop()!();
    const resetting = await listen(createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy())));
    const plain = await saying('HTTP/1.1 400 Bad Request\r\n\r\n');
    const secure = plain.origin.replace('http:', 'https:');
    const sender = senderFor({
      allowedOrigins: [closed.origin, resetting.origin, secure],
      lookup: () => Promise.reject(Object.assign(new Error('x 10.0.0.1'), { code: 'ENOTFOUND' })),
    });
    const errorAt = async (url: string) => {
      const result = await sender.send({ url, headers: {}, body: '{}' });
      return result.kind === 'failed' && [result.error, result.message];
    };

    expect(await errorAt(closed.origin)).toEqual([
      'connection',
      'The connection to the receiver failed (ECONNREFUSED).',
    ]);
    expect(await errorAt(resetting.origin)).toEqual([
      'connection',
      'The connection to the receiver failed (ECONNRESET).',
    ]);
    expect(await errorAt('https://example.com')).toEqual(['dns', 'The host of the URL was not found (ENOTFOUND).']);
    expect(await errorAt(secure)).toEqual(['tls', expect.stringMatching(/^TLS with the receiver failed/)]);
  });
});

describe('connections', () => {
  it('are used again for the same receiver', async () => {
    const receiver = await answering((_request, response) => response.end('ok'));
    const sender = senderFor({ allowedOrigins: [receiver.origin] });

    for (let i = 0; i < 10; i++) await sender.send({ url: receiver.origin, headers: {}, body: '{}' });

    expect(receiver.connections()).toBeLessThan(5);
  });

  it('are closed with the sender, after what is being sent', async () => {
    const answer = later();
    const receiver = await answering((_request, response) => void answer.promise.then(() => response.end('ok')));
    const sender = senderFor({ allowedOrigins: [receiver.origin] });
    const sending = sender.send({ url: receiver.origin, headers: {}, body: '{}' });

    const closing = sender.close();
    answer.resolve();

    expect(await sending).toMatchObject({ status: 200 });
    await closing;
    await expect(sender.send({ url: receiver.origin, headers: {}, body: '{}' })).rejects.toThrow('closed');
  });

  it('try the next address when one takes none, and no other once the request may have arrived', async () => {
    const first = await answering((request) => request.socket.destroy());
    const second = await listen(
      createServer((_request, response) => response.end('second')),
      '127.0.0.2',
      first.port,
    );
    const url = `http://receiver.test:${first.port}`;
    const to = (...addresses: string[]) => senderFor({ allowedOrigins: [url], lookup: async () => addresses });

    const afterRefusal = await to('127.0.0.3', '127.0.0.2').send({ url, headers: {}, body: '{}' });
    const afterReset = await to('127.0.0.1', '127.0.0.2').send({ url, headers: {}, body: '{}' });

    expect(afterRefusal).toMatchObject({ kind: 'answered', excerpt: 'second' });
    expect(afterReset).toMatchObject({ kind: 'failed', error: 'connection' });
    expect(second.connections()).toBe(1);
  });

  it('offer the name of the URL to a TLS server, whatever the address is', async () => {
    const names: string[] = [];
    const receiver = await listen(
      createTlsServer({
        SNICallback: (name, done) => {
          names.push(name);
          done(new Error('no certificate'));
        },
      }),
    );
    const url = `https://hooks.example.com:${receiver.port}`;
    const sender = senderFor({ allowedOrigins: [url], lookup: async () => ['127.0.0.1'] });

    expect(await sender.send({ url, headers: {}, body: '{}' })).toMatchObject({ kind: 'failed' });
    expect(names).toEqual(['hooks.example.com']);
  });
});

it.each([
  ['a line break in a value', { 'webhook-id': 'evt_01\r\nx-injected: 1' }],
  ['a NUL in a value', { 'webhook-id': 'evt\0' }],
  ['a line break in a name', { 'x\r\ny': '1' }],
  ['its own host', { Host: 'internal.example' }],
  ['its own framing', { 'Transfer-Encoding': 'chunked' }],
  ['its own length', { 'content-length': '1' }],
])('refuses a request with %s', async (_what, headers) => {
  const sender = senderFor({ lookup: () => expect.unreachable() });

  await expect(
    sender.send({ url: 'https://example.com', headers: headers as unknown as Record<string, string>, body: '{}' }),
  ).rejects.toThrow(TypeError);
});

it.each(['localhost:4000', 'http://localhost:4000/path', 'ftp://localhost', 'http://user@localhost', '*', ''])(
  'refuses %j as an allowed origin',
  (origin) => {
    expect(() => senderFor({ allowedOrigins: [origin] })).toThrow('Write scheme, host and port');
  },
);

function later() {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
