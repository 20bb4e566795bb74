import { describe, expect, it } from 'vitest';
import { request } from '../test/fakes.js';
import { addressGroup, AddressedRequest, clientAddress, type TrustProxy } from './client-address.js';

const from = (trust: TrustProxy, remoteAddress: string | null, headers: Record<string, string>) =>
  clientAddress(trust)({ method: 'GET', url: '/', headers, remoteAddress });

describe('X-Forwarded-For', () => {
  it.each<
    [what: string, trust: TrustProxy, connection: string | null, header: string | undefined, client: string | null]
  >([
    ['one proxy', 1, '10.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['what the client wrote before one proxy', 1, '10.0.0.1', '1.1.1.1, 203.0.113.7', '203.0.113.7'],
    ['two proxies', 2, '10.0.0.1', '1.1.1.1, 203.0.113.7, 10.0.0.2', '203.0.113.7'],
    ['fewer entries than proxies', 2, '10.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['a proxy that says nothing', 1, '10.0.0.1', undefined, '10.0.0.1'],
    ['a connection without an address', 1, null, '203.0.113.7', '203.0.113.7'],
    ['a trusted network', ['10.0.0.0/8'], '10.9.9.9', '1.1.1.1, 203.0.113.7', '203.0.113.7'],
    ['a chain of trusted networks', ['10.0.0.0/8', 'fd00::/8'], '10.0.0.1', '203.0.113.7, fd00::5', '203.0.113.7'],
    ['a chain of nothing but proxies', ['10.0.0.0/8'], '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['a stranger who says that it is a proxy', ['10.0.0.0/8'], '198.51.100.9', '127.0.0.1', '198.51.100.9'],
    ['a stranger without an address', ['0.0.0.0/0'], null, '127.0.0.1', null],
    ['a single trusted address', ['10.0.0.1'], '::ffff:10.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['an entry that is no address', 1, '10.0.0.1', '203.0.113.7, unknown', '10.0.0.1'],
    ['a script in place of an address', ['10.0.0.0/8'], '10.0.0.1', '1.1.1.1, <b>', '10.0.0.1'],
    ['an empty header', 1, '10.0.0.1', '', '10.0.0.1'],
    ['a port', 1, '10.0.0.1', '203.0.113.7:4711', '203.0.113.7'],
    ['IPv6 with a port', 1, '10.0.0.1', '[2001:db8::7]:4711', '2001:db8::7'],
    ['IPv6', 1, '::1', '2001:DB8::7', '2001:db8::7'],
    ['IPv4 in IPv6', 1, '::1', '::ffff:203.0.113.7', '203.0.113.7'],
  ])('%s', (_what, trust, connection, header, client) => {
    expect(from(trust, connection, header === undefined ? {} : { 'x-forwarded-for': header })).toBe(client);
  });

  it('is what counts when the client adds the other header', () => {
    const headers = { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=1.1.1.1' };

    expect(from(1, '10.0.0.1', headers)).toBe('203.0.113.7');
  });
});

describe('Forwarded', () => {
  const trust = { proxies: 1, header: 'forwarded' } as const;

  it.each([
    ['for=203.0.113.7', '203.0.113.7'],
    ['for=1.1.1.1, For=203.0.113.7;proto=https;by=10.0.0.1', '203.0.113.7'],
    ['proto=https; for="[2001:db8::7]:4711"', '2001:db8::7'],
    ['for=_hidden', '10.0.0.1'],
    ['proto=https', '10.0.0.1'],
  ])('%s', (header, client) => {
    expect(from(trust, '10.0.0.1', { forwarded: header })).toBe(client);
  });

  it('is what counts when the client adds the other header', () => {
    const headers = { forwarded: 'for=203.0.113.7', 'x-forwarded-for': '1.1.1.1' };

    expect(from(trust, '10.0.0.1', headers)).toBe('203.0.113.7');
  });
});

it.each([0, 1.5, -1, [], ['nowhere'], ['10.0.0.0/33'], { proxies: 1, header: 'x-real-ip' }, true])(
  'refuses the option %j',
  (trust) => {
    expect(() => clientAddress(trust as TrustProxy)).toThrow(/trustProxy/);
  },
);

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:ffff::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['2001:0DB8:0::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['1::', '1:0:0:0::/64'],
])('counts %s as %s', (address, group) => {
  expect(addressGroup(address)).toBe(group);
});

it('passes on everything else of a request', async () => {
  const received = request({ method: 'POST', url: '/x', headers: { a: 'b' }, body: 'text', parsedBody: 'text' });
  const { signal, headers } = received;

  const addressed = new AddressedRequest(received, '203.0.113.7');

  expect(addressed).toMatchObject({ method: 'POST', url: '/x', parsedBody: 'text', remoteAddress: '203.0.113.7' });
  expect([addressed.signal === signal, addressed.headers === headers]).toEqual([true, true]);
  expect(String(await addressed.rawBody(10))).toBe('text');
});
