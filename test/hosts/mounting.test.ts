import { request as httpRequest } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { HOSTS, listen, type Served } from './hosts.js';
import { all, clientOf, deliver, pay, shop, statusOf, type Shop } from './shop.js';

// Whole payments through a real mount: every host, every place among its parsers, every path.

describe.each([
  ['/itpay', 'https://shop.example/itpay'],
  ['/a/b/itpay', 'https://shop.example/a/b/itpay'],
  ['/', 'https://shop.example'],
])('Mounted at %s', (path, publicUrl) => {
  let t: Shop;
  beforeAll(async () => {
    t = await shop(publicUrl);
  });

  describe.each(HOSTS.map((host) => [host.name, host] as const))('in %s', (_name, host) => {
    const mounts = () => [{ path, pay: t.pay }];

    it.each(host.places.filter(({ gone }) => !gone.includes('JSON')))(
      'takes a payment and its signed callback, $name',
      async ({ name: place }) => {
        const served = await host.serve({ mounts: mounts(), place });
        const client = clientOf(t, served);

        const { id } = await pay(client, t.rail);
        all(await deliver(t.rail, served), 200);

        expect(await statusOf(client, id)).toBe('succeeded');
      },
    );

    it.each(host.places.filter(({ gone }) => gone.includes('JSON')))(
      'refuses a callback whose bytes are gone, $name; the rail tries again once that is mended',
      async ({ name: place, fix }) => {
        const served = await host.serve({ mounts: mounts(), place });
        const mended = await host.serve({ mounts: mounts() });
        const client = clientOf(t, mended);
        const before = t.logger.lines.length;

        const { id } = await pay(client, t.rail);
        all(await deliver(t.rail, served), 500);

        expect(await statusOf(client, id)).not.toBe('succeeded');
        const log = JSON.stringify(t.logger.lines.slice(before), (_key, value) =>
          value instanceof Error ? value.message : value,
        );
        expect(log).toContain(fix);

        all(await deliver(t.rail, mended), 200);
        expect(await statusOf(client, id)).toBe('succeeded');
      },
    );

    it('wakes a long poll, and tells a stream, when the money arrives', async () => {
      const served = await host.serve({ mounts: mounts() });
      const client = clientOf(t, served);
      const { id, version } = await pay(client, t.rail);
      const stream = await client('GET', `/v1/payment-intents/${id}/stream`);
      const streamed = stream.text(); // ends with the payment

      const waiting = client('GET', `/v1/payment-intents/${id}/wait?timeout=30&cursor=${version}`);
      await deliver(t.rail, served);
      const answer = (await (await waiting).json()) as any;

      expect(answer).toMatchObject({ type: 'payment_intent.state', payment_intent: { status: 'succeeded' } });
      expect(stream.headers.get('content-type')).toBe('text/event-stream');
      expect(await streamed).toMatch(/"status":"qr_generated"[\s\S]*"status":"succeeded"/);
    });
  });
});

describe('Every host', () => {
  it.each(HOSTS.map((host) => [host.name, host] as const))(
    'takes a payment behind a proxy that strips a prefix: %s',
    async (_name, host) => {
      const t = await proxiedShop();
      const inner = await host.serve({ mounts: [{ path: '/itpay', pay: t.pay }] });
      const served = await stripping(inner, '/a/b');
      const client = clientOf(t, served);

      const { id } = await pay(client, t.rail);
      all(await deliver(t.rail, served), 200);

      expect(await statusOf(client, id)).toBe('succeeded');
    },
  );
  let proxied: Promise<Shop> | undefined;
  const proxiedShop = () => (proxied ??= shop('https://shop.example/a/b/itpay'));

  it('keeps two of them in one process apart, and lets one stop while the other goes on', async () => {
    const [one, two] = [await shop('https://shop.example/one'), await shop('https://shop.example/two')];
    const mounts = [
      { path: '/one', pay: one.pay },
      { path: '/two', pay: two.pay },
    ];
    const everywhere = await Promise.all(HOSTS.map((host) => host.serve({ mounts })));
    const waiting: Promise<Response>[] = [];
    const streams: Promise<string>[] = [];

    for (const served of everywhere) {
      const [customer, other] = [clientOf(one, served), clientOf(two, served)];
      const stranger = clientOf({ ...two, testKey: one.testKey }, served);
      const paid = await pay(customer, one.rail);
      const unpaid = await pay(other, two.rail);
      await deliver(one.rail, served);

      expect(await statusOf(customer, paid.id)).toBe('succeeded');
      expect(await statusOf(other, unpaid.id)).not.toBe('succeeded');
      expect((await stranger('GET', `/v1/payment-intents/${unpaid.id}`)).status).toBe(401);

      const open = await pay(customer, one.rail);
      waiting.push(customer('GET', `/v1/payment-intents/${open.id}/wait?timeout=30&cursor=${open.version}`));
      streams.push((await customer('GET', `/v1/payment-intents/${open.id}/stream`)).text());
    }
    await one.pay.stop();

    // All of these would wait for half a minute or for ever, were they not asked to end.
    for (const poll of waiting) expect((await poll).status).toBeLessThanOrEqual(503);
    for (const stream of streams) expect(await stream).toContain('"status":"qr_generated"');
    for (const served of everywhere) {
      expect((await clientOf(one, served)('GET', '/v1/health')).status).toBe(503);
      expect((await clientOf(two, served)('GET', '/v1/health')).status).toBe(200);
    }
    expect(one.logger.lines.filter(({ message }) => /abandoned|took too long/.test(message))).toEqual([]);
  });
});

/** A reverse proxy that takes a prefix off. */
async function stripping(inner: Served, prefix: string): Promise<Served> {
  const strip = (url: string) => url.slice(prefix.length);
  if (inner.origin === null) return { origin: null, call: (path, init) => inner.call(strip(path), init) };
  return listen((req, res) => {
    const to = httpRequest(inner.origin + strip(req.url!), { method: req.method!, headers: req.headers });
    to.on('response', (answer) => answer.pipe(res.writeHead(answer.statusCode!, answer.headers)));
    req.pipe(to);
  });
}
