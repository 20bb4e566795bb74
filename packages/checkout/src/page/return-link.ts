/**
 * The address behind "Back to the shop", or null when it is not one that a browser may open from here: the merchant
 * chose it, and `javascript:` is an address too.
 */
export function returnHref(returnUrl: string | null): string | null {
  if (returnUrl === null || !URL.canParse(returnUrl)) return null;
  const { protocol, href } = new URL(returnUrl);
  return protocol === 'https:' || protocol === 'http:' ? href : null;
}
