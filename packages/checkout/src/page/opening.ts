import { intentOfCookie, type DisplayTokens } from '@itpay/kernel';

/** How somebody came to the page. */
export interface Visit {
  readonly intentId: string;
  /** The query of the address; what chat apps added to it is of no interest. */
  readonly query: URLSearchParams;
  /** The `Cookie` header. */
  readonly cookie: string | undefined;
}

/** What to do with a visit. `proof` is what the page sends with `?t=`: the token, or the intent whose cookie holds it. */
export type Opening =
  | { readonly kind: 'exchange'; readonly token: string; readonly location: string }
  | { readonly kind: 'clean'; readonly location: string }
  | { readonly kind: 'show'; readonly proof: string; readonly self: URLSearchParams }
  /** The link is broken; the address is clean and this browser has no cookie. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'locked' };

/** Added to the address while the cookie is on its way. A visit that has it and no cookie is of a browser that keeps none. */
const TRIED = 'cookie';

/**
 * Decides how a visit goes on. The first one brings the token, and goes on with a cookie at an address without it. A browser
 * that refuses cookies is shown the page where it is, so that it can pay as well.
 *
 * Addresses are relative to the page's own: only the outside knows the path under which a proxy put the mount.
 */
export function openingOf({ intentId, query, cookie }: Visit, tokens: Pick<DisplayTokens, 'verify'>): Opening {
  const token = query.get('t');
  const language = query.get('lang');
  const self = new URLSearchParams(language === null ? {} : { lang: language });
  const hasCookie = intentOfCookie(cookie, intentId, tokens) !== null;
  const valid = token !== null && tokens.verify(token) === intentId;

  if (valid && !hasCookie) {
    const tried = new URLSearchParams({ t: token, [TRIED]: 'tried', ...Object.fromEntries(self) });
    if (query.has(TRIED)) return { kind: 'show', proof: token, self: tried };
    return { kind: 'exchange', token, location: `?${tried}` };
  }
  if (!hasCookie) return { kind: token === null ? 'locked' : 'missing' };
  // Also with a token that is cut short: the browser may see the payment.
  if (token !== null) return { kind: 'clean', location: self.size === 0 ? intentId : `${intentId}?${self}` };
  return { kind: 'show', proof: intentId, self };
}
