import {
  AuditLog,
  Authenticator,
  Cache,
  Clock,
  Database,
  definePlugin,
  DisplayTokens,
  HealthChecks,
  IdGenerator,
  Logger,
  Idempotency,
  maybeOne,
  Outbox,
  PubSub,
  Random,
  Routes,
  Secrets,
  Settings,
  SOME_LOST,
  Sweeps,
  Telemetry,
  token,
  type CredentialRequest,
  type Plugin,
  type Principal,
  type RateLimiterFactory,
} from '@itpay/kernel';
import { auditRoutes } from './audit/routes.js';
import type { CorsOptions } from './cors/cors.js';
import { errorPageRoutes } from './errors-page/routes.js';
import { createGateway, Gateway, type GatewayApi } from './gateway.js';
import { healthRoutes } from './health/routes.js';
import { ApiKeys } from './keys/api-keys.js';
import { apiKeyAuthenticator } from './keys/authenticator.js';
import { KeyChanges, SIGNING_PURPOSE } from './keys/changes.js';
import { announceExpiring } from './keys/expiring.js';
import { KEY_CACHE_MS, KEY_TOPIC, KeyCache } from './keys/key-cache.js';
import { nonceRetention, SignatureNonces } from './keys/nonces.js';
import { apiKeyRoutes } from './keys/routes.js';
import { knownScopes } from './keys/scopes.js';
import { SharedKeys } from './keys/shared-keys.js';
import { FIND_BY_KEY_ID } from './keys/store.js';
import { clientAddress, type TrustProxy } from './client-address.js';
import { rateLimitsFrom, type RateLimitOptions } from './limits/classes.js';
import { Limits } from './limits/limits.js';
import { apiKeysTable } from './migrations/0001-api-keys.js';
import { keyLifecycle } from './migrations/0002-key-lifecycle.js';
import { rateLimitTables } from './migrations/0003-rate-limits.js';
import { VERSION } from './version.js';
import { versionRoutes } from './versions/routes.js';

export interface GatewayOptions {
  /**
   * Says who calls, in place of API keys: the host's session, its JWT. Null: the request carries nothing that it knows.
   * It may throw an ItPayError such as `API_KEY_INVALID` for what it refuses.
   */
  readonly authenticate?: (request: CredentialRequest) => Principal | null | Promise<Principal | null>;
  /** Lets pages of these origins call the API from a browser. Left out: none. */
  readonly cors?: CorsOptions | undefined;
  /** Counts requests against the limits of their callers. Left out: nothing is limited. */
  readonly limits?: { readonly limiter: RateLimiterFactory; readonly rates?: RateLimitOptions } | undefined;
  /** The proxies in front of this process. Left out: none, and the client is who is connected. */
  readonly trustProxy?: TrustProxy | undefined;
}

/** The HTTP interface: who calls, what goes through to the routes of plugins, and how answers look. */
export function gateway({ authenticate, cors, limits: limited, trustProxy }: GatewayOptions = {}): Plugin<
  'gateway',
  GatewayApi
> {
  return definePlugin({
    name: 'gateway',
    version: VERSION,
    migrations: [apiKeysTable, keyLifecycle, rateLimitTables],
    sealed: [{ table: 'api_keys', key: 'id', column: 'signing_secret', purpose: SIGNING_PURPOSE }],
    api: Gateway,
    register: (registry) => {
      registry.contribute(Routes, [HealthChecks, Logger], healthRoutes);
      registry.contribute(Routes, [], errorPageRoutes);
      registry.contribute(Routes, [], versionRoutes);
      registry.contribute(Routes, [Database], auditRoutes);

      registry.own(Keys, [Database, Clock, Cache, Secrets], (database, clock, cache, secrets) => {
        const shared = new SharedKeys(cache, secrets, clock, KEY_CACHE_MS);
        return new KeyCache((keyId) => maybeOne(database, FIND_BY_KEY_ID, { keyId }), clock, shared);
      });
      registry.own(
        KeyNews,
        [Keys, PubSub],
        (cache, pubsub) =>
          pubsub.subscribe(KEY_TOPIC, (keyId) => {
            if (keyId === SOME_LOST) cache.forgetAll();
            else void cache.forget(keyId);
          }),
        (unsubscribe) => unsubscribe(),
      );
      if (authenticate === undefined)
        registry.replace(
          Authenticator,
          [Keys, Clock, Secrets, Database, Settings],
          (keys, clock, secrets, database, { publicUrl }) =>
            apiKeyAuthenticator({ keys, clock, secrets, nonces: new SignatureNonces(database), publicUrl }),
        );
      // A host in plain JavaScript may return nothing for nobody.
      else
        registry.replace(Authenticator, [], () => ({
          authenticate: async (request) => (await authenticate(request)) ?? null,
        }));

      registry.own(Scopes, [], () => new Set<string>());
      registry.own(
        Changes,
        [Clock, IdGenerator, Random, Secrets, AuditLog.token, Outbox.token, PubSub, Keys, Scopes],
        (clock, ids, random, secrets, audit, outbox, pubsub, cache, scopes) =>
          new KeyChanges({ clock, ids, random, secrets, audit, outbox, pubsub, cache, scopes }),
      );
      registry.contribute(
        Routes,
        [Database, Clock, Idempotency.token, Changes],
        (database, clock, idempotency, changes) => apiKeyRoutes({ database, clock, idempotency, changes }),
      );
      registry.contribute(Sweeps, [Database, Clock, Outbox.token, AuditLog.token], announceExpiring);
      registry.contribute(Sweeps, [Database, Clock], nonceRetention);
      registry.own(
        ApiKeys.token,
        [Database, Clock, Changes, Scopes, Routes],
        (database, clock, changes, scopes, routes) => {
          for (const scope of knownScopes(routes)) scopes.add(scope);
          return new ApiKeys({ database, clock, changes });
        },
      );
      registry.own(
        Limited,
        [Database, Clock, Logger],
        (database, clock, logger) => {
          if (limited === undefined) return {};
          const limits = rateLimitsFrom(limited.rates ?? {});
          const limiter = limited.limiter({ database, clock, logger });
          return { limits: new Limits({ limiter, limits, clock, logger }) };
        },
        ({ limits }) => limits?.close(),
      );
      const addressOf = trustProxy === undefined ? undefined : clientAddress(trustProxy);
      registry.own(
        Gateway,
        [
          Routes,
          Authenticator,
          DisplayTokens.token,
          ApiKeys.token,
          IdGenerator,
          Logger,
          Settings,
          Limited,
          Telemetry.token,
        ],
        (routes, authenticator, displayTokens, keys, ids, logger, settings, { limits }, telemetry) =>
          createGateway({
            cors,
            limits,
            addressOf,
            routes,
            authenticator,
            displayTokens,
            keys,
            ids,
            logger,
            settings,
            telemetry,
          }),
        (built) => built.drain(),
      );
    },
  });
}

const Keys = token<KeyCache>('gateway.key-cache');
/** Ends the subscription to what other processes do to keys. */
const KeyNews = token<() => void>('gateway.key-news');
const Changes = token<KeyChanges>('gateway.key-changes');
/** Filled once all routes are there, those of keys among them, which cannot wait for that. */
const Scopes = token<Set<string>>('gateway.scopes');
const Limited = token<{ readonly limits?: Limits }>('gateway.limits');
