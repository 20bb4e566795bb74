import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { ItPayError } from '@itpay/core';

/** How far the time of a signature may be from ours, in milliseconds, both ways. (Protocol, 11.1) */
export const SIGNATURE_TOLERANCE_MS = 300_000;

/** What a caller signs. */
export interface SignedRequest {
  readonly method: string;
  /** The public path with its query, as the caller wrote them: the path of `publicUrl`, then what follows the mount. */
  readonly path: string;
  /** Empty where the route takes none. */
  readonly idempotencyKey: string;
  readonly body: Uint8Array;
}

/**
 * The text under the HMAC. The parts of the query are put in order, so that a client may build them in any.
 *
 * @param t Unix seconds as the header has them, with or without a fraction
 */
export function signedText(t: string, { method, path, idempotencyKey, body }: SignedRequest): string {
  const mark = path.indexOf('?');
  const bare = mark < 0 ? path : path.slice(0, mark);
  const query =
    mark < 0
      ? ''
      : path
          .slice(mark + 1)
          .split('&')
          .toSorted()
          .join('&');
  const target = query === '' ? bare : `${bare}?${query}`;
  return ['v1', t, method, target, idempotencyKey, hash('sha256', body, 'hex')].join('\n');
}

/** @returns the header `ItPay-Signature` for a request */
export function signatureHeader(secret: Uint8Array | string, t: string, request: SignedRequest): string {
  return `t=${t},v1=${hmac(secret, signedText(t, request)).toString('hex')}`;
}

/**
 * Checks a signature. It does not know whether the signature was used before.
 *
 * @param header the value of `ItPay-Signature`
 * @returns the signature itself, and the moment from which on its time refuses it
 * @throws ItPayError `SIGNATURE_INVALID`, or `SIGNATURE_EXPIRED` for a right one from another time
 */
export function checkSignature(
  secret: Uint8Array,
  header: string | undefined,
  request: SignedRequest,
  now: Date,
): { readonly signature: Buffer; readonly usableUntil: Date } {
  if (header === undefined) {
    throw invalidSignature('This key signs its requests. Send the header ItPay-Signature: t=<Unix seconds>,v1=<HMAC>.');
  }
  const [, t, hex] = HEADER.exec(header) ?? [];
  if (t === undefined || hex === undefined) {
    throw invalidSignature('ItPay-Signature is not of the form t=<Unix seconds>,v1=<64 hexadecimal digits>.');
  }
  const signature = Buffer.from(hex, 'hex');
  if (!timingSafeEqual(signature, hmac(secret, signedText(t, request)))) {
    throw invalidSignature(
      'The signature does not fit the request. Sign v1, t, method, path with sorted query, Idempotency-Key and the ' +
        'SHA-256 of the body, with line feeds between them, using the signing secret of this key.',
    );
  }
  const signedAtMs = Number(t) * 1000;
  if (Math.abs(now.getTime() - signedAtMs) > SIGNATURE_TOLERANCE_MS) throw new ItPayError('SIGNATURE_EXPIRED');
  return { signature, usableUntil: new Date(Math.ceil(signedAtMs) + SIGNATURE_TOLERANCE_MS) };
}

export const invalidSignature = (message: string) => new ItPayError('SIGNATURE_INVALID', { message });

// A fraction tells two requests of the same second apart.
const HEADER = /^t=(\d{1,12}(?:\.\d{1,9})?),v1=([0-9a-f]{64})$/;

const hmac = (secret: Uint8Array | string, text: string) => createHmac('sha256', secret).update(text).digest();
