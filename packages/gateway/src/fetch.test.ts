import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { route, testHandle } from '../test/fakes.js';
import { toFetch } from './fetch.js';
import { BODY_LIMIT } from './steps/read-body.js';
import { Traffic } from './traffic.js';

const { handle } = testHandle([
  route({
    method: 'GET',
    path: '/v1/things/{id}',
    access: 'public',
    query: z.strictObject({ q: z.string().optional() }),
  }),
  route({ method: 'POST', path: '/v1/things', body: z.strictObject({ text: z.string() }) }),
]);
const fetch = toFetch(handle, { basePath: '/itpay/' });
const post = (body: BodyInit | null) =>
  new Request('http://shop.example/itpay/v1/things', {
    method: 'POST',
    headers: { authorization: 'merchant', 'idempotency-key': 'k', 'content-type': 'application/json' },
    body,
  });

it('takes the mount path off and leaves escapes to the router', async () => {
  const response = await fetch(new Request('http://shop.example/itpay/v1/things/a%2Fb?q=c%20d'));

  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ params: { id: 'a/b' }, query: { q: 'c d' } });
});

it.each(['http://shop.example/other', 'http://shop.example/itpayments/v1/things/x', 'http://shop.example/itpay'])(
  'finds nothing at %s',
  async (url) => {
    expect((await fetch(new Request(url))).status).toBe(404);
  },
);

it('passes the body on', async () => {
  const response = await fetch(post('{"text":"é"}'));

  expect(await response.json()).toMatchObject({ body: { text: 'é' } });
});

it('refuses a body beyond the limit', async () => {
  expect((await fetch(post(JSON.stringify({ text: 'x'.repeat(BODY_LIMIT) })))).status).toBe(413);
});

it('says so when somebody has read the body before', async () => {
  const request = post('{}');
  await request.text();

  const response = await fetch(request);

  expect(response.status).toBe(500);
  expect(await response.text()).toContain('read before');
});

it('answers HEAD without a body', async () => {
  const response = await fetch(new Request('http://shop.example/itpay/v1/things/x', { method: 'HEAD' }));

  expect(response.status).toBe(200);
  expect(await response.text()).toBe('');
});

describe('An answer in pieces', () => {
  it.each([
    ['after its first piece', true],
    ['before anybody read it', false],
  ])('is given up when the reader stops %s', async (_when, read) => {
    const traffic = new Traffic();
    async function* forEver() {
      for (let n = 0; ; n++) yield `data: ${n}\n\n`;
    }
    const streaming = testHandle(
      [
        route({
          method: 'GET',
          path: '/stream',
          access: 'public',
          run: async () => ({ status: 200, stream: { type: 'text/event-stream', chunks: forEver() } }),
        }),
      ],
      { traffic },
    );
    const response = await toFetch(streaming.handle)(new Request('https://shop.example/stream'));
    const reader = response.body!.getReader();
    if (read) expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: 0\n\n');
    await reader.cancel();

    await traffic.drain();

    expect(response.headers.get('content-type')).toBe('text/event-stream');
  });

  it('is logged when it breaks off, because its status is out already', async () => {
    async function* broken() {
      yield 'one';
      throw new Error('no more');
    }
    const streaming = testHandle([
      route({
        method: 'GET',
        path: '/stream',
        access: 'public',
        run: async () => ({ status: 200, stream: { type: 'text/event-stream', chunks: broken() } }),
      }),
    ]);

    const response = await toFetch(streaming.handle)(new Request('https://shop.example/stream'));

    await expect(response.text()).rejects.toThrow();
    expect(streaming.logger.lines).toMatchObject([
      {
        level: 'error',
        fields: { route: '/stream', err: { message: 'no more' } },
        message: expect.stringContaining('broke off'),
      },
    ]);
  });
});
