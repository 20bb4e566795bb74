import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { askRail, RailError, railFailure } from './rail-http.js';

const servers: { close(): unknown; closeAllConnections?(): void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections?.();
  }
});

async function rail(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ask = (url: string, more: { signal?: AbortSignal; maxBytes?: number; body?: string } = {}) =>
  askRail({
    method: 'POST',
    url,
    headers: { 'x-signed': 'yes' },
    body: '{"a":1}',
    signal: new AbortController().signal,
    ...more,
  });

it('sends the bytes as they are and gives the answer back as it came, whatever its status', async () => {
  const seen: unknown[] = [];
  const url = await rail(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    seen.push(req.url, req.headers['x-signed'], Buffer.concat(chunks).toString());
    res.writeHead(418, { 'Rail-Nonce': 'n' }).end(Buffer.from([0xff, 0x00]));
  });

  const answer = await ask(`${url}/pay?x=%20`, { body: '{ "a" : 1 }' });

  expect(seen).toEqual(['/pay?x=%20', 'yes', '{ "a" : 1 }']);
  expect(answer).toMatchObject({ status: 418, headers: { 'rail-nonce': 'n' }, body: Buffer.from([0xff, 0x00]) });
});

it('does not follow a redirect', async () => {
  const url = await rail((_req, res) => res.writeHead(302, { location: 'http://127.0.0.1:1/' }).end());

  expect((await ask(url)).status).toBe(302);
});

describe('What went wrong', () => {
  const failureOf = (asking: Promise<unknown>) =>
    asking.then(
      () => expect.fail('It was answered.'),
      (error: unknown) => {
        expect(error).toBeInstanceOf(RailError);
        return railFailure(error);
      },
    );

  it('before the request left is not_connected', async () => {
    const server = createTcpServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));

    expect(await failureOf(ask(`http://127.0.0.1:${port}`))).toEqual({
      category: 'not_connected',
      rawCode: 'ECONNREFUSED',
    });
  });

  it('after the request left is network', async () => {
    const url = await rail((req) => req.socket.resetAndDestroy());

    expect(await failureOf(ask(url))).toMatchObject({ category: 'network' });
  });

  it('in the middle of the answer is network', async () => {
    const url = await rail((req, res) => {
      res.writeHead(200, { 'content-length': '100' }).write('half', () => req.socket.resetAndDestroy());
    });

    expect(await failureOf(ask(url))).toMatchObject({ category: 'network' });
  });

  it('when the time is over is timeout', async () => {
    const controller = new AbortController();
    const url = await rail(() => controller.abort());

    expect(await failureOf(ask(url, { signal: controller.signal }))).toEqual({ category: 'timeout' });
  });

  it('with an answer beyond all bounds is nothing that anybody can judge', async () => {
    const url = await rail((_req, res) => res.end('x'.repeat(2_000)));

    expect(await failureOf(ask(url, { maxBytes: 1_000 }))).toMatchObject({ category: 'unmapped' });
  });

  it('elsewhere is not for it to say', () => {
    expect(railFailure(new TypeError('a bug of ours'))).toBeUndefined();
  });
});
