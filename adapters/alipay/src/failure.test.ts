import { FAILURE_CATEGORIES } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { CATEGORY_OF_CODE, CATEGORY_OF_SUB_CODE, failureOfRefusal, nameOf } from './failure.js';

describe('a refusal of the business', () => {
  it.each<[subCode: string, outcome: string]>([
    ['ACQ.SYSTEM_ERROR', 'unknown'],
    ['SYSTEM_ERROR', 'unknown'],
    ['aop.ACQ.SYSTEM_ERROR', 'unknown'],
    ['AOP.UNKNOWN', 'unknown'],
    ['isp.unknow-error', 'unknown'],
    ['ACQ.TRADE_NOT_EXIST', 'unknown'],
    ['ACQ.TRADE_HAS_SUCCESS', 'unknown'],
    ['ACQ.TRADE_HAS_CLOSE', 'unknown'],
    ['ACQ.TRADE_STATUS_ERROR', 'declined'],
    ['ACQ.TRADE_HAS_FINISHED', 'declined'],
    ['ACQ.TRADE_NOT_ALLOW_REFUND', 'declined'],
    ['ACQ.CONTEXT_INCONSISTENT', 'unknown'],
    ['ACQ.DISCORDANT_REPEAT_REQUEST', 'unknown'],
    ['ACQ.INVALID_PARAMETER', 'not_sent'],
    ['INVALID_PARAMETER', 'not_sent'],
    ['ACQ.ACCESS_FORBIDDEN', 'not_sent'],
    ['ACCESS_FORBIDDEN', 'not_sent'],
    ['ACQ.EXIST_FORBIDDEN_WORD', 'not_sent'],
    ['ACQ.PARTNER_ERROR', 'not_sent'],
    ['ACQ.SELLER_BALANCE_NOT_ENOUGH', 'declined'],
    ['ACQ.REFUND_AMT_NOT_EQUAL_TOTAL', 'declined'],
    ['ACQ.REASON_TRADE_REFUND_FEE_ERR', 'declined'],
    ['ACQ.REFUND_FEE_ERROR', 'declined'],
    ['ACQ.REASON_TRADE_BEEN_FREEZEN', 'declined'],
    ['ACQ.TOTAL_FEE_EXCEED', 'declined'],
    ['ACQ.BUYER_BALANCE_NOT_ENOUGH', 'declined'],
    ['ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH', 'declined'],
    ['ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR', 'declined'],
    ['ACQ.BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR', 'declined'],
    ['ACQ.BUYER_SELLER_EQUAL', 'declined'],
    ['ACQ.BUYER_ENABLE_STATUS_FORBID', 'declined'],
    ['ACQ.PAYMENT_AUTH_CODE_INVALID', 'declined'],
    ['ACQ.SELLER_BEEN_BLOCKED', 'declined'],
    ['ACQ.TRADE_BUYER_NOT_MATCH', 'declined'],
    ['ACQ.CANCEL_NOT_ALLOWED', 'declined'],
    ['ACQ.TRADE_CANCEL_TIME_OUT', 'declined'],
    ['ACQ.TRADE_SETTLE_ERROR', 'not_sent'],
    ['ACQ.REFUND_CHARGE_ERROR', 'not_sent'],
    ['UNIQUE_VIOLATION', 'unknown'],
    ['ORDER_ALREADY_CLOSED', 'unknown'],
    ['ORDER_ALREADY_FINISH', 'unknown'],
    ['FREEZE_ALREADY_SUCCESS', 'unknown'],
    ['AUTH_ORDER_NOT_EXIST', 'unknown'],
    ['AUTH_OPERATION_NOT_EXIST', 'unknown'],
    ['HAS_NO_PRIVILEGE', 'not_sent'],
    ['ACQ.SOMETHING_NEW', 'unknown'],
    ['constructor', 'unknown'],
  ])('%s: %s', (subCode, outcome) => {
    const failure = failureOfRefusal('40004', subCode);

    expect(FAILURE_CATEGORIES[failure.category]).toBe(outcome);
    expect(failure.rawCode).toBe(subCode);
  });

  it('has a row above for each line of the table', ({ task }) => {
    const rows = task.suite!.tasks.map(({ name }) => nameOf(name.split(':')[0]));

    for (const name of Object.keys(CATEGORY_OF_SUB_CODE)) {
      if (!name.endsWith('*')) expect(rows).toContain(name);
    }
  });

  it('tells an empty balance of the payer from a limit', () => {
    expect(failureOfRefusal('40004', 'ACQ.BUYER_BALANCE_NOT_ENOUGH').category).toBe('insufficient_funds');
    expect(failureOfRefusal('40004', 'ACQ.TOTAL_FEE_EXCEED').category).toBe('limit_exceeded');
  });
});

describe('a refusal of the gateway', () => {
  it.each([
    ['20000', undefined, 'channel_unavailable'],
    ['20000', 'aop.unknow-error', 'channel_unavailable'],
    ['20001', 'aop.invalid-auth-token', 'channel_unavailable'],
    ['20001', undefined, 'auth_config'],
    ['40001', 'isv.missing-method', 'invalid_request'],
    ['40002', 'isv.invalid-signature', 'auth_config'],
    ['40002', 'isv.invalid-app-id', 'auth_config'],
    ['40002', 'isv.code-invalid', 'auth_config'],
    ['40003', 'isv.conditional', 'unmapped'],
    ['40004', undefined, 'unmapped'],
    ['40005', 'isv.app-call-limited', 'rate_limited'],
    ['40006', 'isv.insufficient-isv-permissions', 'auth_config'],
    ['99999', 'ACQ.TOTAL_FEE_EXCEED', 'unmapped'],
    ['undefined', undefined, 'unmapped'],
  ])('%s %s: %s', (code, subCode, category) => {
    expect(failureOfRefusal(code, subCode)).toEqual({ category, rawCode: subCode ?? code });
  });

  it('has a row above for each line of the table', ({ task }) => {
    const rows = task.suite!.tasks.map(({ name }) => name.split(' ')[0]);

    for (const code of Object.keys(CATEGORY_OF_CODE)) expect(rows).toContain(code);
  });
});
