/**
 * Takes a mount path off a URL, for hosts that leave that to us.
 *
 * @param mountPath `/itpay`; empty or `/`: everything is ours
 * @param url path and query as received, still percent-encoded
 * @returns path and query below the mount, beginning with `/`; null for a URL outside of it (`/itpayments`)
 */
export function belowMount(mountPath: string, url: string): string | null {
  const prefix = mountPath.replace(/\/+$/, '');
  if (!url.startsWith(prefix)) return null;
  const rest = url.slice(prefix.length);
  if (rest.startsWith('/')) return rest;
  return rest === '' || rest.startsWith('?') ? `/${rest}` : null;
}
