import type { Cache, HealthCheck, JobQueue, Logger, PubSub, RateLimiterFactory } from '@itpay/kernel';
import type { RedisAddress } from './address.js';
import { openRedis } from './connect.js';
import { storesOn } from './stores-on.js';

export interface OpenRedisStoresOptions {
  readonly address: RedisAddress;
  /** What the installation's keys and channels begin with, in braces, so that a cluster keeps them on one node. */
  readonly prefix: string;
  readonly logger: Logger;
}

/** What stands on one Redis. It may lose everything, and everything goes on without it. */
export interface RedisStores {
  readonly pubsub: PubSub;
  readonly rateLimiter: RateLimiterFactory;
  readonly cache: Cache;
  readonly check: HealthCheck;
  /**
   * A courier of jobs on the same Redis, which ends before `close`.
   *
   * @throws ItPayError `CONFIGURATION_INVALID` when bullmq is not installed
   */
  openQueue(): Promise<JobQueue>;
  /** Ends the connections: the last of all, after what uses them has ended. */
  close(): Promise<void>;
}

/**
 * Opens pub/sub, rate limiter and cache on Redis. That it does not answer yet is logged and no error.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` when ioredis is not installed, or the address cannot be read
 */
export async function openRedisStores({ address, prefix, logger }: OpenRedisStoresOptions): Promise<RedisStores> {
  const connections = await openRedis({ address, name: 'itpay', logger });
  return storesOn(connections, prefix, logger);
}
