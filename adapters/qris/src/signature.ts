import { createHash, createHmac, createPrivateKey, createPublicKey, sign, timingSafeEqual, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** What stands for the body where a request has none: its hash, an empty part, or no part and no colon at all. */
export type EmptyBodyRule = 'hash' | 'blank' | 'omit';

/** What a request is signed over. */
export interface SignedRequest {
  readonly method: string;
  /** After the host, as the other side sees it, with its query. */
  readonly path: string;
  readonly body: string | Uint8Array;
  /** Exactly as it stands in `X-TIMESTAMP`. */
  readonly timestamp: string;
  /** In the HMAC form; the RSA form has none. */
  readonly accessToken?: string | undefined;
  readonly emptyBody?: EmptyBodyRule | undefined;
}

/** What `X-SIGNATURE` of a token request is made over. */
export function tokenString(clientId: string, timestamp: string): string {
  return `${clientId}|${timestamp}`;
}

/** What `X-SIGNATURE` of every other request is made over: `METHOD:path:token:sha256(body):timestamp`. */
export function transactionString(request: SignedRequest): string {
  const { method, path, body, timestamp, accessToken, emptyBody = 'hash' } = request;
  const token = accessToken === undefined ? [] : [accessToken];
  return [method, sortedPath(path), ...token, ...bodyParts(minify(body), emptyBody), timestamp].join(':');
}

function bodyParts(body: Buffer, emptyBody: EmptyBodyRule): string[] {
  if (body.length === 0 && emptyBody !== 'hash') return emptyBody === 'blank' ? [''] : [];
  return [createHash('sha256').update(body).digest('hex')];
}

/**
 * JSON without the whitespace outside of its strings. It works on the bytes: to parse and to write again would change escapes
 * and the spelling of numbers, and with them the hash.
 */
export function minify(body: string | Uint8Array): Buffer {
  const bytes = Buffer.from(body as Uint8Array);
  const kept = Buffer.alloc(bytes.length);
  let length = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (!inString && (byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d)) continue;
    kept[length++] = byte;
    if (byte === QUOTE) inString = !inString;
    // What follows a backslash never ends the string.
    else if (byte === BACKSLASH && inString && at + 1 < bytes.length) kept[length++] = bytes[++at]!;
  }
  return kept.subarray(0, length);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Query parameters are signed in the order of their names. */
function sortedPath(path: string): string {
  const [bare = '', query] = path.split(/\?(.*)/s);
  return query === undefined ? path : `${bare}?${query.split('&').toSorted().join('&')}`;
}

/** SHA256withRSA, in Base64. */
export function signRsa(text: string, privateKey: KeyObject): string {
  return sign('sha256', Buffer.from(text), privateKey).toString('base64');
}

export function isSignedRsa(text: string, signature: string | undefined, publicKey: KeyObject): boolean {
  const bytes = fromBase64(signature);
  return bytes !== null && verify('sha256', Buffer.from(text), publicKey, bytes);
}

/** HMAC-SHA512, in Base64. */
export function signHmac(text: string, secret: string): string {
  return createHmac('sha512', secret).update(text).digest('base64');
}

export function isSignedHmac(text: string, signature: string | undefined, secret: string): boolean {
  const bytes = fromBase64(signature);
  const expected = createHmac('sha512', secret).update(text).digest();
  return bytes?.length === expected.length && timingSafeEqual(bytes, expected);
}

// Node skips what is no Base64, so one signature would have endless spellings.
function fromBase64(text: string | undefined): Buffer | null {
  if (text === undefined || text === '') return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

/** An RSA key of at least 2048 bits from PEM, or from the bare Base64 that portals show; null when it is none. */
export function rsaKey(text: string, kind: 'private' | 'public'): KeyObject | null {
  // From a private key Node would make the public one.
  if (kind === 'public' && text.includes('PRIVATE KEY')) return null;
  try {
    const pem = text.includes('-----BEGIN') ? text : wrapped(text, kind);
    const key = kind === 'private' ? createPrivateKey(pem) : createPublicKey(pem);
    const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
    return key.asymmetricKeyType === 'rsa' && modulusLength >= 2048 ? key : null;
  } catch {
    return null;
  }
}

function wrapped(base64: string, kind: 'private' | 'public'): string {
  const label = `${kind.toUpperCase()} KEY`;
  return `-----BEGIN ${label}-----\n${base64.trim()}\n-----END ${label}-----\n`;
}
