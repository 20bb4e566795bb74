import type { DisplayTokens } from './display-token.js';

// A browser keeps one cookie per open payment, so the intent is part of the name and two payments do not meet. What the name
// says already is left out of the value: many cookies still fit in one header.
const NAME_PREFIX = 'itpay_';

export interface DisplayCookieOptions {
  /** See `Settings`. The cookie reaches what lies below its path, and needs https where it does. */
  readonly publicUrl: string;
  readonly maxAgeSeconds: number;
}

/**
 * The `Set-Cookie` header that stands for a display token once the pay page was opened with it. No script reads it, and no
 * other site can have it sent along with a change.
 *
 * @param displayToken one that was verified
 */
export function displayCookie(displayToken: string, { publicUrl, maxAgeSeconds }: DisplayCookieOptions): string {
  const [suffix, mac] = displayToken.split('.');
  const { pathname, protocol } = new URL(publicUrl);
  const path = pathname.replace(/\/+$/, '') || '/';
  const secure = protocol === 'https:' ? '; Secure' : '';
  return `${NAME_PREFIX}${suffix}=${mac}; Path=${path}; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`;
}

/**
 * The intent for which a request brings a cookie.
 *
 * @param header the request's `Cookie`
 * @returns `intentId`, or null when there is no such cookie or it was not issued by us
 */
export function intentOfCookie(
  header: string | undefined,
  intentId: string,
  tokens: Pick<DisplayTokens, 'verify'>,
): string | null {
  const suffix = intentId.slice('pi_'.length);
  const start = `${NAME_PREFIX}${suffix}=`;
  // Each of that name: a cookie of a wider path, which somebody else on this host may have set, must not hide ours.
  for (const cookie of (header ?? '').split(';').map((text) => text.trim())) {
    if (!cookie.startsWith(start)) continue;
    if (tokens.verify(`${suffix}.${cookie.slice(start.length)}`) === intentId) return intentId;
  }
  return null;
}
