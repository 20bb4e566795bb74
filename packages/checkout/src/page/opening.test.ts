import { displayCookie, DisplayTokens, secretsFrom } from '@itpay/kernel';
import { expect, it } from 'vitest';
import { openingOf } from './opening.js';

const ID = 'pi_01jd9m4zk8e6rt2v5x7y9abcde';
const OTHER = 'pi_01jd9m4zk8e6rt2v5x7y9abcdf';
const tokens = new DisplayTokens(secretsFrom(['0123456789abcdef0123456789abcdef']));
const TOKEN = tokens.issue(ID);
const cookieOf = (id: string) =>
  displayCookie(tokens.issue(id), { publicUrl: 'http://localhost/itpay', maxAgeSeconds: 60 }).split(';')[0];

it.each([
  // query                                cookie of  what happens
  [`t=${TOKEN}`, null, 'exchange', `?t=${TOKEN}&cookie=tried`],
  [`t=${TOKEN}&lang=th&fbclid=x`, null, 'exchange', `?t=${TOKEN}&cookie=tried&lang=th`],
  [`t=${TOKEN}`, OTHER, 'exchange', `?t=${TOKEN}&cookie=tried`],
  [`t=${TOKEN}&cookie=tried`, ID, 'clean', ID],
  [`t=${TOKEN}&cookie=tried&lang=th&fbclid=x`, ID, 'clean', `${ID}?lang=th`],
  [`t=${TOKEN}`, ID, 'clean', ID], //                       opened a second time
  ['t=cut', ID, 'clean', ID],
  [`t=${TOKEN}&cookie=tried`, null, 'show', TOKEN], //      cookies are refused: no loop
  ['', ID, 'show', ID],
  ['lang=th', ID, 'show', ID],
  ['', null, 'locked', undefined],
  ['lang=th', OTHER, 'locked', undefined],
  ['cookie=tried', null, 'locked', undefined],
  ['t=', null, 'missing', undefined],
  [`t=${TOKEN.slice(0, -4)}`, null, 'missing', undefined],
  [`t=${tokens.issue(OTHER)}`, null, 'missing', undefined],
  [`t=${tokens.issue(OTHER)}&cookie=tried`, OTHER, 'missing', undefined],
] as const)('opens "%s" with the cookie of %s as %s: %s', (query, cookie, kind, next) => {
  const opening = openingOf(
    { intentId: ID, query: new URLSearchParams(query), cookie: cookie === null ? undefined : cookieOf(cookie) },
    tokens,
  );

  const shown = opening.kind === 'show' ? opening.proof : 'location' in opening ? opening.location : undefined;
  expect([opening.kind, shown]).toEqual([kind, next]);
});
