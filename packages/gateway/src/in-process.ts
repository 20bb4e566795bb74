import { ItPayError } from '@itpay/core';
import type { Authenticator, Principal } from '@itpay/kernel';
import { isStream, type Handle, type NeutralResponse } from './neutral.js';

/** Who calls in this process. What calls do is audited under `id`. */
export interface InProcessCaller extends Pick<Principal, 'id' | 'account' | 'livemode'> {
  /** Left out: every scope that a route asks for. */
  readonly scopes?: readonly string[];
}

export interface InProcessRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the mount: `/v1/payment-intents`. Ids in it are escaped with `encodeURIComponent`. */
  readonly path: string;
  /** Left out or undefined: the parameter is not sent. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON. */
  readonly body?: object;
  /** Sent as it is, to a route that takes a file. */
  readonly file?: Uint8Array;
  /** Most calls that change something need one, as over HTTP. */
  readonly idempotencyKey?: string;
  /** Ends a long poll early. */
  readonly signal?: AbortSignal;
}

export interface InProcessAnswer {
  readonly status: number;
  /** Names are lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the JSON holds, also that of an error (`{ error, request_id }`); null for an empty answer. */
  readonly body: any;
}

/**
 * Calls a route from this process, past HTTP, its credentials and its rate limits. It answers as over HTTP: what is refused
 * has its status and error code, and nothing is thrown for it.
 *
 * @throws ItPayError `PARAMETER_INVALID` for a path that answers with something else than JSON
 */
export type CallInProcess = (caller: InProcessCaller, request: InProcessRequest) => Promise<InProcessAnswer>;

// The handle behind it cannot be reached from outside, so what stands in this header is true.
const CALLER = 'itpay-in-process-caller';

/** The authenticator of the handle that `callInProcess` gets. */
export const inProcessAuthenticator: Authenticator = {
  authenticate: async ({ headers }) => JSON.parse(headers[CALLER]!) as Principal,
};

/**
 * @param handle with `inProcessAuthenticator`
 * @param scopes of a caller that names none
 */
export function callInProcess(handle: Handle, scopes: readonly string[]): CallInProcess {
  return async (caller, { method, path, query = {}, body, file, idempotencyKey, signal = neverAborted() }) => {
    const principal: Principal = { ...caller, scopes: caller.scopes ?? scopes, kind: 'host_session' };
    const bytes = body === undefined ? file : Buffer.from(JSON.stringify(body));
    const type = body === undefined ? 'application/octet-stream' : 'application/json';
    const answer = await handle({
      method,
      url: path + searchOf(query),
      headers: {
        [CALLER]: JSON.stringify(principal),
        ...(bytes !== undefined && { 'content-type': type, 'content-length': String(bytes.length) }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      remoteAddress: null,
      signal,
      rawBody: async () => bytes ?? new Uint8Array(),
    });
    return { status: answer.status, headers: answer.headers, body: await jsonOf(answer, path) };
  };
}

const neverAborted = () => new AbortController().signal;

function searchOf(query: NonNullable<InProcessRequest['query']>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))}`;
}

async function jsonOf({ headers, body }: NeutralResponse, path: string): Promise<unknown> {
  if (body === null) return null;
  if (!isStream(body) && /^application\/json\b/.test(headers['content-type'] ?? '')) {
    return JSON.parse(typeof body === 'string' ? body : Buffer.from(body).toString());
  }
  if (isStream(body)) await body[Symbol.asyncIterator]().return?.();
  throw new ItPayError('PARAMETER_INVALID', {
    message: `${path} answers with a page, a picture or a stream, and calls in this process are for JSON. Ask it over HTTP.`,
    param: 'path',
  });
}
