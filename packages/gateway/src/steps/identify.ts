import { ItPayError } from '@itpay/core';
import type { Authenticator, DisplayTokens, Principal, Route } from '@itpay/kernel';
import type { NeutralRequest } from '../neutral.js';

/** Who calls. At most one of the two is set; on a public route none. */
export interface Caller {
  readonly principal: Principal | null;
  readonly displayIntentId: string | null;
}

/** The query parameter that carries a payer's display token. It is never logged, and no route sees it. */
export const DISPLAY_TOKEN_PARAMETER = 't';

/**
 * @throws ItPayError `API_KEY_MISSING` when the request says nothing about its caller; `API_KEY_INVALID` and its kin when
 *   what it says is refused
 */
export async function identify(
  route: Route,
  request: NeutralRequest,
  query: URLSearchParams,
  { authenticator, displayTokens }: { authenticator: Authenticator; displayTokens: Pick<DisplayTokens, 'verify'> },
): Promise<Caller> {
  if (route.access === 'public') return NOBODY;

  // The token comes first: it says more exactly what the caller wants than a session that the browser sends along.
  const displayToken = route.displayToken === true ? query.get(DISPLAY_TOKEN_PARAMETER) : null;
  if (displayToken !== null) {
    const displayIntentId = displayTokens.verify(displayToken);
    if (displayIntentId !== null) return { principal: null, displayIntentId };
    throw new ItPayError('API_KEY_INVALID', { message: 'The display token is not one that was issued here.' });
  }

  const principal = await authenticator.authenticate(request);
  if (principal === null) throw new ItPayError('API_KEY_MISSING');
  return { principal, displayIntentId: null };
}

const NOBODY: Caller = { principal: null, displayIntentId: null };
