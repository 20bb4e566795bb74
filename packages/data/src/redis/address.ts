import { ItPayError } from '@itpay/core';

/** A URL such as `redis://user:password@host:6379/0`, or several: nodes of one Redis Cluster, the others are found. */
export type RedisAddress = string | { readonly cluster: readonly string[] };

/** Redis as a host names it: a URL, with more beside it, or the nodes of a cluster. */
export type RedisSettings =
  | string
  | { readonly url: string; readonly prefix?: string | undefined }
  | { readonly cluster: readonly string[]; readonly prefix?: string | undefined };

/**
 * Reads what a host wrote.
 *
 * @returns the address; the URLs, which may hold passwords; and the prefix that was asked for
 * @throws ItPayError `CONFIGURATION_INVALID`; the message does not repeat a URL
 */
export function readRedisSettings(settings: RedisSettings): {
  readonly address: RedisAddress;
  readonly urls: readonly string[];
  readonly prefix: string | undefined;
} {
  const { url, cluster, prefix } = (typeof settings === 'string' ? { url: settings } : settings) as Partial<
    Record<'url' | 'prefix', string> & Record<'cluster', readonly string[]>
  >;
  if ((url === undefined) === (cluster === undefined)) {
    throw invalidRedis('Give a URL (redis://host:6379), or { url, prefix }, or { cluster: [urls], prefix }.');
  }
  if (cluster !== undefined && !Array.isArray(cluster)) throw invalidRedis('Its "cluster" is a list of URLs.');
  if (prefix !== undefined && !/^[\w:.-]{1,64}$/.test(prefix)) {
    throw invalidRedis('Its "prefix" has 1 to 64 letters, digits and characters of ":._-".');
  }
  const address: RedisAddress = cluster === undefined ? url! : { cluster };
  redisNodes(address);
  return { address, urls: cluster ?? [url!], prefix };
}

/** Where a node listens, and how it lets us in. */
export interface RedisNode {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly db: number;
  readonly tls: boolean;
}

/**
 * Reads the URLs.
 *
 * @throws ItPayError `CONFIGURATION_INVALID`; the message does not repeat the URL, which may hold a password
 */
export function redisNodes(address: RedisAddress): readonly [RedisNode, ...RedisNode[]] {
  const urls = typeof address === 'string' ? [address] : address.cluster;
  const [first, ...others] = urls.map(readNode);
  if (first === undefined) throw invalidRedis('Its "cluster" is empty. List one node of the cluster or more.');
  const nodes = [first, ...others] as const;
  if (typeof address !== 'string' && nodes.some(({ db }) => db !== 0)) {
    throw invalidRedis('A Redis Cluster has the database 0 only. Take the number off the end of its URLs.');
  }
  return nodes;
}

/** For logs and errors: `host:port`, nothing else. */
export const addressOf = (nodes: readonly RedisNode[]) => nodes.map(({ host, port }) => `${host}:${port}`).join(', ');

function readNode(text: unknown): RedisNode {
  const shape = 'It looks like redis://user:password@host:6379/0, or rediss:// for TLS.';
  if (typeof text !== 'string' || !/^rediss?:\/\//.test(text) || !URL.canParse(text)) {
    throw invalidRedis(`It is not a Redis URL. ${shape} Percent-encode special characters (@ is %40).`);
  }
  const url = new URL(text);
  if (url.search !== '' || url.hash !== '' || !/^\/?\d{0,4}$/.test(url.pathname)) {
    throw invalidRedis(`After host and port only the number of a database is read. ${shape}`);
  }
  try {
    return {
      host: url.hostname === '' ? 'localhost' : url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? 6379 : Number(url.port),
      ...(url.username !== '' && { username: decodeURIComponent(url.username) }),
      ...(url.password !== '' && { password: decodeURIComponent(url.password) }),
      db: Number(url.pathname.slice(1)),
      tls: url.protocol === 'rediss:',
    };
  } catch {
    throw invalidRedis('Its user name or password is not percent-encoded: write % as %25.');
  }
}

export const invalidRedis = (advice: string, details: Record<string, unknown> = {}) =>
  new ItPayError('CONFIGURATION_INVALID', {
    message: `The option redis (REDIS_URL) is not usable. ${advice}`,
    param: 'redis',
    details: { option: 'redis', ...details },
  });
