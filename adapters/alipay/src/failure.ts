import type { ChannelFailure, FailureCategory } from '@itpay/kernel';

/** Success. */
export const OK = '10000';
/** The payer is still at it. */
export const IN_PROGRESS = '10003';

/** What the gateway itself says, before any business was looked at. 40004 is a matter of its sub-code. */
export const CATEGORY_OF_CODE: Readonly<Record<string, FailureCategory>> = {
  '20000': 'channel_unavailable',
  '20001': 'auth_config',
  '40001': 'invalid_request',
  '40002': 'auth_config',
  // A condition of the business; the rail does not say whether something happened.
  '40003': 'unmapped',
  '40005': 'rate_limited',
  '40006': 'auth_config',
};

/** What a business says, without its prefix "ACQ.". A name that ends in `*` stands for all that begin so. */
export const CATEGORY_OF_SUB_CODE: Readonly<Record<string, FailureCategory>> = {
  SYSTEM_ERROR: 'channel_unavailable',
  TRADE_NOT_EXIST: 'not_found',
  TRADE_HAS_SUCCESS: 'already_paid',
  // Final, and about the order and not the payer: the question that follows says how the order ended.
  TRADE_HAS_CLOSE: 'already_closed',
  TRADE_STATUS_ERROR: 'declined',
  TRADE_HAS_FINISHED: 'declined',
  TRADE_NOT_ALLOW_REFUND: 'declined',
  // The number is known with other content: a question tells what it stands for.
  CONTEXT_INCONSISTENT: 'duplicate',
  DISCORDANT_REPEAT_REQUEST: 'duplicate',
  INVALID_PARAMETER: 'invalid_request',
  EXIST_FORBIDDEN_WORD: 'invalid_request',
  ACCESS_FORBIDDEN: 'auth_config',
  PARTNER_ERROR: 'auth_config',
  // The payee has to top up its balance; nothing was given back.
  SELLER_BALANCE_NOT_ENOUGH: 'insufficient_funds',
  REFUND_AMT_NOT_EQUAL_TOTAL: 'declined',
  REASON_TRADE_REFUND_FEE_ERR: 'declined',
  REFUND_FEE_ERROR: 'declined',
  REASON_TRADE_BEEN_FREEZEN: 'declined',
  TOTAL_FEE_EXCEED: 'limit_exceeded',
  BUYER_BALANCE_NOT_ENOUGH: 'insufficient_funds',
  BUYER_BANKCARD_BALANCE_NOT_ENOUGH: 'insufficient_funds',
  BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR: 'limit_exceeded',
  BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR: 'limit_exceeded',
  BUYER_SELLER_EQUAL: 'declined',
  'BUYER_*': 'declined',
  PAYMENT_AUTH_CODE_INVALID: 'declined',
  SELLER_BEEN_BLOCKED: 'declined',
  TRADE_BUYER_NOT_MATCH: 'declined',
  CANCEL_NOT_ALLOWED: 'declined',
  TRADE_CANCEL_TIME_OUT: 'declined',
  TRADE_SETTLE_ERROR: 'not_processed',
  REFUND_CHARGE_ERROR: 'not_processed',
  // Holds.
  UNIQUE_VIOLATION: 'duplicate',
  ORDER_ALREADY_CLOSED: 'already_closed',
  ORDER_ALREADY_FINISH: 'already_closed',
  FREEZE_ALREADY_SUCCESS: 'already_paid',
  AUTH_ORDER_NOT_EXIST: 'not_found',
  AUTH_OPERATION_NOT_EXIST: 'not_found',
  HAS_NO_PRIVILEGE: 'auth_config',
};

/**
 * What a refusal means whose signature fits. A code that the tables do not have may mean anything.
 *
 * @param code of the gateway; @param subCode of the business, as `ACQ.TRADE_NOT_EXIST`
 */
export function failureOfRefusal(code: string, subCode: string | undefined): ChannelFailure {
  return { category: categoryOf(code, subCode), rawCode: subCode ?? code };
}

function categoryOf(code: string, subCode: string | undefined): FailureCategory {
  if (subCode !== undefined && /^(?:aop|isp)\./i.test(subCode)) return 'channel_unavailable';
  if (Object.hasOwn(CATEGORY_OF_CODE, code)) return CATEGORY_OF_CODE[code]!;
  if (code !== '40004' || subCode === undefined) return 'unmapped';
  const name = nameOf(subCode);
  if (Object.hasOwn(CATEGORY_OF_SUB_CODE, name)) return CATEGORY_OF_SUB_CODE[name]!;
  return name.startsWith('BUYER_') ? CATEGORY_OF_SUB_CODE['BUYER_*']! : 'unmapped';
}

/** `TRADE_NOT_EXIST` for `ACQ.TRADE_NOT_EXIST`: trades have the prefix, holds do not. */
export function nameOf(subCode: string | undefined): string {
  return (subCode ?? '').replace(/^ACQ\./, '');
}
