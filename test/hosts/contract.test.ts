import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { BODY_LIMIT } from '@itpay/gateway';
import { describe, expect, it } from 'vitest';
import { fakePay } from './fake-pay.js';
import { BODIES, HOSTS, listen, SHOP, type BodyKind, type Served } from './hosts.js';

// What a mount owes to the gateway and to the app around it: for each host, each place among its parsers, each path.

const PATHS = ['/itpay', '/a/b/itpay', '/'];
const VERIFYING = 'after `express.json({ verify })`';
const headers = { authorization: 'merchant', 'idempotency-key': 'k', 'content-type': 'application/json' };
const post = ({ call }: Served, path: string, body?: string, more: Record<string, string> = {}) =>
  call(path, { method: 'POST', headers: { ...headers, ...more }, ...(body !== undefined && { body }) });

const callback = ({ call }: Served, kind: BodyKind) =>
  call('/itpay/v1/channels/sample/callback?sign=%2b', {
    method: 'POST',
    headers: { 'content-type': BODIES[kind].type },
    body: BODIES[kind].bytes as BodyInit,
  });
const kinds = Object.keys(BODIES) as BodyKind[];

/** Reads a stream until the text has come. */
async function readUntil(response: Response, text: string): Promise<void> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let seen = '';
  while (!seen.includes(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The stream ended after ${JSON.stringify(seen)}.`);
    seen += value;
  }
  reader.releaseLock();
}

/** Registers what makes sense in some hosts only. */
const where = (applies: boolean | undefined, register: (name: string, run: () => any) => void) =>
  applies ? register : () => {};

describe.each(HOSTS.map((host) => [host.name, host] as const))('In %s', (_name, host) => {
  const hasServer = host.name !== 'web-standard `fetch`';
  const mounted = async (path = '/itpay', more: object = {}) => {
    const pay = fakePay();
    return { pay, served: await host.serve({ mounts: [{ path, pay }], ...more }) };
  };

  describe.each(host.places)('mounted $name', ({ name: place, gone, fix, leavesNothing, echoes }) => {
    it.each(kinds)('a signed body of %s arrives byte for byte, or fails with the fix in the log', async (kind) => {
      const { pay, served } = await mounted('/itpay', { place });

      const response = await callback(served, kind);

      if (gone.includes(kind)) {
        expect([response.status, pay.callbacks]).toEqual([500, []]);
        expect(pay.logger.lines).toMatchObject([
          { level: 'error', fields: { err: { message: expect.stringContaining(fix!) } } },
        ]);
      } else {
        expect([response.status, await response.text()]).toEqual([200, 'success']);
        expect(pay.callbacks).toMatchObject([{ path: '/itpay/v1/channels/sample/callback?sign=%2b' }]);
        expect(Buffer.from(pay.callbacks[0]!.rawBody)).toEqual(BODIES[kind].bytes);
      }
    });

    where(echoes, it)('leaves the bodies of the app to its own parser', async () => {
      const { served } = await mounted('/itpay', { place });

      expect(await (await post(served, '/echo', '{"order":1}')).json()).toEqual({ order: 1 });
    });

    if (leavesNothing) return;

    it('reads a body, takes a request without one, and refuses a form', async () => {
      const { served } = await mounted('/itpay', { place });
      const form = { 'content-type': 'application/x-www-form-urlencoded' };

      const created = await post(served, '/itpay/v1/things', '{"note":"ก ¥ 😀"}');
      const empty = await post(served, '/itpay/v1/things/1/cancel');
      const braces = await post(served, '/itpay/v1/things/1/cancel', '{}');
      const refused = await post(served, '/itpay/v1/things', 'note=x', form);

      expect([created.status, await created.json()]).toEqual([201, { note: 'ก ¥ 😀' }]);
      expect([empty.status, braces.status]).toEqual([200, 200]);
      expect([refused.status, await refused.json()]).toMatchObject([400, { error: { code: 'BODY_INVALID' } }]);
    });
  });

  describe.each(PATHS)('at %s', (path) => {
    const below = path === '/' ? '' : path;

    it.each([
      ['', 404],
      ['/', 404],
      ['?q=1', 404],
      ['/v1/things/x', 200],
      ['/v1/things/x?', 200],
      ['/v1/things/x/', 404],
      ['/v1//things/x', 404],
      ['/v1/%74hings/x', 200],
      ['/v1/things/%E0%B8%81', 200],
      ['/v1/things/a%2525', 200],
      ['/v1/things/%zz', 400],
      ['/v1/things/%ff', 400],
    ])('answers "%s" with %d', async (url, status) => {
      const { served } = await mounted(path);

      const response = await served.call(below + url);

      expect(response.status).toBe(status);
      // Fastify's router refuses a broken escape itself, before anything that is mounted in it.
      if (!(status === 400 && host.name.startsWith('Fastify'))) {
        expect(response.headers.has('itpay-request-id')).toBe(true);
      }
    });

    it('leaves escapes in path and query as they came', async () => {
      const { served } = await mounted(path);

      const response = await served.call(`${below}/v1/things/a%2Fb%20c%25?q=d%20e%2Bf`);

      expect(await response.json()).toEqual({ params: { id: 'a/b c%' }, query: { q: 'd e+f' } });
    });

    if (path === '/') return;

    it('leaves its own pages, 404s and errors to the app', async () => {
      const { served } = await mounted(path);
      const at = async (url: string) => {
        const response = await served.call(url);
        return [response.status, response.headers.has('itpay-request-id'), await response.text()];
      };

      expect(await at('/orders')).toEqual([200, false, SHOP.orders]);
      expect(await at('/broken')).toEqual([418, false, SHOP.broken]);
      expect(await at('/nothing')).toEqual([404, false, SHOP.missing]);
      expect(await at(`${path}ments`)).toEqual([404, false, SHOP.missing]);
      expect((await at(`${path}/nothing`)).slice(0, 2)).toEqual([404, true]);
    });
  });

  describe('a body that is too large', () => {
    const large = JSON.stringify({ note: 'x'.repeat(300_000) });

    it('is refused, and the next one is not', async () => {
      const { served } = await mounted();

      const refused = await post(served, '/itpay/v1/things', large);
      const next = await post(served, '/itpay/v1/things', '{"note":"small"}');

      expect(refused.status).toBe(413);
      expect(await refused.json()).toMatchObject({ error: { code: 'BODY_TOO_LARGE', details: { limit: BODY_LIMIT } } });
      expect(next.status).toBe(201);
    });

    where(hasServer, it)('is refused when its length was not announced', async () => {
      const { served } = await mounted();
      const sending = httpRequest(`${served.origin}/itpay/v1/things`, { method: 'POST', headers });

      sending.write(large.slice(0, 200_000));
      sending.end(large.slice(200_000));
      const [response] = await once(sending, 'response');

      expect(response.statusCode).toBe(413);
      response.resume();
    });

    where(
      host.places.some(({ name }) => name === VERIFYING),
      it,
    )('is refused when a parser kept its bytes', async () => {
      const { served } = await mounted('/itpay', { place: VERIFYING });

      expect((await post(served, '/itpay/v1/things', large)).status).toBe(413);
    });
  });

  describe('every kind of answer', () => {
    it('HEAD has the headers of GET', async () => {
      const { served } = await mounted();

      const get = await served.call('/itpay/v1/things/x');
      const head = await served.call('/itpay/v1/things/x', { method: 'HEAD' });

      expect(head.status).toBe(200);
      const length = String((await get.arrayBuffer()).byteLength);
      expect(head.headers.get('content-length')).toBe(length);
      expect(await head.text()).toBe('');
    });

    it('a redirect has its cookie and no body', async () => {
      const { served } = await mounted();

      const response = await served.call('/itpay/v1/page', { redirect: 'manual' });

      expect([response.status, await response.text()]).toEqual([303, '']);
      expect(response.headers.get('location')).toBe('/elsewhere');
      expect(response.headers.getSetCookie()).toEqual(['itpay=1; HttpOnly']);
      expect(response.headers.get('content-type')).toBeNull();
    });

    it('a deletion has no body', async () => {
      const { served } = await mounted();

      const response = await served.call('/itpay/v1/things/x', { method: 'DELETE', headers });

      expect([response.status, await response.text()]).toEqual([204, '']);
    });

    it('bytes are bytes', async () => {
      const { served } = await mounted();

      const response = await served.call('/itpay/v1/image');

      expect(response.headers.get('content-type')).toBe('image/png');
      expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0x89, 0, 0xff]);
    });
  });

  it('two in one app are apart, and one stops while the other goes on', async () => {
    const [one, two] = [fakePay(), fakePay()];
    const served = await host.serve({
      mounts: [
        { path: '/one', pay: one },
        { path: '/two', pay: two },
      ],
    });
    const poll = served.call('/one/v1/wait');
    const stream = (await served.call('/one/v1/ticks')).text();
    const other = (await served.call('/two/v1/ticks')).text();
    await one.inFlight(2);
    await two.inFlight(1);

    await one.stop();

    expect((await poll).status).toBe(503);
    expect(await stream).toBe('data: 1\n\ndata: ก\n\n');
    expect((await served.call('/one/v1/things/x')).status).toBe(503);
    expect((await served.call('/two/v1/things/x')).status).toBe(200);
    await two.inFlight(1);
    await two.stop();
    await other;
  });

  it('a client that leaves a long poll frees it', async () => {
    const { pay, served } = await mounted();
    const leave = new AbortController();
    const polling = served.call('/itpay/v1/wait', { signal: leave.signal }).catch(() => 'left');
    await pay.inFlight(1);

    leave.abort();

    await pay.inFlight(0);
    await polling;
    expect(pay.logger.lines).toEqual([]);
  });

  it('a client that leaves a stream frees it', async () => {
    const { pay, served } = await mounted();
    const leave = new AbortController();
    const response = await served.call('/itpay/v1/ticks', { signal: leave.signal });
    await readUntil(response, 'ก');
    await pay.inFlight(1);

    leave.abort();

    await pay.inFlight(0);
    expect(pay.logger.lines).toEqual([]);
  });

  where(hasServer, it)('a client that leaves amid its body frees it', async () => {
    const { pay, served } = await mounted();
    const sending = httpRequest(`${served.origin}/itpay/v1/things`, {
      method: 'POST',
      headers: { ...headers, 'content-length': 1000 },
    });
    sending.on('error', () => {});
    sending.write('{"note":');
    await pay.inFlight(1);

    sending.destroy();

    await pay.inFlight(0);
    expect((await served.call('/itpay/v1/things/x')).status).toBe(200);
    expect(pay.logger.lines).toEqual([]); // no error of ours
  });

  where(hasServer, describe)('behind CORS, compression and helmet of the app', () => {
    const browser = { origin: 'https://admin.example', 'accept-encoding': 'gzip' };

    it('answers have the headers of both', async () => {
      const { served } = await mounted('/itpay', { dressed: true });

      const response = await served.call('/itpay/v1/things/x', { headers: browser });

      expect(await response.json()).toEqual({ params: { id: 'x' }, query: {} });
      expect(response.headers.has('itpay-request-id')).toBe(true);
      expect(response.headers.get('access-control-allow-origin')).toBe('https://admin.example');
      expect(response.headers.has('content-security-policy')).toBe(true);
      expect(response.headers.get('x-after')).toBe(host.afterwards ? 'yes' : null);
    });

    it('a signed body arrives byte for byte', async () => {
      const { pay, served } = await mounted('/itpay', { dressed: true });

      await callback(served, 'JSON');

      expect(Buffer.from(pay.callbacks[0]!.rawBody)).toEqual(BODIES.JSON.bytes);
    });

    it('a stream comes piece by piece, uncompressed, with the headers of both', async () => {
      const { pay, served } = await mounted('/itpay', { dressed: true });
      const leave = new AbortController();

      const response = await served.call('/itpay/v1/ticks', { headers: browser, signal: leave.signal });
      await readUntil(response, 'ก'); // its source goes on: what is collected would not come

      expect(response.headers.get('content-encoding')).toBeNull();
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      expect(response.headers.get('access-control-allow-origin')).toBe('https://admin.example');
      leave.abort();
      await pay.inFlight(0);
    });
  });

  it('a proxy may take a prefix off', async () => {
    const { pay, served } = await mounted('/itpay');
    const strip = (url: string) => url.replace(/^\/a\/b/, '');
    const proxied: Served = served.origin === null ? stripped(served, strip) : await proxy(served.origin, strip);

    const thing = await proxied.call('/a/b/itpay/v1/things/a%2Fb?q=c%20d');
    await callback({ ...proxied, call: (path, init) => proxied.call(`/a/b${path}`, init) }, 'JSON');

    expect(await thing.json()).toEqual({ params: { id: 'a/b' }, query: { q: 'c d' } });
    expect(Buffer.from(pay.callbacks[0]!.rawBody)).toEqual(BODIES.JSON.bytes);
  });

  where(hasServer, it)('nothing is sent a second time when the app has answered', async () => {
    const { served } = await mounted('/itpay', { answersFirst: true });

    expect((await served.call('/itpay/v1/things/x')).status).toBe(418);
    expect((await served.call('/itpay/v1/things/x')).status).toBe(418);
  });
});

/** A reverse proxy that streams both ways. */
function proxy(inner: string, rewrite: (url: string) => string): Promise<Served> {
  return listen((req, res) => {
    const to = httpRequest(inner + rewrite(req.url!), { method: req.method!, headers: req.headers });
    to.on('response', (answer) => answer.pipe(res.writeHead(answer.statusCode!, answer.headers)));
    req.pipe(to);
  });
}

const stripped = (served: Served, rewrite: (url: string) => string): Served => ({
  origin: null,
  call: (path, init) => served.call(rewrite(path), init),
});
