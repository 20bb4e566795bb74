import {
  token,
  type Authenticator,
  type DisplayTokens,
  type IdGenerator,
  type Logger,
  type Route,
  type Settings,
  type Telemetry,
} from '@itpay/kernel';
import { withCors, type CorsOptions } from './cors/cors.js';
import { DRAIN_LIMIT_MS, drainWithin } from './drain.js';
import { createHandle } from './handle.js';
import type { Limits } from './limits/limits.js';
import { callInProcess, inProcessAuthenticator, type CallInProcess } from './in-process.js';
import type { ApiKeys } from './keys/api-keys.js';
import type { Handle, NeutralRequest } from './neutral.js';
import { describeRoutes, type OpenApiDocument } from './openapi/document.js';
import { openApiRoute } from './openapi/route.js';
import { referenceRoute } from './openapi/reference/route.js';
import { Traffic } from './traffic.js';

/** What the gateway offers to the host. */
export interface GatewayApi {
  /** The HTTP interface, for a mount. */
  readonly handle: Handle;
  readonly keys: ApiKeys;
  /** The same routes for code in this process, past HTTP, its credentials and its rate limits. */
  readonly call: CallInProcess;
  /** The API description, as `GET /v1/openapi.json` serves it. */
  openapi(): OpenApiDocument;
  /**
   * Answers new requests with 503, ends long polls, and resolves when the last running request is finished, or when the
   * limit has passed: what still runs then is abandoned, with a warning that names its routes. The kernel calls it when it
   * closes.
   *
   * @param limitMs default: 30 seconds
   */
  drain(limitMs?: number): Promise<void>;
  /** The routes of the requests that run now, one for each. */
  running(): readonly string[];
}
export const Gateway = token<GatewayApi>('gateway');

export interface GatewayDeps {
  readonly routes: readonly Route[];
  readonly authenticator: Authenticator;
  readonly displayTokens: Pick<DisplayTokens, 'verify'>;
  readonly keys: ApiKeys;
  readonly ids: IdGenerator;
  readonly logger: Logger;
  readonly settings: Settings;
  readonly telemetry?: Telemetry;
  /** Left out: browsers on other origins get nothing. */
  readonly cors?: CorsOptions | undefined;
  /** Left out: nothing is limited. */
  readonly limits?: Limits | undefined;
  /** Finds the client behind a proxy. Left out: the client is who is connected. */
  readonly addressOf?: ((request: NeutralRequest) => string | null) | undefined;
}

/** @throws ItPayError `CONFIGURATION_INVALID` when the routes of plugins contradict each other */
export function createGateway({
  routes: contributed,
  keys,
  settings,
  cors,
  limits,
  addressOf,
  ...deps
}: GatewayDeps): GatewayApi {
  const { publicUrl } = settings;
  let document: OpenApiDocument | undefined;
  const openapi = (): OpenApiDocument => (document ??= describeRoutes(routes, { publicUrl }));
  // Beside the contributed ones and not among them, because it describes them all, itself included.
  const routes: readonly Route[] = [...contributed, openApiRoute(openapi), referenceRoute(openapi)];

  const traffic = new Traffic();
  const handle = createHandle({ ...deps, routes, publicUrl, traffic, limits, addressOf });
  // Compiled when it is first used: most hosts never do.
  let inProcess: CallInProcess | undefined;
  const call: CallInProcess = (caller, request) => {
    inProcess ??= callInProcess(
      createHandle({ ...deps, authenticator: inProcessAuthenticator, routes, publicUrl, traffic }),
      [...new Set(routes.map(({ access }) => access).filter((access) => access !== 'public'))],
    );
    return inProcess(caller, request);
  };
  return {
    handle: cors === undefined ? handle : withCors(handle, cors),
    keys,
    call,
    openapi,
    running: () => traffic.routes,
    drain: (limitMs = DRAIN_LIMIT_MS) => drainWithin(traffic, limitMs, deps.logger),
  };
}
