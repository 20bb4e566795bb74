import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, Socket, type AddressInfo } from 'node:net';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSender, type SenderOptions } from './send.js';

// Nothing that an owner of an endpoint can write may reach the canary: it stands for all that is inside.

const PUBLIC = '93.184.216.34';
const PUBLIC_V6 = '2606:4700:4700::1111';
let canaryConnections = 0;
let port: number;
const servers: Server[] = [];
const open = new Set<Socket>();

beforeAll(async () => {
  const canary = createTcpServer((socket) => {
    canaryConnections += 1;
    open.add(socket.on('error', () => {}).on('close', () => open.delete(socket)));
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\ncanary');
  });
  // Everything of this machine, IPv4 and, where there is some, IPv6.
  const address = await new Promise<AddressInfo>((resolve, reject) => {
    canary.once('error', () =>
      canary.once('error', reject).listen(0, '0.0.0.0', () => resolve(canary.address() as AddressInfo)),
    );
    canary.listen(0, '::', () => resolve(canary.address() as AddressInfo));
  });
  port = address.port;
  servers.push(canary as Server);
});
afterAll(async () => {
  for (const socket of open) socket.destroy();
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
});

const senders: Array<ReturnType<typeof createSender>> = [];
beforeEach(() => {
  canaryConnections = 0;
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await Promise.all(senders.splice(0).map((sender) => sender.close()));
});

/** Calls everything it is not forbidden to call, plain HTTP included. */
function senderWith(options: Partial<SenderOptions> = {}) {
  const sender = createSender({ userAgent: 'ItPay/1', allowHttp: true, timeoutMs: 2_000, ...options });
  senders.push(sender);
  return sender;
}
const post = (sender: ReturnType<typeof createSender>, url: string) => sender.send({ url, headers: {}, body: '{}' });

/** Leads each connection to a public address to a server here, and notes where it was meant to go. */
async function standInForThePublic() {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.headers.host!);
    response.end('public');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  const destinations: unknown[] = [];
  const connect = Socket.prototype.connect as (this: Socket, ...args: unknown[]) => Socket;
  vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...args: unknown[]) {
    const options = [args[0]].flat()[0] as { host: string };
    destinations.push(options.host);
    const here = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    return connect.call(this, [PUBLIC, PUBLIC_V6].includes(options.host) ? here : options);
  });
  return { requests, destinations };
}

it('has a canary that sings when it is reached', async () => {
  const sender = senderWith({ allowedOrigins: [`http://127.0.0.1:${port}`] });

  expect(await post(sender, `http://127.0.0.1:${port}/`)).toMatchObject({ excerpt: 'canary' });
  expect(canaryConnections).toBe(1);
});

describe('hosts written as addresses are refused without a lookup', () => {
  it.each([
    '127.0.0.1',
    '127.0.0.2',
    '127.1',
    '127.0.1',
    '0',
    '0.0.0.0',
    '2130706433',
    '0x7f000001',
    '0X7F.1',
    '0x7f.0x0.0x0.0x1',
    '017700000001',
    '0177.0.0.01',
    '127.0.0.1.',
    '127。0。0。1',
    '\uff11\uff12\uff17\uff0e0.0.1',
    '127。0。0。1',
    '①②⑦.⓪.⓪.①',
    '%31%32%37.0.0.1',
    '127%2e0%2e0%2e1',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '100.64.0.1',
    '169.254.169.254',
    '0xA9FEA9FE',
    '2852039166',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '192.0.2.1',
    '168.63.129.16',
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::FFFF:7F00:1]',
    '[0:0:0:0:0:ffff:7f00:1]',
    '[::127.0.0.1]',
    '[::ffff:0:127.0.0.1]',
    '[2002:7f00:1::]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b:1::7f00:1]',
    '[2001:0:4136:e378:8000:63bf:3fff:fdd2]',
    '[fe80::1]',
    '[fe80::1%25lo]',
    '[fe80::1%lo]',
    '[fec0::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[ff02::1]',
    '[100::1]',
    '[5f00::1]',
    '[2001:db8::1]',
    '[2001:2::1]',
    '[2001:10::1]',
    '[2001:20::1]',
    '[3fff::1]',
  ])('%s', async (host) => {
    const lookup = vi.fn(async () => [PUBLIC]);
    const sender = senderWith({ lookup });

    for (const scheme of ['http', 'https']) {
      const result = await post(sender, `${scheme}://${host}:${port}/`);
      expect(result).toMatchObject({ kind: 'failed', error: expect.stringMatching(/^refused_/) });
    }
    expect(lookup).not.toHaveBeenCalled();
    expect(canaryConnections).toBe(0);
  });
});

describe('URLs that read like another one are refused', () => {
  it.each([
    ['a user that looks like a host', (p: number) => `http://example.com@127.0.0.1:${p}/`],
    ['a user with a port', (p: number) => `http://example.com:80@127.0.0.1:${p}/`],
    ['two at signs', (p: number) => `http://a@example.com@127.0.0.1:${p}/`],
    ['a backslash before the at sign', (p: number) => `http://example.com\\@127.0.0.1:${p}/`],
    ['backslashes for slashes', (p: number) => `http:\\\\127.0.0.1:${p}/`],
    ['one slash', (p: number) => `http:/127.0.0.1:${p}/`],
    ['no slash', (p: number) => `http:127.0.0.1:${p}/`],
    ['many slashes', (p: number) => `http:////127.0.0.1:${p}/`],
    ['no scheme', (p: number) => `//127.0.0.1:${p}/`],
    ['a tab within', (p: number) => `http://127.0.\t0.1:${p}/`],
    ['a line break within', (p: number) => `http://127.0.\n0.1:${p}/`],
    ['a carriage return within', (p: number) => `ht\rtp://127.0.0.1:${p}/`],
    ['a NUL within', (p: number) => `http://example.com\u0000.127.0.0.1:${p}/`],
    ['an encoded NUL', (p: number) => `http://127.0.0.1%00.example.com:${p}/`],
    ['an encoded line break', (p: number) => `http://127.0.0.1%0d%0a:${p}/`],
    ['spaces around', (p: number) => ` http://127.0.0.1:${p}/ `],
    ['upper case', (p: number) => `HTTP://LOCALHOST:${p}/`],
    ['a soft hyphen in the name', (p: number) => `http://local\u00adhost:${p}/`],
    ['wide letters', (p: number) => `http://\uff4cocalhos\uff54:${p}/`],
    ['localhost with a dot', (p: number) => `http://localhost.:${p}/`],
    ['a name below localhost', (p: number) => `http://example.localhost:${p}/`],
    ['a socket', () => 'unix:/var/run/docker.sock'],
    ['a file', () => 'file:///etc/passwd'],
    ['data', () => 'data:text/plain,x'],
  ])('%s', async (_what, url) => {
    const lookup = vi.fn(async () => ['127.0.0.1']);

    expect(await post(senderWith({ lookup }), url(port))).toMatchObject({ error: expect.stringMatching(/^refused_/) });
    expect(lookup).not.toHaveBeenCalled();
    expect(canaryConnections).toBe(0);
  });
});

describe('names are refused by what they resolve to', () => {
  it.each([
    ['loopback', ['127.0.0.1']],
    ['loopback, IPv6', ['::1']],
    ['IPv4-mapped', ['::ffff:127.0.0.1']],
    ['IPv4-mapped in hex', ['::ffff:7f00:1']],
    ['IPv4-compatible', ['::127.0.0.1']],
    ['NAT64', ['64:ff9b::7f00:1']],
    ['6to4', ['2002:7f00:1::1']],
    ['Teredo', ['2001::1']],
    ['unique-local', ['fd12::1']],
    ['a zone', ['fe80::1%lo']],
    ['unspecified', ['0.0.0.0']],
    ['metadata', ['169.254.169.254']],
    ['one bad address behind a good one', [PUBLIC, '127.0.0.1']],
    ['one bad address before a good one', ['127.0.0.1', PUBLIC]],
    ['a good A and a bad AAAA', [PUBLIC, '::1']],
    ['a bad A and a good AAAA', ['10.0.0.1', PUBLIC_V6]],
    ['a bad one far behind', [PUBLIC, PUBLIC, PUBLIC, PUBLIC, PUBLIC, PUBLIC, '::1']],
    ['no address at all', ['localhost']],
    ['an empty text', ['']],
  ])('%s: %j', async (_what, addresses) => {
    const { destinations } = await standInForThePublic();
    const sender = senderWith({ lookup: async () => addresses });

    expect(await post(sender, `http://example.com:${port}/`)).toMatchObject({
      error: 'refused_address',
      message: 'The host of the URL has an address that is not public.',
    });
    expect(destinations).toEqual([]);
    expect(canaryConnections).toBe(0);
  });

  it('whatever the hosts file of the machine says', async () => {
    const sender = senderWith();

    // `ip6-localhost` and the like: a name without a dot that only this machine knows.
    for (const name of ['ip6-localhost', 'ip6-loopback', 'localhost.localdomain']) {
      expect(await post(sender, `http://${name}:${port}/`)).toMatchObject({ kind: 'failed' });
    }
    expect(canaryConnections).toBe(0);
  });
});

describe('a name that changes its mind', () => {
  it('is connected at the address that was checked', async () => {
    const { destinations, requests } = await standInForThePublic();
    const lookup = vi.fn().mockResolvedValueOnce([PUBLIC]).mockResolvedValue(['127.0.0.1']);

    const result = await post(senderWith({ lookup }), `http://example.com:${port}/`);

    expect(result).toMatchObject({ excerpt: 'public' });
    expect(destinations).toEqual([PUBLIC]);
    expect(requests).toEqual([`example.com:${port}`]);
    expect(lookup).toHaveBeenCalledTimes(1);
    expect(canaryConnections).toBe(0);
  });

  it('is checked again at the next send, though its connection is still open', async () => {
    const { requests } = await standInForThePublic();
    const lookup = vi.fn().mockResolvedValueOnce([PUBLIC]).mockResolvedValue(['127.0.0.1']);
    const sender = senderWith({ lookup });

    await post(sender, `http://example.com:${port}/`);

    expect(await post(sender, `http://example.com:${port}/`)).toMatchObject({ error: 'refused_address' });
    expect(requests).toHaveLength(1);
    expect(canaryConnections).toBe(0);
  });

  it('gets another connection for another public address', async () => {
    const { destinations } = await standInForThePublic();
    const lookup = vi.fn().mockResolvedValueOnce([PUBLIC]).mockResolvedValueOnce([PUBLIC_V6]);
    const sender = senderWith({ lookup });

    await post(sender, `http://example.com:${port}/`);
    await post(sender, `http://example.com:${port}/`);

    expect(destinations).toEqual([PUBLIC, PUBLIC_V6]);
  });
});

it('does not follow an answer inside', async () => {
  const redirecting = createServer((_request, response) =>
    response
      .writeHead(308, { location: `http://127.0.0.1:${port}/`, refresh: `0; url=http://127.0.0.1:${port}/` })
      .end(),
  );
  await new Promise<void>((resolve) => redirecting.listen(0, '127.0.0.1', resolve));
  servers.push(redirecting);
  const origin = `http://127.0.0.1:${(redirecting.address() as AddressInfo).port}`;

  expect(await post(senderWith({ allowedOrigins: [origin] }), origin)).toMatchObject({ status: 308 });
  expect(canaryConnections).toBe(0);
});

it('asks no proxy of the environment and no global dispatcher', async () => {
  const { destinations } = await standInForThePublic();
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy']) {
    vi.stubEnv(name, `http://127.0.0.1:${port}`);
  }
  vi.stubEnv('NODE_USE_ENV_PROXY', '1');
  vi.stubEnv('NO_PROXY', '');
  const before = getGlobalDispatcher();
  const global = new Agent({
    connect: { lookup: (_host, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]) },
  });
  setGlobalDispatcher(global);

  try {
    const sender = senderWith({ lookup: async () => [PUBLIC] });
    expect(await post(sender, `http://example.com:${port}/`)).toMatchObject({ excerpt: 'public' });
  } finally {
    setGlobalDispatcher(before);
    await global.close();
  }
  expect(destinations).toEqual([PUBLIC]);
  expect(canaryConnections).toBe(0);
});

describe('an origin that the host allows', () => {
  it.each([
    ['as it is written', (p: number) => `http://localhost:${p}/hooks`, 1],
    ['in upper case', (p: number) => `http://LOCALHOST:${p}/hooks`, 1],
    ['at another port', (p: number) => `http://localhost:${p + 1}/hooks`, 0],
    ['with another scheme', (p: number) => `https://localhost:${p}/hooks`, 0],
    ['by its address', (p: number) => `http://127.0.0.1:${p}/hooks`, 0],
    ['below it', (p: number) => `http://a.localhost:${p}/hooks`, 0],
    ['with credentials', (p: number) => `http://a:b@localhost:${p}/hooks`, 0],
  ])('%s', async (_how, url, connections) => {
    const sender = senderWith({ allowedOrigins: [`http://localhost:${port}`], lookup: async () => ['127.0.0.1'] });

    const result = await post(sender, url(port));

    expect(result.kind).toBe(connections === 1 ? 'answered' : 'failed');
    expect(canaryConnections).toBe(connections);
  });

  it('is pinned like any other', async () => {
    const lookup = vi.fn().mockResolvedValueOnce(['127.0.0.1']).mockRejectedValue(new Error('asked twice'));
    const sender = senderWith({ allowedOrigins: [`http://receiver.test:${port}`], lookup });

    expect(await post(sender, `http://receiver.test:${port}`)).toMatchObject({ excerpt: 'canary' });
    expect(lookup).toHaveBeenCalledTimes(1);
  });
});
