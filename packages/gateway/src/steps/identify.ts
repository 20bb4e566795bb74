import { isId, ItPayError } from '@itpay/core';
import { intentOfCookie, type Authenticator, type DisplayTokens, type Principal, type Route } from '@itpay/kernel';
import type { NeutralRequest } from '../neutral.js';

/** Who calls. At most one of the two is set; on a public route none. */
export interface Caller {
  readonly principal: Principal | null;
  readonly displayIntentId: string | null;
}

/**
 * The query parameter that carries a payer's display token. It is never logged, and no route sees it. The id of an intent in
 * its place says that the token is in that intent's cookie, as on the pay page once its address is clean.
 */
export const DISPLAY_TOKEN_PARAMETER = 't';

export interface IdentifyDependencies {
  readonly authenticator: Authenticator;
  readonly displayTokens: Pick<DisplayTokens, 'verify'>;
  /** See `Settings`. */
  readonly publicUrl: string;
}

/**
 * @throws ItPayError `API_KEY_MISSING` when the request says nothing about its caller; `API_KEY_INVALID` and its kin when
 *   what it says is refused; `PERMISSION_DENIED` when another site sends a payer's cookie along with a change
 */
export async function identify(
  route: Route,
  request: NeutralRequest,
  query: URLSearchParams,
  { authenticator, displayTokens, publicUrl }: IdentifyDependencies,
): Promise<Caller> {
  if (route.access === 'public') return NOBODY;

  // The token comes first: it says more exactly what the caller wants than a session that the browser sends along.
  const sent = route.displayToken === true ? query.get(DISPLAY_TOKEN_PARAMETER) : null;
  if (sent !== null) {
    const byCookie = isId('pi', sent);
    const displayIntentId = byCookie
      ? intentOfCookie(request.headers['cookie'], sent, displayTokens)
      : displayTokens.verify(sent);
    if (displayIntentId === null) throw tokenRefused(byCookie);
    if (byCookie && route.method !== 'GET' && !fromOurPage(request, publicUrl)) throw fromElsewhere();
    return { principal: null, displayIntentId };
  }

  const principal = await authenticator.authenticate(request);
  if (principal === null) throw new ItPayError('API_KEY_MISSING');
  return { principal, displayIntentId: null };
}

const NOBODY: Caller = { principal: null, displayIntentId: null };

/**
 * A browser sends the cookie whoever asks it to, so a change needs proof that our own page asked. SameSite=Lax stops other
 * sites; this stops other origins of the same site too.
 */
function fromOurPage({ headers }: NeutralRequest, publicUrl: string): boolean {
  return headers['sec-fetch-site'] === 'same-origin' || headers['origin'] === new URL(publicUrl).origin;
}

const tokenRefused = (byCookie: boolean) =>
  new ItPayError('API_KEY_INVALID', {
    message: byCookie
      ? "The browser has no cookie of this intent. Open the intent's pay_url first."
      : 'The display token is not one that was issued here.',
  });

const fromElsewhere = () =>
  new ItPayError('PERMISSION_DENIED', {
    message: 'A payer changes something from the pay page itself. From elsewhere, send the display token as ?t=.',
  });
