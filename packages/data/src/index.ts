// Importing this loads neither knex, pg nor PGlite, and no SDK: each is loaded when a driver is opened.
export { openPostgres, type OpenPostgresOptions } from './postgres/open.js';
export { postgresPubSub, type PostgresPubSubOptions } from './postgres/pubsub.js';
export { postgresRateLimiter, type PostgresRateLimiter } from './postgres/rate-limiter.js';
export { openPglite, type OpenPgliteOptions, type PgliteDatabase } from './pglite/open.js';
export { memoryPubSub } from './memory/pubsub.js';
export { memoryCache } from './memory/cache.js';
export { memoryRateLimiter } from './memory/rate-limiter.js';
export { fileBlobStore } from './files/blob-store.js';
export { openRedisStores, type OpenRedisStoresOptions, type RedisStores } from './redis/stores.js';
export { readRedisSettings, type RedisAddress, type RedisSettings } from './redis/address.js';
export { s3BlobStore } from './s3/blob-store.js';
export type { S3Credentials, S3Options } from './s3/options.js';
export { knexDatabase, type KnexDatabaseOptions } from './knex-database.js';
