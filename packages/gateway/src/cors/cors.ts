import type { Handle, NeutralRequest, NeutralResponse } from '../neutral.js';

export interface CorsOptions {
  /** Exact origins, such as `https://admin.example`: scheme, host and port. There is no wildcard. */
  readonly origins: readonly string[];
}

/** Whether a text is an origin as browsers send it: `https://admin.example`, without a slash at the end. */
export function isWebOrigin(text: string): boolean {
  return /^https?:\/\/[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/**
 * Lets pages of the listed origins call `/v1`. They bring an API key, never cookies: credentials are not allowed. Pages for
 * people, outside of `/v1`, are not touched.
 */
export function withCors(handle: Handle, { origins }: CorsOptions): Handle {
  const allowed: ReadonlySet<string> = new Set(origins);
  return async (request) => {
    if (!request.url.startsWith('/v1/')) return handle(request);
    const { origin } = request.headers;
    const permission = origin !== undefined && allowed.has(origin) ? { 'access-control-allow-origin': origin } : null;
    if (isPreflight(request)) return preflightAnswer(permission);

    const response = await handle(request);
    const headers = { ...response.headers, ...(permission && { ...permission, ...EXPOSED }) };
    return { ...response, headers: { ...headers, vary: variesBy(response.headers['vary']) } };
  };
}

const isPreflight = ({ method, headers }: NeutralRequest) =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;

// A browser takes an answer without permission as a no; why is nobody's business there.
function preflightAnswer(permission: Readonly<Record<string, string>> | null): NeutralResponse {
  return { status: 204, headers: { ...(permission && { ...permission, ...PREFLIGHT }), vary: 'Origin' }, body: null };
}

// A cache must not give the answer for one origin to another, also when there was no permission in it.
const variesBy = (others: string | undefined) => (others === undefined ? 'Origin' : `${others}, Origin`);

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
  'access-control-allow-headers':
    'Authorization, Content-Type, Idempotency-Key, If-Match, ItPay-Version, Last-Event-ID',
  'access-control-max-age': '600',
};

const EXPOSED = {
  'access-control-expose-headers':
    'ItPay-Request-Id, ItPay-Version, Idempotent-Replayed, ItPay-RateLimit-Limit, ItPay-RateLimit-Remaining, ' +
    'ItPay-RateLimit-Reset, Retry-After',
};
