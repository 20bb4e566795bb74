import { describe, expect, it } from 'vitest';
import { request, route, testHandle } from '../../test/fakes.js';
import { isWebOrigin, withCors } from './cors.js';

const ours = 'https://admin.example';
const things = route({ method: 'GET', path: '/v1/things', access: 'public' });
const page = route({ method: 'GET', path: '/pay/{id}', access: 'public', hidden: true });
const plain = testHandle([things, page]).handle;
const handle = withCors(plain, { origins: [ours] });

const preflight = (origin: string) =>
  request({ method: 'OPTIONS', url: '/v1/things', headers: { origin, 'access-control-request-method': 'POST' } });
const corsHeaders = (headers: Readonly<Record<string, string>>) =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'));

describe('a preflight', () => {
  it('of a listed origin is answered with what the API takes, and without credentials', async () => {
    const { status, headers, body } = await handle(preflight(ours));

    expect({ status, body }).toEqual({ status: 204, body: null });
    expect(headers['access-control-allow-origin']).toBe(ours);
    expect(headers['access-control-allow-methods']).toContain('PATCH');
    expect(headers['access-control-allow-headers']).toMatch(/Authorization.*Idempotency-Key.*ItPay-Version/);
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
    expect(headers['vary']).toBe('Origin');
  });

  it.each(['https://evil.example', 'http://admin.example', 'https://admin.example.evil.example', 'null'])(
    'of %s gets no permission',
    async (origin) => {
      const { headers } = await handle(preflight(origin));

      expect(headers).toEqual({ vary: 'Origin' });
    },
  );
});

it('lets a listed origin read the answer and our headers, errors included', async () => {
  for (const url of ['/v1/things', '/v1/nothing']) {
    const { headers } = await handle(request({ url, headers: { origin: ours } }));

    expect(headers['access-control-allow-origin']).toBe(ours);
    expect(headers['access-control-expose-headers']).toContain('ItPay-Request-Id');
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
    expect(headers['vary']).toBe('Origin');
  }
});

it('tells caches that the answer depends on the origin, also when there is none', async () => {
  const { headers } = await handle(request({ url: '/v1/things' }));

  expect(headers['vary']).toBe('Origin');
  expect(corsHeaders(headers)).toEqual([]);
});

it('leaves pages for people alone', async () => {
  const { headers } = await handle(request({ url: '/pay/pi_1', headers: { origin: ours } }));

  expect(corsHeaders(headers)).toEqual([]);
  expect(headers).not.toHaveProperty('vary');
});

it('is off by default: a preflight is a method that no route takes', async () => {
  const { status, headers } = await plain(preflight(ours));

  expect(status).toBe(405);
  expect(corsHeaders(headers)).toEqual([]);
});

it.each([
  ['https://admin.example', true],
  ['http://localhost:5173', true],
  ['https://admin.example/', false],
  ['https://admin.example/app', false],
  ['https://Admin.example', false],
  ['https://admin.example:443', false],
  ['https://*.example', false],
  ['*', false],
  ['null', false],
  ['ftp://admin.example', false],
])('%s is an origin: %s', (text, expected) => {
  expect(isWebOrigin(text)).toBe(expected);
});
