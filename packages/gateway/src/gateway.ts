import {
  token,
  type Authenticator,
  type DisplayTokens,
  type IdGenerator,
  type Logger,
  type Route,
  type Settings,
} from '@itpay/kernel';
import { createHandle } from './handle.js';
import type { ApiKeys } from './keys/api-keys.js';
import type { Handle } from './neutral.js';
import { describeRoutes, type OpenApiDocument } from './openapi/document.js';
import { openApiRoute } from './openapi/route.js';
import { Traffic } from './traffic.js';

/** What the gateway offers to the host. */
export interface GatewayApi {
  /** The HTTP interface, for a mount. */
  readonly handle: Handle;
  readonly keys: ApiKeys;
  /** The API description, as `GET /v1/openapi.json` serves it. */
  openapi(): OpenApiDocument;
  /**
   * Answers new requests with 503, ends long polls, and resolves when the last running request is finished. The kernel
   * calls it when it closes.
   */
  drain(): Promise<void>;
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
}

/** @throws ItPayError `CONFIGURATION_INVALID` when the routes of plugins contradict each other */
export function createGateway({ routes: contributed, keys, settings, ...deps }: GatewayDeps): GatewayApi {
  const { publicUrl } = settings;
  let document: OpenApiDocument | undefined;
  const openapi = (): OpenApiDocument => (document ??= describeRoutes(routes, { publicUrl }));
  // Beside the contributed ones and not among them, because it describes them all, itself included.
  const routes: readonly Route[] = [...contributed, openApiRoute(openapi)];

  const traffic = new Traffic();
  const handle = createHandle({ ...deps, routes, publicUrl, traffic });
  return { handle, keys, openapi, drain: () => traffic.drain() };
}
