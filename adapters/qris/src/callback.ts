import { ItPayError } from '@itpay/core';
import {
  RailError,
  type CallbackAnswer,
  type ChannelNotice,
  type RawCallback,
  type VerifiedCallback,
} from '@itpay/kernel';
import type { Json } from './client.js';
import type { SnapConfig } from './config.js';
import { isFresh, timeIn } from './mapping.js';
import { isSignedHmac, isSignedRsa, transactionString } from './signature.js';
import { readCredit, readText } from './status.js';
import { isOwnToken } from './token-endpoint.js';
import { HEADERS, STATUS } from './wire.js';

type Headers = RawCallback['headers'];

/** Freshness and signature over the bytes first; then every field, because what is missing may be what was cut out. */
export async function verifyCallback(config: SnapConfig, callback: RawCallback): Promise<VerifiedCallback> {
  const headers = lowerCase(callback.headers);
  const timestamp = headers[HEADERS.timestamp] ?? '';
  if (callback.method !== 'POST' || !isFresh(timestamp, config.now()) || !isProven(config, callback, headers)) {
    throw refused('The signature does not fit, or the timestamp is too old.');
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(callback.rawBody);
    return { notices: noticesIn(config, JSON.parse(text), timeIn(timestamp)!), acknowledge: acknowledge(config) };
  } catch (cause) {
    throw refused('A field is missing or malformed.', cause);
  }
}

function isProven(config: SnapConfig, { method, path, rawBody }: RawCallback, headers: Headers): boolean {
  const { profile, publicKey, clientSecret } = config;
  const signature = headers[HEADERS.signature];
  const accessToken = /^Bearer (\S+)$/i.exec(headers[HEADERS.authorization] ?? '')?.[1];
  const request = { method, body: rawBody, timestamp: headers[HEADERS.timestamp]!, emptyBody: profile.emptyBody };
  // Below a mount, acquirers sign the whole path or the one that SNAP fixes.
  const paths = [path, profile.notifyPath];
  if (profile.notifySignature === 'rsa') {
    return paths.some((one) => isSignedRsa(transactionString({ ...request, path: one }), signature, publicKey));
  }
  if (accessToken === undefined || !isOwnToken(config, accessToken)) return false;
  return paths.some((one) =>
    isSignedHmac(transactionString({ ...request, path: one, accessToken }), signature, clientSecret),
  );
}

function noticesIn({ merchantId }: SnapConfig, value: unknown, sentAt: Date): readonly ChannelNotice[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('body');
  const body = value as Json;
  const status = readText(body, 'latestTransactionStatus');
  const transaction = readText(body, 'originalReferenceNo');
  const notice = {
    // X-EXTERNAL-ID is not signed, and new for every attempt.
    eventId: `${transaction}|${status}`,
    // The key proves the merchant; where the body names one as well, it has to be the same.
    merchantAccount: body.merchantId === undefined ? merchantId : readText(body, 'merchantId'),
    reference: readText(body, 'originalPartnerReferenceNo'),
  };
  switch (status) {
    case STATUS.success:
      return [{ ...notice, kind: 'payment', credit: readCredit(body, sentAt) }];
    case STATUS.cancelled:
    case STATUS.failed:
      return [{ ...notice, kind: 'closed' }];
    // Nothing has happened yet, or a refund without its number: a question tells.
    case STATUS.initiated:
    case STATUS.paying:
    case STATUS.pending:
    case STATUS.refunded:
    case STATUS.notFound:
      return [];
    default:
      throw new RailError({ category: 'unmapped', message: 'latestTransactionStatus is not known.' });
  }
}

function acknowledge({ profile }: SnapConfig): CallbackAnswer {
  return answer(200, `200${profile.notifyService}00`, 'Successful');
}

/** "Not accepted", so that the acquirer comes again. */
export function rejectCallback({ profile }: SnapConfig, reason: 'signature' | 'mismatch' | 'failure'): CallbackAnswer {
  const service = profile.notifyService;
  switch (reason) {
    case 'signature':
      return answer(401, `401${service}00`, 'Unauthorized. Invalid Signature');
    case 'mismatch':
      return answer(404, `404${service}13`, 'Invalid Amount');
    case 'failure':
      return answer(500, `500${service}00`, 'General Error');
  }
}

function answer(status: number, responseCode: string, responseMessage: string): CallbackAnswer {
  const headers = { 'content-type': 'application/json' };
  return { status, headers, body: JSON.stringify({ responseCode, responseMessage }) };
}

function lowerCase(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function refused(message: string, cause?: unknown): ItPayError {
  return new ItPayError('CHANNEL_SIGNATURE_INVALID', { message: `The notification is refused. ${message}`, cause });
}
