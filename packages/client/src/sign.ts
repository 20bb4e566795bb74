/** What is signed of a request. */
export interface Signable {
  readonly method: string;
  readonly url: string;
  /** Empty for reads. */
  readonly idempotencyKey: string;
  /** As it is sent; empty for none. */
  readonly body: string | Uint8Array;
}

/**
 * The header `ItPay-Signature`, for keys with `require_signature`.
 *
 * @param t Unix seconds, with a fraction that no other request has
 */
export async function signRequest(
  secret: string,
  t: string,
  { method, url, idempotencyKey, body }: Signable,
): Promise<string> {
  const { pathname, search } = new URL(url);
  const query = search.slice(1).split('&').toSorted().join('&');
  const path = query === '' ? pathname : `${pathname}?${query}`;
  const digest = await crypto.subtle.digest('SHA-256', typeof body === 'string' ? utf8(body) : new Uint8Array(body));
  const text = ['v1', t, method, path, idempotencyKey, hex(digest)].join('\n');
  const key = await crypto.subtle.importKey('raw', utf8(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return `t=${t},v1=${hex(await crypto.subtle.sign('HMAC', key, utf8(text)))}`;
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const hex = (bytes: ArrayBuffer) =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
