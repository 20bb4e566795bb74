import { beforeAll, describe, expect, it } from 'vitest';
import { testPayWithRail } from '../support/fake-rail.js';
import { openPayPage } from '../support/pay-page.js';

type Shop = Awaited<ReturnType<typeof testPayWithRail>>;
const MOUNT = 'https://shop.example/itpay';

/** Opens an event stream and reads it event by event. Heartbeats and the retry hint are left out. */
async function follow(t: Shop, path: string, headers: Record<string, string>) {
  const client = new AbortController();
  const request = new Request(`${MOUNT}${path}`, { headers, signal: client.signal });
  const response = await t.pay.fetch(request);
  const pieces = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<any> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end < 0) {
        const { done, value } = await pieces.read();
        if (done) return null;
        text += value;
        continue;
      }
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const [, id, data] = /^event: payment_intent\.state\nid: (\d+)\ndata: (.*)$/.exec(block) ?? [];
      if (data !== undefined) return { id, ...JSON.parse(data) };
    }
  };
  return { response, next, leave: () => client.abort() };
}

describe('a payer who opened the pay page', () => {
  let t: Shop;
  beforeAll(async () => {
    t = await testPayWithRail();
  });

  let orders = 0;
  const opened = async () => {
    const intent = (await t.create({ order_reference: `o-${orders++}`, metadata: { secret: 'of the shop' } })).body;
    const page = await openPayPage(t, intent.pay_url);
    const proof = `t=${intent.id}`;
    return { intent, page, cookie: page.cookie, proof };
  };
  const get = (path: string, cookie: string) => t.request('GET', path, { key: null, headers: { cookie } });

  it('sees page, image and state by the cookie, at addresses without the token', async () => {
    const { intent, page, cookie, proof } = await opened();

    const image = await get(`/v1/qr-charges/${intent.qr.charge_id}/image.png?${proof}`, cookie);
    const state = await get(`/v1/payment-intents/${intent.id}/wait?${proof}&timeout=0`, cookie);

    expect([page.status, page.url]).toEqual([200, `${MOUNT}/pay/${intent.id}`]);
    expect(page.text).not.toContain(new URL(intent.pay_url).searchParams.get('t'));
    expect(image.headers.get('content-type')).toBe('image/png');
    expect(state.body.payment_intent.status).toBe('qr_generated');
  });

  it('sees nothing of another payment by it', async () => {
    const [one, other] = [await opened(), await opened()];

    const answers = [
      await get(`/v1/payment-intents/${other.intent.id}/wait?${other.proof}&timeout=0`, one.cookie),
      await get(`/v1/payment-intents/${other.intent.id}/wait?${one.proof}&timeout=0`, one.cookie),
      await get(`/v1/payment-intents/${other.intent.id}/stream?${one.proof}`, one.cookie),
      await get(`/v1/qr-charges/${other.intent.qr.charge_id}/image.png?${one.proof}`, one.cookie),
      await get(`/v1/payment-intents?${one.proof}`, one.cookie),
    ];

    expect(answers.map(({ status, body }) => [status, body.error.code])).toEqual([
      [401, 'API_KEY_INVALID'],
      [404, 'PAYMENT_INTENT_NOT_FOUND'],
      [404, 'PAYMENT_INTENT_NOT_FOUND'],
      [404, 'QR_CHARGE_NOT_FOUND'],
      [401, 'API_KEY_MISSING'],
    ]);
  });

  it.each([
    ['the page itself', { origin: 'https://shop.example' }, 200],
    ['another origin of the same site', { origin: 'https://blog.shop.example', 'sec-fetch-site': 'same-site' }, 403],
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
    ['something that does not say what it is', {}, 403],
  ])('gets a new code when %s asks with the cookie, or not', async (_who, headers, status) => {
    const { intent, cookie, proof } = await opened();

    const answer = await t.request('POST', `/v1/payment-intents/${intent.id}/qr?${proof}`, {
      key: null,
      body: { reason: 'manual' },
      headers: { cookie, ...headers },
    });

    expect(answer.status).toBe(status);
    const now = await t.request('GET', `/v1/payment-intents/${intent.id}?expand=qr`);
    expect(now.body.qr.charge_id === intent.qr.charge_id).toBe(status === 403);
  });

  it('is told each change by the event stream, which ends when it is paid', async () => {
    const { intent, cookie, proof } = await opened();
    const stream = await follow(t, `/v1/payment-intents/${intent.id}/stream?${proof}`, { cookie });
    const first = await stream.next();

    await t.rail.pay(intent.channel_reference);
    await t.deliver(({ reference }) => reference === intent.channel_reference);
    const second = await stream.next();

    expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
    expect(stream.response.headers.get('cache-control')).toBe('no-store, no-transform');
    expect(first).toMatchObject({ id: intent.id, status: 'qr_generated', version: intent.version });
    expect(second).toMatchObject({ id: intent.id, status: 'succeeded' });
    expect(Object.keys(second)).not.toContain('metadata');
    expect(await stream.next()).toBeNull();
  });

  it('is caught up when the stream was cut, and told when nothing more will come', async () => {
    const { intent, cookie, proof } = await opened();
    const path = `/v1/payment-intents/${intent.id}/stream?${proof}`;
    await t.request('POST', `/v1/payment-intents/${intent.id}/cancel`, { body: {} });

    const again = await follow(t, path, { cookie, 'last-event-id': String(intent.version) });
    const last = await again.next();
    const over = await t.request('GET', path, {
      key: null,
      headers: { cookie, 'last-event-id': String(last.version) },
    });

    expect(last).toMatchObject({ status: 'cancelled' });
    expect(await again.next()).toBeNull();
    expect([over.status, over.text]).toEqual([204, '']);
  });
});

describe('a merchant who follows a payment', () => {
  it('sees all of it by key, and nothing of another account’s', async () => {
    const t = await testPayWithRail();
    const intent = (await t.create()).body;
    const path = `/v1/payment-intents/${intent.id}/stream`;

    const stream = await follow(t, path, { authorization: `Bearer ${t.testKey}` });
    const foreign = await t.request('GET', path, { key: t.liveKey });

    expect(await stream.next()).toMatchObject({ id: intent.id, channel_reference: intent.channel_reference });
    expect([foreign.status, foreign.body.error.code]).toEqual([404, 'PAYMENT_INTENT_NOT_FOUND']);
    stream.leave();
    expect(await stream.next()).toBeNull();
  });

  it('holds up neither others nor the stop of the server, however many follow', async () => {
    const t = await testPayWithRail();
    const intent = (await t.create()).body;
    const path = `/v1/payment-intents/${intent.id}/stream`;
    const streams = await Promise.all(
      Array.from({ length: 30 }, () => follow(t, path, { authorization: `Bearer ${t.testKey}` })),
    );
    await Promise.all(streams.map(({ next }) => next()));

    const read = await t.request('GET', `/v1/payment-intents/${intent.id}`);
    const began = performance.now();
    const ended = Promise.all(streams.map(({ next }) => next()));
    await t.stop();

    expect(read.status).toBe(200);
    expect(new Set(await ended)).toEqual(new Set([null]));
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});
