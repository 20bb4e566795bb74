import { API_VERSION, ItPayError } from '@itpay/core';
import { API_VERSIONS, isApiVersion, toApiVersion, type Route, type RouteAnswer } from '@itpay/kernel';
import type { NeutralRequest } from '../neutral.js';
import type { Caller } from '../steps/identify.js';

/** The version that the request names, when there is one of that name. */
export function namedVersion({ headers }: Pick<NeutralRequest, 'headers'>): string | null {
  const named = headers['itpay-version'];
  return named !== undefined && isApiVersion(named) ? named : null;
}

/**
 * The version of the answer: what the request names, else what its key is pinned to, else the newest. Pages for people and
 * callbacks of channels have no versions.
 *
 * @throws ItPayError `API_VERSION_UNSUPPORTED` with the versions that there are
 */
export function versionFor(
  { hidden, raw }: Pick<Route, 'hidden' | 'raw'>,
  { headers }: Pick<NeutralRequest, 'headers'>,
  { principal }: Pick<Caller, 'principal'>,
): string {
  if (hidden || raw) return API_VERSION;
  const named = headers['itpay-version'];
  const version = named ?? principal?.apiVersion ?? API_VERSION;
  if (isApiVersion(version)) return version;
  const supported = API_VERSIONS.map((known) => known.version);
  const what = named === undefined ? 'The caller is pinned to a version' : 'The header ItPay-Version names a version';
  throw new ItPayError('API_VERSION_UNSUPPORTED', {
    message: `${what} that there is not. There are: ${supported.join(', ')}.`,
    details: { supported },
  });
}

/**
 * Writes an answer in the caller's version. What is stored for an idempotency key stays in the newest one, so a repetition
 * may name another version than the first request. Streams are written in their version by the route itself.
 */
export function inVersion(answer: RouteAnswer, version: string): RouteAnswer {
  if (version === API_VERSION || answer.body === undefined) return answer;
  const json: unknown = typeof answer.body === 'string' ? JSON.parse(answer.body) : answer.body;
  return { ...answer, body: toApiVersion(json, version) as object };
}
