import type { NeutralRequest } from '../neutral.js';
import { refuseAnnouncedSize } from './read-body.js';

/**
 * Reads a file as it was sent. A body that only a parser of the host has is never written out again: that would be other
 * bytes.
 *
 * @throws ItPayError `BODY_TOO_LARGE`, or `INTERNAL_ERROR` with the fix when the bytes are gone
 */
export async function readFile(
  request: NeutralRequest,
  { maxBytes }: { readonly maxBytes: number },
): Promise<Uint8Array> {
  refuseAnnouncedSize(request, maxBytes);
  return request.rawBody(maxBytes);
}
