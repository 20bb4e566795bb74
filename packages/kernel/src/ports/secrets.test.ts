import { describe, expect, it } from 'vitest';
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

describe('What was sealed', () => {
  const sealed = secrets.seal('webhook', 'a secret');

  it('is opened by every process that has the key, also once a newer one signs', () => {
    expect(secretsFrom([second, first]).open('webhook', sealed).toString()).toBe('a secret');
    expect(secrets.open('webhook', secrets.seal('webhook', Buffer.alloc(0)))).toHaveLength(0);
  });

  it('looks different each time and does not show its content', () => {
    expect(secrets.seal('webhook', 'a secret')).not.toEqual(sealed);
    expect(sealed.toString('latin1')).not.toContain('a secret');
  });

  it.each([
    ['by another key', () => secretsFrom([second]).open('webhook', sealed)],
    ['for another purpose', () => secrets.open('mail', sealed)],
    ['after a byte was changed', () => secrets.open('webhook', flipped(sealed, sealed.length - 1))],
    ['with another tag', () => secrets.open('webhook', flipped(sealed, 20))],
    ['when it is cut short', () => secrets.open('webhook', sealed.subarray(0, 24))],
    ['when it is empty', () => secrets.open('webhook', Buffer.alloc(0))],
  ])('is not opened %s', (_how, open) => {
    expect(open).toThrow();
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 1;
  return copy;
}

describe('The keys of the list', () => {
  it('have one public name in every process and for every purpose, and another mark for each purpose', () => {
    const [mine] = secretsFrom([first]).keys('webhook');
    const [newer, older] = secretsFrom([second, first]).keys('mail');

    expect(mine!.id).toMatch(/^[0-9a-f]{8}$/);
    expect([older!.id, newer!.id === mine!.id]).toEqual([mine!.id, false]);
    expect(older!.mark).not.toEqual(mine!.mark);
    expect(secrets.seal('webhook', 'a secret').subarray(0, 4)).toEqual(mine!.mark);
  });

  it('may change while the process runs', () => {
    let list = [first];
    const changing = secretsFrom(() => list);
    const before = changing.seal('webhook', 'a secret');

    list = [second, first];
    const after = changing.seal('webhook', 'a secret');
    list = [second];

    expect(changing.open('webhook', after).toString()).toBe('a secret');
    expect(() => changing.open('webhook', before)).toThrow(/does not list/);
    expect(changing.keys('webhook')).toEqual(secretsFrom([second]).keys('webhook'));
  });
});
