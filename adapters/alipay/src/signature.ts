import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

export type Params = Readonly<Record<string, string>>;

/**
 * The text that is signed of a request or a notification: every parameter that is not empty, in the order of the names,
 * with values as they are before any URL encoding.
 *
 * @param leaveOut what is not part of it: `sign`, and in notifications `sign_type`
 */
export function contentToSign(params: Params, leaveOut: readonly string[] = ['sign']): string {
  return Object.entries(params)
    .filter(([name, value]) => value !== '' && !leaveOut.includes(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** RSA2 in Alipay's words: RSA PKCS#1 v1.5 over SHA-256, as base64. */
export function signRsa2(content: string, privateKey: KeyObject): string {
  return sign('sha256', Buffer.from(content, 'utf8'), privateKey).toString('base64');
}

export function verifyRsa2(content: string, signature: string, publicKey: KeyObject): boolean {
  const bytes = Buffer.from(signature, 'base64');
  // Node skips what is no base64; a signature has one spelling.
  if (bytes.length === 0 || bytes.toString('base64') !== signature) return false;
  return verify('sha256', Buffer.from(content, 'utf8'), publicKey, bytes);
}

/**
 * Reads a private RSA key as Alipay's tools hand it out: PKCS#8 ("Java") or PKCS#1, with or without its PEM armour.
 *
 * @returns null when it is none
 */
export function readPrivateKey(text: string): KeyObject | null {
  const key = derOf(text);
  return firstThatReads(
    () => createPrivateKey({ key, format: 'der', type: 'pkcs8' }),
    () => createPrivateKey({ key, format: 'der', type: 'pkcs1' }),
  );
}

/** The same for a public key: SPKI or PKCS#1. */
export function readPublicKey(text: string): KeyObject | null {
  // Node would take a private key and derive the public one; whoever sends us that has mixed up two fields.
  if (readPrivateKey(text) !== null) return null;
  const key = derOf(text);
  return firstThatReads(
    () => createPublicKey({ key, format: 'der', type: 'spki' }),
    () => createPublicKey({ key, format: 'der', type: 'pkcs1' }),
  );
}

function derOf(text: string): Buffer {
  return Buffer.from(text.replace(/-----(?:BEGIN|END) [A-Z ]+-----/g, '').replace(/\s+/g, ''), 'base64');
}

function firstThatReads(...attempts: readonly (() => KeyObject)[]): KeyObject | null {
  for (const read of attempts) {
    try {
      const key = read();
      if (key.asymmetricKeyType === 'rsa') return key;
    } catch {
      // Not in this form.
    }
  }
  return null;
}
