import { BlockList, isIP } from 'node:net';
import { ItPayError } from '@itpay/core';
import type { CredentialRequest } from '@itpay/kernel';
import type { NeutralRequest } from './neutral.js';

/**
 * Which proxies in front of us say the truth about the client. A number: so many, each of which appends to the header. A
 * list: the proxies at these addresses or networks (`10.0.0.0/8`).
 */
export type TrustedProxies = number | readonly string[];

/**
 * The proxies, which write `X-Forwarded-For`; with `header: 'forwarded'`, which write `Forwarded` (RFC 7239). The other
 * header is not looked at: a proxy passes on what it does not write, and then it is the client's word.
 */
export type TrustProxy =
  TrustedProxies | { readonly proxies: TrustedProxies; readonly header: 'x-forwarded-for' | 'forwarded' };

/**
 * Finds the address of the client: the one that the last proxy that we trust has seen.
 *
 * @returns a function that gives null where the connection has no address and no proxy told one
 * @throws ItPayError `CONFIGURATION_INVALID` for what names no proxies
 */
export function clientAddress(trust: TrustProxy): (request: CredentialRequest) => string | null {
  const { proxies, header } =
    typeof trust === 'object' && 'proxies' in trust ? trust : { proxies: trust, header: 'x-forwarded-for' as const };
  if (header !== 'x-forwarded-for' && header !== 'forwarded') {
    throw badTrust('header is "x-forwarded-for" or "forwarded".');
  }
  const read = header === 'forwarded' ? forwarded : forwardedFor;
  const isTrusted = trusting(proxies);

  return ({ headers, remoteAddress }) => {
    const told = headers[header];
    let client = remoteAddress === null ? null : plainAddress(remoteAddress);
    if (told === undefined || !isTrusted(client, 0)) return client;
    // From the nearest proxy to the farthest. What stands left of the first one that we do not trust, anybody can write.
    const chain = read(told).toReversed();
    for (const [index, address] of chain.entries()) {
      if (address === null) return client;
      client = address;
      if (!isTrusted(address, index + 1)) return client;
    }
    return client;
  };
}

/** The request with the client's address in place of the connection's. */
export class AddressedRequest implements NeutralRequest {
  readonly remoteAddress: string | null;
  readonly #request: NeutralRequest;

  constructor(request: NeutralRequest, remoteAddress: string | null) {
    this.#request = request;
    this.remoteAddress = remoteAddress;
  }

  get method() {
    return this.#request.method;
  }
  get url() {
    return this.#request.url;
  }
  get headers() {
    return this.#request.headers;
  }
  get signal() {
    return this.#request.signal;
  }
  get parsedBody() {
    return this.#request.parsedBody;
  }
  rawBody(limit: number) {
    return this.#request.rawBody(limit);
  }
}

/**
 * What is counted as one source: an IPv4 address, or the /64 network of an IPv6 one, of which a single customer of a
 * provider has all addresses.
 */
export function addressGroup(address: string): string {
  const plain = plainAddress(address);
  if (plain === null || isIP(plain) !== 6) return plain ?? address.slice(0, 64);
  const [head = '', tail] = plain.split('%')[0]!.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length - (tail.includes('.') ? 1 : 0));
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after].slice(0, 4);
  return `${groups.map((group) => parseInt(group, 16).toString(16)).join(':')}::/64`;
}

function trusting(proxies: TrustedProxies): (address: string | null, hop: number) => boolean {
  if (typeof proxies === 'number') {
    if (!Number.isInteger(proxies) || proxies < 1 || proxies > 10) {
      throw badTrust('A number of proxies is from 1 to 10; without a proxy, leave the option out.');
    }
    return (_address, hop) => hop < proxies;
  }
  if (!Array.isArray(proxies) || proxies.length === 0)
    throw badTrust('Give a number of proxies, or a list of networks.');
  const list = new BlockList();
  for (const network of proxies as readonly unknown[]) addNetwork(list, String(network));
  // Who has no address could be anybody.
  return (address) => address !== null && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function addNetwork(list: BlockList, network: string): void {
  const [, address = '', , bits] = /^([^/]+)(\/(\d{1,3}))?$/.exec(network) ?? [];
  const version = isIP(address);
  const most = version === 6 ? 128 : 32;
  const prefix = bits === undefined ? most : Number(bits);
  if (version === 0 || prefix > most) {
    throw badTrust(`"${network}" is not an address or a network such as "10.0.0.0/8" or "fd00::/8".`);
  }
  list.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4');
}

/** Null for what is no address: `unknown`, or a name that the proxy made up. */
type Hop = string | null;

const forwardedFor = (header: string): Hop[] => header.split(',').map((part) => plainAddress(part.trim()));

function forwarded(header: string): Hop[] {
  return header.split(',').map((element) => {
    const [, quoted, bare] = /(?:^|;)\s*for=(?:"([^"]*)"|([^;\s"]*))\s*(?:;|$)/i.exec(element.trim()) ?? [];
    return plainAddress(quoted ?? bare ?? '');
  });
}

/** Without brackets, port and zone; an IPv4 address in IPv6 clothes as IPv4. */
function plainAddress(text: string): string | null {
  const [, inBrackets] = /^\[([^\]]+)\](?::\d+)?$/.exec(text) ?? [];
  const [, beforePort] = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text) ?? [];
  const address = (inBrackets ?? beforePort ?? text).split('%')[0]!.toLowerCase();
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address) ?? [];
  const plain = mapped ?? address;
  return isIP(plain) === 0 ? null : plain;
}

const badTrust = (advice: string) =>
  new ItPayError('CONFIGURATION_INVALID', {
    message: `The option trustProxy is not usable. ${advice}`,
    param: 'trustProxy',
  });
