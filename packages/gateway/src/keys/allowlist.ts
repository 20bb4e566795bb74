import { isIPv4, isIPv6 } from 'node:net';
import { ItPayError } from '@itpay/core';

/** Addresses that share their first `prefix` bits: `203.0.113.0/24`. */
export interface AddressRange {
  /** 32 for IPv4, 128 for IPv6. */
  readonly width: 32 | 128;
  /** The first address. */
  readonly base: bigint;
  readonly prefix: number;
}

/**
 * Reads a CIDR, or one address, which stands for itself. An IPv4 address that is written as IPv6 (`::ffff:203.0.113.7`)
 * counts as the IPv4 address.
 *
 * @throws ItPayError `PARAMETER_INVALID` when it is neither, or has bits beyond its prefix
 */
export function parseRange(text: string): AddressRange {
  const [, address = '', length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const bits = bitsOf(address);
  if (bits === null) throw invalidRange(`"${text}" is neither an address nor a CIDR such as 203.0.113.0/24.`);

  const prefix = length === undefined ? bits.width : Number(length);
  if (prefix > bits.width) {
    throw invalidRange(`"${text}" has a prefix that is longer than the ${bits.width} bits of its addresses.`);
  }
  const base = firstOf(bits.value, bits.width - prefix);
  if (base !== bits.value) {
    const first = formatAddress(bits.width, base);
    throw invalidRange(`"${text}" has bits beyond its prefix. Write ${first}/${prefix} if you mean the whole range.`);
  }
  return mappedRange({ width: bits.width, base, prefix });
}

/** @returns whether the address, as the connection gives it, lies in one of the ranges */
export function isAllowed(address: string, ranges: readonly AddressRange[]): boolean {
  const bits = bitsOf(address);
  if (bits === null) return false;
  const single = mappedRange({ width: bits.width, base: bits.value, prefix: bits.width });
  return ranges.some((range) => contains(range, single));
}

/** @returns whether every address of `inner` is one of `outer` */
export function contains(outer: AddressRange, inner: AddressRange): boolean {
  return (
    outer.width === inner.width &&
    outer.prefix <= inner.prefix &&
    firstOf(inner.base, outer.width - outer.prefix) === outer.base
  );
}

const firstOf = (value: bigint, freeBits: number) => (value >> BigInt(freeBits)) << BigInt(freeBits);

function bitsOf(address: string): { width: 32 | 128; value: bigint } | null {
  if (isIPv4(address)) return { width: 32, value: joined(address.split('.').map(Number), 8) };
  const [unzoned = ''] = address.split('%'); // fe80::1%eth0: the zone is this machine's own name for a network
  if (!isIPv6(unzoned)) return null;
  return { width: 128, value: joined(groupsOf(unzoned), 16) };
}

/** The eight numbers of an IPv6 address that is known to be one. */
function groupsOf(address: string): number[] {
  const hex = address.replace(/\d+\.\d+\.\d+\.\d+$/, (tail) => {
    const [a, b, c, d] = tail.split('.').map(Number) as [number, number, number, number];
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = [], tail] = hex.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...(tail ?? [])].map((group) => parseInt(group, 16));
}

const joined = (parts: readonly number[], width: number) =>
  parts.reduce((value, part) => (value << BigInt(width)) | BigInt(part), 0n);

// ::ffff:0:0/96 is how a socket that speaks both shows an IPv4 client.
function mappedRange(range: AddressRange): AddressRange {
  if (range.width === 32 || range.prefix < 96 || range.base >> 32n !== 0xffffn) return range;
  return { width: 32, base: range.base & 0xffff_ffffn, prefix: range.prefix - 96 };
}

function formatAddress(width: 32 | 128, value: bigint): string {
  const [count, bits] = width === 32 ? ([4, 8] as const) : ([8, 16] as const);
  const parts = Array.from(
    { length: count },
    (_, i) => (value >> BigInt((count - 1 - i) * bits)) & ((1n << BigInt(bits)) - 1n),
  );
  if (width === 32) return parts.join('.');
  // A URL writes IPv6 in its short form.
  return new URL(`http://[${parts.map((part) => part.toString(16)).join(':')}]`).hostname.slice(1, -1);
}

const invalidRange = (message: string) => new ItPayError('PARAMETER_INVALID', { message, param: 'ip_allowlist' });
