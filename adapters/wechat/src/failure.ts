import type { ChannelFailure, FailureCategory } from '@itpay/kernel';

/** The calls that WeChat answers. */
export type WechatCall = 'order' | 'query' | 'close' | 'refund' | 'refund_query' | 'bill' | 'certificates';

/**
 * The table of WeChat's error codes, in our words. Spellings differ between pages of the manual, so some are here twice.
 * (https://pay.weixin.qq.com/doc/v3/merchant/4012081709, and the pages of the calls)
 */
export const CATEGORY_OF: Readonly<Record<string, FailureCategory>> = {
  PARAM_ERROR: 'invalid_request',
  INVALID_REQUEST: 'invalid_request',
  APPID_MCHID_NOT_MATCH: 'auth_config',
  MCH_NOT_EXISTS: 'auth_config',
  MCHID_NOT_EXIST: 'auth_config',
  SIGN_ERROR: 'auth_config',
  NO_AUTH: 'auth_config',
  RULE_LIMIT: 'limit_exceeded',
  TRADE_ERROR: 'declined',
  ACCOUNT_ERROR: 'declined',
  USER_ACCOUNT_ABNORMAL: 'declined',
  OUT_TRADE_NO_USED: 'duplicate',
  ORDER_CLOSED: 'already_closed',
  ORDERPAID: 'already_paid',
  ORDER_PAID: 'already_paid',
  ORDER_NOT_EXIST: 'not_found',
  RESOURCE_NOT_EXISTS: 'not_found',
  // The merchant's balance does not cover the refund; once it does, the same number goes through.
  NOT_ENOUGH: 'not_processed',
  FREQUENCY_LIMITED: 'rate_limited',
  FREQUENCY_LIMIT_EXCEED: 'rate_limited',
  RATELIMIT_EXCEEDED: 'rate_limited',
  SYSTEM_ERROR: 'channel_unavailable',
  SERVICE_UNAVAILABLE: 'channel_unavailable',
  STATEMENT_CREATING: 'not_processed',
};

/** Where a code means another thing in one call. */
const CATEGORY_IN: Readonly<Partial<Record<WechatCall, Readonly<Record<string, FailureCategory>>>>> = {
  // Also said when the number was used with another content: that order may be open, so a question has to tell.
  order: { INVALID_REQUEST: 'duplicate' },
  // A refund that was slowed down may have been taken.
  refund: { FREQUENCY_LIMITED: 'channel_unavailable', FREQUENCY_LIMIT_EXCEED: 'channel_unavailable' },
};

const MESSAGE_OF: Readonly<Record<string, string>> = {
  NOT_ENOUGH: 'The balance for refunds does not cover it. Top it up in the merchant console.',
  NO_AUTH: 'The merchant may not do this. Look at the products of the merchant number in the console.',
  APPID_MCHID_NOT_MATCH: 'appid is not bound to mchid. Bind it in the merchant console.',
  SIGN_ERROR: 'WeChat does not accept our signature. Compare merchantPrivateKey and merchantSerial with the console.',
};

/** How long until the balance may have been topped up, or the bill be ready. */
const LATER_MS = 600_000;

/** What a refusal means that is proven to be WeChat's. A code that the table does not have may mean anything. */
export function failureOfRefusal(
  call: WechatCall,
  status: number,
  code: string,
  retryAfter: string | undefined,
): ChannelFailure {
  const own = CATEGORY_IN[call];
  const table = own !== undefined && Object.hasOwn(own, code) ? own : CATEGORY_OF;
  const known = Object.hasOwn(table, code) ? table[code] : undefined;
  const category = known ?? (status >= 500 ? 'channel_unavailable' : 'unmapped');
  const seconds = Number(retryAfter ?? NaN);
  const retryAfterMs = seconds > 0 ? seconds * 1000 : category === 'not_processed' ? LATER_MS : undefined;
  const message = MESSAGE_OF[code];
  return {
    category,
    rawCode: code,
    ...(message !== undefined && { message }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}
