import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { defineRoute, type RawRequest, type Route, type RouteAnswer } from '@itpay/kernel';
import type { SnapConfig } from './config.js';
import { isFresh } from './mapping.js';
import { isSignedRsa, tokenString } from './signature.js';
import { HEADERS, TOKEN_PATH } from './wire.js';

/** How long a token of ours opens the notification endpoint, in seconds. */
const EXPIRES_IN = 900;

/**
 * A token for the acquirer. It needs no table: it says itself until when it is good, and every process that has the client
 * secret can check it.
 */
export function issueToken(config: SnapConfig): string {
  const expiresAt = Math.floor(config.now().getTime() / 1000) + EXPIRES_IN;
  const content = Buffer.from(`${expiresAt}.${randomBytes(9).toString('base64url')}`).toString('base64url');
  return `${content}.${macOf(config, content)}`;
}

/** Whether a token is one of ours, for this merchant, and still good. */
export function isOwnToken(config: SnapConfig, token: string): boolean {
  const [content = '', mac = '', ...more] = token.split('.');
  const expected = macOf(config, content);
  if (more.length > 0 || mac.length !== expected.length) return false;
  if (!timingSafeEqual(Buffer.from(mac), Buffer.from(expected))) return false;
  const [expiresAt] = Buffer.from(content, 'base64url').toString().split('.');
  return config.now().getTime() < Number(expiresAt) * 1000;
}

// A key of its own, so that a token proves nothing else.
function macOf({ clientSecret, clientId, mode }: SnapConfig, content: string): string {
  const key = hkdfSync('sha256', clientSecret, '', `itpay:qris:notify-token:${mode}:${clientId}`, 32);
  return createHmac('sha256', Buffer.from(key)).update(content).digest('base64url');
}

/** Where acquirers that sign notifications with an HMAC get a token first. */
export function tokenRoute(merchants: readonly SnapConfig[]): Route {
  return defineRoute({
    method: 'POST',
    path: TOKEN_PATH,
    tag: 'Channels',
    summary: 'Access token for a QRIS acquirer',
    description:
      'Called by the acquirer and by nobody else, with its RSA signature over client key and timestamp. The token opens the ' +
      'notification endpoint for 15 minutes.',
    access: 'public',
    raw: true,
    rate: 'callback',
    answers: {
      200: { description: 'A token' },
      400: { description: 'Not a token request' },
      401: { description: 'Not proven to come from the acquirer' },
    },
    errors: ['BODY_TOO_LARGE'],
    run: async ({ raw }) => answerTokenRequest(merchants, raw),
  });
}

/** Signature first; then the body. */
export function answerTokenRequest(
  merchants: readonly SnapConfig[],
  { headers, rawBody }: Pick<RawRequest, 'headers' | 'rawBody'>,
): RouteAnswer {
  const clientKey = headers[HEADERS.clientKey] ?? '';
  const timestamp = headers[HEADERS.timestamp] ?? '';
  const signature = headers[HEADERS.signature];
  const merchant = merchants.find(
    ({ clientId, publicKey, now }) =>
      clientId === clientKey &&
      isFresh(timestamp, now()) &&
      isSignedRsa(tokenString(clientId, timestamp), signature, publicKey),
  );
  if (merchant === undefined) return { ...refusal(401, '4017300', 'Unauthorized'), unproven: true };
  if (grantTypeIn(rawBody) !== 'client_credentials')
    return refusal(400, '4007302', 'Invalid Mandatory Field grantType');
  return {
    status: 200,
    body: {
      responseCode: '2007300',
      responseMessage: 'Successful',
      accessToken: issueToken(merchant),
      tokenType: 'Bearer',
      expiresIn: String(EXPIRES_IN),
    },
  };
}

function grantTypeIn(rawBody: Uint8Array): unknown {
  try {
    return (JSON.parse(Buffer.from(rawBody).toString('utf8')) as { grantType?: unknown } | null)?.grantType;
  } catch {
    return undefined;
  }
}

function refusal(status: number, responseCode: string, responseMessage: string): RouteAnswer {
  return { status, body: { responseCode, responseMessage } };
}
