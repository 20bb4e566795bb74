import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@itpay/kernel';
import type { Cluster, Redis, RedisOptions } from 'ioredis';
import { addressOf, invalidRedis, redisNodes, type RedisAddress } from './address.js';
import { Outage } from './outage.js';

/** A connection to one server, or to a cluster. */
export type RedisClient = Redis | Cluster;

export interface OpenRedisOptions {
  readonly address: RedisAddress;
  /** What the connections are for, in logs and in Redis's own list of its clients: `itpay-stores`. */
  readonly name: string;
  readonly logger: Logger;
}

/**
 * - `request`: for what somebody waits for. Without a connection it fails at once, and without an answer after
 *   `COMMAND_TIMEOUT_MS`; what was sent when a connection broke is not sent again.
 * - `background`: for what blocks and what may wait. It waits for a connection for ever. (BullMQ asks for it.)
 */
export type RedisUse = 'request' | 'background';

/** Makes connections that end together. */
export interface RedisConnections {
  readonly isCluster: boolean;
  /** `host:port` of each node that was given. */
  readonly where: string;
  /** Made once for each use. It connects by itself, again and again, and reports an outage once. */
  client(use: RedisUse): RedisClient;
  /**
   * A connection of its own to one node, for subscriptions. It does not connect again by itself.
   *
   * @param turn counts the attempts: each one goes to the next node that was given
   */
  subscriber(turn: number): Redis;
  /** Ends them all. What waits for an answer fails. */
  close(): Promise<void>;
}

/** How long somebody waits for an answer of Redis, in milliseconds. */
export const COMMAND_TIMEOUT_MS = 1_000;

const CONNECT_TIMEOUT_MS = 2_000;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Loads ioredis and makes what connects with it. A Redis that is away does not stop the start: everything has to go on
 * without it anyway. The only file that imports ioredis.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` when ioredis is not installed, or the address cannot be read
 */
export async function openRedis({ address, name, logger }: OpenRedisOptions): Promise<RedisConnections> {
  const nodes = redisNodes(address);
  const { Redis, Cluster } = await loadIoredis();
  const isCluster = typeof address !== 'string';
  const where = addressOf(nodes);
  const [first] = nodes;
  const outage = new Outage(logger, { redis: where, name });
  const clients = new Map<RedisUse, RedisClient>();
  const subscribers = new Set<Redis>();
  let closed = false;

  const common: RedisOptions = {
    connectionName: name,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAlive: 10_000,
    // After a failover, the old address may lead to what is a replica now: a new connection finds the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    ...(first.username !== undefined && { username: first.username }),
    ...(first.password !== undefined && { password: first.password }),
    ...(first.tls && { tls: {} }),
  };
  const byUse: Record<RedisUse, RedisOptions> = {
    request: {
      ...common,
      commandTimeout: COMMAND_TIMEOUT_MS,
      // A server that takes commands and answers none: the connection is given up, so that the next command fails at once.
      socketTimeout: COMMAND_TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
    },
    background: { ...common, maxRetriesPerRequest: null },
  };

  const connect = (use: RedisUse): RedisClient => {
    const enableOfflineQueue = use === 'background';
    if (!isCluster) {
      const { host, port, db } = first;
      return new Redis({ ...byUse[use], host, port, db, enableOfflineQueue, retryStrategy: pauseAfter });
    }
    return new Cluster(
      nodes.map(({ host, port }) => ({ host, port })),
      {
        redisOptions: byUse[use],
        enableOfflineQueue,
        // Not clusterNodeRetryStrategy: with it no node is ever given up, and a cluster whose addresses all changed would never
        // be looked for at those that were given.
        clusterRetryStrategy: pauseAfter,
        slotsRefreshInterval: 10_000,
        // A certificate names a host: its address would not pass.
        ...(first.tls && { dnsLookup: (host, done) => done(null, host) }),
      },
    );
  };

  return {
    isCluster,
    where,
    client: (use) => {
      const known = clients.get(use);
      if (known !== undefined) return known;
      const client = connect(use);
      clients.set(use, client);
      // Without a listener, ioredis prints errors itself, and with them what was sent.
      client.on('error', (error: unknown) => !closed && outage.began(reasonOf(error)));
      client.on('close', () => !closed && outage.began('the connection ended'));
      client.on('ready', () => outage.ended());
      return client;
    },
    subscriber: (turn) => {
      const { host, port, db } = nodes[turn % nodes.length] ?? first;
      // What it is told before it is connected waits, and for no longer than any command.
      const client = new Redis({ ...byUse.request, host, port, db, enableOfflineQueue: true, retryStrategy: null });
      client.on('error', () => {}); // told by `end`, which always follows
      subscribers.add(client.once('end', () => subscribers.delete(client)));
      return client;
    },
    close: async () => {
      closed = true;
      for (const client of [...clients.values(), ...subscribers]) client.disconnect();
      clients.clear();
    },
  };
}

/** What went wrong, without what was sent: errors of ioredis carry the command with its arguments, passwords among them. */
export function reasonOf(error: unknown): string {
  const { message = '', code, errors, lastNodeError } = error as Partial<IoredisError>;
  if (lastNodeError) return reasonOf(lastNodeError);
  // Both addresses of "localhost" refused: the message of the two together is empty.
  if (message === '' && errors?.[0] !== undefined) return reasonOf(errors[0]);
  return message || code || 'no reason given';
}

/** Waits until the first connection stands, or until it is clear that it does not stand yet. */
export async function firstContact(client: RedisClient): Promise<void> {
  if (client.status === 'ready') return;
  const limit = new AbortController();
  await Promise.race([
    new Promise<void>((resolve) => void client.once('ready', resolve).once('close', resolve)),
    sleep(CONNECT_TIMEOUT_MS, undefined, { signal: limit.signal }).catch(() => {}),
  ]);
  limit.abort();
}

interface IoredisError extends Error {
  readonly code: string;
  readonly errors: readonly unknown[];
  readonly lastNodeError: unknown;
}

/** Longer and longer, but for ever; apart from each other, so that not all processes come at once. */
function pauseAfter(attempts: number): number {
  const pause = Math.min(50 * 2 ** Math.min(attempts - 1, 10), LONGEST_PAUSE_MS);
  return Math.round(pause * (0.75 + Math.random() / 4));
}

async function loadIoredis() {
  try {
    return await import('ioredis');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw invalidRedis('It needs the package ioredis, which is not installed: npm install ioredis@6');
  }
}
