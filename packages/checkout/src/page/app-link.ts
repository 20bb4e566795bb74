/** Addresses that run or show what they contain, instead of leading somewhere. */
const CONTENT = new Set(['javascript:', 'data:', 'vbscript:', 'blob:', 'file:', 'about:']);

/** The address that opens the payer's wallet, or null when it is none that leads to an app or a page. */
export function appHref(deepLink: string | null): string | null {
  if (deepLink === null || !URL.canParse(deepLink)) return null;
  const { protocol, href } = new URL(deepLink);
  return CONTENT.has(protocol) ? null : href;
}
