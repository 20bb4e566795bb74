import { expect, it } from 'vitest';
import { DisplayTokens } from './display-token.js';
import { uuidV7Ids } from './ports/id-generator.js';
import { secretsFrom } from './ports/secrets.js';

const [oldKey, newKey] = ['an-old-key-of-thirty-two-characters!', 'a-new-key-of-thirty-two-characters!!'];
const tokensOf = (...keys: string[]) => new DisplayTokens(secretsFrom(keys));
const tokens = tokensOf(newKey);
const intentId = uuidV7Ids().next('pi');
const issued = tokens.issue(intentId);
const [suffix, mac] = issued.split('.') as [string, string];

it('stands for the intent for which it was issued, and fits in a URL', () => {
  expect(tokens.verify(issued)).toBe(intentId);
  expect(issued).toMatch(/^[0-9a-z]{26}\.[\w-]{22}$/);
});

it('is the same each time', () => {
  expect(tokens.issue(intentId)).toBe(issued);
});

it.each<[what: string, forged: string]>([
  ['nothing', ''],
  ['no signature', suffix],
  ['an empty signature', `${suffix}.`],
  ['the signature of another intent', `${uuidV7Ids().next('pi').slice(3)}.${mac}`],
  ['a signature of zeros', `${suffix}.${'A'.repeat(22)}`],
  ['one character changed', `${suffix}.${mac[0] === 'A' ? 'B' : 'A'}${mac.slice(1)}`],
  ['a truncated signature', `${suffix}.${mac.slice(0, 21)}`],
  ['half a signature', `${suffix}.${mac.slice(0, 11)}`],
  ['more signature', `${suffix}.${mac}AAAA`],
  ['a third part', `${issued}.x`],
  ['padding', `${issued}==`],
  ['the spare bits of the last character', `${suffix}.${mac.slice(0, 21)}${sibling(mac[21]!)}`],
  ['an upper-case intent', `${suffix.toUpperCase()}.${mac}`],
  ['the prefix of the id', `pi_${issued}`],
  ['a token of another secret key', tokensOf(oldKey).issue(intentId)],
])('is refused with %s', (_what, forged) => {
  expect(tokens.verify(forged)).toBeNull();
});

it('stays valid while its secret key is being replaced, and ends with it', () => {
  const old = tokensOf(oldKey).issue(intentId);

  expect(tokensOf(newKey, oldKey).verify(old)).toBe(intentId);
  expect(tokensOf(newKey, oldKey).issue(intentId)).toBe(tokensOf(newKey).issue(intentId));
  expect(tokensOf(newKey).verify(old)).toBeNull();
});

/** Another character that decodes to the same bytes where only the first two bits count. */
function sibling(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[alphabet.indexOf(character) + 1]!;
}
