import { expect, it } from 'vitest';
import { secretsFrom } from './secrets.js';

const [first, second] = ['a-first-key-of-thirty-two-characters', 'a-second-key-of-thirty-two-character'];
const secrets = secretsFrom([first]);

it('signs the same message the same way, in every process', () => {
  expect(secrets.sign('mail', 'hello')).toEqual(secretsFrom([first]).sign('mail', 'hello'));
  expect(secrets.sign('mail', 'hello').toString('hex')).toMatchInlineSnapshot(
    `"c5ce1e3042d1ae5b0842b1293386ef295501acf92bfabb29a3ac7b09b2b879fe"`,
  );
});

it.each([
  ['another purpose', secrets.sign('post', 'hello')],
  ['another message', secrets.sign('mail', 'hello!')],
  ['another key', secretsFrom([second]).sign('mail', 'hello')],
  ['no signature', Buffer.alloc(0)],
  ['the first 15 bytes', secrets.sign('mail', 'hello').subarray(0, 15)],
  ['a byte more', Buffer.concat([secrets.sign('mail', 'hello'), Buffer.from([0])])],
])('refuses %s', (_what, signature) => {
  expect(secrets.verify('mail', 'hello', signature)).toBe(false);
});

it.each([32, 16])('accepts the first %i bytes of a signature', (length) => {
  expect(secrets.verify('mail', 'hello', secrets.sign('mail', 'hello').subarray(0, length))).toBe(true);
});

it('signs with the newest key and verifies with all of them', () => {
  const both = secretsFrom([second, first]);

  expect(both.sign('mail', 'hello')).toEqual(secretsFrom([second]).sign('mail', 'hello'));
  expect(both.verify('mail', 'hello', secrets.sign('mail', 'hello'))).toBe(true);
  expect(secrets.verify('mail', 'hello', both.sign('mail', 'hello'))).toBe(false);
});
