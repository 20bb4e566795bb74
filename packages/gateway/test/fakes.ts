import type { Principal, Route } from '@itpay/kernel';
import { capturedLogger, fakeClock, seededIds } from '@itpay/testkit';
import { createHandle, type HandleOptions } from '../src/handle.js';
import type { NeutralRequest } from '../src/neutral.js';
import { bodyTooLarge } from '../src/steps/read-body.js';

/** A request that a test has the interesting parts of. A body that is no text and no bytes is sent as JSON. */
export function request({
  body,
  headers,
  ...parts
}: Partial<NeutralRequest> & { body?: unknown } = {}): NeutralRequest {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const bytes = body instanceof Uint8Array ? body : Buffer.from(text);
  return {
    method: 'GET',
    url: '/',
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    remoteAddress: '127.0.0.1',
    signal: new AbortController().signal,
    rawBody: async (limit) => {
      if (bytes.length > limit) throw bodyTooLarge(limit);
      return bytes;
    },
    ...parts,
  };
}

export const merchant: Principal = {
  id: 'key_merchant',
  kind: 'api_key',
  account: 'm_shop',
  livemode: false,
  scopes: ['payments:read', 'payments:write'],
};

/** A route that answers 200 with what reached it, unless the test says otherwise. */
export function route(parts: Partial<Route> & { method: Route['method']; path: string }): Route {
  return {
    summary: 'A route of a test',
    tag: 'Test',
    access: 'payments:write',
    answers: { 200: { description: 'What reached the route.' } },
    errors: [],
    run: async ({ params, query, body }) => ({ status: 200, body: { params, query, body } }),
    ...parts,
  };
}

/** A gateway without a database: `Authorization: merchant` is the merchant, the display token `shown` is `pi_shown`. */
export function testHandle(routes: readonly Route[], options: Partial<HandleOptions> = {}) {
  const logger = capturedLogger();
  const handle = createHandle({
    routes,
    authenticator: {
      authenticate: async ({ headers }) => (headers['authorization'] === 'merchant' ? merchant : null),
    },
    displayTokens: { verify: (displayToken) => (displayToken === 'shown' ? 'pi_shown' : null) },
    ids: seededIds(fakeClock(), 'gateway'),
    logger,
    publicUrl: 'https://shop.example/itpay',
    ...options,
  });
  return { handle, logger };
}
