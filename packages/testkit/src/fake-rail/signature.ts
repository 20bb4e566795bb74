import { createHmac, timingSafeEqual } from 'node:crypto';

export const TIMESTAMP_HEADER = 'fake-timestamp';
export const SIGNATURE_HEADER = 'fake-signature';

/** How far the clocks of both sides may be apart, in seconds. */
export const TOLERANCE_S = 300;

/** What a signature covers. Its kind is signed too, so that a request never passes as a callback. */
export type Signed =
  | { readonly kind: 'request'; readonly method: string; readonly path: string; readonly body: Uint8Array | string }
  /** Bound to the signature of its request, so that an answer cannot be used twice. */
  | { readonly kind: 'answer'; readonly request: string; readonly status: number; readonly body: Uint8Array | string }
  | { readonly kind: 'callback'; readonly body: Uint8Array | string };

/** The two headers that prove who wrote something, and when. HMAC-SHA256, in hexadecimal. */
export function signed(secret: string, content: Signed, at: Date = new Date()): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  return { [TIMESTAMP_HEADER]: timestamp, [SIGNATURE_HEADER]: digest(secret, content, timestamp) };
}

/** Whether the signature fits and is fresh. */
export function isSigned(
  secret: string,
  content: Signed,
  headers: Readonly<Record<string, string | undefined>>,
  now: Date = new Date(),
): boolean {
  const { [TIMESTAMP_HEADER]: timestamp = '', [SIGNATURE_HEADER]: signature = '' } = headers;
  if (!/^\d{1,12}$/.test(timestamp) || !/^[0-9a-f]{64}$/.test(signature)) return false;
  if (!(Math.abs(now.getTime() / 1000 - Number(timestamp)) <= TOLERANCE_S)) return false;
  return timingSafeEqual(Buffer.from(signature), Buffer.from(digest(secret, content, timestamp)));
}

function digest(secret: string, content: Signed, timestamp: string): string {
  const hmac = createHmac('sha256', secret).update(`${content.kind}\n${timestamp}\n`);
  if (content.kind === 'request') hmac.update(`${content.method}\n${content.path}\n`);
  if (content.kind === 'answer') hmac.update(`${content.request}\n${content.status}\n`);
  return hmac.update(content.body).digest('hex');
}
