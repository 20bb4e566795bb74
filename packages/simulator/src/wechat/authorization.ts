import { verify, type KeyObject } from 'node:crypto';
import type { IncomingRailRequest } from '../kit/server.js';
import { refusal, unsigned, type UnsignedReply } from './answer.js';

export interface Merchant {
  readonly mchid: string;
  readonly appid: string;
  readonly serial: string;
  readonly publicKey: KeyObject;
}

const SCHEME = 'WECHATPAY2-SHA256-RSA2048 ';
const FIELDS = ['mchid', 'nonce_str', 'serial_no', 'signature', 'timestamp'] as const;
const FRESH_SECONDS = 300;

/**
 * Checks who sends a request, over the bytes that came.
 *
 * @returns undefined when all is well, else the refusal, which WeChat does not sign
 */
export function checkAuthorization(
  { method, path, headers, rawBody }: IncomingRailRequest,
  merchant: Merchant,
  now: Date,
): UnsignedReply | undefined {
  const fields = parseAuthorization(headers['authorization']);
  if (fields === undefined) return signError('the Authorization header is missing or malformed');
  const { mchid, nonce_str: nonce, serial_no: serial, signature, timestamp } = fields;
  if (mchid !== merchant.mchid) return signError('this merchant is not known');
  if (!/^\d{10}$/.test(timestamp) || Math.abs(now.getTime() / 1000 - Number(timestamp)) > FRESH_SECONDS) {
    return signError('the timestamp is more than five minutes away');
  }
  if (!/^[0-9A-Za-z]{1,32}$/.test(nonce)) return signError('the nonce is not of 1 to 32 letters and digits');
  // The real one cannot look up the key then and breaks: its answer is a system error.
  if (serial.toUpperCase() !== merchant.serial) return unsigned(refusal('SYSTEM_ERROR'));

  const message = Buffer.concat([
    Buffer.from(`${method}\n${path}\n${timestamp}\n${nonce}\n`),
    rawBody,
    Buffer.from('\n'),
  ]);
  if (!verify('sha256', message, merchant.publicKey, Buffer.from(signature, 'base64'))) {
    return signError('the signature does not fit the bytes that came');
  }
  return undefined;
}

function parseAuthorization(header: string | undefined): Record<(typeof FIELDS)[number], string> | undefined {
  if (!header?.startsWith(SCHEME)) return undefined;
  const parts = header.slice(SCHEME.length).split(/,\s*/);
  const entries = parts.map((part) => /^([a-z_]+)="([^"]*)"$/.exec(part)?.slice(1));
  const names = entries.map((entry) => entry?.[0]).toSorted();
  if (names.join() !== FIELDS.join()) return undefined;
  return Object.fromEntries(entries as [string, string][]) as Record<(typeof FIELDS)[number], string>;
}

const signError = (issue: string): UnsignedReply => unsigned(refusal('SIGN_ERROR', issue));
