import { isItPayError } from '@itpay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkUrl, inspectUrl, isPublicAddress } from './addresses.js';

describe('isPublicAddress', () => {
  // First and last address of each range, and its neighbours.
  it.each([
    ['this network', '0.0.0.0', '0.255.255.255', null, '1.0.0.0'],
    ['private', '10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
    ['CGNAT', '100.64.0.0', '100.127.255.255', '100.63.255.255', '100.128.0.0'],
    ['loopback', '127.0.0.0', '127.255.255.255', '126.255.255.255', '128.0.0.0'],
    ['link-local', '169.254.0.0', '169.254.255.255', '169.253.255.255', '169.255.0.0'],
    ['private', '172.16.0.0', '172.31.255.255', '172.15.255.255', '172.32.0.0'],
    ['protocol assignments', '192.0.0.0', '192.0.0.255', '191.255.255.255', '192.0.1.0'],
    ['documentation', '192.0.2.0', '192.0.2.255', '192.0.1.255', '192.0.3.0'],
    ['AS112', '192.31.196.0', '192.31.196.255', '192.31.195.255', '192.31.197.0'],
    ['AMT', '192.52.193.0', '192.52.193.255', '192.52.192.255', '192.52.194.0'],
    ['6to4 relays', '192.88.99.0', '192.88.99.255', '192.88.98.255', '192.88.100.0'],
    ['private', '192.168.0.0', '192.168.255.255', '192.167.255.255', '192.169.0.0'],
    ['AS112', '192.175.48.0', '192.175.48.255', '192.175.47.255', '192.175.49.0'],
    ['benchmarking', '198.18.0.0', '198.19.255.255', '198.17.255.255', '198.20.0.0'],
    ['documentation', '198.51.100.0', '198.51.100.255', '198.51.99.255', '198.51.101.0'],
    ['documentation', '203.0.113.0', '203.0.113.255', '203.0.112.255', '203.0.114.0'],
    ['multicast, reserved, broadcast', '224.0.0.0', '255.255.255.255', '223.255.255.255', null],
    ['platform endpoint', '168.63.129.16', '168.63.129.16', '168.63.129.15', '168.63.129.17'],
    ['all below global unicast', '::', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null, null],
    ['protocol assignments', '2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff', '2000:ffff::', '2001:200::'],
    ['documentation', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db7:ffff::', '2001:db9::'],
    ['6to4', '2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2001:ffff::', '2003::'],
    ['AS112', '2620:4f:8000::', '2620:4f:8000:ffff:ffff:ffff:ffff:ffff', '2620:4f:7fff::', '2620:4f:8001::'],
    ['documentation', '3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff', '3ffe:ffff::', '3fff:1000::'],
    ['all above global unicast', '4000::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '3fff:ffff::', null],
  ])('refuses %s from %s to %s', (_name, first, last, before, behind) => {
    expect([first, last].map(isPublicAddress)).toEqual([false, false]);
    for (const neighbour of [before, behind])
      if (neighbour) expect([neighbour, isPublicAddress(neighbour)]).toEqual([neighbour, true]);
  });

  it.each([
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['loopback, written out', '0:0:0:0:0:0:0:1'],
    ['IPv4-compatible', '::127.0.0.1'],
    ['IPv4-compatible, public inside', '::8.8.8.8'],
    ['IPv4-mapped', '::ffff:127.0.0.1'],
    ['IPv4-mapped in hex', '::ffff:7f00:1'],
    ['IPv4-mapped in upper case', '::FFFF:7F00:0001'],
    ['IPv4-mapped, written out', '0:0:0:0:0:ffff:127.0.0.1'],
    ['IPv4-mapped, public inside', '::ffff:8.8.8.8'],
    ['IPv4-translated', '::ffff:0:127.0.0.1'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['NAT64 of a local network', '64:ff9b:1::a00:1'],
    ['discard-only', '100::1'],
    ['dummy prefix', '100:0:0:1::1'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['benchmarking', '2001:2::1'],
    ['AMT', '2001:3::1'],
    ['ORCHID', '2001:10::1'],
    ['ORCHIDv2', '2001:20::1'],
    ['drone ids', '2001:30::1'],
    ['6to4 of loopback', '2002:7f00:1::'],
    ['SRv6', '5f00::1'],
    ['unique-local', 'fc00::1'],
    ['unique-local of a cloud', 'fd00:ec2::254'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['global with a zone', '2606:4700::1111%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['metadata', '169.254.169.254'],
    ['no address', 'example.com'],
    ['nothing', ''],
    ['octal', '0177.0.0.1'],
    ['short', '127.1'],
    ['decimal', '2130706433'],
    ['in brackets', '[2606:4700::1111]'],
    ['with a space', ' 8.8.8.8'],
  ])('refuses %s: %s', (_name, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(['8.8.8.8', '1.1.1.1', '93.184.216.34', '2606:4700:4700::1111', '2A00:1450:4001:81B::200E'])(
    'accepts %s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it('refuses every IPv6 address that is written with an IPv4 address at its end', () => {
    fc.assert(
      fc.property(
        fc.ipV4(),
        fc.constantFrom('::', '::ffff:', '::ffff:0:', '64:ff9b::', '64:ff9b:1::'),
        (v4, prefix) => {
          expect(isPublicAddress(prefix + v4)).toBe(false);
        },
      ),
    );
  });
});

describe('checkUrl', () => {
  it.each([
    ['https://example.com/webhooks?a=b', 'https://example.com/webhooks?a=b'],
    ['https://EXAMPLE.com:8443', 'https://example.com:8443/'],
    ['https://example.com:443/#part', 'https://example.com/'],
    ['https://例え.jp/支払い', 'https://xn--r8jz45g.jp/%E6%94%AF%E6%89%95%E3%81%84'],
    ['https://8.8.8.8/', 'https://8.8.8.8/'],
    ['https://[2606:4700:4700::1111]:8443/', 'https://[2606:4700:4700::1111]:8443/'],
    ['https://localhost.example.com/', 'https://localhost.example.com/'],
  ])('accepts %s as %s', (text, href) => {
    expect(checkUrl(text, {}).href).toBe(href);
  });

  it.each([
    // what is wrong, URL
    ['no URL', 'example.com/webhooks'],
    ['nothing', ''],
    ['plain HTTP', 'http://example.com/'],
    ['another scheme', 'ftp://example.com/'],
    ['a file', 'file:///etc/passwd'],
    ['credentials', 'https://user:secret@example.com/'],
    ['a user name', 'https://example.com@127.0.0.1/'],
    ['an empty user before the host', 'https://:@example.com:secret@example.com/'],
    ['port 0', 'https://example.com:0/'],
    ['a port that is none', 'https://example.com:65536/'],
    ['a backslash', 'https://example.com\\@127.0.0.1/'],
    ['a tab', 'https://exam\tple.com/'],
    ['a line break', 'https://example.com/\r\nX-Injected: 1'],
    ['a NUL', 'https://example.com/\u0000'],
    ['a space before it', ' https://example.com/'],
    ['a dot at the end', 'https://example.com./'],
    ['an encoded dot at the end', 'https://localhost%2e/'],
    ['localhost', 'https://localhost/'],
    ['localhost in upper case', 'https://LOCALHOST/'],
    ['below localhost', 'https://a.localhost/'],
    ['localhost with a port', 'https://localhost:8443/'],
    ['mDNS', 'https://printer.local/'],
    ['a name of the cloud', 'https://metadata.google.internal/'],
    ['a home network', 'https://router.home.arpa/'],
    ['a zone', 'https://[fe80::1%25eth0]/'],
    ['too long', `https://example.com/${'a'.repeat(2048)}`],
  ])('refuses %s: %j', (_name, text) => {
    expect(() => checkUrl(text, {})).toThrow(expect.objectContaining({ code: 'URL_INVALID', param: 'url' }));
  });

  it.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7F.0.0.1/',
    'https://017700000001/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://127.0.1/',
    'https://127.0.0.1./',
    'https://0/',
    'https://0.0.0.0/',
    'https://127。0。0。1/',
    'https://\uff11\uff12\uff17\uff0e0.0.1/',
    'https://①②⑦.0.0.1/',
    'https://%31%32%37.0.0.1/',
    'https://10.1.2.3/',
    'https://169.254.169.254/latest/meta-data/',
    'https://0xA9FEA9FE/',
    'https://[::]/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[0:0:0:0:0:FFFF:7F00:1]/',
    'https://[::127.0.0.1]/',
    'https://[64:ff9b::127.0.0.1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001::1]/',
    'https://[fd00:ec2::254]/',
    'https://[fe80::1]/',
  ])('refuses the address in %s before anything is looked up', (text) => {
    expect(inspectUrl(text, {})).toMatchObject({ ok: false });
    expect(inspectUrl(text.replace('https:', 'http:'), { allowHttp: true })).toMatchObject({ ok: false });
  });

  it('does not repeat the URL in its message, for it may hold a secret', () => {
    try {
      checkUrl('https://user:hunter2@example.com/', {});
      expect.unreachable();
    } catch (error) {
      expect(isItPayError(error) && error.message).toBe('The URL holds credentials. Send it without them.');
    }
  });

  it('accepts plain HTTP to the public when the host allows it', () => {
    expect(checkUrl('http://example.com/', { allowHttp: true }).href).toBe('http://example.com/');
    expect(() => checkUrl('http://localhost/', { allowHttp: true })).toThrow('local network');
  });

  it.each([
    ['http://localhost:4000/webhooks', true],
    ['http://LOCALHOST:4000/webhooks', true],
    ['http://localhost:4001/webhooks', false],
    ['https://localhost:4000/webhooks', false],
    ['http://127.0.0.1:4000/webhooks', false],
    ['http://a.localhost:4000/webhooks', false],
    ['http://localhost.:4000/webhooks', false],
    ['http://user@localhost:4000/webhooks', false],
    ['http://localhost:4000@example.com/', false],
  ])('with http://localhost:4000 allowed, %s is allowed: %s', (text, ok) => {
    expect(inspectUrl(text, { allowedOrigins: ['http://localhost:4000'] })).toMatchObject(
      ok ? { ok, allowed: true } : { ok },
    );
  });
});
