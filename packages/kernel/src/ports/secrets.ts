import { createHmac, createSecretKey, hkdfSync, timingSafeEqual, type KeyObject } from 'node:crypto';
import { token } from '../token.js';

/**
 * Keys derived from `secretKey`. It may be a list while a key is being replaced: the first signs, all verify.
 */
export interface Secrets {
  /** HMAC-SHA256 of `message` under a key that belongs to `purpose` alone. */
  sign(purpose: string, message: string): Buffer;
  /** Compares in constant time, against every key of the list. */
  verify(purpose: string, message: string, signature: Uint8Array): boolean;
}
export const Secrets = token<Secrets>('secrets');

/** @param secretKeys at least one, each 32 bytes or more of randomness, newest first */
export function secretsFrom(secretKeys: readonly string[]): Secrets {
  const derived = new Map<string, KeyObject[]>();
  const keysFor = (purpose: string): KeyObject[] => {
    let keys = derived.get(purpose);
    if (keys === undefined) {
      keys = secretKeys.map((key) => createSecretKey(Buffer.from(hkdfSync('sha256', key, '', `itpay:${purpose}`, 32))));
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
  };
}
