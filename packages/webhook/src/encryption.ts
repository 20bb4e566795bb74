import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { ItPayError } from '@itpay/core';
import { cryptoRandom, type Random } from '@itpay/kernel';
import { z } from 'zod';

/*
 * What an encrypted body is, for a receiver in any language. Every binary member is base64url without padding.
 *
 *   shared = X25519(ephemeral, recipient)           refused when all zero
 *   key    = HKDF-SHA256(ikm = shared, salt = epk ‖ recipient's public key, info = "itpay-webhook-v1", 32 bytes)
 *   aad    = UTF-8 of event id, LF, event type, LF, event timestamp, as they stand in the event
 *   ct,tag = AES-256-GCM(key, iv of 12 bytes, aad, UTF-8 of the event as it would have been sent in clear)
 *
 * `aad` travels with the rest, because type and time stand nowhere else outside the ciphertext.
 */
const ALGORITHM = 'X25519-HKDF-SHA256-A256GCM';
const INFO = 'itpay-webhook-v1';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

// What stands before the key itself in its DER form. (RFC 8410, section 10)
const X25519_PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');
const X25519_SPKI = Buffer.from('302a300506032b656e032100', 'hex');

/** Which event an encrypted body holds, visible and protected against change. */
export interface EventContext {
  id: string;
  type: string;
  /** The event's time as the envelope spells it, not that of the attempt. */
  timestamp: string;
}

export interface RecipientKey {
  /** 32 bytes, or their base64 or base64url. */
  publicKey: Uint8Array | string;
  /** The receiver's name for the key, so that it finds the private one while keys are being replaced. */
  kid: string;
}

/**
 * Encrypts an event to its receiver, under a key used once.
 *
 * @returns the JSON to send and to sign: `{"enc":{"alg","epk","kid","iv","aad","ct","tag"}}`
 * @throws ItPayError `PARAMETER_INVALID` for a public key that is none
 */
export function encryptBody(
  body: string,
  recipient: RecipientKey,
  context: EventContext,
  random: Random = cryptoRandom,
): string {
  const recipientKey = parsePublicKey(recipient.publicKey);
  const ephemeral = privateKeyFrom(random.bytes(KEY_BYTES));
  const epk = publicBytesOf(ephemeral);
  const iv = random.bytes(IV_BYTES);
  const aad = additionalData(context);

  const key = contentKey(sharedSecret(ephemeral, publicKeyFrom(recipientKey)), epk, recipientKey);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(aad);
  const ct = Buffer.concat([cipher.update(body, 'utf8'), cipher.final()]);
  return JSON.stringify({
    enc: {
      alg: ALGORITHM,
      epk: text(epk),
      kid: recipient.kid,
      iv: text(iv),
      aad: text(aad),
      ct: text(ct),
      tag: text(cipher.getAuthTag()),
    },
  });
}

const EncryptedBody = z.object({
  enc: z.object({
    alg: z.literal(ALGORITHM),
    epk: z.base64url(),
    kid: z.string(),
    iv: z.base64url(),
    aad: z.base64url(),
    ct: z.base64url(),
    tag: z.base64url(),
  }),
});

/**
 * For receivers, after the signature was verified: the event as it would have come in clear.
 *
 * @param privateKeys the 32 bytes of each X25519 private key in use, by `kid`
 * @param eventId the `webhook-id` header
 * @throws ItPayError `BODY_INVALID` when it is no encrypted body, was made for another key or another event, or was altered
 */
export function decryptBody(
  body: string,
  privateKeys: Readonly<Record<string, Uint8Array>>,
  eventId: string,
): { body: string; context: EventContext } {
  const { enc } = parseBody(body);
  const secret = Object.hasOwn(privateKeys, enc.kid) ? privateKeys[enc.kid] : undefined;
  if (!secret) throw invalid('It was encrypted for a key that is not among yours; compare enc.kid.');

  const [epk, iv, aad, ct, tag] = [bytes(enc.epk), bytes(enc.iv), bytes(enc.aad), bytes(enc.ct), bytes(enc.tag)];
  const context = contextFrom(aad);
  if (context.id !== eventId) throw invalid('It holds another event than the one the webhook-id header names.');
  if (iv.length !== IV_BYTES || tag.length !== TAG_BYTES) throw invalid('enc.iv or enc.tag has the wrong length.');
  const own = privateKeyFrom(secret);
  try {
    const key = contentKey(sharedSecret(own, publicKeyFrom(parsePublicKey(epk))), epk, publicBytesOf(own));
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(aad);
    decipher.setAuthTag(tag);
    return { body: Buffer.concat([decipher.update(ct), decipher.final()]).toString('utf8'), context };
  } catch (cause) {
    throw invalid('It was altered, or encrypted for another key under the same kid.', cause);
  }
}

/**
 * The 32 bytes of an X25519 public key.
 *
 * @throws ItPayError `PARAMETER_INVALID` (param `public_key`) for another length, text that is not base64, or a point of low
 *   order, with which everybody would know the shared secret (RFC 7748, section 6.1)
 */
export function parsePublicKey(publicKey: Uint8Array | string): Buffer {
  const refuse = (message: string, cause?: unknown) =>
    new ItPayError('PARAMETER_INVALID', { param: 'public_key', message, cause });
  if (typeof publicKey === 'string' && !/^[A-Za-z0-9+/_-]{43}=?$/.test(publicKey)) {
    throw refuse('The public key has to be the base64 of the 32 bytes of an X25519 key.');
  }
  const decoded = typeof publicKey === 'string' ? Buffer.from(publicKey, 'base64') : Buffer.from(publicKey);
  if (decoded.length !== KEY_BYTES) throw refuse('The public key has to be the 32 bytes of an X25519 key.');
  try {
    sharedSecret(PROBE, publicKeyFrom(decoded));
  } catch (cause) {
    throw refuse(
      'The public key is one of the few points that give every sender the same secret. Create another.',
      cause,
    );
  }
  return decoded;
}

/** Any private key tells a point of low order: the product is zero with all of them. */
const PROBE = privateKeyFrom(Buffer.alloc(KEY_BYTES, 9));

function sharedSecret(privateKey: KeyObject, publicKey: KeyObject): Buffer {
  const shared = diffieHellman({ privateKey, publicKey });
  if (shared.every((byte) => byte === 0)) throw new Error('The X25519 secret is all zero.');
  return shared;
}

function contentKey(shared: Buffer, epk: Buffer, recipient: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', shared, Buffer.concat([epk, recipient]), INFO, KEY_BYTES));
}

function additionalData({ id, type, timestamp }: EventContext): Buffer {
  const lines = [id, type, timestamp];
  if (lines.some((line) => line.includes('\n')))
    throw new TypeError('An event id, type or timestamp holds a line break.');
  return Buffer.from(lines.join('\n'));
}

function contextFrom(aad: Buffer): EventContext {
  const [id, type, timestamp, ...more] = aad.toString('utf8').split('\n');
  if (id === undefined || type === undefined || timestamp === undefined || more.length > 0) {
    throw invalid('enc.aad has to be the id, the type and the timestamp of the event, a line each.');
  }
  return { id, type, timestamp };
}

function parseBody(body: string): z.infer<typeof EncryptedBody> {
  try {
    return EncryptedBody.parse(JSON.parse(body));
  } catch (cause) {
    throw invalid(`It is not {"enc": …} with the algorithm ${ALGORITHM}.`, cause);
  }
}

function invalid(reason: string, cause?: unknown): ItPayError {
  return new ItPayError('BODY_INVALID', { message: `The webhook body cannot be decrypted. ${reason}`, cause });
}

function privateKeyFrom(secret: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([X25519_PKCS8, secret]), format: 'der', type: 'pkcs8' });
}

function publicKeyFrom(point: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([X25519_SPKI, point]), format: 'der', type: 'spki' });
}

function publicBytesOf(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(X25519_SPKI.length);
}

function text(data: Uint8Array): string {
  return Buffer.from(data).toString('base64url');
}

function bytes(base64url: string): Buffer {
  return Buffer.from(base64url, 'base64url');
}
