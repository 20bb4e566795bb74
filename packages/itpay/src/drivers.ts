import { join } from 'node:path';
import {
  fileBlobStore,
  memoryPubSub,
  memoryRateLimiter,
  openPglite,
  openPostgres,
  postgresPubSub,
  postgresRateLimiter,
} from '@itpay/data';
import type { RateLimitOptions } from '@itpay/gateway';
import type { BlobStore, Database, Logger, PubSub, RateLimiterFactory } from '@itpay/kernel';
import type { CheckedOptions, ItPayOptions } from './options.js';

export interface Drivers {
  readonly database: Database;
  readonly pubsub: PubSub;
  readonly blobStore: BlobStore;
}

/** Opens what stands behind the ports: the embedded database, or PostgreSQL, and files beside it. */
export async function openDrivers(options: CheckedOptions, logger: Logger): Promise<Drivers> {
  const blobStore = options.blobStore ?? fileBlobStore(join(options.dataDir, 'blobs'));
  const { schema, preparedStatements } = options;
  if (options.knex !== undefined) {
    const database = await openPostgres({ knex: options.knex, schema, preparedStatements, logger });
    return { database, pubsub: memoryPubSub(), blobStore };
  }
  if (options.database !== undefined) {
    const database = await openPostgres({ url: options.database, schema, preparedStatements, logger });
    return { database, pubsub: await postgresPubSub({ url: options.database, schema, logger }), blobStore };
  }
  const database = await openPglite({
    directory: join(options.dataDir, 'db'),
    schema,
    onProgress: options.onProgress,
  });
  return { database, pubsub: memoryPubSub(), blobStore };
}

/** Where requests are counted, and by which limits; undefined when the host switched them off. */
export function limitsFor({
  rateLimits = {},
}: Pick<ItPayOptions, 'rateLimits'>): { limiter: RateLimiterFactory; rates: RateLimitOptions } | undefined {
  if (rateLimits === false) return undefined;
  const { store, ...rates } = rateLimits;
  return { limiter: store === 'postgres' ? postgresRateLimiter : memoryRateLimiter, rates };
}
