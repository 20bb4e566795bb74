// Importing this loads neither knex, pg nor PGlite: each is loaded when a driver is opened.
export { openPostgres, type OpenPostgresOptions } from './postgres/open.js';
export { postgresPubSub, type PostgresPubSubOptions } from './postgres/pubsub.js';
export { postgresRateLimiter, type PostgresRateLimiter } from './postgres/rate-limiter.js';
export { openPglite, type OpenPgliteOptions, type PgliteDatabase } from './pglite/open.js';
export { memoryPubSub } from './memory/pubsub.js';
export { memoryRateLimiter } from './memory/rate-limiter.js';
export { fileBlobStore } from './files/blob-store.js';
export { knexDatabase, type KnexDatabaseOptions } from './knex-database.js';
