import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  sign as signWithKey,
  timingSafeEqual,
  verify as verifyWithKey,
  type KeyObject,
} from 'node:crypto';
import type { Random } from '@itpay/kernel';

/** A secret as its owner keeps it: `whsec_…` (shared, HMAC-SHA256) or `whsk_…` (private key, Ed25519). */
export type SigningSecret = string;

/** What a signature covers. `body` is the bytes as sent; a parsed and re-serialised body does not verify. */
export interface SignedMessage {
  /** The `webhook-id` header: the event's id. */
  id: string;
  /** The `webhook-timestamp` header: when this attempt was made, in Unix seconds. */
  timestamp: number;
  body: string | Uint8Array;
}

const SHARED = 'whsec_';
const PRIVATE = 'whsk_';
const PUBLIC = 'whpk_';
const SHARED_SECRET_BYTES = 32;
const ED25519_SEED_BYTES = 32;
const ED25519_PUBLIC_BYTES = 32;
const TOLERANCE_SECONDS = 5 * 60;

// What stands before the key itself in its DER form. (RFC 8410, section 10)
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** A fresh shared secret, `whsec_` and the base64 of 32 bytes. The decoded bytes are the HMAC key. */
export function newSecret(random: Random): SigningSecret {
  return SHARED + Buffer.from(random.bytes(SHARED_SECRET_BYTES)).toString('base64');
}

/** A fresh Ed25519 pair. The secret key is the seed followed by the public key, 64 bytes; the public key is for receivers. */
export function newSigningKey(random: Random): { secretKey: SigningSecret; publicKey: string } {
  const seed = Buffer.from(random.bytes(ED25519_SEED_BYTES));
  const publicBytes = publicBytesOf(createPublicKey(privateKeyFrom(seed)));
  return {
    secretKey: PRIVATE + Buffer.concat([seed, publicBytes]).toString('base64'),
    publicKey: PUBLIC + publicBytes.toString('base64'),
  };
}

/**
 * The `webhook-signature` header: one entry per secret, separated by spaces. While a secret is being replaced, both sign,
 * and a receiver accepts whichever it knows.
 *
 * @throws TypeError for an id that could shift the boundary between what is signed, or a secret in no known form
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signPayload(message: SignedMessage, secrets: readonly SigningSecret[]): string {
  if (secrets.length === 0) throw new TypeError('A webhook needs at least one signing secret.');
  const content = contentOf(message);
  return secrets
    .map((secret) => {
      const key = keyFrom(secret);
      return key.kind === 'shared'
        ? `v1,${hmac(key.bytes, content).toString('base64')}`
        : `v1a,${signWithKey(null, content, privateKeyOf(key)).toString('base64')}`;
    })
    .join(' ');
}

/** What a receiver has in its hands. */
export interface ReceivedMessage extends SignedMessage {
  /** The `webhook-signature` header. */
  signature: string;
}

/**
 * Whether one of the signatures was made with one of the secrets, for a moment within five minutes of `now`. For receivers:
 * check before parsing. Compares in constant time, and answers false, never an error, to whatever the network brings.
 *
 * @param secrets `whsec_…` for shared secrets; `whpk_…` is enough for Ed25519
 * @throws TypeError for a secret in no known form
 */
export function verifySignature(received: ReceivedMessage, secrets: readonly string[], now: Date): boolean {
  const keys = secrets.map(keyFrom);
  const age = Math.floor(now.getTime() / 1000) - received.timestamp;
  if (!isSignable(received) || Math.abs(age) > TOLERANCE_SECONDS) return false;

  const content = contentOf(received);
  return received.signature.split(' ').some((entry) => {
    const [version, base64 = ''] = entry.split(',', 2);
    const signature = Buffer.from(base64, 'base64');
    return keys.some((key) => {
      if (version === 'v1' && key.kind === 'shared') {
        const expected = hmac(key.bytes, content);
        return signature.length === expected.length && timingSafeEqual(signature, expected);
      }
      return version === 'v1a' && key.kind === 'pair' && verifyWithKey(null, content, key.publicKey, signature);
    });
  });
}

type Key =
  | { kind: 'shared'; bytes: Buffer }
  | { kind: 'pair'; publicKey: KeyObject; /** Absent for a `whpk_` key. */ privateKey?: KeyObject };

function keyFrom(text: string): Key {
  if (text.startsWith(SHARED)) {
    const bytes = bytesOf(text, SHARED);
    if (bytes.length >= 24 && bytes.length <= 64) return { kind: 'shared', bytes };
  } else if (text.startsWith(PRIVATE)) {
    const bytes = bytesOf(text, PRIVATE);
    // Some issuers keep the seed alone; the public half follows from it.
    if (bytes.length === ED25519_SEED_BYTES || bytes.length === ED25519_SEED_BYTES + ED25519_PUBLIC_BYTES) {
      const privateKey = privateKeyFrom(bytes.subarray(0, ED25519_SEED_BYTES));
      return { kind: 'pair', privateKey, publicKey: createPublicKey(privateKey) };
    }
  } else if (text.startsWith(PUBLIC)) {
    const bytes = bytesOf(text, PUBLIC);
    if (bytes.length === ED25519_PUBLIC_BYTES) {
      const der = Buffer.concat([ED25519_SPKI, bytes]);
      return { kind: 'pair', publicKey: createPublicKey({ key: der, format: 'der', type: 'spki' }) };
    }
  }
  throw new TypeError(
    'A webhook secret is whsec_ with the base64 of 24 to 64 bytes, whsk_ with an Ed25519 secret key, or whpk_ with its public key.',
  );
}

function privateKeyOf(key: Key & { kind: 'pair' }): KeyObject {
  if (!key.privateKey) throw new TypeError('A whpk_ key verifies and cannot sign; sign with its whsk_ key.');
  return key.privateKey;
}

function isSignable({ id, timestamp }: SignedMessage): boolean {
  return id !== '' && !id.includes('.') && Number.isSafeInteger(timestamp);
}

/** `id.timestamp.body`. A dot within the id would let one message pass for another. */
function contentOf(message: SignedMessage): Buffer {
  if (!isSignable(message)) throw new TypeError('A webhook needs an id without dots and a timestamp in whole seconds.');
  return Buffer.concat([
    Buffer.from(`${message.id}.${message.timestamp}.`),
    typeof message.body === 'string' ? Buffer.from(message.body) : message.body,
  ]);
}

function hmac(key: Buffer, content: Buffer): Buffer {
  return createHmac('sha256', key).update(content).digest();
}

function bytesOf(text: string, prefix: string): Buffer {
  return Buffer.from(text.slice(prefix.length), 'base64');
}

function privateKeyFrom(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([ED25519_PKCS8, seed]), format: 'der', type: 'pkcs8' });
}

function publicBytesOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(ED25519_SPKI.length);
}
