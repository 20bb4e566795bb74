import {
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  sign as signBytes,
  verify as verifyBytes,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import { SIGNATURE_TYPE } from './wire.js';

/** How far the time of a signature may be from ours, either way. */
const FRESH_WITHIN_MS = 300_000;

export interface SignedRequest {
  readonly method: string;
  /** Path and query exactly as sent. */
  readonly path: string;
  /** Unix seconds. */
  readonly timestamp: string;
  readonly nonce: string;
  /** Exactly as sent; empty without a body. */
  readonly body: string;
}

/** What is signed of a request: five lines, each of them closed, also when the body is empty or ends in a line feed. */
export function requestMessage({ method, path, timestamp, nonce, body }: SignedRequest): string {
  return `${method}\n${path}\n${timestamp}\n${nonce}\n${body}\n`;
}

/** RSA PKCS#1 v1.5 with SHA-256, in base64. */
export function sign(privateKey: KeyObject, message: string): string {
  return signBytes('sha256', Buffer.from(message, 'utf8'), privateKey).toString('base64');
}

export interface AuthorizationFields {
  readonly mchid: string;
  readonly serial_no: string;
  readonly nonce_str: string;
  readonly timestamp: string;
  readonly signature: string;
}

export function authorizationHeader({
  mchid,
  serial_no,
  nonce_str,
  timestamp,
  signature,
}: AuthorizationFields): string {
  const fields = { mchid, serial_no, nonce_str, timestamp, signature };
  return `${SIGNATURE_TYPE} ${Object.entries(fields)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')}`;
}

/** The `Authorization` of a request. */
export function authorize(
  merchant: { readonly mchid: string; readonly merchantSerial: string; readonly merchantPrivateKey: KeyObject },
  request: SignedRequest,
): string {
  return authorizationHeader({
    mchid: merchant.mchid,
    serial_no: merchant.merchantSerial,
    nonce_str: request.nonce,
    timestamp: request.timestamp,
    signature: sign(merchant.merchantPrivateKey, requestMessage(request)),
  });
}

/** The headers that prove an answer or a notification. */
export interface Proof {
  readonly timestamp: string;
  readonly nonce: string;
  readonly serial: string;
  readonly signature: string;
}

/** @param headers with names in lower case. @returns null when one of them is missing or cannot be right */
export function proofIn(headers: Readonly<Record<string, string | undefined>>): Proof | null {
  const timestamp = headers['wechatpay-timestamp'] ?? '';
  const nonce = headers['wechatpay-nonce'] ?? '';
  const serial = headers['wechatpay-serial'] ?? '';
  const signature = headers['wechatpay-signature'] ?? '';
  const type = headers['wechatpay-signature-type'] || SIGNATURE_TYPE;
  const wellFormed = /^\d{10}$/.test(timestamp) && nonce !== '' && /^[A-Za-z0-9_]{4,128}$/.test(serial);
  return wellFormed && type === SIGNATURE_TYPE ? { timestamp, nonce, serial, signature } : null;
}

export function isFresh({ timestamp }: Proof, now: Date): boolean {
  return Math.abs(now.getTime() - Number(timestamp) * 1000) < FRESH_WITHIN_MS;
}

/** Whether the signature is over these bytes. Nothing is thrown: whatever cannot be read does not fit. */
export function isSignedBy(key: KeyObject, { timestamp, nonce, signature }: Proof, body: Uint8Array): boolean {
  return fits(key, Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, Buffer.from('\n')]), signature);
}

/** Whether `signature`, in base64, is the key's over `message`. */
export function fits(key: KeyObject, message: Uint8Array, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64');
  // Node reads almost anything as base64; what WeChat writes comes back the same.
  if (signature === '' || bytes.toString('base64') !== signature) return false;
  return verifyBytes('sha256', message, key, bytes);
}

export interface Sealed {
  readonly nonce: string;
  readonly associatedData: string;
  /** Base64, with the tag of 16 bytes at its end. */
  readonly ciphertext: string;
}

/**
 * Opens what was encrypted with the APIv3 key (AES-256-GCM).
 *
 * @throws Error when the key, the nonce, the associated data or the text is another one
 */
export function open(apiV3Key: string, { nonce, associatedData, ciphertext }: Sealed): Buffer {
  const bytes = Buffer.from(ciphertext, 'base64');
  if (bytes.length < 16) throw new Error('The ciphertext is too short.');
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(apiV3Key, 'utf8'), Buffer.from(nonce, 'utf8'), {
    authTagLength: 16,
  });
  decipher.setAuthTag(bytes.subarray(-16));
  decipher.setAAD(Buffer.from(associatedData, 'utf8'));
  return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]);
}

/** A serial number as it is compared: in upper case and without leading zeros. Names of public keys stay as they are. */
export function serialOf(text: string): string {
  return /^[0-9A-Fa-f]+$/.test(text) ? text.toUpperCase().replace(/^0+(?=.)/, '') : text;
}

/** The serial number of a certificate, in upper case. */
export function certificateSerial(certificate: X509Certificate): string {
  return serialOf(certificate.serialNumber);
}

/** @returns null for anything that is no RSA key of 2048 bits or more */
export function rsaKey(pem: string, kind: 'private' | 'public'): KeyObject | null {
  try {
    const key = kind === 'private' ? createPrivateKey(pem) : createPublicKey(pem);
    const strong = (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
    return key.asymmetricKeyType === 'rsa' && strong ? key : null;
  } catch {
    return null;
  }
}
