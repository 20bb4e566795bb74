import { describe, expect, it } from 'vitest';
import { contains, isAllowed, parseRange } from './allowlist.js';

it.each([
  // range                   address                      allowed
  ['203.0.113.7', '203.0.113.7', true],
  ['203.0.113.7', '203.0.113.8', false],
  ['203.0.113.0/24', '203.0.113.255', true],
  ['203.0.113.0/24', '203.0.114.0', false],
  ['203.0.113.128/25', '203.0.113.127', false],
  ['0.0.0.0/0', '255.255.255.255', true],
  ['0.0.0.0/0', '::1', false],
  ['::/0', '127.0.0.1', false],
  ['10.0.0.0/8', '::ffff:10.1.2.3', true],
  ['10.0.0.0/8', '::ffff:a01:203', true],
  ['::ffff:10.0.0.0/104', '10.1.2.3', true],
  ['::ffff:10.1.2.3', '10.1.2.3', true],
  ['::ffff:10.1.2.3', '10.1.2.4', false],
  ['2001:db8::/32', '2001:db8:ffff::1', true],
  ['2001:db8::/32', '2001:db9::', false],
  ['2001:DB8::1', '2001:db8:0:0:0:0:0:1', true],
  ['::1', '::1', true],
  ['::', '::1', false],
  ['1::', '1:0:0:0:0:0:0:0', true],
  ['fe80::/10', 'fe80::1%eth0', true],
  ['::/0', 'unix', false],
  ['0.0.0.0/0', '', false],
])('%s and %s: %s', (range, address, allowed) => {
  expect(isAllowed(address, [parseRange(range)])).toBe(allowed);
});

describe('A range', () => {
  it.each([
    ['nonsense', 'neither an address nor a CIDR'],
    ['', 'neither an address nor a CIDR'],
    ['256.0.0.1', 'neither an address nor a CIDR'],
    ['010.0.0.1', 'neither an address nor a CIDR'],
    ['10.0.0.0/', 'neither an address nor a CIDR'],
    ['10.0.0.0/-1', 'neither an address nor a CIDR'],
    ['10.0.0.0/8/8', 'neither an address nor a CIDR'],
    ['10.0.0.0/33', 'longer than the 32 bits'],
    ['::/129', 'longer than the 128 bits'],
    ['10.0.0.1/8', 'Write 10.0.0.0/8'],
    ['2001:db8::1/32', 'Write 2001:db8::/32'],
  ])('is not %j', (text, message) => {
    expect(() => parseRange(text)).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID', message: expect.stringContaining(message) }),
    );
  });

  it.each([
    ['10.0.0.0/8', '10.1.0.0/16', true],
    ['10.0.0.0/8', '10.0.0.0/8', true],
    ['10.1.0.0/16', '10.0.0.0/8', false],
    ['10.0.0.0/8', '11.0.0.0/16', false],
    ['::/0', '10.0.0.0/8', false],
    ['2001:db8::/32', '2001:db8:1::/48', true],
  ])('%s contains %s: %s', (outer, inner, expected) => {
    expect(contains(parseRange(outer), parseRange(inner))).toBe(expected);
  });
});
