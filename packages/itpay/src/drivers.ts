import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import {
  fileBlobStore,
  memoryCache,
  memoryPubSub,
  memoryRateLimiter,
  openPglite,
  openPostgres,
  openRedisStores,
  postgresPubSub,
  postgresRateLimiter,
  readRedisSettings,
  s3BlobStore,
  type RedisStores,
} from '@itpay/data';
import type { RateLimitOptions } from '@itpay/gateway';
import {
  statement,
  type BlobStore,
  type Cache,
  type Database,
  type HealthCheck,
  type JobQueue,
  type LaneLimits,
  type Logger,
  type PubSub,
  type RateLimiterFactory,
} from '@itpay/kernel';
import type { CheckedOptions, ItPayOptions } from './options.js';
import { assertNotPromoted } from './promote/marker.js';

export interface Drivers {
  readonly database: Database;
  readonly pubsub: PubSub;
  readonly blobStore: BlobStore;
}

/**
 * Opens what stands behind the ports: the embedded database, or PostgreSQL, and files beside it, or in S3. With Redis, nobody
 * listens to PostgreSQL; see `openShared`. When it fails, it closes what was opened before.
 */
export async function openDrivers(options: CheckedOptions, logger: Logger): Promise<Drivers> {
  const blobStore = await openBlobStore(options);
  const { schema, preparedStatements } = options;
  if (options.knex !== undefined) {
    const database = await openPostgres({ knex: options.knex, schema, preparedStatements, logger });
    return { database, pubsub: memoryPubSub(), blobStore };
  }
  if (options.database !== undefined) {
    const database = await openPostgres({ url: options.database, schema, preparedStatements, logger });
    if (options.redis !== undefined) return { database, pubsub: memoryPubSub(), blobStore };
    const pubsub = await postgresPubSub({ url: options.database, schema, logger }).catch(closing(database));
    return { database, pubsub, blobStore };
  }
  await assertNotPromoted(options.dataDir);
  const database = await openPglite({
    directory: join(options.dataDir, 'db'),
    schema,
    onProgress: options.onProgress,
  });
  // Once more: only now the directory is ours, and "itpay promote" may have had it until then.
  await assertNotPromoted(options.dataDir).catch(closing(database));
  return { database, pubsub: memoryPubSub(), blobStore };
}

const closing = (database: Database) => async (error: unknown) => {
  await database.close();
  throw error;
};

/** What processes share beside the database, as far as it may be lost. */
export interface SharedDrivers {
  readonly cache: Cache;
  readonly checks: readonly HealthCheck[];
  /** Only on Redis. */
  readonly pubsub?: PubSub;
  readonly rateLimiter?: RateLimiterFactory;
  /** The host's own, or that on Redis. */
  readonly queue?: JobQueue;
}

/** Opens what stands on Redis, or else the cache of this process. When it fails, it closes what was opened before. */
export async function openShared(
  options: CheckedOptions,
  { database, pubsub }: Drivers,
  logger: Logger,
): Promise<SharedDrivers> {
  const own = options.queue === undefined || options.queue === 'table' ? {} : { queue: options.queue };
  if (options.redis === undefined) return { cache: memoryCache(), checks: [], ...own };
  try {
    const { address, prefix = await installationName(options, database) } = readRedisSettings(options.redis);
    const stores = await openRedisStores({ address, prefix: `{itpay:${prefix}}`, logger });
    // Closed here when BullMQ is missing, and else by the kernel, after everything that stands on Redis.
    const queue = options.queue === undefined ? await stores.openQueue().catch(closeFirst(stores)) : undefined;
    return {
      ...own,
      ...(queue && { queue }),
      pubsub: stores.pubsub,
      rateLimiter: stores.rateLimiter,
      cache: { ...stores.cache, close: () => stores.close() },
      checks: [stores.check],
    };
  } catch (error) {
    await pubsub.close();
    await database.close();
    throw error;
  }
}

const closeFirst = (stores: RedisStores) => async (error: unknown) => {
  await stores.pubsub.close();
  await stores.close();
  throw error;
};

/** Tells installations apart that share a Redis: all processes of one find the same. */
async function installationName({ database: url, knex, dataDir, schema }: CheckedOptions, database: Database) {
  if (url === undefined && knex === undefined) {
    const folder = createHash('sha256')
      .update(`${hostname()}\n${resolve(dataDir)}`)
      .digest('hex')
      .slice(0, 12);
    return `embedded-${folder}:${schema}`;
  }
  const [row] = await database.query(DATABASE_NAME, {});
  return `${encodeURIComponent(row!.name)}:${schema}`; // a brace in the name would end the hash tag
}

const DATABASE_NAME = statement<object, { name: string }>('database_name', 'select current_database()::text as name');

/** Where files lie: the host's store, S3, or a folder of the data directory. */
export async function openBlobStore({ blobStore, s3, dataDir }: CheckedOptions): Promise<BlobStore> {
  if (blobStore !== undefined) return blobStore;
  return s3 === undefined ? fileBlobStore(join(dataDir, 'blobs')) : s3BlobStore(s3);
}

/** Where requests are counted, and by which limits; undefined when the host switched them off. */
export function limitsFor(
  { rateLimits = {}, redis }: Pick<ItPayOptions, 'rateLimits' | 'redis'>,
  onRedis: RateLimiterFactory = memoryRateLimiter,
): { limiter: RateLimiterFactory; rates: RateLimitOptions } | undefined {
  if (rateLimits === false) return undefined;
  const { store = redis === undefined ? 'memory' : 'redis', ...rates } = rateLimits;
  const limiters = { memory: memoryRateLimiter, postgres: postgresRateLimiter, redis: onRedis };
  return { limiter: limiters[store], rates };
}

/** Where starts of jobs are counted: in the database, which every process of an installation has. */
export function jobLimitsFor({ jobLimits, database, knex }: ItPayOptions): LaneLimits | undefined {
  if (jobLimits === undefined) return undefined;
  const shared = database !== undefined || knex !== undefined;
  return { limiter: shared ? postgresRateLimiter : memoryRateLimiter, limits: jobLimits };
}
