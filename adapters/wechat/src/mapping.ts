import { moneyToWire, type Money } from '@itpay/core';
import {
  RailError,
  type Credit,
  type OrderRequest,
  type OrderStatus,
  type RefundRequest,
  type RefundStatus,
} from '@itpay/kernel';
import type { MerchantConfig } from './config.js';
import { MAX_DESCRIPTION, MAX_NOTIFY_URL, MAX_REASON, type WireOrder, type WireRefund } from './wire.js';

export type Body = Readonly<Record<string, unknown>>;

/** @throws RailError `invalid_request` for what the rail would refuse */
export function orderToWire(config: MerchantConfig, request: OrderRequest): WireOrder {
  return {
    appid: config.appid,
    mchid: config.mchid,
    description: plainText(request.description ?? '', MAX_DESCRIPTION) || request.reference,
    out_trade_no: request.reference,
    time_expire: timeToRail(request.expiresAt),
    notify_url: notifyUrlToRail(config, request.notifyUrl),
    amount: { total: fen(request.amount), currency: 'CNY' },
  };
}

/** @throws RailError `invalid_request` for what the rail would refuse */
export function refundToWire(config: MerchantConfig, request: RefundRequest): WireRefund {
  const reason = plainText(request.reason, MAX_REASON);
  return {
    transaction_id: request.channelTransactionId,
    out_refund_no: request.refundReference,
    ...(reason !== '' && { reason }),
    ...(request.notifyUrl !== undefined && { notify_url: notifyUrlToRail(config, request.notifyUrl) }),
    amount: { refund: fen(request.amount), total: fen(request.total), currency: 'CNY' },
  };
}

/**
 * Text as WeChat takes it: without emoji (characters beyond the basic plane) and control characters, and not longer than so
 * many bytes of UTF-8, cut between two characters.
 */
export function plainText(text: string, maxBytes: number): string {
  // The joiner and the selector are what remains of an emoji when its pictures are gone.
  const plain = text
    .replace(/[\u{10000}-\u{10FFFF}]|\u{200D}|\u{FE0F}|\p{Cs}/gu, '')
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
  if (Buffer.byteLength(plain) <= maxBytes) return plain;
  let end = 0;
  let bytes = 0;
  for (const character of plain) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    end += character.length;
  }
  return plain.slice(0, end).trimEnd();
}

const CHINA_OFFSET_MS = 8 * 3_600_000;

/** A time as WeChat writes it, in China's: `2026-03-02T10:30:00+08:00`. Parts of a second are dropped. */
export function timeToRail(time: Date): string {
  return `${new Date(time.getTime() + CHINA_OFFSET_MS).toISOString().slice(0, 19)}+08:00`;
}

/** @throws RailError `unmapped` unless it is a time of RFC 3339 with its offset */
export function readTime(body: Body, field: string): Date {
  const text = readText(body, field);
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(time)) throw unreadable(field);
  return new Date(time);
}

function fen(amount: Money): number {
  if (amount.currency !== 'CNY' || amount.value < 1n) {
    throw new RailError({ category: 'invalid_request', message: 'WeChat takes CNY, and at least 1 fen.' });
  }
  return moneyToWire(amount).value;
}

function notifyUrlToRail({ mode }: MerchantConfig, url: string): string {
  // A simulator calls wherever it is told; WeChat only calls https, without a query and without a login.
  const { protocol, search, username } = new URL(url);
  if (search !== '' || username !== '' || url.length > MAX_NOTIFY_URL || (mode === 'live' && protocol !== 'https:')) {
    throw new RailError({
      category: 'invalid_request',
      message:
        'WeChat only notifies addresses with https, without a query and with at most 255 characters. Set publicUrl to ' +
        'such an address.',
    });
  }
  return url;
}

/** A JSON number, as the digits that the rail wrote: an amount never goes through a double. */
export class NumberText {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }
}

/** @throws RailError `unmapped` for anything that is no JSON object */
export function readBody(bytes: Uint8Array): Body {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    JSON.parse(text);
    // It is JSON, so what looks like a number outside of a string is one.
    const quoted = text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
      token.startsWith('"') ? token : `{${JSON.stringify(NUMBER)}:"${token}"}`,
    );
    const value: unknown = JSON.parse(quoted, (_key, item: unknown) => numberOf(item) ?? item);
    if (isBody(value)) return value;
  } catch {
    // Said below.
  }
  throw new RailError({ category: 'unmapped', message: 'The answer is no JSON object.' });
}

const NUMBER = '\u0000number';

function numberOf(item: unknown): NumberText | null {
  const digits = isBody(item) ? item[NUMBER] : undefined;
  return typeof digits === 'string' ? new NumberText(digits) : null;
}

function isBody(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberText);
}

/** @throws RailError `mismatch` unless each field says what we know */
export function requireSame(body: Body, expected: Readonly<Record<string, string>>): void {
  for (const [field, value] of Object.entries(expected)) {
    if (body[field] !== value) throw new RailError({ category: 'mismatch', message: `${field} is another one.` });
  }
}

/** What a query says about an order whose numbers were compared. */
export function statusOf(body: Body): OrderStatus {
  const state = readText(body, 'trade_state');
  switch (state) {
    case 'NOTPAY':
    case 'USERPAYING':
    case 'ACCEPT':
      return { status: 'pending' };
    // REFUND says that a refund was asked for, not of how much: the payment came in.
    case 'SUCCESS':
    case 'REFUND':
      return { status: 'captured', credit: readCredit(body) };
    // The latter two belong to codes that the payer shows. Such an order has ended, and brought nothing.
    case 'CLOSED':
    case 'REVOKED':
    case 'PAYERROR':
      return { status: 'closed' };
    default:
      throw unreadable('trade_state');
  }
}

/** @throws RailError `unmapped` naming the field that is missing or malformed */
export function readCredit(body: Body): Credit {
  const amount = readObject(body, 'amount');
  if (readText(amount, 'currency') !== 'CNY') throw new RailError({ category: 'mismatch', message: 'Not in CNY.' });
  return {
    channelTransactionId: readText(body, 'transaction_id'),
    // What the order asked for. The payer may have paid less (`payer_total`), when a coupon of WeChat's paid the rest.
    amount: readFen(amount, 'total'),
    paidAt: readTime(body, 'success_time'),
  };
}

/** What became of a refund that was accepted. */
export function refundStatusOf(status: string): RefundStatus {
  switch (status) {
    case 'PROCESSING':
      return { status: 'processing' };
    case 'SUCCESS':
      return { status: 'succeeded' };
    case 'CLOSED':
      return { status: 'failed', failure: { category: 'declined', rawCode: 'REFUND_CLOSED' } };
    // Neither here nor there: the money left, and the payer's card did not take it. It can still succeed.
    case 'ABNORMAL':
      return {
        status: 'unknown',
        failure: {
          category: 'unmapped',
          rawCode: 'REFUND_ABNORMAL',
          message: 'The payer’s account cannot take the refund. Choose another way for it in the merchant console.',
        },
      };
    default:
      throw unreadable('status');
  }
}

/** Positive fen. */
export function readFen(body: Body, field: string): Money {
  const value = body[field];
  if (!(value instanceof NumberText) || !/^[1-9]\d{0,15}$/.test(value.digits)) throw unreadable(field);
  return { currency: 'CNY', value: BigInt(value.digits) };
}

export function readText(body: Body, field: string): string {
  const value = body[field];
  if (typeof value !== 'string' || value === '') throw unreadable(field);
  return value;
}

export function readObject(body: Body, field: string): Body {
  const value = body[field];
  if (!isBody(value)) throw unreadable(field);
  return value;
}

export function unreadable(field: string): RailError {
  return new RailError({ category: 'unmapped', message: `${field} is missing or malformed.` });
}
