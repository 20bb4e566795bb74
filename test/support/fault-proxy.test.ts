import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { startFaultProxy } from './fault-proxy.mjs';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A server that says everything back, and what it heard. */
async function echo() {
  const heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => heard.push(chunk));
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, heard, sockets };
}

async function client(port: number) {
  const socket = connect(port, '127.0.0.1');
  const said: Buffer[] = [];
  socket.on('data', (chunk) => said.push(chunk)).on('error', () => {});
  ends.push(() => socket.destroy());
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), closed]);
  return { socket, said: () => Buffer.concat(said).toString(), closed };
}

async function proxied(faults: { random?: () => number } = {}) {
  const server = await echo();
  const proxy = await startFaultProxy({ targets: () => [{ port: server.port }], ...faults });
  ends.push(() => proxy.close());
  const one = await client(proxy.port);
  one.socket.write('a');
  await until(() => one.said() === 'a');
  return { server, proxy, one };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(2);
}

it('passes everything on, in both directions, until one side ends', async () => {
  const { one, server, proxy } = await proxied();
  const long = 'x'.repeat(3_000_000);

  one.socket.end(long);
  await one.closed;

  expect(one.said()).toBe(`a${long}`);
  await until(() => server.sockets.size === 0 && proxy.open() === 0);
});

it('tries the next target when nobody listens at the first', async () => {
  const { port } = await echo();
  const dead = createServer().listen(0, '127.0.0.1');
  await once(dead, 'listening');
  const deadPort = (dead.address() as AddressInfo).port;
  dead.close();
  const proxy = await startFaultProxy({ targets: () => [{ port: deadPort }, { port }] });
  ends.push(() => proxy.close());

  const one = await client(proxy.port);
  one.socket.write('b');

  await until(() => one.said() === 'b');
});

it('resets a connection that no target takes', async () => {
  const proxy = await startFaultProxy({ targets: () => [] });
  ends.push(() => proxy.close());

  const one = await client(proxy.port);

  await one.closed;
});

it('lets bytes come later, in their order', async () => {
  const { one, proxy } = await proxied();
  proxy.latency(60);

  const started = performance.now();
  one.socket.write('b');
  await sleep(10);
  one.socket.write('c');
  proxy.latency(0);
  one.socket.write('d');
  await until(() => one.said().length === 4);

  expect(one.said()).toBe('abcd');
  expect(performance.now() - started).toBeGreaterThan(60);
});

it('resets a share of the connections', async () => {
  let random = 0;
  const { one, proxy } = await proxied({ random: () => random });
  random = 0.6;
  proxy.reset(0.5);
  expect(proxy.open()).toBe(1);

  random = 0.4;
  proxy.reset(0.5);

  await one.closed;
  expect(proxy.open()).toBe(0);
});

it('refuses new connections until it heals', async () => {
  const { proxy } = await proxied();
  proxy.refuse();
  const refused = await client(proxy.port);
  await refused.closed;

  proxy.heal();
  const taken = await client(proxy.port);
  taken.socket.write('b');

  await until(() => taken.said() === 'b');
});

it('swallows bytes in a black hole, tells nobody who left, and delivers them when it heals', async () => {
  const { one, server, proxy } = await proxied();
  const leaver = await client(proxy.port);
  await until(() => server.sockets.size === 2);
  proxy.blackHole();
  one.socket.write('b');
  leaver.socket.destroy();
  const late = await client(proxy.port);
  late.socket.write('c');
  await sleep(50);
  expect([one.said(), late.said(), server.sockets.size]).toEqual(['a', '', 3]);

  proxy.heal();

  await until(() => one.said() === 'ab' && late.said() === 'c' && server.sockets.size === 2);
});

it('forgets connections for good', async () => {
  const { one, server, proxy } = await proxied();
  proxy.forget();
  one.socket.write('b');
  proxy.heal();
  const other = await client(proxy.port);
  other.socket.write('c');
  await until(() => other.said() === 'c');

  one.socket.destroy();
  await sleep(20);

  expect([one.said(), server.sockets.size]).toEqual(['a', 2]);
  for (const socket of server.sockets) socket.destroy();
  await until(() => proxy.open() === 0);
});

it('cuts an answer in the middle', async () => {
  const { one, server, proxy } = await proxied();
  proxy.cut();

  one.socket.write('0123456789');
  await one.closed;

  expect(Buffer.concat(server.heard).toString()).toBe('a0123456789');
  expect('a0123456789'.startsWith(one.said())).toBe(true);
  expect(one.said().length).toBeLessThan(11);
});
