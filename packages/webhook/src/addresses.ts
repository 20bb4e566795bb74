import { BlockList, isIP } from 'node:net';
import { ItPayError } from '@itpay/core';

/** Which destinations a host allows beyond HTTPS on the public internet. */
export interface Destinations {
  /** Plain HTTP as well, still to public addresses only. */
  allowHttp?: boolean | undefined;
  /** Origins such as `http://localhost:4000` that are allowed as they stand: scheme, host and port, any address. */
  allowedOrigins?: readonly string[] | undefined;
}

export type UrlInspection =
  | { ok: true; url: URL; /** Named in `allowedOrigins`: its addresses are not checked. */ allowed: boolean }
  | { ok: false; refused: 'url' | 'address'; message: string };

const URL_LENGTH = 2048;
// The parser drops tabs and line breaks and takes a backslash for a slash: what a person reads is then not what is called.
const MISLEADING = /[\p{Cc}\s\\]/u;
/** Names that mean this machine or this network. Their addresses are refused as well; this says so earlier. */
const LOCAL_NAME = /(?:^|\.)(?:localhost|local|internal|home\.arpa)$/;

/**
 * The URL of an endpoint, as it will be called, without a fragment. Any port but 0 is allowed. Nothing is looked up: what
 * the name stands for is checked at each attempt, because it may change.
 *
 * @throws ItPayError `URL_INVALID` (param `url`) unless it is HTTPS without credentials, to a name or a public address
 */
export function checkUrl(text: string, destinations: Destinations): URL {
  const inspection = inspectUrl(text, destinations);
  if (!inspection.ok) throw new ItPayError('URL_INVALID', { param: 'url', message: inspection.message });
  return inspection.url;
}

/** The same decision as a value. */
export function inspectUrl(text: string, { allowHttp = false, allowedOrigins = [] }: Destinations): UrlInspection {
  const refuse = (message: string) => ({ ok: false, refused: 'url', message }) as const;
  if (text.length > URL_LENGTH) return refuse(`The URL is longer than ${URL_LENGTH} characters.`);
  if (MISLEADING.test(text))
    return refuse('The URL holds a space, a control character or a backslash. Percent-encode it.');
  const url = parse(text);
  if (url === null)
    return refuse('The URL cannot be read. Send an absolute one, such as https://example.com/webhooks.');

  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refuse('The URL has to start with https://.');
  if (url.username !== '' || url.password !== '') return refuse('The URL holds credentials. Send it without them.');
  if (url.port === '0') return refuse('The URL names port 0. Send the port your server listens at.');
  url.hash = '';
  if (allowedOrigins.some((origin) => parse(origin)?.origin === url.origin)) return { ok: true, url, allowed: true };

  if (url.protocol === 'http:' && !allowHttp) return refuse('The URL has to start with https://.');
  const host = hostOf(url);
  // Name and certificate would have to be compared without the dot, and a list of names with it is easily passed by.
  if (host.endsWith('.')) return refuse('The host of the URL ends in a dot. Send it without.');
  if (LOCAL_NAME.test(host)) return refuse('The host of the URL is a name of the local network. Send a public one.');
  if (isIP(host) !== 0 && !isPublicAddress(host)) {
    return { ok: false, refused: 'address', message: 'The address in the URL is not a public one.' };
  }
  return { ok: true, url, allowed: false };
}

function parse(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

/** The host as a name or an address: an IPv6 address without its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/**
 * Whether an address belongs to the public internet. IPv4 is everything but the table below; IPv6 only what is handed out
 * as global unicast, so that addresses which carry another one inside (IPv4-mapped, -compatible, -translated, NAT64), and
 * those that a later standard invents, are refused without being named. False for anything that is no address, and for
 * addresses with a zone.
 *
 * `BlockList` of Node compares, because it reads addresses as the connecting code does; a package would add a second
 * reading.
 */
export function isPublicAddress(address: string): boolean {
  if (address.includes('%')) return false;
  const family = isIP(address);
  if (family === 4) return !NOT_PUBLIC.check(address, 'ipv4');
  if (family === 6) return GLOBAL_UNICAST.check(address, 'ipv6') && !NOT_PUBLIC.check(address, 'ipv6');
  return false;
}

/**
 * What is not for everybody: the special-purpose registries of IANA, with the few entries that are reachable
 * and yet no place for a receiver.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const NOT_PUBLIC_RANGES = [
  ['0.0.0.0', 8], // this network, unspecified
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // shared address space of carriers (CGNAT)
  ['127.0.0.0', 8], // loopback
  ['168.63.129.16', 32], // public by number; within Azure it is the platform's own endpoint
  ['169.254.0.0', 16], // link-local, and the metadata services of clouds
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments
  ['192.0.2.0', 24], // documentation
  ['192.31.196.0', 24], // AS112
  ['192.52.193.0', 24], // multicast tunnelling (AMT)
  ['192.88.99.0', 24], // 6to4 relays
  ['192.168.0.0', 16], // private
  ['192.175.48.0', 24], // AS112
  ['198.18.0.0', 15], // benchmarking
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and broadcast
  ['2001::', 23], // protocol assignments: Teredo, benchmarking, AMT, ORCHID, drone ids
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4: an IPv4 address inside
  ['2620:4f:8000::', 48], // AS112
  ['3fff::', 20], // documentation
] as const;

const NOT_PUBLIC = blockList(NOT_PUBLIC_RANGES);
/** Loopback, link-local, unique-local, site-local, multicast, discard-only, SRv6 and all that embeds IPv4 lie outside it. */
const GLOBAL_UNICAST = blockList([['2000::', 3]]);

function blockList(ranges: ReadonlyArray<readonly [network: string, prefix: number]>): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, isIP(network) === 4 ? 'ipv4' : 'ipv6');
  return list;
}
