import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto';
import { token } from '../token.js';

/**
 * Keys derived from `secretKey`. It may be a list while a key is being replaced: the first signs and seals, all verify
 * and open. The list may change while the process runs.
 */
export interface Secrets {
  /** HMAC-SHA256 of `message` under a key that belongs to `purpose` alone. */
  sign(purpose: string, message: string): Buffer;
  /** Compares in constant time, against every key of the list. */
  verify(purpose: string, message: string, signature: Uint8Array): boolean;
  /**
   * Encrypts what must be read again later (AES-256-GCM), under a key that belongs to `purpose` alone. The result names the
   * key, so that `open` finds it in the list.
   */
  seal(purpose: string, content: Uint8Array | string): Buffer;
  /** @throws Error when it was altered, belongs to another purpose, or its key is not in the list */
  open(purpose: string, sealed: Uint8Array): Buffer;
  /** The keys of the list, newest first, and how to tell what each of them sealed for `purpose`. */
  keys(purpose: string): readonly ListedKey[];
}
export const Secrets = token<Secrets>('secrets');

/** What may be known about a secret key. */
export interface ListedKey {
  /** Its public name, the same in every process and for every purpose: 8 hexadecimal digits that say nothing about it. */
  readonly id: string;
  /** The bytes with which everything begins that it sealed for the purpose: `MARK_BYTES` of them. */
  readonly mark: Buffer;
}

/** How many bytes at the beginning of what was sealed say which key did it. */
export const MARK_BYTES = 4;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * @param secretKeys at least one, each 32 bytes or more of randomness, newest first; or what returns them, another list once
 *   they changed
 */
export function secretsFrom(secretKeys: readonly string[] | (() => readonly string[])): Secrets {
  const derived = new Map<string, KeyObject[]>();
  let known = typeof secretKeys === 'function' ? secretKeys() : secretKeys;
  const keysFor = (purpose: string): KeyObject[] => {
    const listed = typeof secretKeys === 'function' ? secretKeys() : secretKeys;
    if (listed !== known) {
      known = listed;
      derived.clear();
    }
    let keys = derived.get(purpose);
    if (keys === undefined) {
      keys = known.map((key) => createSecretKey(Buffer.from(hkdfSync('sha256', key, '', `itpay:${purpose}`, 32))));
      derived.set(purpose, keys);
    }
    return keys;
  };
  const hmac = (key: KeyObject, message: string) => createHmac('sha256', key).update(message).digest();
  return {
    sign: (purpose, message) => hmac(keysFor(purpose)[0]!, message),
    verify: (purpose, message, signature) =>
      keysFor(purpose).some((key) => {
        const expected = hmac(key, message).subarray(0, signature.length);
        return signature.length >= 16 && expected.length === signature.length && timingSafeEqual(expected, signature);
      }),
    seal: (purpose, content) => {
      const key = keysFor(`seal:${purpose}`)[0]!;
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const sealed = [cipher.update(content), cipher.final()];
      return Buffer.concat([markOf(key), iv, cipher.getAuthTag(), ...sealed]);
    },
    open: (purpose, sealed) => {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      const key = keysFor(`seal:${purpose}`).find((candidate) =>
        markOf(candidate).equals(bytes.subarray(0, MARK_BYTES)),
      );
      if (key === undefined) {
        throw new Error(
          `What was sealed for "${purpose}" needs a secret key that this process does not list in secretKey. ` +
            'Add it there; "itpay secrets" shows which ones are needed.',
        );
      }
      const iv = bytes.subarray(MARK_BYTES, MARK_BYTES + IV_BYTES);
      const content = bytes.subarray(MARK_BYTES + IV_BYTES + TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
      decipher.setAuthTag(bytes.subarray(MARK_BYTES + IV_BYTES, MARK_BYTES + IV_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(content), decipher.final()]);
    },
    keys: (purpose) => {
      const names = keysFor('name');
      return keysFor(`seal:${purpose}`).map((key, index) => ({
        id: markOf(names[index]!).toString('hex'),
        mark: markOf(key),
      }));
    },
  };
}

/** Says which key of a list it was, and nothing about the key. */
function markOf(key: KeyObject): Buffer {
  return createHash('sha256').update('itpay:key-id').update(key.export()).digest().subarray(0, MARK_BYTES);
}
