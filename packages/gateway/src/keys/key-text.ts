import { hash } from 'node:crypto';
import type { Random } from '@itpay/kernel';

/** The parts of a key as its holder writes it: `itpay_test_` + 12 characters of key id + `_` + 43 characters of secret. */
export interface KeyText {
  readonly livemode: boolean;
  readonly keyId: string;
  readonly secret: string;
}

export function newKeyText(livemode: boolean, random: Random): KeyText {
  return {
    livemode,
    keyId: Array.from(random.bytes(12), (byte) => ALPHABET[byte % ALPHABET.length]).join(''),
    secret: Buffer.from(random.bytes(32)).toString('base64url'),
  };
}

export function formatKey({ livemode, keyId, secret }: KeyText): string {
  return `${prefixOf(livemode)}${keyId}_${secret}`;
}

/** @returns null when the text is not a key of ours */
export function parseKey(text: string): KeyText | null {
  const [, mode, keyId, secret] = KEY.exec(text) ?? [];
  if (keyId === undefined || secret === undefined) return null;
  return { livemode: mode === 'live', keyId, secret };
}

/** A key as it is shown after its first day: enough to recognise it, useless to anybody else. */
export function maskKey({ livemode, keyId, last4 }: { livemode: boolean; keyId: string; last4: string }): string {
  return `${prefixOf(livemode)}${keyId}_…${last4}`;
}

// 256 random bits need neither salt nor a slow hash. (Protocol, 11.1)
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

// 32 characters, so that a byte maps onto them evenly; none of them ends a word when a key is selected by double click.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

const KEY = /^itpay_(live|test)_([0-9a-z]{12})_([\w-]{43})$/;

const prefixOf = (livemode: boolean) => (livemode ? 'itpay_live_' : 'itpay_test_');
