import { formatDecimal, parseDecimal, type Money } from '@itpay/core';
import { RailError, type OrderRequest, type RefundRequest } from '@itpay/kernel';
import type { Fields } from './answer.js';
import type { AlipayConfig } from './config.js';
import { HOLD_PRODUCT, type PrecreateContent, type RefundContent, type VoucherContent } from './wire.js';

/** 0.01 to 100 000 000 yuan, in fen. (alipay.trade.precreate, "total_amount") */
export const MIN_FEN = 1n;
export const MAX_FEN = 10_000_000_000n;

export function tradeToWire({ sellerId }: AlipayConfig, request: OrderRequest): PrecreateContent {
  return {
    out_trade_no: request.reference,
    total_amount: yuanOf(request.amount),
    subject: subjectOf(request.description, request.reference),
    seller_id: sellerId,
    time_expire: chinaTime(request.expiresAt),
  };
}

export function holdToWire(config: AlipayConfig, request: OrderRequest): VoucherContent {
  const { payeeLogonId, sellerId, holds } = config;
  return {
    out_order_no: request.reference,
    out_request_no: request.reference,
    order_title: textOf(request.description, MAX_TITLE) ?? titleOf(request.reference),
    amount: yuanOf(request.amount),
    ...(payeeLogonId === undefined ? { payee_user_id: sellerId } : { payee_logon_id: payeeLogonId }),
    product_code: HOLD_PRODUCT,
    pay_timeout: minutesUntil(request.expiresAt, config.now()),
    ...(holds?.category !== undefined && { extra_param: JSON.stringify({ category: holds.category }) }),
  };
}

export function refundToWire(request: RefundRequest): RefundContent {
  return {
    out_trade_no: request.reference,
    ...(request.channelTransactionId !== '' && { trade_no: request.channelTransactionId }),
    refund_amount: yuanOf(request.amount),
    out_request_no: request.refundReference,
    refund_reason: textOf(request.reason, MAX_SUBJECT) ?? 'refund',
  };
}

/** @throws RailError `invalid_request` for another currency than CNY, and for nothing or less */
export function yuanOf({ currency, value }: Money): string {
  if (currency !== 'CNY' || value <= 0n) {
    throw new RailError({ category: 'invalid_request', message: 'Alipay moves CNY, and more than nothing.' });
  }
  return formatDecimal(value, 2);
}

/** Yuan text as fen. @throws RailError `unmapped` naming the field when it is no amount */
export function readYuan(fields: Fields, field: string): Money {
  const text = readText(fields, field);
  if (!/^(?:0|[1-9]\d{0,9})(?:\.\d{1,2})?$/.test(text)) throw unreadable(field);
  return { currency: 'CNY', value: parseDecimal(text, 2) };
}

const CHINA_AHEAD_MS = 8 * 3_600_000;

/** `2026-03-02 10:15:30`, as clocks in China show it; there is no summer time. */
export function chinaTime(at: Date): string {
  return new Date(at.getTime() + CHINA_AHEAD_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** @throws RailError `unmapped` when it is no time in that form */
export function readChinaTime(fields: Fields, field: string): Date {
  const text = readText(fields, field);
  const at = new Date(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text) ? `${text.replace(' ', 'T')}+08:00` : NaN);
  // Date takes the 30th of February for the 2nd of March.
  if (Number.isNaN(at.getTime()) || chinaTime(at) !== text) throw unreadable(field);
  return at;
}

// The timeout of a hold counts from now, in whole minutes; the least is one.
function minutesUntil(expiresAt: Date, now: Date): string {
  const minutes = Math.ceil((expiresAt.getTime() - now.getTime()) / 60_000);
  return `${Math.min(Math.max(minutes, 1), MAX_HOLD_MINUTES)}m`;
}

const MAX_HOLD_MINUTES = 15 * 24 * 60;
const MAX_SUBJECT = 256;
const MAX_TITLE = 100;

export function subjectOf(description: string | null, reference: string): string {
  return textOf(description, MAX_SUBJECT) ?? titleOf(reference);
}

const titleOf = (reference: string) => `Order ${reference}`;

/**
 * Text as the payer will read it. Alipay asks to leave out `/`, `=` and `&`; the last two also separate the fields of what is
 * signed, so that nobody can write further fields of a notification into a description.
 *
 * @returns null when nothing is left
 */
function textOf(text: string | null, maxLength: number): string | null {
  const clean = (text ?? '')
    .toWellFormed()
    .replace(/[/=&\p{Cc}\p{Cf}\u2028\u2029\uFFFD]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  // By characters, not by halves of them.
  const cut = [...clean].slice(0, maxLength).join('').trim();
  return cut === '' ? null : cut;
}

/** @throws RailError `mismatch` unless each field says what we know */
export function requireSame(fields: Fields, expected: Readonly<Record<string, string>>): void {
  for (const [field, value] of Object.entries(expected)) {
    if (fields[field] !== value) throw mismatch(field);
  }
}

/** Where an answer names money that the method does not promise, it is that of the request or it is another one's. */
export function requireSameMoney(fields: Fields, field: string, amount: Money): void {
  if (fields[field] !== undefined && readYuan(fields, field).value !== amount.value) throw mismatch(field);
}

/** Alipay names a currency only where it may be another; orders of ours are in yuan. */
export function requireYuan(fields: Fields): void {
  for (const field of CURRENCY_FIELDS) {
    if (fields[field] !== undefined && fields[field] !== 'CNY') throw mismatch(field);
  }
}

// Not pay_currency: a payer may pay a price in yuan with other money.
const CURRENCY_FIELDS = ['trans_currency', 'settle_currency', 'refund_currency', 'currency'];

export function readText(fields: Fields, field: string): string {
  const value = fields[field];
  if (typeof value !== 'string' || value === '') throw unreadable(field);
  return value;
}

export function mismatch(field: string): RailError {
  return new RailError({ category: 'mismatch', message: `${field} is another one.` });
}

export function unreadable(field: string): RailError {
  return new RailError({ category: 'unmapped', message: `${field} is missing or malformed.` });
}
