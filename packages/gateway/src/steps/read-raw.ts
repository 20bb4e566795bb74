import type { RawRequest } from '@itpay/kernel';
import type { NeutralRequest } from '../neutral.js';
import { BODY_LIMIT, refuseAnnouncedSize } from './read-body.js';

/**
 * Reads requests as they came, for routes that check a signature over the bytes. A body that only a parser of the host has
 * is never written out again: that would be other bytes.
 *
 * @param publicUrl see `Settings`; callers sign its path too, which a proxy or a mount has taken off
 * @returns a function that throws ItPayError `BODY_TOO_LARGE`, or `INTERNAL_ERROR` with the fix when the bytes are gone
 */
export function rawReader(publicUrl: string): (request: NeutralRequest) => Promise<RawRequest> {
  const prefix = new URL(publicUrl).pathname.replace(/\/$/, '');
  return async (request) => {
    refuseAnnouncedSize(request);
    return {
      method: request.method,
      path: prefix + request.url,
      headers: request.headers,
      // A GET has none, so it does not matter what a parser of the host did with the stream.
      rawBody: bodiless.has(request.method) ? new Uint8Array() : await request.rawBody(BODY_LIMIT),
      remoteAddress: request.remoteAddress,
    };
  };
}

const bodiless: ReadonlySet<string> = new Set(['GET', 'HEAD']);
