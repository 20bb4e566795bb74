import type { ChannelFailure, FailureCategory } from '@itpay/kernel';

/** A response code of SNAP: HTTP status, service and case in seven digits. */
export interface ResponseCode {
  readonly http: number;
  readonly service: string;
  readonly case: string;
}

/** Null for anything that is no response code, such as the page of a proxy. */
export function readResponseCode(text: unknown): ResponseCode | null {
  const [, http, service, caseCode] = (typeof text === 'string' && /^([1-5]\d\d)(\d\d)(\d\d)$/.exec(text)) || [];
  return http === undefined ? null : { http: Number(http), service: service!, case: caseCode! };
}

/**
 * The table of SNAP, by HTTP status and case. The service in the middle is left out, because acquirers differ there.
 * What it does not have may mean anything.
 */
export const REFUSALS: Readonly<Record<string, FailureCategory>> = {
  '400/00': 'invalid_request',
  '400/01': 'invalid_request',
  '400/02': 'invalid_request',
  '401/00': 'auth_config',
  // Access token invalid or not found: only when a new one is refused as well.
  '401/01': 'auth_config',
  '401/03': 'auth_config',
  '403/00': 'expired',
  '403/01': 'unsupported',
  '403/02': 'limit_exceeded',
  '403/03': 'declined',
  '403/04': 'limit_exceeded',
  '403/05': 'declined',
  '403/14': 'insufficient_funds',
  '403/15': 'declined',
  '403/19': 'auth_config',
  '403/20': 'limit_exceeded',
  '404/01': 'not_found',
  '404/04': 'already_closed',
  '404/08': 'auth_config',
  '404/13': 'declined',
  '404/14': 'already_paid',
  '404/16': 'auth_config',
  '404/17': 'auth_config',
  // The number exists with other data.
  '404/18': 'mismatch',
  '405/00': 'unsupported',
  '405/01': 'unsupported',
  // The X-EXTERNAL-ID was used today; what became of that request is not said.
  '409/00': 'duplicate',
  '409/01': 'duplicate',
  '429/00': 'rate_limited',
  '500/00': 'channel_unavailable',
  '500/01': 'channel_unavailable',
  '500/02': 'channel_unavailable',
  '504/00': 'channel_unavailable',
};

/** Whether the acquirer refused the token and has not looked at the request. */
export function isTokenRefused(code: ResponseCode): boolean {
  return code.http === 401 && (code.case === '01' || code.case === '03');
}

/** What a refusal of the acquirer means. */
export function failureOfRefusal(code: ResponseCode, retryAfter: string | undefined): ChannelFailure {
  const rawCode = `${code.http}${code.service}${code.case}`;
  const known = REFUSALS[`${code.http}/${code.case}`];
  const category = known ?? (code.http >= 500 ? 'channel_unavailable' : 'unmapped');
  const seconds = Number(retryAfter ?? NaN);
  return { category, rawCode, ...(seconds >= 0 && { retryAfterMs: seconds * 1000 }) };
}
