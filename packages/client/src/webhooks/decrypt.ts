import { ItPayWebhookError } from '../errors.js';

/** Which event an encrypted body holds; outside of the ciphertext, and protected with it. */
export interface EncryptedContext {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
}

const ALGORITHM = 'X25519-HKDF-SHA256-A256GCM';
const INFO = new TextEncoder().encode('itpay-webhook-v1');

// What stands before the private key itself in its DER form. (RFC 8410, section 10)
const X25519_PKCS8 = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20];

/**
 * Opens the member `enc` of an encrypted body, after its signature was verified.
 *
 * @param privateKeys 32 bytes each, by `kid`
 * @param eventId the header `webhook-id`
 * @throws ItPayWebhookError `cannot_decrypt`
 */
export async function decryptBody(
  enc: unknown,
  privateKeys: Readonly<Record<string, Uint8Array>>,
  eventId: string,
): Promise<{ readonly body: string; readonly context: EncryptedContext }> {
  const { kid, epk, iv, aad, ct, tag } = membersOf(enc);
  const secret = Object.hasOwn(privateKeys, kid) ? privateKeys[kid] : undefined;
  if (secret === undefined)
    throw failed('It was encrypted for a key that is not in webhookPrivateKeys; compare enc.kid.');
  if (secret.length !== 32) throw failed('The private key in webhookPrivateKeys is not 32 bytes.');
  const context = contextOf(aad);
  if (context.id !== eventId) throw failed('It holds another event than the one that the header webhook-id names.');

  try {
    const key = await contentKey(secret, epk);
    const algorithm = { name: 'AES-GCM', iv, additionalData: aad, tagLength: 128 };
    const plain = await crypto.subtle.decrypt(algorithm, key, new Uint8Array([...ct, ...tag]));
    return { body: new TextDecoder().decode(plain), context };
  } catch (cause) {
    throw failed('It was altered, or encrypted for another key under the same kid.', cause);
  }
}

async function contentKey(secret: Uint8Array, epk: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const { subtle } = crypto;
  const pkcs8 = new Uint8Array([...X25519_PKCS8, ...secret]);
  const own = await subtle.importKey('pkcs8', pkcs8, 'X25519', true, ['deriveBits']);
  const sender = await subtle.importKey('raw', epk, 'X25519', true, []);
  const shared = new Uint8Array(await subtle.deriveBits({ name: 'X25519', public: sender }, own, 256));
  // With a point of low order everybody knows the secret. (RFC 7748, section 6.1)
  if (shared.every((byte) => byte === 0)) throw new Error('The X25519 secret is all zero.');
  const { x } = await subtle.exportKey('jwk', own);
  const salt = new Uint8Array([...epk, ...fromBase64Url(x ?? '')]);
  const hkdf = await subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt, info: INFO };
  return subtle.deriveKey(derivation, hkdf, { name: 'AES-GCM', length: 256 }, false, ['decrypt']);
}

function membersOf(enc: unknown) {
  const { alg, kid, ...rest } = (enc ?? {}) as Readonly<Record<string, unknown>>;
  if (alg !== ALGORITHM || typeof kid !== 'string')
    throw failed(`It is not {"enc": …} with the algorithm ${ALGORITHM}.`);
  const bytes = (name: string, length?: number) => {
    const value = rest[name];
    // A single character more than full groups of four stands for no byte.
    if (typeof value === 'string' && /^[A-Za-z0-9_-]*$/.test(value) && value.length % 4 !== 1) {
      const found = fromBase64Url(value);
      if (length === undefined || found.length === length) return found;
    }
    throw failed(`enc.${name} is missing, or has the wrong form.`);
  };
  return { kid, epk: bytes('epk', 32), iv: bytes('iv', 12), aad: bytes('aad'), ct: bytes('ct'), tag: bytes('tag', 16) };
}

/** Event id, type and timestamp, a line each. */
function contextOf(aad: Uint8Array): EncryptedContext {
  const [id, type, timestamp, ...more] = new TextDecoder().decode(aad).split('\n');
  if (id === undefined || type === undefined || timestamp === undefined || more.length > 0) {
    throw failed('enc.aad is not the id, the type and the timestamp of the event, a line each.');
  }
  return { id, type, timestamp };
}

const failed = (reason: string, cause?: unknown) =>
  new ItPayWebhookError('cannot_decrypt', `The webhook body cannot be decrypted. ${reason}`, cause);

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const base64 = text.replaceAll('-', '+').replaceAll('_', '/');
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
