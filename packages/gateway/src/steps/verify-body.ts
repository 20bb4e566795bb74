import type { Authenticator, Principal } from '@itpay/kernel';
import type { NeutralRequest } from '../neutral.js';
import { BODY_LIMIT, refuseAnnouncedSize } from './read-body.js';

/**
 * Lets the authenticator check a signature over the body, before anything reads what it says.
 *
 * @param limit in bytes
 * @returns the request for the steps that follow, which has its bytes still
 * @throws ItPayError `SIGNATURE_INVALID` or `SIGNATURE_EXPIRED`; `BODY_TOO_LARGE`
 */
export async function verifyBody(
  request: NeutralRequest,
  principal: Principal | null,
  authenticator: Authenticator,
  limit = BODY_LIMIT,
): Promise<NeutralRequest> {
  if (principal === null || authenticator.verifyBody === undefined) return request;
  // No route reads the body of a GET, so it is signed as empty, whatever a client sends along.
  if (request.method === 'GET' || request.method === 'HEAD') {
    await authenticator.verifyBody(request, principal, new Uint8Array());
    return request;
  }
  if (request.parsedBody !== undefined) {
    await authenticator.verifyBody(request, principal, null);
    return request;
  }
  refuseAnnouncedSize(request, limit);
  const bytes = await request.rawBody(limit);
  await authenticator.verifyBody(request, principal, bytes);
  return withBytes(request, bytes);
}

// The bytes of a request are asked for at most once.
function withBytes(request: NeutralRequest, bytes: Uint8Array): NeutralRequest {
  const { method, url, headers, remoteAddress } = request;
  return {
    method,
    url,
    headers,
    remoteAddress,
    get signal() {
      return request.signal;
    },
    rawBody: async () => bytes,
  };
}
