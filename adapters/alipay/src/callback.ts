import { ItPayError } from '@itpay/core';
import type { CallbackAnswer, ChannelNotice, RawCallback, VerifiedCallback } from '@itpay/kernel';
import type { KeysFor } from './answer.js';
import type { AlipayConfig } from './config.js';
import { mismatch, readChinaTime, readText, readYuan, requireSame, unreadable } from './mapping.js';
import { contentToSign, verifyRsa2, type Params } from './signature.js';
import { creditOf, positive } from './trade.js';

/** Anything but these seven characters makes Alipay send again, for a day. */
const ACKNOWLEDGE: CallbackAnswer = { status: 200, headers: { 'content-type': 'text/plain' }, body: 'success' };

const STATUS_OF = { signature: 401, mismatch: 422, failure: 500 } as const;

export function rejectCallback(reason: 'signature' | 'mismatch' | 'failure'): CallbackAnswer {
  return { status: STATUS_OF[reason], headers: { 'content-type': 'text/plain' }, body: 'failure' };
}

// Every attempt carries the time at which it was sent. ("notify_time" in the fields of notifications)
const FRESH_MS = 30 * 60_000;

/** The signature over every field first; then the fields, because what is missing may be what was cut out. */
export async function verifyCallback(
  config: AlipayConfig,
  { method, rawBody }: RawCallback,
): Promise<VerifiedCallback> {
  const fields = method === 'POST' ? readForm(rawBody) : null;
  if (fields === null) throw refused('It is no form.');
  if (fields['sign_type'] !== 'RSA2' || !isSignedByAlipay(fields, config.keysFor)) {
    throw refused('The signature does not fit.');
  }
  try {
    return { notices: noticesIn(config, fields), acknowledge: ACKNOWLEDGE };
  } catch (cause) {
    throw refused('A field is missing, malformed, too old, or names another app.', cause);
  }
}

/**
 * A body as its fields, decoded once: in a value that was decoded twice, a plus would become a space.
 *
 * @returns null when it is no form, or says a name twice
 */
export function readForm(rawBody: Uint8Array): Params | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(rawBody);
    const pairs = text.split('&').map((pair) => {
      const [name = '', ...value] = pair.split('=').map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
      if (name === '' || value.length !== 1) throw new TypeError('no form');
      return [name, value[0]!] as const;
    });
    const fields = new Map(pairs);
    return fields.size === pairs.length ? Object.fromEntries(fields) : null;
  } catch {
    return null;
  }
}

/** `sign` and `sign_type` are not part of what is signed. */
export function isSignedByAlipay(fields: Params, keysFor: KeysFor): boolean {
  // What is signed is one text, "a=1&b=2", so that fields could be moved into the value of another one, and out of it.
  if (Object.values(fields).some((value) => /&\w+=/.test(value))) return false;
  const content = contentToSign(fields, ['sign', 'sign_type']);
  const keys = keysFor(undefined) ?? [];
  return content !== '' && keys.some((key) => verifyRsa2(content, fields['sign'] ?? '', key));
}

function noticesIn(config: AlipayConfig, fields: Params): ChannelNotice[] {
  requireSame(fields, { app_id: config.appId });
  // These two say how the rest is to be read.
  if (!/^utf-8$/i.test(readText(fields, 'charset'))) throw unreadable('charset');
  requireSame(fields, { version: '1.0' });
  const ageMs = config.now().getTime() - readChinaTime(fields, 'notify_time').getTime();
  if (Math.abs(ageMs) > FRESH_MS) throw unreadable('notify_time');
  const eventId = readText(fields, 'notify_id');
  const type = readText(fields, 'notify_type');
  if (type === 'trade_status_sync') return [tradeNotice(eventId, fields)];
  if (type.startsWith('fund_auth_')) return holdNotices(config, type, eventId, fields);
  throw unreadable('notify_type');
}

function tradeNotice(eventId: string, fields: Params): ChannelNotice {
  const notice = {
    eventId,
    merchantAccount: readText(fields, 'seller_id'),
    reference: readText(fields, 'out_trade_no'),
  };
  // Compared with the order by the framework; here they have to be there and well-formed, whatever it is about.
  readText(fields, 'trade_no');
  positive(fields, 'total_amount');
  const status = readText(fields, 'trade_status');
  // Refunds come on the same way, with the status of the trade. They are told by their own fields.
  if (REFUND_FIELDS.some((field) => fields[field] !== undefined)) return refundNotice(notice, status, fields);
  switch (status) {
    case 'TRADE_SUCCESS':
    case 'TRADE_FINISHED':
      return { ...notice, kind: 'payment', credit: creditOf(fields, 'gmt_payment') };
    case 'TRADE_CLOSED':
      return { ...notice, kind: 'closed' };
    case 'WAIT_BUYER_PAY':
      return { ...notice, kind: 'scanned' };
    default:
      throw unreadable('trade_status');
  }
}

const REFUND_FIELDS = ['out_biz_no', 'refund_fee', 'gmt_refund'];
const REFUNDABLE = ['TRADE_SUCCESS', 'TRADE_CLOSED', 'TRADE_FINISHED'];

function refundNotice(
  notice: Pick<ChannelNotice, 'eventId' | 'merchantAccount'>,
  status: string,
  fields: Params,
): ChannelNotice {
  if (!REFUNDABLE.includes(status)) throw unreadable('trade_status');
  readChinaTime(fields, 'gmt_refund');
  // "out_biz_no" says which refund it is and is its only number; "refund_fee" is the sum of all of the trade so far.
  const reference = readText(fields, 'out_biz_no');
  const amount = positive(fields, 'refund_fee');
  const refund = { status: 'succeeded', amount, isSum: true, channelRefundId: reference } as const;
  return { ...notice, kind: 'refund', reference, refund };
}

/** Of a hold, what begins and what ends it. Of everything else it is enough to know that Alipay said it. */
function holdNotices(config: AlipayConfig, type: string, eventId: string, fields: Params): ChannelNotice[] {
  if (type !== 'fund_auth_freeze' && type !== 'fund_auth_unfreeze') return [];
  const notice = { eventId, merchantAccount: payeeIn(config, fields), reference: readText(fields, 'out_order_no') };
  const amount = positive(fields, 'amount');
  const status = readText(fields, 'status');
  if (type === 'fund_auth_unfreeze') {
    // A part may be released, and the rest stays held.
    return readYuan(fields, 'rest_amount').value === 0n ? [{ ...notice, kind: 'closed' }] : [];
  }
  requireSame(fields, { operation_type: 'FREEZE', out_request_no: notice.reference });
  if (status === 'CLOSED') return [{ ...notice, kind: 'closed' }];
  if (status !== 'SUCCESS') throw unreadable('status');
  const credit = {
    channelTransactionId: readText(fields, 'auth_no'),
    amount,
    paidAt: readChinaTime(fields, 'gmt_trans'),
  };
  return [{ ...notice, kind: 'authorized', credit }];
}

/** A hold names its payee by number, by login name, or by both. */
function payeeIn({ sellerId, payeeLogonId }: AlipayConfig, fields: Params): string {
  if (fields['payee_user_id'] !== undefined) return readText(fields, 'payee_user_id');
  if (payeeLogonId === undefined || readText(fields, 'payee_logon_id') !== payeeLogonId)
    throw mismatch('payee_logon_id');
  return sellerId;
}

function refused(message: string, cause?: unknown): ItPayError {
  return new ItPayError('CHANNEL_SIGNATURE_INVALID', { message: `The notification is refused. ${message}`, cause });
}
