import { FAILURE_CATEGORIES, type ChannelFailure, type FailureCategory } from '@itpay/kernel';

export const SUCCESS = '1000';
/** To a question: there is nothing of that kind. */
export const NO_RECORD = '1104';

/**
 * SCB's status codes, in our words.
 * (https://developer.scb.co.th, "Response codes": 11xx bad data, 9xxx the gateway; copies read 2026-11-22)
 */
export const CATEGORY_OF: Readonly<Record<string, FailureCategory>> = {
  '1101': 'invalid_request', // a required parameter is missing
  '1102': 'invalid_request', // a parameter is wrong
  '1103': 'invalid_request', // a parameter is empty
  '1104': 'invalid_request', // there is no such record; to a question, an answer
  '1105': 'invalid_request', // there is no field of that name
  '1106': 'invalid_request',
  '1107': 'invalid_request',
  '1108': 'invalid_request',
  '1109': 'invalid_request',
  '1110': 'invalid_request',
  '1111': 'invalid_request', // there is one like it already
  '9100': 'auth_config', // a header or the credentials are missing
  '9300': 'auth_config', // the token has expired
  '9500': 'auth_config', // the credentials are wrong
  '9503': 'auth_config', // the token is wrong
  '9700': 'rate_limited',
  '9900': 'channel_unavailable',
};

/** After these, a new token may help. Nothing was done. */
export const TOKEN_REFUSALS: readonly string[] = ['9300', '9500', '9503'];

const MESSAGE_OF: Readonly<Record<string, string>> = {
  '1105': 'SCB does not know a field that was sent.',
  '9100': 'SCB misses a header or the credentials. Compare apiKey with the application in the SCB portal.',
  '9300': 'SCB refuses a token that it has given just now.',
  '9500': 'SCB refuses the credentials. Compare apiKey and apiSecret with the application in the SCB portal.',
  '9503': 'SCB refuses the token. Compare the products of the application in the SCB portal.',
};

/** What a refusal means. A code that the table does not have may mean anything. */
export function failureOfRefusal(httpStatus: number, code: string, retryAfter: string | undefined): ChannelFailure {
  const known = Object.hasOwn(CATEGORY_OF, code) ? CATEGORY_OF[code] : undefined;
  return { ...failureIn(known ?? categoryOfStatus(httpStatus), retryAfter), rawCode: code, ...messageOf(code) };
}

/** What an answer means that is not in SCB's format: whatever stands before SCB gave it. */
export function failureOfStatus(httpStatus: number, retryAfter: string | undefined): ChannelFailure {
  return { ...failureIn(categoryOfStatus(httpStatus), retryAfter), rawCode: `http_${httpStatus}` };
}

/** Without a token nothing is sent, so that whatever kept us from getting one has kept the call back as well. */
export function failureWithoutToken(failure: ChannelFailure): ChannelFailure {
  if (FAILURE_CATEGORIES[failure.category] !== 'unknown') return failure;
  const rawCode = failure.rawCode ?? failure.category;
  return { category: 'not_connected', rawCode, message: 'SCB gave no token, so nothing was sent.' };
}

function categoryOfStatus(httpStatus: number): FailureCategory {
  if (httpStatus === 429) return 'rate_limited';
  return httpStatus >= 500 ? 'channel_unavailable' : 'unmapped';
}

function failureIn(category: FailureCategory, retryAfter: string | undefined): ChannelFailure {
  const seconds = Number(retryAfter ?? NaN);
  return { category, ...(seconds > 0 && { retryAfterMs: seconds * 1000 }) };
}

function messageOf(code: string): { readonly message?: string } {
  return Object.hasOwn(MESSAGE_OF, code) ? { message: MESSAGE_OF[code]! } : {};
}
