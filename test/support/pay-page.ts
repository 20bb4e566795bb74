/** What a test instance can do, as far as this is concerned. */
interface Requests<Answer> {
  request(
    method: string,
    path: string,
    options: { readonly key: null; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Answer>;
}

/**
 * Opens a pay page as a browser does: keeps the cookie that it is given, and follows to the address without the token.
 *
 * @param payUrl `pay_url` of an intent
 */
export async function openPayPage<Answer extends { readonly status: number; readonly headers: Headers }>(
  t: Requests<Answer>,
  payUrl: string,
): Promise<Answer & { readonly url: string; readonly cookie: string }> {
  let url = new URL(payUrl);
  let cookie = '';
  for (;;) {
    const path = url.pathname.slice(url.pathname.indexOf('/pay/')) + url.search;
    const answer = await t.request('GET', path, { key: null, headers: { cookie } });
    cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    if (answer.status !== 303) return { ...answer, url: url.href, cookie };
    url = new URL(answer.headers.get('location')!, url);
  }
}
