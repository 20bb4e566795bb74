import { expect, it } from 'vitest';
import { merchant, request, route } from '../../test/fakes.js';
import { identify } from './identify.js';

const deps = {
  authenticator: {
    authenticate: async (req: ReturnType<typeof request>) => (req.headers['authorization'] ? merchant : null),
  },
  displayTokens: { verify: (text: string) => (text === 'good' ? 'pi_1' : null) },
};
const nobody = { principal: null, displayIntentId: null };
const payer = { principal: null, displayIntentId: 'pi_1' };
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
