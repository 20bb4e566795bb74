import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorityFor } from '../../../../test/support/certificates.js';
import { overMutualTls } from './mutual-tls.js';

// A bank with its own authority, which lets in only whom that authority knows.
const { authority, localhost: bank, shop } = authorityFor(['localhost', 'shop']);
const { stranger } = authorityFor(['stranger']);

let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer(
    {
      cert: bank.certificate,
      key: bank.privateKey,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      if (request.url === '/hang') return;
      if (request.url === '/reset') return void request.socket.destroy();
      if (request.url === '/large') return void response.end('x'.repeat(2_000));
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => response.writeHead(418, { 'x-method': request.method! }).end(Buffer.concat(chunks)));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const identity = { ...shop, authority: authority.certificate };
const request = (path: string, change = {}) => ({
  method: 'POST' as const,
  url: url + path,
  headers: { 'content-type': 'application/json' },
  body: '{"baht":"฿"}',
  signal: AbortSignal.timeout(5_000),
  ...change,
});

describe('a request over mutual TLS', () => {
  it('shows our certificate, and brings the answer byte for byte', async () => {
    const answer = await overMutualTls(identity)(request('/'));

    expect(answer).toMatchObject({ status: 418, headers: { 'x-method': 'POST' } });
    expect(answer.body.toString()).toBe('{"baht":"฿"}');
  });

  it('may have no body', async () => {
    const { body, ...rest } = request('/', { method: 'GET' });

    expect(await overMutualTls(identity)(rest)).toMatchObject({ headers: { 'x-method': 'GET' } });
    expect(body).toBeDefined();
  });

  it('is not answered for a stranger', async () => {
    const unknown = { ...identity, ...stranger };

    await expect(overMutualTls(unknown)(request('/'))).rejects.toHaveProperty('failure.category');
  });

  it('does not leave for a bank that cannot prove who it is', async () => {
    const trusting = { ...identity, authority: stranger.certificate };

    await expect(overMutualTls(trusting)(request('/'))).rejects.toMatchObject({
      failure: { category: 'not_connected' },
    });
  });

  it.each<[what: string, change: object, failure: object]>([
    ['is over in time', { url: '/hang', signal: 300 }, { category: 'timeout' }],
    ['may have arrived before the connection broke', { url: '/reset' }, { category: 'network' }],
    ['has an answer that ends', { url: '/large', maxBytes: 1_000 }, { category: 'unmapped' }],
  ])('%s', async (_what, change, failure) => {
    const { url: path, signal = 5_000, ...rest } = change as { url: string; signal?: number };

    const call = overMutualTls(identity)(request(path, { ...rest, signal: AbortSignal.timeout(signal) }));

    await expect(call).rejects.toMatchObject({ failure });
  });

  it('has not left where nobody listens, and where somebody else does', async () => {
    const sockets = new Set<Socket>();
    const other = createTcpServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {}).end('no TLS here');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const elsewhere = `https://localhost:${(other.address() as AddressInfo).port}`;

    await expect(overMutualTls(identity)(request('', { url: elsewhere }))).rejects.toMatchObject({
      failure: { category: 'not_connected' },
    });
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => other.close(resolve));
    await expect(overMutualTls(identity)(request('', { url: elsewhere }))).rejects.toMatchObject({
      failure: { category: 'not_connected', rawCode: 'ECONNREFUSED' },
    });
  });
});
