import { createHash, createHmac, sign, timingSafeEqual, verify, type KeyObject } from 'node:crypto';

const JAKARTA_AHEAD_MS = 7 * 3_600_000;

/** `2026-03-02T10:15:30+07:00`: the clock in Jakarta; there is no summer time. */
export function jakartaTime(at: Date): string {
  return `${new Date(at.getTime() + JAKARTA_AHEAD_MS).toISOString().slice(0, 19)}+07:00`;
}

/** Null unless it is ISO 8601 with an offset. */
export function readTime(text: string | undefined): Date | null {
  const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?(?:Z|[+-]\d{2}:\d{2})$/;
  return text !== undefined && form.test(text) && !Number.isNaN(Date.parse(text)) ? new Date(text) : null;
}

export interface Signable {
  readonly path: string;
  readonly body: string;
  readonly timestamp: string;
  /** For HMAC. */
  readonly token?: string;
}

/** What SNAP signs: the body counts by its hash, without whitespace between its tokens. */
export function toSign({ path, body, timestamp, token }: Signable): string {
  const compact = body.replace(/("(?:[^"\\]|\\.)*")|[ \t\r\n]+/gs, (_all, text: string | undefined) => text ?? '');
  const digest = createHash('sha256').update(compact).digest('hex').toLowerCase();
  return `POST:${path}:${token === undefined ? '' : `${token}:`}${digest}:${timestamp}`;
}

export const rsa = {
  sign: (text: string, key: KeyObject): string => sign('RSA-SHA256', Buffer.from(text), key).toString('base64'),
  fits: (text: string, signature: string, key: KeyObject): boolean =>
    isBase64(signature) && verify('RSA-SHA256', Buffer.from(text), key, Buffer.from(signature, 'base64')),
};

export const hmac = {
  sign: (text: string, secret: string): string => createHmac('sha512', secret).update(text).digest('base64'),
  fits: (text: string, signature: string, secret: string): boolean => {
    const [expected, actual] = [Buffer.from(hmac.sign(text, secret)), Buffer.from(signature)];
    return expected.length === actual.length && timingSafeEqual(expected, actual);
  },
};

function isBase64(text: string): boolean {
  return text !== '' && Buffer.from(text, 'base64').toString('base64') === text;
}
