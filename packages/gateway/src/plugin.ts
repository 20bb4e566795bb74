import {
  AuditLog,
  Authenticator,
  Clock,
  Database,
  definePlugin,
  DisplayTokens,
  HealthChecks,
  IdGenerator,
  Logger,
  maybeOne,
  Random,
  Routes,
  Settings,
  token,
  type CredentialRequest,
  type Plugin,
  type Principal,
} from '@itpay/kernel';
import { errorPageRoutes } from './errors-page/routes.js';
import { createGateway, Gateway, type GatewayApi } from './gateway.js';
import { databaseCheck } from './health/database-check.js';
import { healthRoutes } from './health/routes.js';
import { ApiKeys } from './keys/api-keys.js';
import { apiKeyAuthenticator } from './keys/authenticator.js';
import { KeyCache } from './keys/key-cache.js';
import { knownScopes } from './keys/scopes.js';
import { FIND_BY_KEY_ID } from './keys/store.js';
import { apiKeysTable } from './migrations/0001-api-keys.js';
import { VERSION } from './version.js';

export interface GatewayOptions {
  /**
   * Says who calls, in place of API keys: the host's session, its JWT. Null: the request carries nothing that it knows.
   * It may throw an ItPayError such as `API_KEY_INVALID` for what it refuses.
   */
  readonly authenticate?: (request: CredentialRequest) => Principal | null | Promise<Principal | null>;
}

/** The HTTP interface: who calls, what goes through to the routes of plugins, and how answers look. */
export function gateway({ authenticate }: GatewayOptions = {}): Plugin<'gateway', GatewayApi> {
  return definePlugin({
    name: 'gateway',
    version: VERSION,
    migrations: [apiKeysTable],
    api: Gateway,
    register: (registry) => {
      registry.contribute(HealthChecks, [Database], databaseCheck);
      registry.contribute(Routes, [HealthChecks, Logger], healthRoutes);
      registry.contribute(Routes, [], errorPageRoutes);

      registry.own(Keys, [Database, Clock], (database, clock) => {
        return new KeyCache((keyId) => maybeOne(database, FIND_BY_KEY_ID, { keyId }), clock);
      });
      if (authenticate === undefined) registry.replace(Authenticator, [Keys, Clock], apiKeyAuthenticator);
      // A host in plain JavaScript may return nothing for nobody.
      else
        registry.replace(Authenticator, [], () => ({
          authenticate: async (request) => (await authenticate(request)) ?? null,
        }));

      registry.own(
        ApiKeys.token,
        [Database, Clock, IdGenerator, Random, AuditLog.token, Keys, Routes],
        (database, clock, ids, random, audit, cache, routes) =>
          new ApiKeys({ database, clock, ids, random, audit, cache, scopes: knownScopes(routes) }),
      );
      registry.own(
        Gateway,
        [Routes, Authenticator, DisplayTokens.token, ApiKeys.token, IdGenerator, Logger, Settings],
        (routes, authenticator, displayTokens, keys, ids, logger, settings) =>
          createGateway({ routes, authenticator, displayTokens, keys, ids, logger, settings }),
        (built) => built.drain(),
      );
    },
  });
}

const Keys = token<KeyCache>('gateway.key-cache');
