import { expect, it } from 'vitest';
import { displayCookie, intentOfCookie } from './display-cookie.js';
import { DisplayTokens } from './display-token.js';
import { uuidV7Ids } from './ports/id-generator.js';
import { secretsFrom } from './ports/secrets.js';

const tokens = new DisplayTokens(secretsFrom(['a-key-of-more-than-thirty-two-characters']));
const ids = uuidV7Ids();
const [one, other] = [ids.next('pi'), ids.next('pi')];
const cookieOf = (intentId: string, publicUrl = 'https://shop.example/itpay') =>
  displayCookie(tokens.issue(intentId), { publicUrl, maxAgeSeconds: 900 });
const pairOf = (intentId: string) => cookieOf(intentId).split(';')[0]!;

it.each([
  ['https://shop.example/itpay', 'Path=/itpay; Max-Age=900; HttpOnly; SameSite=Lax; Secure'],
  ['https://pay.shop.example', 'Path=/; Max-Age=900; HttpOnly; SameSite=Lax; Secure'],
  ['http://localhost:3000/a/b/', 'Path=/a/b; Max-Age=900; HttpOnly; SameSite=Lax'],
])('reaches what lies below %s and nothing else', (publicUrl, attributes) => {
  expect(cookieOf(one, publicUrl).split('; ').slice(1).join('; ')).toBe(attributes);
});

it.each([
  ['alone', pairOf(one)],
  ['beside the payment of another tab', `${pairOf(other)}; ${pairOf(one)}`],
  ['beside cookies of the host', `sid=1;${pairOf(one)};theme="dark"`],
  ['behind a planted one of the same name', `${pairOf(one).split('=')[0]}=x; ${pairOf(one)}`],
])('stands for its intent %s', (_where, header) => {
  expect(intentOfCookie(header, one, tokens)).toBe(one);
});

it.each([
  ['no cookie at all', undefined],
  ["another intent's cookie", pairOf(other)],
  ["another intent's signature", `${pairOf(one).split('=')[0]}=${pairOf(other).split('=')[1]}`],
  ['half a signature', pairOf(one).slice(0, -4)],
  ['a longer name', `x${pairOf(one)}`],
])('stands for nothing with %s', (_what, header) => {
  expect(intentOfCookie(header, one, tokens)).toBeNull();
});
