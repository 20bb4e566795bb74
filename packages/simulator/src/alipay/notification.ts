import type { KeyObject } from 'node:crypto';
import { chinaTime } from '../kit/china-time.js';
import type { CallbackRewrite, RailEvent, WrittenCallback } from '../kit/callbacks.js';
import { rsa2, textToSign } from './keys.js';

export interface AlipayEvent extends RailEvent {
  readonly kind:
    'WAIT_BUYER_PAY' | 'TRADE_SUCCESS' | 'TRADE_CLOSED' | 'refund' | 'fund_auth_freeze' | 'fund_auth_unfreeze';
  readonly fields: Readonly<Record<string, string>>;
}

const HEADERS = { 'content-type': 'application/x-www-form-urlencoded; text/html; charset=utf-8' } as const;

export function writeNotification(
  { id, fields }: AlipayEvent,
  { appId, key, now }: { readonly appId: string; readonly key: KeyObject; readonly now: Date },
): WrittenCallback {
  return written(
    {
      notify_id: id,
      notify_time: chinaTime(now),
      charset: 'utf-8',
      version: '1.0',
      app_id: appId,
      auth_app_id: appId,
      ...fields,
    },
    key,
  );
}

/** Writes a notification anew; `content` replaces its body, which then carries no signature unless it has one. */
export function rewriteNotification(
  { body }: WrittenCallback,
  { fields = {}, drop = [], content, signedAt }: Omit<CallbackRewrite, 'byStranger'>,
  key: KeyObject,
): WrittenCallback {
  if (content !== undefined) return { headers: HEADERS, body: content };
  const parameters = new URLSearchParams(body);
  const changes = { ...fields, ...(signedAt !== undefined && { notify_time: chinaTime(new Date(signedAt)) }) };
  for (const [name, value] of Object.entries(changes)) {
    parameters.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  for (const name of ['sign', 'sign_type', ...drop]) parameters.delete(name);
  return written(Object.fromEntries(parameters), key);
}

/** The signature covers the values before they are encoded; `sign` and `sign_type` are not part of it. */
function written(fields: Readonly<Record<string, string>>, key: KeyObject): WrittenCallback {
  const sign = rsa2(textToSign(Object.entries(fields), ['sign', 'sign_type']), key);
  return { headers: HEADERS, body: new URLSearchParams({ ...fields, sign_type: 'RSA2', sign }).toString() };
}
