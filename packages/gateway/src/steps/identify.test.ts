import { expect, it } from 'vitest';
import { merchant, request, route } from '../../test/fakes.js';
import { identify } from './identify.js';

const SUFFIX = '01jd9m4zk8e6rt2v5x7y9abcde';
const INTENT = `pi_${SUFFIX}`;
const COOKIE = `itpay_${SUFFIX}=good`;
const deps = {
  authenticator: {
    authenticate: async (req: ReturnType<typeof request>) => (req.headers['authorization'] ? merchant : null),
  },
  displayTokens: { verify: (text: string) => (text === 'good' || text === `${SUFFIX}.good` ? INTENT : null) },
  publicUrl: 'https://shop.example/itpay',
};
const nobody = { principal: null, displayIntentId: null };
const payer = { principal: null, displayIntentId: INTENT };
const known = { principal: merchant, displayIntentId: null };

it.each([
  // access           display token allowed   query       key      caller
  ['public', false, '', false, nobody],
  ['public', false, '', true, nobody], //                          nobody is asked
  ['payments:read', false, '', true, known],
  ['payments:read', true, '', true, known],
  ['payments:read', true, 't=good', false, payer],
  ['payments:read', true, 't=good', true, payer], //               the token says more exactly what is wanted
  ['payments:read', false, 't=good', true, known], //              an ordinary parameter there
] as const)(
  'access %s, display token allowed: %s, query %j, key: %s',
  async (access, displayToken, query, key, caller) => {
    const asked = route({ method: 'GET', path: '/', access, displayToken });
    const sent = request({ headers: key ? { authorization: 'x' } : {} });

    expect(await identify(asked, sent, new URLSearchParams(query), deps)).toEqual(caller);
  },
);

it.each([
  [false, '', 'API_KEY_MISSING'],
  [true, '', 'API_KEY_MISSING'],
  [false, 't=good', 'API_KEY_MISSING'],
  [true, 't=bad', 'API_KEY_INVALID'],
  [true, 't=', 'API_KEY_INVALID'],
])('refuses, display token allowed: %s, query %j', async (displayToken, query, code) => {
  const asked = route({ method: 'GET', path: '/', displayToken });

  await expect(identify(asked, request(), new URLSearchParams(query), deps)).rejects.toMatchObject({ code });
});

it.each([
  // method  cookie                        sent by the browser                          answer
  ['GET', COOKIE, {}, payer],
  ['GET', `theme=dark; ${COOKIE}`, {}, payer],
  ['GET', undefined, {}, 'API_KEY_INVALID'],
  ['GET', `itpay_${SUFFIX}=bad`, {}, 'API_KEY_INVALID'],
  ['GET', COOKIE.replace('abcde', 'abcdf'), {}, 'API_KEY_INVALID'],
  ['POST', COOKIE, { 'sec-fetch-site': 'same-origin' }, payer],
  ['POST', COOKIE, { origin: 'https://shop.example' }, payer],
  ['POST', COOKIE, { origin: 'https://blog.shop.example', 'sec-fetch-site': 'same-site' }, 'PERMISSION_DENIED'],
  ['POST', COOKIE, { origin: 'null', 'sec-fetch-site': 'cross-site' }, 'PERMISSION_DENIED'],
  ['POST', COOKIE, {}, 'PERMISSION_DENIED'],
] as const)(
  'takes the intent in place of the token: %s with the cookie %s and %o',
  async (method, cookie, sent, answer) => {
    const asked = route({ method, path: '/', access: 'payments:write', displayToken: true });

    const identified = identify(
      asked,
      request({ method, headers: { cookie, ...sent } }),
      new URLSearchParams({ t: INTENT }),
      deps,
    );

    if (typeof answer === 'string') await expect(identified).rejects.toMatchObject({ code: answer });
    else expect(await identified).toEqual(answer);
  },
);

it('does not look at the cookie unless the request says so', async () => {
  const asked = route({ method: 'GET', path: '/', displayToken: true });

  await expect(
    identify(asked, request({ headers: { cookie: COOKIE } }), new URLSearchParams(), deps),
  ).rejects.toMatchObject({ code: 'API_KEY_MISSING' });
});
